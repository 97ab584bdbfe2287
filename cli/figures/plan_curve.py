"""What does a budget buy? Width of the interval at the target: its mean, and of each benchmark."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scalepredict.cli.figures.style import (
    FAN,
    GRID,
    INK,
    MUTED,
    decades,
    new_figure,
    shown_times,
    title_of,
)
from scalepredict.evaluation.planning.budget_curve import Plan, Point
from scalepredict.evaluation.planning.filled_in import Ladder

_MOST_COLUMNS = 4


def plan_figure(plan: Plan, ladder: Ladder) -> Any:
    """Small multiples over the budget in FLOPs: the mean, and each benchmark if there are more."""
    columns, units = np.flatnonzero(plan.promised).tolist(), ladder.evidence.units
    count = 1 if len(columns) == 1 else 1 + len(columns)
    across = min(_MOST_COLUMNS, count)
    down = math.ceil(count / across)
    figure = new_figure(*((6.2, 3.6) if count == 1 else (2.6 * across, 2.0 * down + 0.6)))
    axes = figure.subplots(down, across, squeeze=False).ravel()
    times, measure = shown_times(units[columns[0]]), units[columns[0]].measure
    _draw(
        axes[0],
        plan.curve,
        [(p.low, p.width, p.high) for p in plan.curve],
        now=plan.mean_now,
        knee=plan.knee,
        times=times,
    )
    for axis, i in zip(axes[1:], columns, strict=False):
        ranges = [(p.lows[i], p.widths[i], p.highs[i]) for p in plan.curve]
        _draw(axis, plan.curve, ranges, now=plan.now[i], knee=plan.knee_of(i), times=times)
        axis.set_title(title_of(units[i].shown), loc="left")
    mean = f"mean of {len(columns)} benchmarks" if count > 1 else units[columns[0]].shown
    axes[0].set_title(title_of(mean), loc="left")
    for place, axis in enumerate(axes):
        axis.set_visible(place < count)
        if place + across >= count:
            axis.set_xlabel("budget (FLOPs)")
        if place % across == 0:
            axis.set_ylabel("90 % width (points)" if measure is None else "90 % width")
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, labelcolor=INK
    )
    return figure


def _draw(
    axis: Any,
    curve: Sequence[Point],
    ranges: Sequence[tuple[float, float, float]],
    *,
    now: float,
    knee: Point | None,
    times: float,
) -> None:
    budgets = [point.budget for point in curve]
    low, width, high = times * np.array(ranges).T
    axis.set_xscale("log")
    axis.fill_between(
        budgets, low, high, color=FAN, alpha=0.18, linewidth=0, label="90 % of ladders"
    )
    axis.plot(budgets, width, "o-", color=FAN, markersize=3, linewidth=1.2, label="promised")
    if not math.isnan(now):
        axis.axhline(times * now, color=MUTED, linewidth=0.8, linestyle=(0, (4, 2)), label="now")
    place = [] if knee is None else [curve.index(knee)]
    axis.plot(np.array(budgets)[place], width[place], "D", color=INK, markersize=5, label="enough")
    axis.set_ylim(0, 1.1 * np.nanmax([times * now, *high]))
    decades(axis, budgets[0], budgets[-1])
    axis.grid(color=GRID)
