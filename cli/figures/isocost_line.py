"""Which size trains and serves best for one cost? The mean forecast against the size."""

from typing import Any

import numpy as np

from scalepredict.cli.figures.style import FAN, GRID, INK, decades, new_figure
from scalepredict.cli.views.own_units import FRACTION, unit_of
from scalepredict.evaluation.planning.isocost import Isocost
from scalepredict.records.text.counts import format_count

MOST_TICKS = 7  # sizes that are named one by one


def isocost_figure(line: Isocost) -> Any:
    """One panel: mean forecast, the sizes that are as good as the best, and what is untested."""
    unit = unit_of(line.forecast.units[line.columns[0]])
    times = 100.0 if unit == FRACTION else 1.0
    params, mean = line.forecast.targets.params, times * line.mean
    tested, flat = np.array(line.tested), np.flatnonzero(line.flat)
    figure = new_figure(6.2, 3.6)
    axis = figure.subplots()
    axis.set_xscale("log")
    axis.axvspan(
        params[flat[0]], params[flat[-1]], color=FAN, alpha=0.18, linewidth=0, label="as good"
    )
    axis.plot(params, mean, "-", color=FAN, linewidth=1.2)
    for chosen, face, label in (
        (tested, FAN, "tokens per parameter of the ladder"),
        (~tested, "none", "others"),
    ):
        axis.plot(
            params[chosen],
            mean[chosen],
            "o",
            color=FAN,
            markerfacecolor=face,
            label=label,
            markersize=3.5,
        )
    axis.plot([params[line.best]], [mean[line.best]], "D", color=INK, label="best")
    if len(params) <= MOST_TICKS:
        axis.set_xticks(params, [format_count(size) for size in params.tolist()])
        axis.minorticks_off()
    else:
        decades(axis, float(params[0]), float(params[-1]), label=format_count)
    axis.margins(y=0.08)
    axis.set_xlabel(
        f"parameters, at {format_count(line.cost)} FLOPs for training and serving "
        f"{format_count(line.served)} tokens"
    )
    axis.set_ylabel("mean forecast" + (" (%)" if unit == FRACTION else f" ({unit})"))
    axis.grid(color=GRID)
    axis.legend(labelcolor=INK)
    return figure
