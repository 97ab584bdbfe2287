"""Which small runs told most of the big one? Real pools of runs, replayed under a budget.

    python benchmarks/plan_backtest.py DATA [--random 5] [--fit]

Each pool is one family with a measured target. The ladder starts with its five cheapest runs of
three sizes or more, or with five log-spaced ones on the target's ratio; a budget is a share of the
FLOPs of all other runs at most a quarter of the target. What a choice picks is added with its
measured scores, the default is fitted again, and the target is forecast. Printed are the error, the
90 % width and how often it held, by choice and budget; the ratios of the rule's error to its
rivals'; how promised widths compared with those reached, with constants fitted without the group;
the error at the knee of promised widths; the printed errors beside those reached; and the table of
the documentation (`> benchmarks/plan_backtest.txt`). --fit prints configs/plan.yaml from all pools.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from planning.pools import (  # it lies in the folder beside this file, as the next
    MOST_RUNS,
    Choice,
    Pool,
    at_random,
    by_key,
    pools,
    rule,
    space_of,
    v_optimal,
)
from planning.promises import Promised, lost_of, near, show_promises, spread_of

from scalepredict.evaluation.forecast.doubts import aligned
from scalepredict.evaluation.intervals.calibration import Calibration, apply_calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.planning.budget_curve import NEAR, best_so_far
from scalepredict.evaluation.planning.counted import count_benchmarks
from scalepredict.evaluation.planning.filled_in import Ladder, widths_now, widths_with
from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.stack.stack import Stack
from scalepredict.records.table import Floats

SHARES = (0.01, 0.05, 0.10, 0.25)
NOTHING, ALL = "no run", "all runs"
RULE, ONE = "rule", "one run"
CHOICES = (RULE, ONE, "largest", "V-optimal", "cheapest", "random")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one choice at one budget came to, in fractions."""

    pool: Pool
    error: float
    width: float
    held: float
    choice: str = ""
    share: float = np.nan
    promise: Promised | None = None
    decades: float = np.nan
    errors: tuple[float, ...] = ()


def replayed(pool: Pool, rivals: dict[str, Choice], calibration: Calibration) -> Iterator[Outcome]:
    start = list(pool.start)
    rest = [i for i in range(len(pool.table.flops)) if i not in start and i != pool.target]
    rest = [i for i in rest if pool.table.flops[i] <= pool.table.flops[pool.target] / 4]
    space = space_of(pool, rest)
    whole = float(pool.table.flops[rest].sum())
    seen: dict[tuple[int, ...], Outcome] = {}
    for name, share, picked in (
        (NOTHING, 0.0, []),
        (ALL, 1.0, rest),
        *(
            (name, share, choose(space, pool.table, start, share * whole))
            for share in SHARES
            for name, choose in rivals.items()
        ),
    ):
        if not picked and name != NOTHING:
            continue  # the budget buys none
        key = tuple(sorted(picked))
        promises = name in (RULE, ONE)  # they go first
        if key not in seen or (promises and seen[key].promise is None):
            seen[key] = outcome(pool, start, picked, calibration, promises=promises)
        yield replace(seen[key], choice=name, share=share)


def kept(outcomes: list[Outcome]) -> Iterator[Outcome]:
    """What comes of `plan`: where a budget's own runs promise wider intervals, of cheaper ones."""
    for name in (RULE, ONE):
        own = sorted((o for o in outcomes if o.choice == name), key=lambda o: o.share)
        means = np.array([o.promise.filled.mean() for o in own if o.promise is not None])
        for o, k in zip(own, best_so_far(means), strict=True):
            yield replace(own[k], share=o.share)
    yield from (o for o in outcomes if o.choice not in (RULE, ONE))


def outcome(
    pool: Pool,
    start: list[int],
    picked: list[int],
    calibration: Calibration,
    *,
    promises: bool,
) -> Outcome:
    after = ladder_of(pool, start + picked, calibration)
    low, high, point, truth = forecast(pool, after)
    known = np.isfinite(point) & np.isfinite(truth)
    error = np.abs(point - truth)[known]
    table, top = pool.table, float(pool.table.flops[start + picked].max())
    return Outcome(
        pool=pool,
        error=float(error.mean()),
        width=float((high - low)[known].mean()),
        held=float(((low <= truth) & (truth <= high))[known].mean()),
        promise=promised(pool, start, picked, after) if promises else None,
        decades=float(np.log10(table.flops[pool.target] / top)),
        errors=tuple(error.tolist()),
    )


