"""Did the run stay on its trend? One panel for each benchmark, with what was flagged."""

import math
from typing import Any

import numpy as np

from scalepredict.cli.figures.style import (
    FAN,
    INK,
    MUTED,
    POINT,
    TARGET,
    name_axes,
    new_figure,
    shown_times,
    title_of,
    value_limits,
)
from scalepredict.evaluation.off_trend.trajectory import Trajectory
from scalepredict.records.table import Ints
from scalepredict.records.text.counts import format_count

_MOST_COLUMNS = 4


def checkpoints_figure(run: Trajectory, columns: Ints, *, alpha: float, title: str = "") -> Any:
    """A grid of small multiples, or one large panel; ``columns`` are the benchmarks to draw."""
    across = min(_MOST_COLUMNS, len(columns))
    down = math.ceil(len(columns) / across)
    single = len(columns) == 1
    figure = new_figure(*((5.6, 3.6) if single else (2.75 * across, 2.05 * down + 0.7)))
    axes = figure.subplots(down, across, squeeze=False)
    for i, axis in enumerate(axes.flat):
        if i >= len(columns):
            axis.set_visible(False)
            continue
        _draw(axis, run, int(columns[i]))
        if i + across >= len(columns):
            axis.set_xlabel("tokens" if run.in_tokens else "step")
    name_axes(axes.flat, [run.units[int(column)] for column in columns], across=across)
    _legend(figure, alpha=alpha, narrow=across < 3)
    figure.align_ylabels()
    if title:
        figure.suptitle(title_of(title, width=90), fontsize=9)
    return figure


def _draw(axis: Any, run: Trajectory, column: int) -> None:
    from matplotlib.ticker import MaxNLocator

    unit, x = run.units[column], run.place
    times = shown_times(unit)
    y, expected = times * run.scores[:, column], times * run.expected[:, column]
    low, high = times * run.low[:, column], times * run.high[:, column]
    flagged = run.flagged[:, column] & np.isfinite(y)
    axis.grid(axis="y")
    axis.set_axisbelow(True)
    if unit.measure is None:
        axis.axhline(times * unit.chance, color=MUTED, linewidth=0.7, linestyle=(0, (1, 2)))
    for place in x[run.whole]:
        axis.axvline(place, color=TARGET, linewidth=0.7, linestyle=(0, (4, 2)))
    axis.fill_between(x, low, high, color=FAN, alpha=0.25, linewidth=0)
    # A judged checkpoint between two that are not has no width to fill.
    axis.vlines(x, low, high, color=FAN, alpha=0.35, linewidth=1.2)
    axis.plot(x, expected, "-", color=FAN, linewidth=1.0, marker="_", markersize=4)
    axis.plot(x, y, "-", color=MUTED, linewidth=0.5)
    axis.plot(x[~flagged], y[~flagged], "o", color=POINT, markersize=2.4)
    axis.plot(x[flagged], y[flagged], "D", color=TARGET, markersize=4)
    level = [times * unit.chance] if unit.measure is None else []
    value_limits(axis, unit, np.concatenate([y, low, high, level]))
    width = 0.04 * (x.max() - x.min()) or 0.5 * x.max()
    axis.set_xlim(x.min() - width, x.max() + width)
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.xaxis.set_major_formatter(lambda place, _: format_count(place, digits=3) if place else "0")
    shots = "" if unit.shots is None else f"{unit.shots}-shot, "
    word = f"{int(flagged.sum())} flagged" if flagged.any() else "on trend"
    if not np.isfinite(expected).any():
        word = "not judged"
    axis.set_title(title_of(unit.benchmark, shots + word), loc="left")


def _legend(figure: Any, *, alpha: float, narrow: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], color=POINT, marker="o", markersize=3, linestyle="", label="measured"),
        Line2D([], [], color=TARGET, marker="D", markersize=4, linestyle="", label="flagged"),
        Line2D(
            [], [], color=TARGET, linewidth=0.7, linestyle=(0, (4, 2)), label="checkpoint off trend"
        ),
        Line2D([], [], color=FAN, linewidth=1.0, label="expected from its own past"),
        Patch(color=FAN, alpha=0.25, linewidth=0, label=f"{100 * (1 - alpha):.4g} % interval"),
        Line2D([], [], color=MUTED, linestyle=(0, (1, 2)), linewidth=0.7, label="chance"),
    ]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=3 if narrow else 6,
        labelcolor=INK,
        fontsize=7,
    )
