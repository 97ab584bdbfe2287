"""Which questions become solvable, and when? Curves of clusters, and pass rates of questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalepredict.cli.figures.style import (
    GRID,
    INK,
    MUTED,
    POINT,
    decades,
    new_figure,
    title_of,
)
from scalepredict.predictors.cod.benchmark_fit import BenchmarkFit
from scalepredict.predictors.cod.cluster_fit import ClusterFit
from scalepredict.predictors.cod.cluster_law import EXTRAPOLATABLE, KINDS, ClusterCurves
from scalepredict.predictors.cod.difficulty import Difficulty
from scalepredict.records.table import Floats, Ints
from scalepredict.records.text.counts import count_of

BEYOND = 10.0  # curves go on to this multiple of the largest compute
_STEPS = 60
_STYLES: tuple[Any, ...] = ("-", (0, (4, 2)), (0, (4, 1, 1, 1)))  # by kind of cluster
_BAND = (0.05, 0.95)
_BRIGHTEST = 0.995  # quantile of the pass rates that ends a colour scale; higher ones share it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterPanel:
    """One benchmark of one family: its pass rates and what was fitted to them."""

    difficulty: Difficulty
    fit: BenchmarkFit


def clusters_figure(panels: Sequence[ClusterPanel]) -> Any:
    """A row for each benchmark: curves of its clusters, and the heat map behind them."""
    figure = new_figure(8.2, 3.1 * len(panels) + 0.5)
    axes = figure.subplots(len(panels), 3, squeeze=False, width_ratios=(10, 0.3, 7))
    for (curves, strip, heat), panel in zip(axes, panels, strict=True):
        order, colours = _arrangement(panel)
        _curves(curves, panel, colours)
        _strip(strip, panel, order, colours)
        image = _heat(heat, panel, order)
        figure.colorbar(
            image,
            ax=heat,
            label="pass rate (%)",
            pad=0.02,
            extend="max" if 100 * panel.difficulty.rates.max() > image.norm.vmax else "neither",
        ).outline.set_visible(False)
    _legend(figure, panels)
    return figure


def _arrangement(panel: ClusterPanel) -> tuple[Ints, list[Any]]:
    # Questions from the easiest cluster to the hardest, then those in none; colours of clusters.
    from matplotlib import colormaps

    rates = panel.difficulty.rates.mean(axis=1)
    clusters = panel.fit.clusters
    if clusters is None:
        return np.argsort(-rates, kind="stable"), []
    ease = clusters.means.mean(axis=1)
    rank = np.argsort(np.argsort(-ease, kind="stable"), kind="stable")
    inside = clusters.labels >= 0
    place = np.where(inside, rank[np.maximum(clusters.labels, 0)], len(ease) - clusters.labels)
    shade = colormaps["cividis"](np.linspace(0.85, 0.0, len(ease)))
    return np.lexsort((-rates, place)), [shade[i] for i in rank]


def _curves(axis: Any, panel: ClusterPanel, colours: list[Any]) -> None:
    flops = panel.difficulty.flops
    grid = np.geomspace(flops.min(), BEYOND * flops.max(), _STEPS)
    axis.set_xscale("log")
    axis.grid(axis="y", color=GRID)
    axis.axhline(100 * panel.difficulty.chance, color=MUTED, linewidth=0.7, linestyle=(0, (1, 2)))
    axis.axvspan(flops.max(), BEYOND * flops.max(), color=GRID, alpha=0.45, linewidth=0)
    word = "by item response"
    if panel.fit.clusters is not None:
        _clusters(axis, panel.fit.clusters, grid, colours)
        share = panel.fit.clusters.predictable_share
        word = f"{count_of(len(colours), 'cluster')}; {share:.0%} of it can be extrapolated"
    whole, variance = panel.fit.forecast(grid)
    axis.plot(grid, 100 * whole, color=POINT, linewidth=1.5)
    if panel.fit.clusters is None:
        spread = 1.645 * np.sqrt(variance)
        axis.fill_between(
            grid,
            100 * np.clip(whole - spread, 0, 1),
            100 * np.clip(whole + spread, 0, 1),
            color=POINT,
            alpha=0.12,
            linewidth=0,
        )
    axis.plot(flops, 100 * panel.difficulty.full, "D", color=POINT, markersize=3.2)
    drawn = [whole, panel.difficulty.full]
    if (found := panel.fit.clusters) is not None:
        drawn += [found.means.ravel(), found.curves.at(grid)[found.extrapolatable].ravel()]
    top = _scale_end(float(np.concatenate(drawn).max()))
    axis.set_ylim(-0.02 * top, 1.02 * top)
    decades(axis, flops.min() / 1.6, BEYOND * flops.max())
    axis.set_xlim(flops.min() / 1.6, BEYOND * flops.max())
    axis.set_xlabel("training FLOPs")
    axis.set_ylabel("pass rate (%)")
    axis.set_title(title_of(panel.difficulty.benchmark, word), loc="left")


def _scale_end(most: float) -> float:
    # In percent. Graded probabilities may all be low: then the scale ends soon above them.
    return 100.0 if most > 0.5 else max(100 * most, 5.0)


def _clusters(axis: Any, clusters: ClusterFit, grid: Floats, colours: list[Any]) -> None:
    values = clusters.curves.at(grid)
    bands = ClusterCurves(clusters.resampled, clusters.center).at(grid)
    used = np.flatnonzero(clusters.extrapolatable)
    for low, high, cluster in zip(*np.quantile(bands, _BAND, axis=0), used, strict=True):
        axis.fill_between(
            grid, 100 * low, 100 * high, color=colours[cluster], alpha=0.15, linewidth=0
        )
    inside = grid <= clusters.flops.max()
    for cluster, colour in enumerate(colours):
        kind = int(clusters.kinds[cluster])
        shown = slice(None) if kind == EXTRAPOLATABLE else inside
        axis.plot(
            grid[shown],
            100 * values[cluster][shown],
            color=colour,
            linestyle=_STYLES[kind],
            linewidth=1.0,
        )
        axis.plot(clusters.flops, 100 * clusters.means[cluster], ".", color=colour, markersize=3)


def _strip(axis: Any, panel: ClusterPanel, order: Ints, colours: list[Any]) -> None:
    axis.set_axis_off()
    if panel.fit.clusters is None:
        return
    none = np.array([[1.0, 1.0, 1.0, 0.0]])
    table = np.vstack([np.asarray(colours), none])
    labels = panel.fit.clusters.labels[order]
    axis.imshow(table[np.where(labels >= 0, labels, -1)][:, None], aspect="auto")


def _heat(axis: Any, panel: ClusterPanel, order: Ints) -> Any:
    shown = 100 * panel.difficulty.rates[order]
    most = _scale_end(float(np.quantile(panel.difficulty.rates, _BRIGHTEST)))
    image = axis.imshow(shown, cmap="cividis", vmin=0, vmax=most, aspect="auto")
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_visible(False)
    axis.set_xlabel(f"{shown.shape[1]} models by compute")
    order_said = "easy to hard" if panel.fit.clusters is None else "by cluster, then outliers"
    axis.set_ylabel(f"{count_of(shown.shape[0], 'question')}, {order_said}")
    return image


def _legend(figure: Any, panels: Sequence[ClusterPanel]) -> None:
    from matplotlib.lines import Line2D

    found = [panel.fit.clusters for panel in panels if panel.fit.clusters is not None]
    present = sorted({int(kind) for clusters in found for kind in clusters.kinds})
    handles = [
        Line2D([], [], color=POINT, marker="D", markersize=3.2, linewidth=1.5, label="benchmark"),
        *(
            Line2D([], [], color=MUTED, linestyle=_STYLES[kind], linewidth=1.0, label=KINDS[kind])
            for kind in present
        ),
        Line2D([], [], color=MUTED, linestyle=(0, (1, 2)), linewidth=0.7, label="chance"),
        Line2D([], [], color=GRID, linewidth=6, label="beyond the evidence"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), labelcolor=INK)
