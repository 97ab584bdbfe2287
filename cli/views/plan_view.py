"""How is a plan shown? Runs, what benchmarks gain, the curve, sizes of equal cost, and costs."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scalepredict.cli.schemas.plan_schema import CostDocument, GainDocument, PlanDocument, RunSize
from scalepredict.cli.views.own_units import FRACTION, unit_of, value, value_range
from scalepredict.cli.views.render import MISSING, Cell, Sheet
from scalepredict.evaluation.forecast.forecasting import FamilyForecast
from scalepredict.evaluation.intervals.levels import CLAIM
from scalepredict.evaluation.planning.budget_curve import Plan, Point
from scalepredict.evaluation.planning.compute_cost import Machine
from scalepredict.evaluation.planning.filled_in import Ladder
from scalepredict.evaluation.planning.isocost import Isocost
from scalepredict.evaluation.planning.next_runs import Run
from scalepredict.records.text.counts import count_of, format_count

_SHARE = 100.0


def plan_sheets(plan: Plan, ladder: Ladder, machine: Machine | None) -> list[Sheet]:
    """Runs with the verdict, or the verdict that none is worth it; benchmarks; the curve."""
    rest = [_benchmarks(plan, ladder), _curve(plan, ladder, machine)]
    verdict = (_sentence(plan, ladder), *plan.notes)
    if plan.verdict == "none":
        return [replace(rest[0], title=f"no next run: {rest[0].title}", notes=verdict), rest[1]]
    return [replace(_runs(plan, machine), notes=verdict), *rest]


def _runs(plan: Plan, machine: Machine | None) -> Sheet:
    extra = _cost_header(machine)
    rows = tuple(
        (
            run.model or f"run {number}",
            format_count(run.params),
            format_count(run.tokens),
            format_count(run.flops),
            f"{_SHARE * run.cost / plan.budget:.0f}",
            f"{_SHARE * run.flops / plan.space.flops:.2g}",
            *_cost(run.cost, machine),
        )
        for number, run in enumerate(plan.runs, 1)
    )
    return Sheet(
        title=f"next runs for {format_count(plan.budget)} FLOPs",
        header=("run", "params", "tokens", "FLOPs", "% of budget", "% of target", *extra),
        align="lrrrrr" + "r" * len(extra),
        rows=rows,
    )


def _sentence(plan: Plan, ladder: Ladder) -> str:
    now = _mean(plan.now)
    said = width_text(now, ladder)
    if plan.verdict == "none":
        return (
            f"none: the 90 % width is {said} now and {width_text(plan.limit, ladder)} with the "
            "largest run that is not the target; what is left is noise and scatter of the recipe."
        )
    point = plan.point
    text = (
        f"mean 90 % width at the target: {said} now, {width_text(point.width, ladder)} "
        f"[{width_text(point.low, ladder)}-{width_text(point.high, ladder)}] with these runs, "
        f"{width_text(plan.limit, ladder)} with the largest run that is not the target."
    )
    if plan.knee is not None:
        text += (
            f" {format_count(plan.knee.budget)} FLOPs "
            f"({_SHARE * plan.knee.budget / plan.space.flops:.2g} % of the target) bring "
            f"{width_text(plan.knee.width, ladder)}; more helps little."
        )
    return text


def _benchmarks(plan: Plan, ladder: Ladder) -> Sheet:
    columns = [i for i in ladder.wanted if plan.promised[i]]
    units = ladder.evidence.units
    return Sheet(
        title="width of the 90 % interval at the target",
        header=("benchmark", "now", "after"),
        align="lrr",
        rows=tuple(
            (units[i].shown, *(_width(w[i], unit_of(units[i])) for w in (plan.now, plan.after)))
            for i in columns
        ),
    )


def _curve(plan: Plan, ladder: Ladder, machine: Machine | None) -> Sheet:
    extra = _cost_header(machine)
    fractions = _in_points(plan, ladder)
    return Sheet(
        title="what a budget buys (least: " + format_count(plan.least_budget) + " FLOPs)",
        header=("budget", "% of target", *extra, "largest run", "width", "90 % range")
        + (("error 50 %", "90 %") if fractions else ()),
        align="rr" + "r" * len(extra) + "lrr" + ("rr" if fractions else ""),
        rows=tuple(
            (
                format_count(point.budget) + (" *" if point is plan.knee else ""),
                f"{_SHARE * point.budget / plan.space.flops:.2g}",
                *_cost(point.budget, machine),
                _largest(point),
                width_text(point.width, ladder),
                f"{width_text(point.low, ladder)}-{width_text(point.high, ladder)}",
                *(
                    (f"{_SHARE * point.error50:.1f}", f"{_SHARE * point.error90:.1f}")
                    if fractions
                    else ()
                ),
            )
            for point in plan.curve
        ),
        notes=("* the least budget within 15 % of the best width.",) if plan.knee else (),
    )


def _in_points(plan: Plan, ladder: Ladder) -> bool:
    return any(ladder.evidence.units[i].measure is None for i in ladder.wanted if plan.promised[i])


def isocost_sheets(line: Isocost, machine: Machine | None, notes: Sequence[str]) -> list[Sheet]:
    """The sizes with their mean, and each benchmark at the ends of what is as good as the best."""
    return [_sizes(line, machine, notes), _along(line)]


def _sizes(line: Isocost, machine: Machine | None, notes: Sequence[str]) -> Sheet:
    targets, extra = line.forecast.targets, _cost_header(machine)
    unit = unit_of(line.forecast.units[line.columns[0]])
    rows = tuple(
        (
            format_count(targets.params[k]),
            format_count(targets.tokens[k]),
            f"{targets.tokens[k] / targets.params[k]:.3g}" + ("" if line.tested[k] else " !"),
            format_count(targets.flops[k]),
            *_cost(float(targets.flops[k]), machine),
            value(float(line.mean[k]), unit),
            ("best" if k == line.best else "as good") if line.flat[k] else "",
        )
        for k in range(len(targets))
    )
    return Sheet(
        title=f"sizes that train and serve {format_count(line.served)} tokens for "
        f"{format_count(line.cost)} FLOPs",
        header=("params", "tokens", "per param", "to train", *extra, "mean", ""),
        align="rrrr" + "r" * len(extra) + "rl",
        rows=rows,
        notes=(*_told(line, unit), *notes),
    )


def _told(line: Isocost, unit: str) -> Iterator[str]:
    sizes = line.forecast.targets.params
    flat = [float(n) for n, as_good in zip(sizes, line.flat, strict=True) if as_good]
    within = _width(line.noise, unit)
    count = count_of(len(line.columns), "benchmark")
    if len(flat) > 1:
        yield (
            f"any size between {format_count(flat[0])} and {format_count(flat[-1])} is within the "
            f"noise of measuring {count} ({within}); {format_count(flat[0])} is the cheapest to "
            "serve."
        )
    else:
        yield (
            f"{format_count(flat[0])} is the best, by more than the noise of measuring {count} "
            f"({within})."
        )
    if line.at_edge:
        yield "the best lies at the end of the line; --tokens-per-param LO..HI makes it longer."
    if not all(line.tested):
        yield "! tokens per parameter that the ladder has not tested."


def _along(line: Isocost) -> Sheet:
    sizes, units = line.forecast.targets.params, line.forecast.units
    flat = [k for k, as_good in enumerate(line.flat) if as_good]
    shown = sorted({0, flat[0], line.best, flat[-1], len(sizes) - 1})
    low, high = line.forecast.interval(CLAIM)

    def cell(k: int, i: int) -> str:
        unit = unit_of(units[i])
        interval = value_range(float(low[k, i]), float(high[k, i]), unit)
        return f"{value(float(line.forecast.point[k, i]), unit)} [{interval}]"

    return Sheet(
        title="forecast with 90 % interval",
        header=("benchmark", *(format_count(sizes[k]) for k in shown)),
        align="l" + "r" * len(shown),
        rows=tuple((units[i].shown, *(cell(k, i) for k in shown)) for i in line.columns),
    )


def _largest(point: Point) -> str:
    run = max(point.runs, key=lambda each: each.flops)
    return run.model or f"{format_count(run.params)} on {format_count(run.tokens)}"


def _cost_header(machine: Machine | None) -> tuple[str, ...]:
    if machine is None:
        return ()
    return ("GPU-hours",) if machine.price is None else ("GPU-hours", "price")


def _cost(flops: float, machine: Machine | None) -> tuple[str, ...]:
    if machine is None:
        return ()
    hours = f"{machine.hours(flops):,.0f}"
    money = machine.money(flops)
    return (hours,) if money is None else (hours, f"{money:,.0f}")


def width_text(width: float, ladder: Ladder) -> str:
    """A mean width: points of score, or the unit of the benchmarks that count."""
    unit = next((unit_of(ladder.evidence.units[i]) for i in ladder.wanted), FRACTION)
    return _width(width, unit)


def _width(width: float, unit: str) -> str:
    if math.isnan(width):
        return MISSING
    return f"{_SHARE * width:.1f}" if unit == FRACTION else f"{width:.3g}"


def _mean(values: Any) -> float:
    known = [float(value) for value in values if not math.isnan(value)]
    return sum(known) / len(known)


def plan_rows(plan: Plan) -> list[dict[str, Cell]]:
    """The curve, one row for each budget; fractions and counts."""
    return [
        {
            "budget": point.budget,
            "share_of_target": point.budget / plan.space.flops,
            "params": (run := max(point.runs, key=lambda each: each.flops)).params,
            "tokens": run.tokens,
            "flops": run.flops,
            "width": point.width,
            "low": point.low,
            "high": point.high,
            "error50": point.error50,
            "error90": point.error90,
        }
        for point in plan.curve
    ]


def plan_document(
    plan: Plan, ladder: Ladder, machine: Machine | None, excluded: Mapping[str, str]
) -> PlanDocument:
    """The plan for programs."""
    space, units = plan.space, ladder.evidence.units
    columns = [i for i in ladder.wanted if plan.promised[i]]
    gained: list[GainDocument] = [
        {"benchmark": units[i].shown, "width_now": plan.now[i], "width_after": plan.after[i]}
        for i in columns
    ]
    asked: CostDocument = {}
    if machine is not None:
        asked = {"gpu_hours": machine.hours(plan.budget), "price": machine.money(plan.budget)}
    return {
        "schema": "scalepredict.plan/1",
        "target": {"params": space.params, "tokens": space.tokens, "flops": space.flops},
        "budget": plan.budget,
        "unit": unit_of(units[columns[0]]),
        "runs": [
            {
                **_run(run),
                "share": run.cost / plan.budget,
                "width_now": _mean(plan.now),
                "width_after": plan.point.width,
                "benchmarks": gained,
            }
            for run in plan.runs
        ],
        "limit": plan.limit,
        "least_budget": plan.least_budget,
        "knee": None if plan.knee is None else plan.knee.budget,
        "verdict": plan.verdict,
        "curve": [
            {
                "budget": point.budget,
                "width": point.width,
                "low": point.low,
                "high": point.high,
                "error50": point.error50,
                "error90": point.error90,
            }
            for point in plan.curve
        ],
        **asked,
        "excluded": [{"model": model, "why": why} for model, why in excluded.items()],
        "notes": list(plan.notes),
    }


def _run(run: Run) -> RunSize:
    size: RunSize = {"params": run.params, "tokens": run.tokens, "flops": run.flops}
    return {"model": run.model, **size} if run.model else size


def cost_sheet(families: Sequence[FamilyForecast], machine: Machine) -> Sheet:
    """One row for each rung, by growing compute, and for each target."""
    rows = []
    for family in families:
        rungs = sorted(
            (float(flops), checkpoint.model)
            for flops, checkpoint in zip(
                family.evidence.flops, family.evidence.checkpoints, strict=True
            )
        )
        targets = [(float(flops), "target") for flops in family.targets.flops]
        for flops, name in [*rungs, *targets]:
            money = machine.money(flops)
            price = (
                () if machine.price is None else (MISSING if money is None else f"{money:,.0f}",)
            )
            rows.append(
                (family.family, name, format_count(flops), f"{machine.hours(flops):,.1f}", *price)
            )
    priced = () if machine.price is None else ("price",)
    return Sheet(
        title=f"cost on {machine.name} at {machine.mfu:.0%} of {machine.peak / 1e12:,.0f} TFLOP/s",
        header=("family", "run", "FLOPs", "GPU-hours", *priced),
        align="llrr" + "r" * len(priced),
        rows=tuple(rows),
    )
