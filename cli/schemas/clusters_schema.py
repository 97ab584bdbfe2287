"""What does `clusters --json` hold?"""

from typing import Annotated, Literal

from pydantic import Field, with_config
from typing_extensions import TypedDict

from scalepredict.cli.schemas.schema_parts import AtLeastOne, Count, Number, one_of
from scalepredict.predictors.cod.cluster_law import KINDS
from scalepredict.records.document_parts import DOCUMENT, NoteDocument

CLUSTERINGS = ("mean-shift", "plain-mean-shift", "k-means", "improved-k-means", "dbscan")
Pair = Annotated[list[float], Field(min_length=2, max_length=2)]


class ClusterLawDocument(TypedDict):
    """pass rate = g + (1 - g) exp(-a C^-b - c), C in units of 1e18 FLOPs."""

    a: float
    b: float
    c: float
    g: float
    ceiling: float
    """pass rate that the curve tends to, a fraction"""


class ClusterIdentity(TypedDict):
    """Which questions grow alike, and how."""

    id: AtLeastOne
    size: AtLeastOne
    share: Annotated[float, Field(description="share in the benchmark's score, a fraction")]
    kind: Annotated[str, one_of(KINDS)]
    paper_rule: Annotated[bool, Field(description="a > 1, b > 0.1 and c < 1")]


class ClusterDocument(ClusterIdentity):
    """Questions that grow alike."""

    pass_rates: list[float]
    """means from the smallest to the largest model"""
    law: ClusterLawDocument
    tasks: list[str]


class HoldoutDocument(TypedDict):
    """Forecast minus measured of the largest model, from the smaller ones."""

    part_error: float
    """forecast minus measured score of the predictable part, a fraction"""
    whole_error: float
    """the same of the benchmark"""


class MappedDocument(TypedDict):
    """Forecasts at one target by each way to the whole benchmark; fractions."""

    flops: float
    """training FLOPs of the target"""
    part: Number
    """score of the questions that can be extrapolated, a fraction"""
    local_line: Number
    """score of the benchmark by the map that `cod` uses, a fraction"""
    monotone_cubic: Number
    """the same by a monotone cubic map"""
    spline: Number
    """the same by a smoothing spline"""
    item_response: Number
    """the same by item response, where clusters carry no forecast"""


class ClusteredBenchmark(TypedDict):
    """One benchmark of one family."""

    family: str
    benchmark: str
    n_tasks: Count
    method: Annotated[str, one_of(("clusters", "item response"))] | None
    clustering: Annotated[str, one_of(CLUSTERINGS)] | None
    """how the questions were clustered; null without clusters"""
    clusters: list[ClusterDocument]
    outliers: list[str]
    """questions in no cluster"""
    solved_by_none: list[str]
    """questions that no model answers"""
    predictable_share: Number
    """share of the questions (weighted as in the score) in clusters that can be extrapolated, a
    fraction"""
    score_share: Annotated[float | None, Field(ge=0, le=1)]
    """share of the largest model's score that they hold, a fraction"""
    mapping: list[Pair]
    """(predictable part, whole benchmark) of the models, then of anchors"""
    holdout: HoldoutDocument | None
    """null = that cannot be tried"""
    forecasts: list[MappedDocument]
    trust: Annotated[str, one_of(("good", "low", "none"))]
    warnings: list[str]
    notes: list[NoteDocument]


@with_config(DOCUMENT)
class ClustersDocument(TypedDict):
    """Questions by difficulty, and what can be extrapolated."""

    schema: Literal["scalepredict.clusters/1"]
    benchmarks: list[ClusteredBenchmark]
