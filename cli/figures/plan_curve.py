"""What does a budget buy? Width of the interval at the target, with its range, knee and limit."""

from typing import Any

import numpy as np

from scalepredict.cli.figures.style import FAN, GRID, INK, MUTED, decades, new_figure
from scalepredict.evaluation.planning.budget_curve import Plan
from scalepredict.evaluation.planning.filled_in import Ladder


def plan_figure(plan: Plan, ladder: Ladder) -> Any:
    """One panel: mean width of the 90 % interval against the budget in FLOPs."""
    fraction = all(ladder.evidence.units[i].measure is None for i in np.flatnonzero(plan.promised))
    times = 100.0 if fraction else 1.0
    budgets = [point.budget for point in plan.curve]
    low, width, high = (
        [times * getattr(point, name) for point in plan.curve] for name in ("low", "width", "high")
    )
    now = times * float(np.nanmean(plan.now))
    figure = new_figure(6.2, 3.6)
    axis = figure.subplots()
    axis.set_xscale("log")
    axis.fill_between(
        budgets, low, high, color=FAN, alpha=0.18, linewidth=0, label="90 % of ladders"
    )
    axis.plot(budgets, width, "o-", color=FAN, markersize=3.5, linewidth=1.2, label="promised")
    axis.axhline(now, color=MUTED, linewidth=0.8, linestyle=(0, (4, 2)), label="now")
    if plan.knee is not None:
        axis.plot([plan.knee.budget], [times * plan.knee.width], "D", color=INK, label="knee")
    axis.set_ylim(0, 1.1 * max(now, *high))
    decades(axis, budgets[0], budgets[-1])
    axis.set_xlabel("budget for small runs (FLOPs)")
    axis.set_ylabel("90 % width at the target" + (" (points)" if fraction else ""))
    axis.grid(color=GRID)
    axis.legend(labelcolor=INK)
    return figure
