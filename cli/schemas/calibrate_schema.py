"""What does `calibrate --json` hold?"""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from scalepredict.cli.schemas.schema_parts import Number, Probability, one_of
from scalepredict.evaluation.intervals.calibration_file import CalibrationFile
from scalepredict.records.document_parts import DOCUMENT

Weight = Annotated[float, Field(ge=0)]
Error = Annotated[float, Field(ge=-1, le=1)]
if TYPE_CHECKING:
    Constants = dict[str, object]  # its own model checks it when it is read
else:
    Constants = CalibrationFile
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


@with_config(DOCUMENT)
class CalibrateDocument(TypedDict):
    """Interval constants, and how often they held on groups they had not seen."""

    schema: Literal["scalepredict.calibrate/1"]
    nested_coverage: list[CoverageDocument]
    calibration: Constants
