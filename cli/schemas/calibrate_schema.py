"""What does `calibrate --json` hold?"""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from scalepredict.cli.schemas.schema_parts import Number, Probability, one_of
from scalepredict.records.document_parts import DOCUMENT

Weight = Annotated[float, Field(ge=0)]
Error = Annotated[float, Field(ge=-1, le=1)]
Quantiles = dict[float, float]
"""Quantiles of the standardised error by probability."""
OF_LEVELS: ConfigDict = {
    **DOCUMENT,
    "json_schema_extra": {
        "patternProperties": {r"^(cover|width)_[0-9.]+$": {"type": "number", "minimum": 0}}
    },
}


@with_config(OF_LEVELS)
class CoverageDocument(TypedDict):
    """How often intervals held; ``cover_P`` and ``width_P`` of other levels than these as well."""

    predictor: str
    of: Annotated[str, one_of(("benchmark", "average"))]
    group: str
    """Left out; all = mean over groups"""
    factor_bin: str
    """all = mean over bins"""
    mae: Probability
    median: Probability
    max: Probability
    bias: Error
    cover_50: Probability
    cover_80: Probability
    cover_90: Probability
    width_90: Weight
    wis: Weight
    skill: Number


class MethodConstants(TypedDict):
    """The constants of one method."""

    scale: dict[str, Weight]
    """Weights of the variances that the squared scale is made of"""
    small_evidence: Weight
    quantiles: Quantiles
    suite_correlation: Probability
    suite_drift: Weight
    suite_quantiles: Quantiles
    reference_z2: Annotated[float, Field(gt=0)]


class CalibrationDocument(TypedDict):
    """The interval constants."""

    schema: Literal["scalepredict.calibration/1"]
    provenance: dict[str, Any]
    predictors: dict[str, MethodConstants]
    fallback: MethodConstants
    stretch: NotRequired[Annotated[float, Field(gt=0)]]
    """Of quantiles of losses, where it is not 1."""


@with_config(DOCUMENT)
class CalibrateDocument(TypedDict):
    """Interval constants, and how often they held on groups they had not seen."""

    schema: Literal["scalepredict.calibrate/1"]
    nested_coverage: list[CoverageDocument]
    calibration: CalibrationDocument
