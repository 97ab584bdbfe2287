"""What is a table of evaluation results? Checkpoints by units, columnar and frozen.

Glossary of array letters: M checkpoints, T units (benchmarks, or their tasks), K targets.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from scalepredict.records.asymptote import Asymptote
from scalepredict.records.metrics import Metric

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Whole = TypeVar("Whole")

FLOPS_PER_PARAM_TOKEN = 6.0  # C = 6 N D: forward and backward pass (Kaplan et al. 2020, 2001.08361)
# Graded answers behind a score that does not tell: most benchmarks have 500 to 10,000 questions,
# and a low figure only widens the interval.
ASSUMED_ITEMS = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One set of weights that was evaluated. ``None`` means: not recorded.

    Attributes:
        model: Name of the training run.
        family: Recipe; checkpoints of one family differ only in scale.
        params: Parameters N (a count).
        params_active: Parameters used for one token, of a mixture of experts (a count).
        params_non_embedding: Parameters without embeddings (a count).
        tokens: Tokens seen D (a count).
        flops: Training FLOPs C (a count): as recorded, else 6 N D with the active N.
        flops_given: Whether ``flops`` was recorded rather than computed as 6 N D.
        unique_tokens: Distinct tokens in the training set, where data was repeated (a count).
        total_tokens: Tokens of the whole schedule, of which ``tokens`` are done (a count).
        fraction: Part of the schedule that is done.
        step: Optimiser step.
        seed: Seed of the run, where several runs differ in nothing else.
        lab: Who trained it.
        kind: ``base``, ``instruct``, ...
        phase: Part of the schedule: stable, decay, anneal, ...
        role: ``fit``, ``holdout``, ``target`` or ``anchor``.
        loss: Validation loss on one fixed corpus (nats per token).
        source: File that the first row of this checkpoint came from.
        line: Line or row of that file, counted from 1.
    """

    model: str
    family: str = "default"
    params: float | None = None
    params_active: float | None = None
    params_non_embedding: float | None = None
    tokens: float | None = None
    flops: float | None = None
    flops_given: bool = False
    unique_tokens: float | None = None
    total_tokens: float | None = None
    fraction: float | None = None
    step: float | None = None
    seed: float | None = None
    lab: str = ""
    kind: str = ""
    phase: str = ""
    role: str = "fit"
    loss: float | None = None
    source: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One column of a table: a benchmark's own score, or one of its tasks or questions.

    Attributes:
        benchmark: Name of the benchmark.
        task: Name inside the benchmark; empty for the benchmark's own aggregate score.
        metric: Name of the metric; scores of different metrics are never in one unit.
        shots: Number of examples in the prompt, if recorded.
        variant: Other settings of the evaluation, in words, where several are recorded.
        chance: Score of a guesser, a fraction.
        chance_assumed: Whether ``chance`` came from neither the file nor the benchmark metadata.
        suite: Named set of benchmarks that is averaged; empty if none.
        label: Name among the columns of its table, where the benchmark alone names several.
        measure: Direction, range, unit and scale of what is no fraction; None = a fraction of
            which more is better.
        asymptote: What the user knows of the value that it falls to; None = nothing.
    """

    benchmark: str
    task: str = ""
    metric: str = ""
    shots: int | None = None
    variant: str = ""
    chance: float = 0.0
    chance_assumed: bool = False
    suite: str = ""
    label: str = ""
    measure: Metric | None = None
    asymptote: Asymptote | None = None

    @property
    def shown(self) -> str:
        """Name of its column, such as ``hellaswag [acc_norm, 10-shot]``."""
        return self.label or self.benchmark


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvalTable:
    """Scores of M checkpoints on T units. NaN = not measured.

    Attributes:
        checkpoints: The rows, length M.
        units: The columns, length T.
        scores: Fractions in [0, 1]. Shape (M, T).
        n_items: Graded answers behind each score: questions of a benchmark, or trials of one
            question. NaN = unknown. Shape (M, T).
        stderr: Standard error of each score as recorded, a fraction. Shape (M, T).
        task_loss: Loss of the right answer (nats, or bits per byte). Shape (M, T).
    """

    checkpoints: tuple[Checkpoint, ...]
    units: tuple[Unit, ...]
    scores: Floats
    n_items: Floats
    stderr: Floats
    task_loss: Floats

    def __post_init__(self) -> None:
        shape = (len(self.checkpoints), len(self.units))
        for name in ("scores", "n_items", "stderr", "task_loss"):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, expected {shape}")

    @property
    def params(self) -> Floats:
        """Parameters N, NaN if not recorded. Shape (M,)."""
        return _column(c.params for c in self.checkpoints)

    @property
    def params_active(self) -> Floats:
        """Active parameters, NaN if not recorded. Shape (M,)."""
        return _column(c.params_active for c in self.checkpoints)

    @property
    def params_non_embedding(self) -> Floats:
        """Parameters without embeddings, NaN if not recorded. Shape (M,)."""
        return _column(c.params_non_embedding for c in self.checkpoints)

    @property
    def tokens(self) -> Floats:
        """Tokens seen D, NaN if not recorded. Shape (M,)."""
        return _column(c.tokens for c in self.checkpoints)

    @property
    def flops(self) -> Floats:
        """Training FLOPs C, NaN if neither recorded nor computable. Shape (M,)."""
        return _column(c.flops for c in self.checkpoints)

    @property
    def unique_tokens(self) -> Floats:
        """Distinct tokens of the training set, NaN if not recorded. Shape (M,)."""
        return _column(c.unique_tokens for c in self.checkpoints)

    @property
    def loss(self) -> Floats:
        """Validation loss (nats per token), NaN if not recorded. Shape (M,)."""
        return _column(c.loss for c in self.checkpoints)

    @property
    def chance(self) -> Floats:
        """Score of a guesser, a fraction. Shape (T,)."""
        return np.array([unit.chance for unit in self.units], dtype=float)

    @property
    def families(self) -> tuple[str, ...]:
        """Names of the families, in order of first appearance."""
        return tuple(dict.fromkeys(c.family for c in self.checkpoints))

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """Names of the benchmarks, in order of first appearance."""
        return tuple(dict.fromkeys(unit.benchmark for unit in self.units))

    def take_rows(self, rows: Ints | Bools | Sequence[int]) -> "EvalTable":
        """The table of the chosen checkpoints; ``rows`` is an index or a mask of length M."""
        return taken(self, _index(rows), shared=("units",))

    def take_units(self, columns: Ints | Bools | Sequence[int]) -> "EvalTable":
        """The table of the chosen units; ``columns`` is an index or a mask of length T."""
        return taken(self, _index(columns), axis=1, shared=("checkpoints",))

    def with_rows(self, other: "EvalTable") -> "EvalTable":
        """This table and the rows of another below it, on the units of this table."""
        place = {unit: i for i, unit in enumerate(other.units)}
        column = np.array([place.get(unit, len(place)) for unit in self.units], dtype=int)

        def below(above: Floats, values: Floats) -> Floats:
            padded = np.hstack([values, np.full((len(values), 1), np.nan)])
            return np.vstack([above, padded[:, column]])

        return EvalTable(
            checkpoints=self.checkpoints + other.checkpoints,
            units=self.units,
            scores=below(self.scores, other.scores),
            n_items=below(self.n_items, other.n_items),
            stderr=below(self.stderr, other.stderr),
            task_loss=below(self.task_loss, other.task_loss),
        )

    def of_family(self, family: str) -> "EvalTable":
        """The rows of one family, and the units that were measured there."""
        table = self.take_rows(np.array([c.family == family for c in self.checkpoints], dtype=bool))
        return table.take_units(np.flatnonzero(np.isfinite(table.scores).any(axis=0)))

    def with_scores(self, scores: Floats) -> "EvalTable":
        """The same table with other scores of the same shape (M, T)."""
        return replace(self, scores=scores)


def make_table(
    checkpoints: Sequence[Checkpoint],
    units: Sequence[Unit],
    scores: Floats,
    *,
    n_items: Floats | None = None,
    stderr: Floats | None = None,
    task_loss: Floats | None = None,
) -> EvalTable:
    """Build a table; attributes that are not given are unknown (NaN). Arrays of shape (M, T)."""
    scores = np.asarray(scores, dtype=float)
    unknown = np.full(scores.shape, np.nan)
    return EvalTable(
        checkpoints=tuple(checkpoints),
        units=tuple(units),
        scores=scores,
        n_items=unknown if n_items is None else np.asarray(n_items, dtype=float),
        stderr=unknown if stderr is None else np.asarray(stderr, dtype=float),
        task_loss=unknown if task_loss is None else np.asarray(task_loss, dtype=float),
    )


def taken(whole: Whole, index: Ints | Bools, *, axis: int = 0, shared: Sequence[str] = ()) -> Whole:
    """The chosen rows of a dataclass whose fields are columns: arrays, tuples and parts alike.

    Args:
        whole: The dataclass; what is no column (a number, None) stays as it is.
        index: Which rows, by number or as a mask.
        axis: That of the rows in every array; -1 = the last.
        shared: Fields that say something of all rows, and stay as they are.
    """

    def part(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value[..., index] if axis == -1 else value[(slice(None),) * axis + (index,)]
        if isinstance(value, tuple):
            return tuple(value[i] for i in np.arange(len(value))[index].tolist())
        return cast(Any, value).take(index) if is_dataclass(value) else value

    names = [field.name for field in fields(cast(Any, whole)) if field.name not in shared]
    columns = {name: part(getattr(whole, name)) for name in names}
    return cast(Whole, replace(cast(Any, whole), **columns))


def _index(wanted: Ints | Bools | Sequence[int]) -> Ints | Bools:
    index = np.asarray(wanted)
    return index if index.size else index.astype(np.intp)  # an empty list has no type of its own


def _column(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=float)
