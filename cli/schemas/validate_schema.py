"""What does `validate --json` hold?"""

from typing import Annotated, Any, Literal

from pydantic import Field, with_config
from typing_extensions import TypedDict

from scalepredict.records.document_parts import DOCUMENT, NoteDocument

Range = Annotated[list[float], Field(min_length=2, max_length=2)]
"""Smallest and largest."""


class FamilyInventory(TypedDict):
    """What there is of one family; ranges are null if not recorded."""

    family: str
    n_models: int
    n_checkpoints: int
    params: Range | None
    tokens: Range | None
    flops: Range | None


class BenchmarkInventory(TypedDict):
    """What there is of one benchmark."""

    benchmark: str
    n_tasks: int
    """0 if the benchmark has only its own score."""
    metrics: list[str]
    shots: list[int]
    chance: Range
    """Fractions, over the tasks."""
    chance_assumed: bool
    """True if it is unknown and taken as 0."""
    n_items: float | None
    suite: str
    n_scores: int
    scores: Range | None
    """Fractions; null = there are only losses."""


class RecordsFile(TypedDict):
    """Records, all files together."""

    kind: Literal["records"]
    report: dict[str, Any]
    """Counts and names of what was read, merged, derived, assumed and left out."""
    families: list[FamilyInventory]
    benchmarks: list[BenchmarkInventory]


class BenchmarksFile(TypedDict):
    """A benchmark file."""

    file: str
    kind: Literal["benchmarks"]
    names: int
    """Benchmarks, and tasks that are known by a name of their own."""


class LadderFile(TypedDict):
    """A ladder."""

    file: str
    kind: Literal["ladder"]
    models: int
    """Entries of the ladder."""


class GateFile(TypedDict):
    """The rules of `check`."""

    file: str
    kind: Literal["check"]
    alpha: float
    """Share of healthy checkpoints that may be flagged."""


CheckedFile = RecordsFile | BenchmarksFile | LadderFile | GateFile


@with_config(DOCUMENT)
class ValidateDocument(TypedDict):
    """What files hold, what was assumed in reading them, what to mend."""

    schema: Literal["scalepredict.validate/1"]
    files: list[CheckedFile]
    findings: list[str]
    notes: list[NoteDocument]
