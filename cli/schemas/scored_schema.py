"""What does `score --json` hold?"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from scalepredict.cli.schemas.schema_parts import Probability
from scalepredict.evaluation.forecast.registration import ScoreSummary
from scalepredict.records.document_parts import DOCUMENT

OF_LEVELS: ConfigDict = {
    **DOCUMENT,
    "json_schema_extra": {"patternProperties": {r"^inside_[0-9.]+$": {"type": "boolean"}}},
}


@with_config(OF_LEVELS)
class ScoredRow(TypedDict):
    """One forecast that was measured, in its unit; ``inside_P`` of other levels too."""

    registered: str
    """When."""
    family: str
    model: str
    benchmark: str
    unit: str
    forecast: float
    measured: float
    error: float
    """Forecast minus measured."""
    inside_50: bool
    inside_80: bool
    inside_90: bool
    inside_95: bool
    pit: Probability
    """Where in its distribution the measurement fell."""
    log_score: float
    """Log density of the measurement; more is better."""


@with_config(DOCUMENT)
class ScoredDocument(TypedDict):
    """Registered forecasts beside what was measured since."""

    schema: Literal["scalepredict.scored/1"]
    rows: Annotated[list[ScoredRow], Field(min_length=1)]
    summary: ScoreSummary
