"""What does `plan --serve T --json` hold?"""

from typing import Annotated, Literal

from pydantic import Field, with_config
from typing_extensions import TypedDict

from scalepredict.cli.schemas.schema_parts import Positive
from scalepredict.records.document_parts import DOCUMENT

Pair = Annotated[list[float], Field(min_length=2, max_length=2)]


class SizeForecast(TypedDict):
    """The forecast of one benchmark at one size."""

    benchmark: str
    forecast: float
    interval: Pair
    """90 %."""


class SizeDocument(TypedDict):
    """One size on the line."""

    params: Positive
    tokens: Positive
    flops: Positive
    """Of training alone."""
    mean: float
    """Mean forecast of the benchmarks."""
    flat: bool
    tested: bool
    """Whether the ladder has such tokens per parameter."""
    benchmarks: list[SizeForecast]


@with_config(DOCUMENT)
class IsocostDocument(TypedDict):
    """Which size to train and serve."""

    schema: Literal["scalepredict.isocost/1"]
    cost: Positive
    """FLOPs of training and serving together."""
    served: Positive
    """Tokens to be served."""
    unit: str
    """Unit of forecasts: `fraction`, or that of the metric."""
    noise: Annotated[float, Field(ge=0)]
    """Means that differ by less are not told apart by measuring both (90 %)."""
    best: Positive
    """Parameters of the best mean."""
    flat: Pair
    """Least and most parameters within the noise of the best."""
    cheapest: Positive
    """Parameters of the size in the flat region that is cheapest to serve."""
    sizes: Annotated[list[SizeDocument], Field(min_length=1)]
    notes: list[str]
