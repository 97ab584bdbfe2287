"""Which small runs told most of the big one? Real pools of runs, replayed under a budget.

    python benchmarks/plan_backtest.py DATA [--random 5] [--fit]

Each pool is one family with a measured target. The ladder starts with its five cheapest runs of
three sizes or more; a budget is a share of the FLOPs of all other runs at most a quarter of the
target. What a choice picks is added with its measured scores, the default is fitted again, and the
target is forecast. Printed are the error, the 90 % width and how often it held, by choice and
budget; the ratios of the rule's error to its rivals'; how promised widths compared with those
reached, with constants fitted without the pool. --fit prints configs/plan.yaml from all pools.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scalepredict.evaluation.forecast.doubts import aligned
from scalepredict.evaluation.intervals.calibration import Calibration, apply_calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.planning.filled_in import Ladder, widths_with
from scalepredict.evaluation.planning.next_runs import Run, Space, next_runs
from scalepredict.evaluation.planning.promise import Conditions
from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.stack.stack import Stack
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, Floats

SHARES = (0.01, 0.05, 0.10, 0.25)
MOST_RUNS = 3
START = 5
QUARTILES = (0.1, 0.9)
Choice = Callable[[Space, EvalTable, float], list[int]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """Runs of one recipe, and the row of the one that is forecast."""

    name: str
    group: str
    table: EvalTable
    target: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one choice at one budget came to, in fractions; logs of reached over promised."""

    pool: Pool
    choice: str
    share: float
    error: float
    width: float
    held: float
    promise: float = np.nan
    given: Conditions | None = None
    decades: float = np.nan
    errors: tuple[float, ...] = ()


def pools(data: Path) -> Iterator[Pool]:
    for name, every, targets in (("gadre_104", 1, 1), ("gemstones", 7, 2), ("pythia_0shot", 4, 1)):
        table = to_benchmarks(read_records([data / f"{name}.csv.gz"]).table)
        for family in table.families:
            runs = table.of_family(family)
            known = np.flatnonzero(np.isfinite(runs.flops) & np.isfinite(runs.scores).any(axis=1))
            runs = runs.take_rows(known[:: every if every > 1 else 1])
            order = np.argsort(runs.flops, kind="stable")
            if len(order) < START + 4:
                continue
            for target in order[::-1][:targets]:
                yield Pool(name=f"{name}/{family}", group=name, table=runs, target=int(target))


def cheapest_start(pool: Pool) -> list[int]:
    order = [int(i) for i in np.argsort(pool.table.flops, kind="stable") if i != pool.target]
    chosen = order[:START]
    sizes = {pool.table.params[i] for i in chosen}
    for i in order[START:]:
        if len(sizes) >= 3:
            break
        if pool.table.params[i] not in sizes:
            chosen[-1 - len(sizes) % 2] = i
            sizes = {pool.table.params[j] for j in chosen}
    return chosen


def space_of(pool: Pool, rows: Sequence[int]) -> Space:
    table, t = pool.table, pool.target
    return Space(
        params=float(table.params[t]),
        tokens=float(table.tokens[t]),
        flops=float(table.flops[t]),
        ratios=(0.0, np.inf),
        most_flops=float(table.flops[t]) / 4,
        flops_of=lambda n, d: 6 * n * d,
        candidates=tuple(
            Run(
                model=str(i),
                params=float(table.params[i]),
                tokens=float(table.tokens[i]),
                flops=float(table.flops[i]),
                cost=float(table.flops[i]),
            )
            for i in rows
        ),
    )


def rule(space: Space, table: EvalTable, budget: float) -> list[int]:
    del table
    return [int(run.model) for run in next_runs(space, budget, most=MOST_RUNS, scales=9)]


def by_key(key: Callable[[Run], float]) -> Choice:
    def choose(space: Space, table: EvalTable, budget: float) -> list[int]:
        del table
        picked: list[int] = []
        left = budget
        for run in sorted(space.candidates, key=key):
            if run.cost <= left and len(picked) < MOST_RUNS:
                picked.append(int(run.model))
                left -= run.cost
        return picked

    return choose


def at_random(rng: np.random.Generator) -> Choice:
    def choose(space: Space, table: EvalTable, budget: float) -> list[int]:
        place = {run.model: float(rng.random()) for run in space.candidates}
        return by_key(lambda run: place[run.model])(space, table, budget)

    return choose


def replayed(pool: Pool, rivals: dict[str, Choice], calibration: Calibration) -> Iterator[Outcome]:
    start = cheapest_start(pool)
    rest = [i for i in range(len(pool.table.flops)) if i not in start and i != pool.target]
    rest = [i for i in rest if pool.table.flops[i] <= pool.table.flops[pool.target] / 4]
    space = space_of(pool, rest)
    whole = float(pool.table.flops[rest].sum())
    for share in SHARES:
        for name, choose in rivals.items():
            picked = choose(space, pool.table, share * whole)
            if picked:
                yield outcome(
                    pool, name, share, start, picked, calibration, promised=name == "rule"
                )