def promised(pool: Pool, start: list[int], picked: list[int], after: Ladder) -> Promised:
    """Widths of the benchmarks that `plan` promises, where the target's score is known as well."""
    ladder = ladder_of(pool, start, after.calibration)
    runs = space_of(pool, picked).candidates
    filled = widths_with(ladder, [runs], jobs=1, rng=np.random.default_rng(0))[0]
    place = {unit: i for i, unit in enumerate(after.evidence.units)}
    reached = widths_now(after)[[place[unit] for unit in ladder.evidence.units]]
    now = widths_now(ladder)
    told = [i for i in count_benchmarks(ladder).columns if np.isfinite(filled[i] + reached[i])]
    return Promised(
        group=pool.group,
        runs=len(picked),
        now=now[told],
        filled=filled[told],
        reached=reached[told],
    )


def ladder_of(pool: Pool, rows: list[int], calibration: Calibration) -> Ladder:
    evidence = pool.table.take_rows(sorted(rows))
    evidence = evidence.take_units(np.flatnonzero(np.isfinite(evidence.scores).sum(axis=0) >= 3))
    fit = fit_families(evidence, Stack(), rng=np.random.default_rng(0))
    target = Targets.of_table(pool.table.take_rows([pool.target]))
    return Ladder(
        group=fit.groups[0],
        evidence=fit.groups[0].evidence,
        wanted=tuple(range(len(evidence.units))),
        predictor=Stack(),
        calibration=calibration,
        target=target,
    )


def forecast(pool: Pool, ladder: Ladder) -> tuple[Floats, Floats, Floats, Floats]:
    raw = aligned(ladder.group.law.forecast(ladder.target), ladder.evidence)
    made = apply_calibration(raw, ladder.calibration, "stack")
    low, high = made.interval(0.9)
    place = {unit: i for i, unit in enumerate(pool.table.units)}
    truth = pool.table.scores[pool.target, [place[unit] for unit in ladder.evidence.units]]
    return low[0], high[0], made.point[0], truth


def error_lines(outcomes: Sequence[Outcome]) -> tuple[Floats, Floats]:
    """log of the median error and of its 90 % point, as lines in decades to the target."""
    told = [o for o in outcomes if o.choice == RULE]
    lines = []
    for quantile in (0.5, 0.9):
        level = np.array([np.log(np.quantile(o.errors, quantile)) for o in told])
        lines.append(np.polyfit([o.decades for o in told], level, 1)[::-1])
    return lines[0], lines[1]


def main() -> None:
    parser = argparse.ArgumentParser(description="Replay plans on real pools of runs.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--random", type=int, default=5, help="draws of the random choice")
    parser.add_argument("--fit", action="store_true", help="print configs/plan.yaml")
    given = parser.parse_args()
    calibration = load_calibration(None)
    streams = np.random.default_rng(0).spawn(given.random)
    rivals: dict[str, Choice] = {
        RULE: rule(MOST_RUNS),
        ONE: rule(1),
        "largest": by_key(lambda run: -run.flops),
        "V-optimal": v_optimal,
        "cheapest": by_key(lambda run: run.flops),
        **{f"random {i}": at_random(stream) for i, stream in enumerate(streams)},
    }
    outcomes: list[Outcome] = []
    for pool in pools(given.data):
        outcomes += kept(list(replayed(pool, rivals, calibration)))
        print(f"{pool.name}: done", file=sys.stderr, flush=True)
    show_choices(outcomes)
    told = {
        kind: [o.promise for o in outcomes if o.choice == kind and o.promise is not None]
        for kind in (ONE, RULE)
    }
    show_promises(told[ONE], told[RULE])
    show_bars(outcomes)
    show_table(outcomes)
    if given.fit:
        show_constants(told[ONE], told[RULE], outcomes)


def show_constants(
    one: Sequence[Promised], more: Sequence[Promised], outcomes: Sequence[Outcome]
) -> None:
    """What configs/plan.yaml holds."""
    print(f"lost: {lost_of(one):.4g}")
    several = [promise for promise in more if promise.runs > 1]
    for name, single in (("mean", False), ("benchmark", True)):
        print(f"{name}:")
        print(f"  one: {_numbers(spread_of(one, one, single=single))}")
        print(f"  more: {_numbers(spread_of(several, one, single=single))}")
    for name, line in zip(("error50", "error90"), error_lines(outcomes), strict=True):
        print(f"{name}: {_numbers(line)}")


def _numbers(values: Floats) -> str:
    return f"[{', '.join(f'{value:.4g}' for value in values)}]"


