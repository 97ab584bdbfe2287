"""Pools of runs that plans are replayed on, where their ladders start, and ways to choose runs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scalepredict.evaluation.planning.next_runs import Run, Space, next_runs
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, Floats

MOST_RUNS = 3
START = 5
# A file, every how many of its checkpoints, and how many of the largest runs are targets.
FILES = (
    ("gadre_104", 1, 1),
    ("gemstones", 7, 2),
    ("pythia_0shot", 4, 1),
    ("opensci_ref", 8, 1),
)
LEAST = 1e4  # runs farther below the target are no rungs of its ladder
FAR = 230.0  # a start of log-spaced runs ends this far below the target
RATIO = 2.0  # runs this near to the target's tokens per parameter lie on its ray
Choice = Callable[[Space, EvalTable, list[int], float], list[int]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """Runs of one recipe, and the row of the one that is forecast."""

    name: str
    group: str
    table: EvalTable
    target: int
    start: tuple[int, ...]


def pools(data: Path) -> Iterator[Pool]:
    for name, every, targets in FILES:
        table = to_benchmarks(read_records([data / f"{name}.csv.gz"]).table)
        for family in table.families:
            runs = table.of_family(family)
            known = np.flatnonzero(np.isfinite(runs.flops) & np.isfinite(runs.scores).any(axis=1))
            runs = runs.take_rows(known[::every])
            order = np.argsort(runs.flops, kind="stable")
            if len(order) < START + 4:
                continue
            for row in order[::-1][:targets]:
                pool = runs.flops >= runs.flops[row] / LEAST
                runs_near = runs.take_rows(np.flatnonzero(pool))
                target = int(pool[:row].sum())
                for kind, choose in (("cheap", cheapest_start), ("ladder", ladder_start)):
                    start = choose(runs_near, target)
                    if start:
                        yield Pool(
                            name=f"{name}/{family}/{kind}",
                            group=name,
                            table=runs_near,
                            target=target,
                            start=tuple(start),
                        )


def ladder_start(table: EvalTable, target: int) -> list[int]:
    """Five runs near the target's ratio, log-spaced as far as 230x below it; none without them."""
    ratio = table.tokens / table.params
    near = np.abs(np.log(ratio / ratio[target])) <= np.log(RATIO)
    low = np.flatnonzero(near & (table.flops <= table.flops[target] / FAR))
    if len(low) < START:
        return []
    logs = np.log(table.flops[low])
    wanted = np.linspace(logs.min(), logs.max(), START)
    chosen = {int(low[np.argmin(np.abs(logs - one))]) for one in wanted}
    return sorted(chosen) if len(chosen) == START else []


def cheapest_start(table: EvalTable, target: int) -> list[int]:
    """The five cheapest runs, of three sizes or more."""
    order = [int(i) for i in np.argsort(table.flops, kind="stable") if i != target]
    chosen = order[:START]
    sizes = {table.params[i] for i in chosen}
    for i in order[START:]:
        if len(sizes) >= 3:
            break
        if table.params[i] not in sizes:
            chosen[-1 - len(sizes) % 2] = i
            sizes = {table.params[j] for j in chosen}
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


def rule(most: int) -> Choice:
    """What `plan` does, with so many runs at the most."""

    def choose(space: Space, table: EvalTable, start: list[int], budget: float) -> list[int]:
        del table, start
        return [int(run.model) for run in next_runs(space, budget, most=most, scales=9)]

    return choose


def by_key(key: Callable[[Run], float]) -> Choice:
    """The first affordable ones in an order."""

    def choose(space: Space, table: EvalTable, start: list[int], budget: float) -> list[int]:
        del table, start
        picked: list[int] = []
        left = budget
        for run in sorted(space.candidates, key=key):
            if run.cost <= left and len(picked) < MOST_RUNS:
                picked.append(int(run.model))
                left -= run.cost
        return picked

    return choose


def at_random(rng: np.random.Generator) -> Choice:
    """Any affordable ones."""

    def choose(space: Space, table: EvalTable, start: list[int], budget: float) -> list[int]:
        place = {run.model: float(rng.random()) for run in space.candidates}
        return by_key(lambda run: place[run.model])(space, table, start, budget)

    return choose


def v_optimal(space: Space, table: EvalTable, start: list[int], budget: float) -> list[int]:
    """One by one what lowers the variance at the target most, of a law linear in log N, log D."""
    aim = _row(space.params, space.tokens)
    rows = np.array([_row(table.params[i], table.tokens[i]) for i in start])
    information = rows.T @ rows + 1e-6 * np.eye(3)
    picked: list[int] = []
    left = budget
    while len(picked) < MOST_RUNS:
        allowed = [
            run for run in space.candidates if run.cost <= left and int(run.model) not in picked
        ]
        if not allowed:
            break
        designs = [_row(run.params, run.tokens) for run in allowed]
        variance = [
            float(aim @ np.linalg.solve(information + np.outer(x, x), aim)) for x in designs
        ]
        k = int(np.argmin(variance))
        information += np.outer(designs[k], designs[k])
        picked.append(int(allowed[k].model))
        left -= allowed[k].cost
    return picked


def _row(params: float, tokens: float) -> Floats:
    return np.array([1.0, np.log(params), np.log(tokens)])
