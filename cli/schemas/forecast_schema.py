"""What does `forecast --json` hold?"""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from scalepredict.cli.schemas.schema_parts import (
    UNIT,
    AtLeastOne,
    Class,
    Count,
    Direction,
    Ends,
    EvidenceDocument,
    Fraction,
    Intervals,
    Number,
    Percent,
    Positive,
    Probability,
)
from scalepredict.records.document_parts import DOCUMENT, ColumnDocument, NoteDocument

Size = Annotated[float | None, Field(gt=0)]
_Classed = TypedDict("_Classed", {"class": Class | None})  # a keyword of the language


class TargetDocument(TypedDict):
    """The model that is forecast."""

    params: Size
    tokens: Size
    flops: Size
    factor: Size
    """FLOPs of the target over the largest of the evidence."""
    assumption: str
    """What was assumed to complete the target; empty if nothing."""
    model: NotRequired[str]
    """The measured or known model at this target, if there is one."""


class ReferenceDocument(TypedDict):
    """What public models of other labs did for the benchmark."""

    labs: AtLeastOne
    families: AtLeastOne
    level_sd: float
    """Level of the ladder, in standard deviations between public families."""
    weight: Probability
    """Share of their curve in the forecast."""


class StageDocument(TypedDict):
    """The forecast part of the way along the schedule."""

    fraction: Annotated[float, Field(gt=0, le=1)]
    tokens: Positive
    forecast: Number
    interval: dict[Percent, Ends]


class AskedDocument(TypedDict):
    """What options add to a forecast."""

    trajectory: NotRequired[
        Annotated[
            list[StageDocument],
            Field(description="Only with --trajectory: along the schedule of the target."),
        ]
    ]
    measured: NotRequired[Annotated[Number, Field(description="Only with --measured.")]]
    error: NotRequired[Annotated[Number, Field(description="Forecast minus measured.")]]


class ForecastEntry(ColumnDocument, AskedDocument, _Classed):
    """The forecast of one benchmark, or of the average of a suite."""

    unit: Annotated[str, Field(description=f"{UNIT}forecast, interval, last, measured and error.")]
    direction: Direction
    forecast: Number
    interval: Intervals
    """Ends by level in percent."""
    last: Number
    chance: Fraction
    upper_95: Number
    """Not exceeded with probability 95 %; null for suites."""
    p_above_chance_5: Fraction
    """Probability of a score above chance + 5 points; null for suites."""
    reference: ReferenceDocument | None
    """null = nothing."""
    bend: Number
    """Bend of the curve learned from other ladders; null = none."""
    warnings: list[str]
    notes: list[NoteDocument]


class AccuracyDocument(TypedDict):
    """How far the forecast was off."""

    model: str
    benchmarks: Count
    mean_absolute_error: Number
    last_mean_absolute_error: Number
    """Error of the last value of the evidence."""
    inside_90: Count
    """Benchmarks whose 90 % interval holds the measured score."""
    own_metrics: Count
    """Metrics that are no fractions, such as losses, that were measured and forecast; not among
    benchmarks."""
    relative_error: Number
    """Mean absolute error of these, as a share of what was measured."""
    own_inside_90: Count
    """Those whose 90 % interval holds."""


@with_config(DOCUMENT)
class ForecastDocument(TypedDict):
    """The forecast of one family at one target.

    `forecast --json` writes one such document, or a list of them if there are several families or
    targets. Scores are fractions; null is a value that could not be had.
    """

    schema: Literal["scalepredict.forecast/2"]
    predictor: str
    family: str
    target: TargetDocument
    evidence: EvidenceDocument
    benchmarks: list[ForecastEntry]
    suites: list[ForecastEntry]
    warnings: list[str]
    notes: list[NoteDocument]
    accuracy: NotRequired[AccuracyDocument]
    """Only with --measured."""


Documents = ForecastDocument | list[ForecastDocument]