def show_choices(outcomes: Sequence[Outcome]) -> None:
    groups = groups_of(outcomes)
    print("choice     " + "".join(f"{g:>34}" for g in groups))
    print("           " + "  MAE by budget 1 5 10 25 %, width, held" * 1)
    for choice in CHOICES:
        cells = []
        for group in groups:
            mine = [o for o in outcomes if o.pool.group == group and o.choice.startswith(choice)]
            by_share = [
                100 * np.mean([o.error for o in mine if o.share == share] or [np.nan])
                for share in SHARES
            ]
            told = " ".join(f"{value:4.1f}" for value in by_share)
            width, held = np.mean([o.width for o in mine]), np.mean([o.held for o in mine])
            cells.append(f"{told} {100 * width:5.1f} {held:4.2f}")
        print(f"{choice:10} " + "".join(f"{cell:>34}" for cell in cells))
    for rival in CHOICES[1:]:
        each = [ratio(outcomes, group, rival) for group in groups]
        told = ", ".join(f"{g} {r:.2f}" for g, r in zip(groups, each, strict=True))
        print(f"rule / {rival}: {told}, mean {np.exp(np.mean(np.log(each))):.2f}")


def ratio(outcomes: Sequence[Outcome], group: str, rival: str) -> float:
    """Geometric mean over pools and budgets of the rule's error over a rival's."""
    logs = []
    for o in (o for o in outcomes if o.choice == RULE and o.pool.group == group):
        other = [p.error for p in outcomes if _rivals(p, o, rival)]
        if other:
            logs.append(np.log(o.error / np.mean(other)))
    return float(np.exp(np.mean(logs)))


def groups_of(outcomes: Sequence[Outcome]) -> list[str]:
    return list(dict.fromkeys(o.pool.group for o in outcomes))


def show_bars(outcomes: Sequence[Outcome]) -> None:
    """What the knee costs, how often intervals held after the run, and whether errors were told."""
    mine = [o for o in outcomes if o.choice == RULE]
    for choice in (ONE, RULE):
        knees = list(knees_of([o for o in outcomes if o.choice == choice]))
        good = np.mean([ratio <= 1.05 for ratio, _ in knees])
        print(
            f"{choice}: error at the knee of promised widths at most 1.05 of that at the largest "
            f"budget: {good:.0%} of {len(knees)} ladders, at "
            f"{np.mean([share for _, share in knees]):.0%} of the pool"
        )
    random = {
        (o.pool, o.share): np.mean([p.error for p in outcomes if _rivals(p, o, "random")])
        for o in mine
    }
    better = np.mean([o.error <= random[o.pool, o.share] for o in mine])
    print(f"at or below random: {better:.0%} of {len(mine)} ladders and budgets")
    for group in groups_of(outcomes):
        held = [
            np.mean([o.held for o in mine if o.pool.group == group and o.share == share] or np.nan)
            for share in SHARES
        ]
        told = " ".join(f"{value:.2f}" for value in held)
        half, most = error_lines([o for o in outcomes if o.pool.group != group])
        inside = [
            (np.exp(half[0] + half[1] * o.decades), np.exp(most[0] + most[1] * o.decades), o)
            for o in mine
            if o.pool.group == group
        ]
        near = np.mean([0.5 <= np.median(o.errors) / h <= 2 for h, _, o in inside])
        under = np.mean([np.median(o.errors) <= m for _, m, o in inside])
        print(
            f"{group}: 90 % intervals held by budget {told}; median error within 2x of the told "
            f"one in {near:.0%}, below the told 90 % in {under:.0%}"
        )


def knees_of(outcomes: Sequence[Outcome]) -> Iterator[tuple[float, float]]:
    """Error at the knee over that at the largest budget, and the share of the pool, by ladder."""
    promises = [o.promise for o in outcomes if o.promise is not None]
    for pool in dict.fromkeys(o.pool for o in outcomes):
        own = sorted((o for o in outcomes if o.pool is pool), key=lambda o: o.share)
        lost = lost_of([promise for promise in promises if promise.group != pool.group])
        widths = [o.promise.width(lost) for o in own if o.promise is not None]
        knee = own[near(widths, NEAR)]
        yield knee.error / own[-1].error, knee.share


def _rivals(other: Outcome, o: Outcome, choice: str) -> bool:
    return other.pool is o.pool and other.share == o.share and other.choice.startswith(choice)


def show_table(outcomes: Sequence[Outcome]) -> None:
    """The table of the documentation: mean error at the target in points, by budget."""
    budgets = [f"{share:.0%}" for share in SHARES]
    print()
    print("| pool | choice | no run | " + " | ".join(budgets) + " | all runs |")
    print("|" + " --- |" * (len(budgets) + 4))
    for group in groups_of(outcomes):
        mine = [o for o in outcomes if o.pool.group == group]
        ends = [np.mean([o.error for o in mine if o.choice == end]) for end in (NOTHING, ALL)]
        for choice in (RULE, ONE, "largest", "random"):
            spent = [
                np.mean([o.error for o in mine if o.share == share and o.choice.startswith(choice)])
                for share in SHARES
            ]
            cells = [f"{100 * error:.1f}" for error in (ends[0], *spent, ends[1])]
            print(f"| {group} | {choice} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