def outcome(
    pool: Pool,
    name: str,
    share: float,
    start: list[int],
    picked: list[int],
    calibration: Calibration,
    *,
    promised: bool,
) -> Outcome:
    low, high, point, truth = forecast(pool, start + picked, calibration)
    known = np.isfinite(point) & np.isfinite(truth)
    width = float((high - low)[known].mean())
    promise, given = np.nan, None
    table, top = pool.table, float(pool.table.flops[picked].max())
    if promised:
        ladder = ladder_of(pool, start, calibration)
        runs = list(space_of(pool, picked).candidates)
        widths = widths_with(ladder, [runs], jobs=1, rng=np.random.default_rng(0))[0]
        promise = float(np.log(width / np.nanmean(widths[known])))
        ratios = table.tokens[start] / table.params[start]
        target = table.tokens[pool.target] / table.params[pool.target]
        given = Conditions(
            runs=len(picked),
            decades=float(np.log10(top / table.flops[start].max())),
            off_ratio=float(abs(np.log(target / np.median(ratios)))),
        )
    return Outcome(
        pool=pool,
        choice=name,
        share=share,
        error=float(np.abs(point - truth)[known].mean()),
        width=width,
        held=float(((low <= truth) & (truth <= high))[known].mean()),
        promise=promise,
        given=given,
        decades=float(np.log10(table.flops[pool.target] / max(top, table.flops[start].max()))),
        errors=tuple(np.abs(point - truth)[known].tolist()),
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


def forecast(
    pool: Pool, rows: list[int], calibration: Calibration
) -> tuple[Floats, Floats, Floats, Floats]:
    ladder = ladder_of(pool, rows, calibration)
    raw = aligned(ladder.group.law.forecast(ladder.target), ladder.evidence)
    made = apply_calibration(raw, calibration, "stack")
    low, high = made.interval(0.9)
    place = {unit: i for i, unit in enumerate(pool.table.units)}
    truth = pool.table.scores[pool.target, [place[unit] for unit in ladder.evidence.units]]
    return low[0], high[0], made.point[0], truth


def constants(outcomes: Sequence[Outcome]) -> tuple[Floats, Floats, Floats, Floats]:
    """Coefficients and spread of promises, and levels of errors by decades (50 and 90 %)."""
    told = [o for o in outcomes if o.given is not None and np.isfinite(o.promise)]
    rows = np.array([o.given.row() for o in told if o.given is not None])
    seen = np.array([o.promise for o in told])
    ridge = 2.0 * np.diag([0.0, 1.0, 1.0, 1.0])
    beta = np.linalg.solve(rows.T @ rows + ridge, rows.T @ seen)
    spread = np.quantile(seen - rows @ beta, QUARTILES)
    lines = []
    for quantile in (0.5, 0.9):
        level = np.array([np.log(np.quantile(o.errors, quantile)) for o in told])
        lines.append(np.polyfit([o.decades for o in told], level, 1)[::-1])
    return beta, spread, lines[0], lines[1]


def main() -> None:
    parser = argparse.ArgumentParser(description="Replay plans on real pools of runs.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--random", type=int, default=5, help="draws of the random choice")
    parser.add_argument("--fit", action="store_true", help="print configs/plan.yaml")
    given = parser.parse_args()
    calibration = load_calibration(None)
    streams = np.random.default_rng(0).spawn(given.random)
    rivals: dict[str, Choice] = {
        "rule": rule,
        "largest": by_key(lambda run: -run.flops),
        "cheapest": by_key(lambda run: run.flops),
        **{f"random {i}": at_random(stream) for i, stream in enumerate(streams)},
    }
    outcomes: list[Outcome] = []
    for pool in pools(given.data):
        outcomes += replayed(pool, rivals, calibration)
        print(f"{pool.name}: done", file=sys.stderr, flush=True)
    show_choices(outcomes)
    show_promises(outcomes)
    if given.fit:
        beta, _, half, most = constants(outcomes)
        left = np.concatenate([residuals(outcomes, group)[0] for group in groups_of(outcomes)])
        spread = np.quantile(left, QUARTILES)  # of pools that took no part
        for name, values in (
            ("coefficients", beta),
            ("spread", spread),
            ("error50", half),
            ("error90", most),
        ):
            print(f"{name}: [{', '.join(f'{value:.4g}' for value in values)}]")


def show_choices(outcomes: Sequence[Outcome]) -> None:
    groups = groups_of(outcomes)
    print("choice     " + "".join(f"{g:>34}" for g in groups))
    print("           " + "  MAE by budget 1 5 10 25 %, width, held" * 1)
    for choice in ("rule", "largest", "cheapest", "random"):
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
    for rival in ("random", "largest", "cheapest"):
        print(
            f"rule / {rival}: " + ", ".join(f"{g} {ratio(outcomes, g, rival):.2f}" for g in groups)
        )


def ratio(outcomes: Sequence[Outcome], group: str, rival: str) -> float:
    """Geometric mean over pools and budgets of the rule's error over a rival's."""
    logs = []
    for o in (o for o in outcomes if o.choice == "rule" and o.pool.group == group):
        other = [
            p.error
            for p in outcomes
            if p.pool is o.pool and p.share == o.share and p.choice.startswith(rival)
        ]
        if other:
            logs.append(np.log(o.error / np.mean(other)))
    return float(np.exp(np.mean(logs)))


def groups_of(outcomes: Sequence[Outcome]) -> list[str]:
    return list(dict.fromkeys(o.pool.group for o in outcomes))


def residuals(outcomes: Sequence[Outcome], group: str) -> tuple[Floats, Floats]:
    """log(reached / promised) of a group with constants of the others, and their spread."""
    others = [o for o in outcomes if o.pool.group != group]
    mine = [o for o in outcomes if o.pool.group == group and o.given is not None]
    beta, spread, _, _ = constants(others)
    left = np.array([o.promise - o.given.row() @ beta for o in mine if o.given is not None])
    return left, spread


def show_promises(outcomes: Sequence[Outcome]) -> None:
    for group in groups_of(outcomes):
        left, spread = residuals(outcomes, group)
        near = float(np.mean(np.abs(np.expm1(left)) < 0.2))
        inside = float(np.mean((left >= spread[0]) & (left <= spread[1])))
        print(
            f"promise on {group} (constants of the others): reached / promised "
            f"{np.exp(np.median(left)):.2f}, within 20 % in {near:.0%}, range holds {inside:.0%}"
        )


if __name__ == "__main__":
    main()
