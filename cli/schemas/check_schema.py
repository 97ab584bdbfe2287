"""What does `check --json` hold?"""

from typing import Annotated, Literal

from pydantic import Field, with_config
from typing_extensions import TypedDict

from scalepredict.cli.schemas.schema_parts import Ends, Number, Percent, one_of
from scalepredict.evaluation.off_trend.rules.rules import RULES
from scalepredict.records.document_parts import DOCUMENT, NoteDocument


class FindingDocument(TypedDict):
    """What a rule found."""

    rule: Annotated[str, one_of(RULES)]
    level: Annotated[str, one_of(("error", "warning", "note"))]
    benchmark: str | None
    """null = the checkpoint as a whole"""
    metric: str | None
    shots: int | None
    observed: Number
    expected: Number
    interval: Ends | None
    """Lower and upper end, fractions; null = does not apply"""
    z: Number
    p_value: Number
    message: str
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    """The same at every checkpoint of the run and whatever the values"""


class CheckpointDocument(TypedDict):
    """The verdict on one checkpoint."""

    model: str
    family: str
    params: Number
    tokens: Number
    step: Number
    p_value: Number
    """Of its scores together; null = not judged"""
    flagged: bool
    """Whether a finding is of the level that fails the gate"""
    unjudged: str | None
    """Why it was not judged; null if it was"""
    source: str | None
    line: int | None
    findings: list[FindingDocument]
    accepted: list[FindingDocument]
    """Findings that the baseline accepts"""


class FinalDocument(TypedDict):
    """Final score of one benchmark: by the run's own line, by the ladder, and by both."""

    benchmark: str
    now: Number
    trajectory: Number
    ladder: Number
    original: dict[Percent, Ends]
    """By level in percent"""
    forecast: Number
    interval: dict[Percent, Ends]
    """By level in percent"""
    inside: Number
    """Probability of a final score inside the original interval"""
    holds: bool | None


class InFlightDocument(TypedDict):
    """A run in progress."""

    model: str
    family: str
    tokens: Number
    final_tokens: Number
    benchmarks: list[FinalDocument]


@with_config(DOCUMENT)
class CheckDocument(TypedDict):
    """Verdicts on checkpoints, and forecasts of runs in progress."""

    schema: Literal["scalepredict.check/1"]
    status: Annotated[str, one_of(("on-trend", "off-trend", "inconclusive"))]
    checkpoints: list[CheckpointDocument]
    in_flight: list[InFlightDocument]
    notes: list[NoteDocument]
