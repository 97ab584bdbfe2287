"""What does `plan --json` hold?"""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from scalepredict.cli.schemas.schema_parts import Number, Positive, one_of
from scalepredict.records.document_parts import DOCUMENT

Width = Annotated[float, Field(ge=0)]


class PlanTarget(TypedDict):
    """The model that is planned for."""

    params: Positive
    tokens: Positive
    flops: Positive


class GainDocument(TypedDict):
    """What the runs do for one benchmark."""

    benchmark: str
    width_now: Number
    width_after: Number


class RunSize(TypedDict):
    """The size of a proposed run."""

    model: NotRequired[Annotated[str, Field(description="Name of a candidate.")]]
    params: Positive
    tokens: Positive
    flops: Positive


class RunDocument(RunSize):
    """A proposed run."""

    share: Width
    """Part of the budget."""
    width_now: Number
    """Mean width of the 90 % interval at the target; null = no forecast before another run."""
    width_after: float
    """The same with all proposed runs."""
    benchmarks: list[GainDocument]


class WidthDocument(TypedDict):
    """Width of one benchmark's 90 % interval at the target, promised for one budget."""

    benchmark: str
    width: Width
    low: Width
    """In 90 % of such ladders the width lay between this and `high`."""
    high: Width


class NarrowedDocument(TypedDict):
    """How far one benchmark's interval can be narrowed."""

    benchmark: str
    width_now: Number
    limit: Width
    """Width with the largest run that is not the target."""
    knee: Number
    """Least budget within 15 % of that width; null = no budget narrows it by so much."""


class PointDocument(TypedDict):
    """What one budget buys."""

    budget: Positive
    width: Width
    low: Width
    high: Width
    error50: Width
    """Median error that such ladders had, a fraction."""
    error90: Width
    benchmarks: list[WidthDocument]


class TriedDocument(RunSize, PointDocument):
    """What a design of the user's promises; its budget is what it costs."""


class ExcludedDocument(TypedDict):
    """A candidate that was left out."""

    model: str
    why: str


class CostDocument(TypedDict):
    """What the budget costs, only where a machine is named."""

    gpu_hours: NotRequired[Width]
    price: NotRequired[Number]


@with_config(DOCUMENT)
class PlanDocument(CostDocument):
    """Which small runs next."""

    schema: Literal["scalepredict.plan/1"]
    target: PlanTarget
    budget: Positive
    """FLOPs that were asked about."""
    unit: str
    """Unit of all widths: `fraction`, or that of the metric."""
    runs: list[RunDocument]
    """The proposed runs, the one nearest to the target first."""
    limit: float
    """Mean width with the largest run that is not the target."""
    least_budget: float
    """FLOPs below which no run tells more."""
    knee: Number
    """Least budget within 15 % of the best width."""
    verdict: Annotated[str, one_of(("run", "none", "too small"))]
    benchmarks: list[NarrowedDocument]
    """Those whose width is promised."""
    curve: list[PointDocument]
    tried: list[TriedDocument]
    """Designs that were asked about with `--try`."""
    excluded: list[ExcludedDocument]
    notes: list[str]
