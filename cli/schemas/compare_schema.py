"""What does `compare --json` hold?"""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from scalepredict.cli.schemas.schema_parts import (
    AtLeastOne,
    Direction,
    Intervals,
    Number,
    Positive,
    Probability,
)
from scalepredict.records.document_parts import DOCUMENT


class EstimateDocument(TypedDict):
    """A value with its intervals."""

    value: Number
    interval: Intervals
    """by level in percent"""


class ArmDocument(TypedDict):
    """One recipe beside the first, on one benchmark."""

    benchmark: str
    arm: str
    unit: str
    direction: Direction
    difference: EstimateDocument
    """arm minus reference, in the unit"""
    compute_gain: EstimateDocument
    """compute that the reference would need to be where the arm is, as a multiple; null where its
    curve does not tell"""
    p_better: Number
    p_best: Number


class ArmsDocument(TypedDict):
    """Every recipe beside the first one; of two recipes A and B, A beside B."""

    reference: str
    benchmarks: list[ArmDocument]
    average: list[ArmDocument]
    """gains averaged (in logarithms) over the benchmarks that have one"""
    p_reference_best: dict[str, Number]
    """by benchmark"""
    pairs: dict[str, int]
    """matched scales of each arm"""


class DifferenceDocument(TypedDict):
    """The first recipe minus the second, on one benchmark."""

    benchmark: str
    difference: float
    """expected first minus second, a fraction, shrunk towards the mean of all benchmarks"""
    sd: Positive
    """of one measurement of each recipe, a fraction"""
    p_first_better: Probability
    """probability that the first will be measured to score higher"""
    unshrunk: float
    """the difference of this benchmark by itself"""
    largest_pair: float
    """measured difference of the largest pair"""
    n_pairs: AtLeastOne


class AverageDocument(TypedDict):
    """The same of all benchmarks with equal weights."""

    difference: float
    sd: Positive
    p_first_better: Probability


class PairDocument(TypedDict):
    """Two models of one scale."""

    first: str
    second: str
    params: Number
    tokens: Number


@with_config(DOCUMENT)
class CompareDocument(TypedDict):
    """Recipes by their differences at matched params and tokens; all but `arms` of two recipes."""

    schema: Literal["scalepredict.compare/1"]
    first: NotRequired[str]
    """family A"""
    second: NotRequired[str]
    """family B"""
    decades_beyond_largest_pair: NotRequired[Annotated[float, Field(ge=0)]]
    """log10 of the target's FLOPs over those of the largest pair; 0 inside"""
    benchmarks: NotRequired[list[DifferenceDocument]]
    average: NotRequired[AverageDocument]
    pairs: NotRequired[Annotated[list[PairDocument], Field(min_length=1)]]
    unmatched: NotRequired[list[str]]
    """models without a partner at their scale"""
    arms: ArmsDocument
