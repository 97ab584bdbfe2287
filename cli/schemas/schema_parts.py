"""What do the documents share? Numbers that may be missing, ranges, intervals, classes."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from scalepredict.evaluation.classes.classes import Kind

Number = float | None
"""NaN in a document is written as null."""
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(ge=0, le=1)]
Fraction = Annotated[float | None, Field(ge=-1, le=1)]
Ends = Annotated[list[Number], Field(min_length=2, max_length=2)]
"""Lower and upper end."""
Percent = Annotated[str, Field(pattern=r"^[0-9.]+$")]
"""A level of intervals, the key of its ends: ``"90"``, ``"99.5"``."""

Intervals = Annotated[
    dict[Percent, Ends], Field(json_schema_extra={"required": ["50", "80", "90", "95"]})
]
"""Intervals of all levels that are always told, and of those that were asked for."""


def one_of(names: Iterable[str]) -> Any:
    """Metadata of a text that is one of these."""
    return Field(json_schema_extra={"enum": [*map(str, names)]})


Class = Annotated[str, one_of(Kind)]
Direction = Annotated[
    str, Field(json_schema_extra={"enum": ["higher", "lower"]}, description="Which is better.")
]
UNIT = "fraction, nats, bits, or the name of the metric; of "


class EvidenceDocument(TypedDict):
    """What one family's law has seen."""

    models: Count
    """Models of known compute; none if the law knows capabilities alone."""
    checkpoints: Count
    params: Ends
    tokens: Ends
    flops: Ends
