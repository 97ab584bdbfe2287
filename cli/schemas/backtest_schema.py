"""What does `backtest --json` hold?"""

from typing import Annotated, Any, Literal

from pydantic import Field, with_config
from typing_extensions import TypedDict

from scalepredict.cli.schemas.schema_parts import (
    UNIT,
    Count,
    Ends,
    Fraction,
    Number,
    Percent,
    Positive,
)
from scalepredict.records.document_parts import DOCUMENT


class BacktestRow(TypedDict):
    """One forecast beside what was measured."""

    predictor: str
    family: str
    benchmark: str
    unit: Annotated[str, Field(description=f"{UNIT}observed, forecast and interval.")]
    model: str
    params: Number
    tokens: Number
    origin_flops: Positive
    factor: float
    """Target FLOPs over origin_flops"""
    n_train: Count
    """Checkpoints of the family in the evidence"""
    observed: float
    forecast: Number
    interval: dict[Percent, Ends]
    """Ends by coverage in percent; empty where the method failed"""
    failure: str | None


class Part(TypedDict, total=False):
    """What a figure is of, by what --by names; null = everything."""

    factor_bin: str | None
    benchmark: str | None
    family: str | None


class Figures(Part):
    """How the forecasts of one method came out."""

    predictor: str
    bias: Number
    coverage: dict[Percent, Fraction]
    wis: Number
    skill: Number
    """MAE over that of `last` on the same targets"""
    bootstrap95: dict[str, Ends]
    n_series: Count
    n_forecasts: Count
    """Scores behind the figures: those that all methods forecast (but for methods that refuse more
    than half)"""
    refused: Count
    """Scores that the method did not forecast"""
    n_failed: Count
    """The same, under its name in version 0.1"""


class BacktestSummary(Figures):
    """How the forecasts of one method came out, in fractions of a full score."""

    mae: Fraction
    median: Fraction
    max_error: Fraction
    width: dict[Percent, Fraction]
    width90: Fraction


class OwnMetricsSummary(Figures):
    """How the forecasts of metrics in their own units came out, as shares of what was measured."""

    mae: Number
    median: Number
    max_error: Number
    width: dict[Percent, Number]
    width90: Number


class FloorDocument(Part):
    """Mean absolute error that noise alone leaves, fractions."""

    interpolation: Number
    checkpoints: Number
    binomial: Number


class FailureDocument(TypedDict):
    """Why a method did not forecast."""

    predictor: str
    reason: str
    n_forecasts: Annotated[int, Field(ge=1)]


class ConstantsDocument(TypedDict):
    """Where the interval constants come from."""

    source: str
    provenance: dict[str, Any]


OWN = "The same of metrics that are no fractions; errors and widths are shares of what was measured"
AVERAGES = "The same for the average of all benchmarks of a target; its intervals are approximate"
RATIO = "Mean squared standardised error over that of the reference series, by method"


class BacktestFigures(TypedDict):
    """What a backtest holds behind its rows."""

    summary: list[BacktestSummary]
    own_metrics: Annotated[list[OwnMetricsSummary], Field(description=OWN)]
    suite_averages: Annotated[list[BacktestSummary], Field(description=AVERAGES)]
    noise_floor: list[FloorDocument]
    failures: list[FailureDocument]
    noise_ratio: Annotated[dict[str, Number], Field(description=RATIO)]
    calibration: ConstantsDocument


@with_config(DOCUMENT)
class BacktestDocument(BacktestFigures):
    """Forecasts of measured models, and how they came out."""

    schema: Literal["scalepredict.backtest/1"]
    rows: list[BacktestRow]
