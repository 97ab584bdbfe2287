"""What will the curve of a big run look like? One panel for each benchmark, with its band."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scalepredict.cli.figures.forecast_fan import fan_key
from scalepredict.cli.figures.style import (
    FAN,
    INK,
    name_axes,
    new_figure,
    shown_times,
    title_of,
    value_limits,
)
from scalepredict.evaluation.forecast.trajectory_ahead import Ahead
from scalepredict.evaluation.intervals.levels import Levels
from scalepredict.records.table import Unit

_MOST_COLUMNS = 4


def trajectory_figure(
    ahead: Ahead, units: Sequence[Unit], levels: Levels, *, title: str = ""
) -> Any:
    """A grid of small multiples over the fraction of the schedule."""
    across = min(_MOST_COLUMNS, len(units))
    down = math.ceil(len(units) / across)
    figure = new_figure(*((5.6, 3.6) if len(units) == 1 else (2.75 * across, 2.05 * down + 0.5)))
    axes = figure.subplots(down, across, squeeze=False)
    for i, axis in enumerate(axes.flat):
        if i >= len(units):
            axis.set_visible(False)
            continue
        _draw(axis, ahead, units[i], levels)
        if i + across >= len(units):
            axis.set_xlabel("fraction of the schedule (%)")
    name_axes(axes.flat, units, across=across)
    figure.align_ylabels()
    figure.legend(
        handles=fan_key(levels), loc="outside lower center", ncols=8, labelcolor=INK, fontsize=7
    )
    if title:
        figure.suptitle(title_of(title, width=90), fontsize=9)
    return figure


def _draw(axis: Any, ahead: Ahead, unit: Unit, levels: Levels) -> None:
    times = shown_times(unit)
    made = [
        (fraction, forecast, forecast.units.index(unit))
        for fraction, forecast in zip(ahead.fractions.tolist(), ahead.forecasts, strict=True)
        if forecast is not None and unit in forecast.units
    ]
    x = 100 * np.array([fraction for fraction, _, _ in made])
    point = times * np.array([forecast.point[0, t] for _, forecast, t in made])
    axis.grid(axis="y")
    axis.set_axisbelow(True)
    shown = [point]
    for level in levels.shown[::-1]:
        ends = [forecast.interval(level) for _, forecast, _ in made]
        low, high = (
            times * np.array([end[side][0, t] for end, (_, _, t) in zip(ends, made, strict=True)])
            for side in (0, 1)
        )
        axis.fill_between(x, low, high, color=FAN, alpha=0.18, linewidth=0)
        shown += [low, high]
    axis.plot(x, point, color=FAN, linewidth=1.2)
    value_limits(axis, unit, np.concatenate(shown))
    axis.set_title(title_of(unit.shown), loc="left")
