"""What may a rule look at? The evidence of a whole check, and one checkpoint within it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from scalepredict.evaluation.off_trend.ladders.against_ladder import LadderOutcome
from scalepredict.evaluation.off_trend.own_past.bench import Bench
from scalepredict.evaluation.off_trend.own_past.quality import Quality
from scalepredict.evaluation.off_trend.own_past.run_judge import Judgement
from scalepredict.evaluation.off_trend.own_past.runs import Run
from scalepredict.evaluation.off_trend.rules.gate import Gate
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level, mildest
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Ints, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The record whose scores a checkpoint repeats, and on how many benchmarks of how many."""

    of: int
    n_equal: int
    n_compared: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Family:
    """Benchmarks that are tested together: a benchmark that only warns cannot fail the gate.

    Attributes:
        level: What their findings weigh at most.
        columns: Of the table. Shape (T,).
        min_items: Answers with fewer than which a fraction is left out. Shape (T,).
        bench: How they are judged.
        share: Of alpha.
        sign: 1 where more is better, -1 where less is.
    """

    level: Level
    columns: Ints
    min_items: Floats
    bench: Bench
    share: float
    sign: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """All that a verdict may look at, computed once for a table.

    Attributes:
        table: Benchmark scores (tasks averaged).
        quality: The scores as something of which more is better.
        items_assumed: Benchmarks whose item count is unknown and was assumed.
        runs: The runs of the table.
        walked: Those that are judged; the others only offer labels.
        families: Benchmarks that are tested together.
        copies: Rows that repeat another row.
        unchanged: Rows up to which a run has not changed for so many checkpoints.
        lowest: Lowest score of all other rows. Shape (M, T).
        ceiling: Most that other models let expect, turned like ``quality``; inf = unknown. Shape
            (M, T).
        ladder: Finished models against the ladder, by row (see ``against_ladder.py``).
        trajectory: Other checkpoints against smaller runs at the same fraction of the schedule, by
            row (see ``against_trajectory.py``).
    """

    table: EvalTable
    quality: Quality
    items_assumed: tuple[str, ...]
    runs: tuple[Run, ...]
    walked: tuple[Run, ...]
    families: tuple[Family, ...]
    copies: Mapping[int, Copy]
    unchanged: Mapping[int, int]
    lowest: Floats
    ceiling: Floats
    ladder: Mapping[int, LadderOutcome] = field(default_factory=dict)
    trajectory: Mapping[int, LadderOutcome] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """One family of benchmarks at one checkpoint."""

    family: Family
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """One checkpoint, as a rule sees it.

    Attributes:
        evidence: Of the whole check.
        gate: What is checked.
        run: The run.
        k: Position in the run.
        walked: Trials of each position so far against the run's own past.
    """

    evidence: Evidence
    gate: Gate
    run: Run
    k: int
    walked: Sequence[tuple[Trial, ...]]

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Against its own past."""
        return self.walked[self.k]

    def at(self, k: int) -> "Scene":
        """An earlier checkpoint of the run."""
        return replace(self, k=k)

    @property
    def row(self) -> int:
        """Row of the table."""
        return int(self.run.rows[self.k])

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint itself."""
        return self.evidence.table.checkpoints[self.row]

    def checkpoint_at(self, k: int) -> Checkpoint:
        """Another checkpoint of the run."""
        return self.evidence.table.checkpoints[int(self.run.rows[k])]

    def level(self, rule: str, unit: Unit | None = None) -> Level:
        """What a rule weighs, for one benchmark at most what that weighs."""
        own = self.gate.level_of(rule)
        return own if unit is None else mildest(own, self.gate.for_benchmark(unit.benchmark).level)

    def measured(self) -> bool:
        """Whether there is any score."""
        return bool(np.isfinite(self.evidence.table.scores[self.row]).any())


Finder = Callable[[Scene], Iterable[Finding]]
