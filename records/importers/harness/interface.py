"""What does every importer give? Scores as a file states them, before any ladder is consulted."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from scalepredict.records.importers.harness.source_file import SourceFile
from scalepredict.records.notes import Note
from scalepredict.records.table import Bools, Floats, Ints, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The checkpoint that was evaluated, as the file names it. ``None`` = not stated.

    Attributes:
        label: Name of the model or run.
        revision: Branch, commit or step of the weights, if the label does not hold it.
        family: Recipe, if the file states one.
        params: Total parameters (a count).
        params_non_embedding: Parameters without embeddings (a count).
        params_active: Parameters used for one token of a mixture of experts (a count).
        tokens: Tokens seen (a count).
        flops: Training FLOPs (a count).
        step: Optimiser step.
        seed: Seed of the training run.
        loss: Validation loss (nats per token).
    """

    label: str
    revision: str = ""
    family: str = ""
    params: float | None = None
    params_non_embedding: float | None = None
    params_active: float | None = None
    tokens: float | None = None
    flops: float | None = None
    step: float | None = None
    seed: float | None = None
    loss: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Questions:
    """Graded answers to Q single questions, in columns: there may be millions of them.

    Attributes:
        names: Name of each question inside its task. Shape (Q,).
        scores: Fractions in [0, 1]. Shape (Q,).
        lines: Lines of the file, counted from 1. Shape (Q,).
    """

    names: NDArray[np.object_]
    scores: Floats
    lines: Ints

    def take(self, keep: Bools) -> "Questions":
        """The questions of a mask of shape (Q,)."""
        return taken(self, keep)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedScore:
    """One score and the key that says what it may be compared with.

    Attributes:
        subject: The checkpoint.
        benchmark: Name of the benchmark.
        task: Name inside the benchmark; empty for its own score.
        metric: Name of the metric.
        filter: How the answer was extracted; ``none`` if it was not.
        shots: Examples in the prompt.
        version: Version of the task's definition.
        digest: Hash of the questions and prompts.
        score: As the file has it; a fraction once it is admitted. NaN = there is only a loss.
        stderr: Standard error of the score, in its unit.
        n_items: Graded answers behind the score.
        task_loss: Loss of the right answer (nats, or bits per byte).
        chance: Score of a guesser, a fraction.
        higher: Whether the harness says that more is better; ``None`` = it does not say.
        percent: Whether the format says that it is in percent; ``None`` = it does not say.
        settings: What else tells two evaluations of a task apart, as (name, value).
        variant: Those settings that differ between the evaluations that were read, in words.
        time: Sortable time of the evaluation; the newest of several wins.
        source: The file.
        line: Line of the file, counted from 1.
        questions: The answers that ``score`` is the mean of, where they are to be records
            themselves; ``score`` is none then.
    """

    subject: Subject
    benchmark: str
    task: str = ""
    metric: str
    filter: str = "none"
    shots: int | None = None
    version: str = ""
    digest: str = ""
    score: float
    stderr: float | None = None
    n_items: float | None = None
    task_loss: float | None = None
    chance: float | None = None
    higher: bool | None = None
    percent: bool | None = None
    settings: tuple[tuple[str, str], ...] = ()
    variant: str = ""
    time: str = ""
    source: str
    line: int | None = None
    questions: Questions | None = None

    @property
    def n_records(self) -> int:
        """How many records it becomes."""
        return 1 if self.questions is None else len(self.questions.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What one file holds.

    Attributes:
        scores: The scores.
        subjects: Facts about runs whose scores lie in other files; joined by label.
        skipped: What was left out, by reason, with counts.
        warnings: What looks wrong.
        harness: Version of the program that made the scores, such as ``lm-eval 0.4.9``.
    """

    scores: tuple[ImportedScore, ...] = ()
    subjects: tuple[Subject, ...] = ()
    skipped: dict[str, int] = field(default_factory=dict)
    warnings: tuple[Note, ...] = ()
    harness: str = ""


class Importer(Protocol):
    """One format of files.

    It may have ``of_answers = True``, if its files hold answers to single questions, which are read
    only when they are asked for; and ``lacking(file)``, which says what a file lacks that the user
    calls one of this format (empty: nothing).
    """

    kind: ClassVar[str]

    def recognises(self, file: SourceFile) -> bool:
        """Whether the file is of this format; must not raise."""
        ...

    def read(self, file: SourceFile) -> Imported:
        """Read one file.

        Raises:
            RecordError: The file is of this format but damaged.
        """
        ...


class Tally:
    """Counts reasons while one file is read."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def add(self, reason: str, count: int = 1) -> None:
        """One more (or ``count`` more) left out for this reason."""
        self.counts[reason] = self.counts.get(reason, 0) + count


def finite(value: object) -> float | None:
    """A finite number as it is, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Compared before it is converted: an integer may be too large for a float.
    return float(value) if abs(value) <= sys.float_info.max else None


def whole(value: object) -> int | None:
    """A whole number that is not negative, also as text, or None."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    number = finite(value)
    return int(number) if number is not None and number >= 0 and number % 1 == 0 else None


def positive(value: object) -> float | None:
    """A positive finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value <= sys.float_info.max else None


def has_mappings(content: object, *names: str) -> bool:
    """Whether a JSON object has a mapping under each of these names."""
    return isinstance(content, dict) and all(isinstance(content.get(n), dict) for n in names)


def entries(mapping: object) -> Iterator[tuple[str, object]]:
    """Items of a JSON object; nothing for anything else."""
    if isinstance(mapping, dict):
        yield from mapping.items()
