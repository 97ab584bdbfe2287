"""What does a table hold? Its families and benchmarks, counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from scalepredict.records.table import EvalTable, Floats, Unit

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilySummary:
    """One family. Ranges are (smallest, largest), counts; ``None`` = not recorded."""

    family: str
    n_models: int
    n_checkpoints: int
    params: tuple[float, float] | None
    tokens: tuple[float, float] | None
    flops: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkSummary:
    """One benchmark, over its tasks.

    Attributes:
        benchmark: Its name.
        n_tasks: Tasks or questions; 0 if it has only its own score.
        metrics: Names of its metrics.
        shots: Its shot counts.
        chance: Smallest and largest chance level of its units, fractions.
        chance_assumed: Whether any of them is unknown, and taken as 0.
        n_items: Questions behind its own score, or of all its tasks; ``None`` = unknown.
        suite: Its suite, if any.
        n_scores: Measured scores.
        scores: Smallest and largest score; ``None`` = there are only losses.
        is_fraction: Whether they are fractions, and not in a unit of their own.
    """

    benchmark: str
    n_tasks: int
    metrics: tuple[str, ...]
    shots: tuple[int, ...]
    chance: tuple[float, float]
    chance_assumed: bool
    n_items: float | None
    suite: str
    n_scores: int
    scores: tuple[float, float] | None
    is_fraction: bool = True


def summarise_families(table: EvalTable) -> tuple[FamilySummary, ...]:
    """Every family, in order of first appearance."""
    family_of = np.array([c.family for c in table.checkpoints], dtype=object)
    summaries = []
    for family in table.families:
        mine = family_of == family
        models = {c.model for c in table.checkpoints if c.family == family}
        summaries.append(
            FamilySummary(
                family=family,
                n_models=len(models),
                n_checkpoints=int(mine.sum()),
                params=_range(table.params[mine]),
                tokens=_range(table.tokens[mine]),
                flops=_range(table.flops[mine]),
            )
        )
    return tuple(summaries)


def summarise_benchmarks(table: EvalTable) -> tuple[BenchmarkSummary, ...]:
    """Every benchmark, in order of first appearance."""
    columns: dict[str, list[int]] = {}
    for column, unit in enumerate(table.units):
        columns.setdefault(unit.benchmark, []).append(column)
    return tuple(_summary(table, name, index) for name, index in columns.items())


def _summary(table: EvalTable, benchmark: str, index: list[int]) -> BenchmarkSummary:
    units = [table.units[i] for i in index]
    scores = table.scores[:, index]
    chances = [unit.chance for unit in units]
    return BenchmarkSummary(
        benchmark=benchmark,
        n_tasks=sum(bool(unit.task) for unit in units),
        metrics=_distinct(unit.metric for unit in units if unit.metric),
        shots=_distinct(unit.shots for unit in units if unit.shots is not None),
        chance=(min(chances), max(chances)),
        chance_assumed=any(unit.chance_assumed for unit in units),
        n_items=_items(units, table.n_items[:, index]),
        suite=next((unit.suite for unit in units if unit.suite), ""),
        n_scores=int(np.isfinite(scores).sum()),
        scores=_range(scores),
        is_fraction=all(unit.measure is None for unit in units),
    )


def _items(units: list[Unit], n_items: Floats) -> float | None:
    largest = np.where(np.isnan(n_items), -np.inf, n_items).max(axis=0, initial=-np.inf)
    own = [i for i, unit in enumerate(units) if not unit.task]
    total = largest[own[0]] if own else largest.sum()
    return float(total) if np.isfinite(total) else None


def _range(values: Floats) -> tuple[float, float] | None:
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if known.size else None


def _distinct(values: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(values))
