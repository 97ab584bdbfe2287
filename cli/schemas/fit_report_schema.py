"""What does `fit --json` hold?"""

from typing import Annotated, Any, Literal

from pydantic import Field, with_config
from typing_extensions import TypedDict

from scalepredict.cli.schemas.schema_parts import (
    UNIT,
    Class,
    Count,
    Direction,
    EvidenceDocument,
    Number,
)
from scalepredict.predictors.store.fit_document import InputDocument
from scalepredict.records.document_parts import DOCUMENT, ColumnDocument, NoteDocument

_Classed = TypedDict("_Classed", {"class": Class})  # a keyword of the language


class FittedBenchmark(ColumnDocument, _Classed):
    """What is known of one benchmark."""

    unit: Annotated[
        str, Field(description=f"{UNIT}last, level, slope_per_decade, noise and fit_error.")
    ]
    direction: Direction
    scores: Count
    last: Number
    chance: float
    chance_assumed: bool
    level: Number
    slope_per_decade: Number
    trend_z: Number
    noise: Number
    phi: Number
    fit_error: Number
    linearity: Number
    breakthroughness: Number
    step_z: Number
    warnings: list[str]
    notes: list[NoteDocument]


class SimplerDocument(TypedDict):
    """A plain law that forecast a few origins inside the evidence better than the default."""

    predictor: str
    error: Annotated[float, Field(ge=0)]
    """Mean absolute error, a fraction."""
    default: str
    default_error: Annotated[float, Field(ge=0)]


class FittedFamily(TypedDict):
    """What was learned of one family."""

    family: str
    evidence: EvidenceDocument
    benchmarks: list[FittedBenchmark]
    warnings: list[str]
    notes: list[NoteDocument]
    noise_ratio: Annotated[float | None, Field(ge=0)]
    """Mean squared standardised error at a few origins inside the evidence over that of the
    reference series of the calibration; null where it was not tried."""
    simpler: SimplerDocument | None
    """A plain law that is clearly better; null = none is, or none was tried."""


class ReportProvenance(TypedDict):
    """What the fit was made from."""

    version: str
    seed: Count
    inputs: list[InputDocument]
    options: dict[str, str]


@with_config(DOCUMENT)
class FitReport(TypedDict):
    """What a fit learned.

    Scores are fractions; null is a value that could not be had, or is infinite (breakthroughness of
    a curve whose median step is 0).
    """

    schema: Literal["scalepredict.fit-report/1"]
    predictor: str
    auto: dict[str, SimplerDocument | None] | None
    """Where `--predictor auto` chose: by family, the plain law that forecasts its last rungs
    clearly better than the default."""
    settings: dict[str, Any]
    """Hyper-parameters of the predictor."""
    provenance: ReportProvenance
    families: list[FittedFamily]
    details: dict[str, list[dict[str, str | float | None]]]
    """Tables of a law of all families: loadings, models, ...; scores are fractions."""
    refused: dict[str, str]
    """Why a family was not fitted."""
    notes: list[NoteDocument]
