"""How is a plan shown? Runs, what benchmarks gain, the curve, sizes of equal cost, and costs."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from scalepredict.cli.views.own_units import FRACTION, unit_of, value, value_range
from scalepredict.cli.views.render import MISSING, Sheet
from scalepredict.evaluation.forecast.forecasting import FamilyForecast
from scalepredict.evaluation.intervals.levels import CLAIM
from scalepredict.evaluation.planning.budget_curve import Plan, Point
from scalepredict.evaluation.planning.compute_cost import Machine
from scalepredict.evaluation.planning.filled_in import Ladder
from scalepredict.evaluation.planning.isocost import Isocost
from scalepredict.predictors.limits import MAX_FACTOR
from scalepredict.records.text.counts import count_of, format_count

_SHARE = 100.0
_COLUMNS = (0, 6, -1)  # points of the curve that have a column in the table of benchmarks


def plan_sheets(plan: Plan, ladder: Ladder, machine: Machine | None) -> list[Sheet]:
    """Runs with the verdict, or that none is worth it; benchmarks; the curve; named designs."""
    unit = unit_of(ladder.evidence.units[np.flatnonzero(plan.promised)[0]])
    first, verdict = _benchmarks(plan, ladder), (_sentence(plan, unit), *plan.notes)
    rest = [_curve(plan, unit, machine), *([_tried(plan, unit)] if plan.tried else [])]
    if plan.knee is None:
        title = f"no next run: {first.title}"
        return [replace(first, title=title, notes=(*first.notes, *verdict)), *rest]
    return [replace(_runs(plan, machine), notes=verdict), first, *rest]


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


def _sentence(plan: Plan, unit: str) -> str:
    now, limit = (_width(width, unit) for width in (plan.mean_now, plan.limit))
    if plan.knee is None:
        return (
            f"none: the 90 % width is {now} now and {limit} with the largest run that is not the "
            "target; what is left is noise and scatter of the recipe."
        )
    point, knee = plan.point, plan.knee
    if math.isnan(plan.mean_now):
        now = f"no forecast (none is made beyond {MAX_FACTOR:.0f}x the largest run)"
    return (
        f"mean 90 % width at the target: {now} now, {_width(point.width, unit)} "
        f"[{_range(point, unit)}] with these runs, {limit} with the largest run "
        f"that is not the target. {format_count(knee.budget)} FLOPs "
        f"({_SHARE * knee.budget / plan.space.flops:.2g} % of the target) bring "
        f"{_width(knee.width, unit)}; more helps little."
    )


def _benchmarks(plan: Plan, ladder: Ladder) -> Sheet:
    units, shown = ladder.evidence.units, [plan.curve[i] for i in _COLUMNS]
    rows = []
    for i in np.flatnonzero(plan.promised):
        unit, knee = unit_of(units[i]), plan.knee_of(int(i))
        rows.append(
            (
                units[i].shown,
                _width(plan.now[i], unit),
                _width(plan.point.widths[i], unit),
                *(_width(point.widths[i], unit) for point in shown),
                "none" if knee is None else format_count(knee.budget),
            )
        )
    budgets = tuple(f"at {format_count(point.budget)}" for point in shown)
    return Sheet(
        title="width of the 90 % interval at the target",
        header=("benchmark", "now", "after", *budgets, "enough"),
        align="lrr" + "r" * len(shown) + "r",
        rows=tuple(rows),
        notes=(
            "enough: the least budget within 15 % of the benchmark's best width; none: nothing "
            "narrows it by so much.",
        ),
    )


def _curve(plan: Plan, unit: str, machine: Machine | None) -> Sheet:
    extra = _cost_header(machine)
    errors = unit == FRACTION
    rows = []
    for point in plan.curve:
        told = (point.error50, point.error90) if errors else ()
        rows.append(
            (
                format_count(point.budget) + (" *" if point is plan.knee else ""),
                f"{_SHARE * point.budget / plan.space.flops:.2g}",
                *_cost(point.budget, machine),
                _largest(point),
                _width(point.width, unit),
                _range(point, unit),
                *(f"{_SHARE * error:.1f}" for error in told),
            )
        )
    return Sheet(
        title="what a budget buys (least: " + format_count(plan.least_budget) + " FLOPs)",
        header=("budget", "% of target", *extra, "largest run", "width", "90 % range")
        + (("error 50 %", "90 %") if errors else ()),
        align="rr" + "r" * len(extra) + "lrr" + ("rr" if errors else ""),
        rows=tuple(rows),
        notes=("* the least budget within 15 % of the best width.",) if plan.knee else (),
    )


def _tried(plan: Plan, unit: str) -> Sheet:
    return Sheet(
        title="designs of yours",
        header=("params", "tokens", "FLOPs", "% of target", "width", "90 % range"),
        align="rrrrrr",
        rows=tuple(
            (
                format_count(run.params),
                format_count(run.tokens),
                format_count(run.flops),
                f"{_SHARE * run.flops / plan.space.flops:.2g}",
                _width(point.width, unit),
                _range(point, unit),
            )
            for point in plan.tried
            for run in point.runs
        ),
    )


def _range(point: Point, unit: str) -> str:
    return f"{_width(point.low, unit)}-{_width(point.high, unit)}"


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


def _width(width: float, unit: str) -> str:
    if math.isnan(width):
        return MISSING
    return f"{_SHARE * width:.1f}" if unit == FRACTION else f"{width:.3g}"


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
