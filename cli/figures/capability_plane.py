"""Which capabilities lie behind many scores? Loadings of benchmarks, and models in their plane."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scalepredict.cli.figures.style import (
    FAN,
    GRID,
    INK,
    MUTED,
    PAPER,
    SERIES,
    TARGET,
    decades,
    new_figure,
    short_name,
)
from scalepredict.evaluation.questions.capabilities import Capabilities

_FAMILIES = 15  # with a colour and a mark of their own; the smallest others share one
_MARKS = ("o", "s", "^", "D", "v")
_LINE = 12  # models of a family that a line joins; more are a grid of scales, not a series
_OTHER = "other families"


def capabilities_figure(found: Capabilities) -> Any:
    """A heat map of loadings, and the models: two components, or the only one against compute."""
    n_benchmarks, components = found.loading.shape
    width = 2.9 + 0.42 * components
    height = max(3.9, 0.19 * n_benchmarks + 1.2)
    figure = new_figure(width + 4.6, height)
    loadings, models = figure.subplots(1, 2, width_ratios=(width, 4.6))
    _loadings(loadings, found)
    _models(models, found)
    handles, labels = models.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=min(len(labels), 5), labelcolor=INK
    )
    return figure


def _loadings(axis: Any, found: Capabilities) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    order = np.lexsort((-found.loading[:, 0], np.argmax(abs(found.loading), axis=1)))
    shown = found.loading[order]
    colours = LinearSegmentedColormap.from_list("loading", [TARGET, PAPER, FAN])
    most = float(abs(shown).max()) or 1.0
    axis.imshow(shown, cmap=colours, vmin=-1.4 * most, vmax=1.4 * most, aspect="auto")
    digits = 1 if most >= 5 else 2
    for (row, column), value in np.ndenumerate(shown):
        axis.text(column, row, f"{value:.{digits}f}", ha="center", va="center", fontsize=5.5)
    axis.set_yticks(range(len(order)), [short_name(found.benchmarks[i]) for i in order])
    names = [f"{i + 1}\n{share:.0%}" for i, share in enumerate(found.share)]
    axis.set_xticks(range(len(names)), names)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.set_xlabel(f"{found.word}, and what it explains")
    axis.set_title(f"Loadings ({found.loading_unit} by standard deviation)", loc="left")


def _models(axis: Any, found: Capabilities) -> None:
    plane = found.coordinates.shape[1] > 1
    x = found.coordinates[:, 0] if plane else found.flops
    y = found.coordinates[:, int(plane)]
    for name, rows, colour, mark in _groups(found.families):
        line = np.isfinite(found.flops[rows]).all() and len(rows) <= _LINE and name != _OTHER
        rows = rows[np.argsort(found.flops[rows], kind="stable")]
        axis.plot(
            x[rows],
            y[rows],
            color=colour,
            marker=mark,
            markersize=4,
            linewidth=0.7 if line else 0,
            label=short_name(name),
        )
    axis.grid(color=GRID)
    axis.set_axisbelow(True)
    axis.set_ylabel(f"{found.word} {2 if plane else 1}")
    axis.set_title(f"{len(x)} models, families by growing compute", loc="left")
    if plane:
        axis.set_xlabel(f"{found.word} 1")
        return
    known = x[np.isfinite(x)]
    axis.set_xscale("log")
    axis.set_xlabel("training FLOPs")
    decades(axis, known.min() / 1.6, known.max() * 1.6)
    if len(known) < len(x):
        axis.set_title(f"{len(known)} of {len(x)} models, those of known compute", loc="left")


def _groups(families: Sequence[str]) -> list[tuple[str, Any, str, str]]:
    # Name, rows, colour and mark: the families with most models first.
    names = np.array(families, dtype=object)
    counted = {name: int((names == name).sum()) for name in dict.fromkeys(families)}
    ordered = sorted(counted, key=lambda name: (-counted[name], name))
    kept = ordered if len(ordered) <= _FAMILIES else ordered[: _FAMILIES - 1]
    colours = SERIES[:-1]
    groups = [
        (name, np.flatnonzero(names == name), colours[i % len(colours)], _MARKS[i % len(_MARKS)])
        for i, name in enumerate(kept)
    ]
    rest = np.flatnonzero(~np.isin(names, kept))
    return [*groups, (_OTHER, rest, MUTED, ".")] if len(rest) else groups
