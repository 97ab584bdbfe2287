"""What do programs get of a plan? Runs, widths of each benchmark by budget, knees and costs."""

import math
from collections.abc import Mapping

import numpy as np

from scalepredict.cli.schemas.plan_schema import (
    CostDocument,
    GainDocument,
    NarrowedDocument,
    PlanDocument,
    PointDocument,
    RunSize,
    WidthDocument,
)
from scalepredict.cli.views.own_units import unit_of
from scalepredict.cli.views.render import Cell
from scalepredict.evaluation.planning.budget_curve import Plan, Point
from scalepredict.evaluation.planning.compute_cost import Machine
from scalepredict.evaluation.planning.filled_in import Ladder
from scalepredict.evaluation.planning.next_runs import Run

MEAN = "(mean)"


def plan_rows(plan: Plan, ladder: Ladder) -> list[dict[str, Cell]]:
    """The curve, one row for each budget and benchmark, and for the mean; fractions and counts."""
    names = _names(plan, ladder)
    rows: list[dict[str, Cell]] = []
    for point in plan.curve:
        run = max(point.runs, key=lambda each: each.flops)
        widths: list[tuple[str, float, float, float]] = [
            (MEAN, point.width, point.low, point.high),
            *((name, point.widths[i], point.lows[i], point.highs[i]) for i, name in names.items()),
        ]
        rows += [
            {
                "budget": point.budget,
                "share_of_target": point.budget / plan.space.flops,
                "params": run.params,
                "tokens": run.tokens,
                "flops": run.flops,
                "benchmark": name,
                "width": float(width),
                "low": float(low),
                "high": float(high),
                "error50": point.error50,
                "error90": point.error90,
            }
            for name, width, low, high in widths
        ]
    return rows


def plan_document(
    plan: Plan, ladder: Ladder, machine: Machine | None, excluded: Mapping[str, str]
) -> PlanDocument:
    """The plan for programs."""
    space, names = plan.space, _names(plan, ladder)
    gained: list[GainDocument] = [
        {
            "benchmark": name,
            "width_now": _known(plan.now[i]),
            "width_after": float(plan.point.widths[i]),
        }
        for i, name in names.items()
    ]
    asked: CostDocument = {}
    if machine is not None:
        asked = {"gpu_hours": machine.hours(plan.budget), "price": machine.money(plan.budget)}
    return {
        "schema": "scalepredict.plan/1",
        "target": {"params": space.params, "tokens": space.tokens, "flops": space.flops},
        "budget": plan.budget,
        "unit": unit_of(ladder.evidence.units[next(iter(names))]),
        "runs": [
            {
                **_run(run),
                "share": run.cost / plan.budget,
                "width_now": _known(plan.mean_now),
                "width_after": plan.point.width,
                "benchmarks": gained,
            }
            for run in plan.runs
        ],
        "limit": plan.limit,
        "least_budget": plan.least_budget,
        "knee": _budget(plan.knee),
        "verdict": plan.verdict,
        "benchmarks": [_narrowed(plan, i, name) for i, name in names.items()],
        "curve": [_point(point, names) for point in plan.curve],
        "tried": [
            {**_run(run), **_point(point, names)} for point in plan.tried for run in point.runs
        ],
        **asked,
        "excluded": [{"model": model, "why": why} for model, why in excluded.items()],
        "notes": list(plan.notes),
    }


def _names(plan: Plan, ladder: Ladder) -> dict[int, str]:
    return {int(i): ladder.evidence.units[i].shown for i in np.flatnonzero(plan.promised)}


def _known(width: float) -> float | None:
    return None if math.isnan(width) else float(width)


def _budget(point: Point | None) -> float | None:
    return None if point is None else point.budget


def _narrowed(plan: Plan, column: int, name: str) -> NarrowedDocument:
    return {
        "benchmark": name,
        "width_now": _known(plan.now[column]),
        "limit": float(plan.curve[-1].widths[column]),
        "knee": _budget(plan.knee_of(column)),
    }


def _point(point: Point, names: Mapping[int, str]) -> PointDocument:
    benchmarks: list[WidthDocument] = [
        {
            "benchmark": name,
            "width": float(point.widths[i]),
            "low": float(point.lows[i]),
            "high": float(point.highs[i]),
        }
        for i, name in names.items()
    ]
    return {
        "budget": point.budget,
        "width": point.width,
        "low": point.low,
        "high": point.high,
        "error50": point.error50,
        "error90": point.error90,
        "benchmarks": benchmarks,
    }


def _run(run: Run) -> RunSize:
    size: RunSize = {"params": run.params, "tokens": run.tokens, "flops": run.flops}
    return {"model": run.model, **size} if run.model else size
