"""May the clusters of a benchmark be believed? What they hold, and how they do on a model held out.

Trust is low if the predictable part is under LEAST_SHARE of the score, if the clusters of the
smaller models miss the largest one by more than MOST_ERROR on the predictable part, if a typical
question has fewer than FEW_TRIALS answers, or if the target is far away; after Xu et al. 2025
(COD, 2502.17262), who give the cases and not the numbers.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.cod.cluster_fit import ClusterFit, fit_clusters
from scalepredict.predictors.cod.cluster_law import FREE_CEILING_MODELS
from scalepredict.predictors.cod.cod import (
    LEAST_SHARE,
    MIN_TRIALS,
    BenchmarkFit,
    ClusteringOnDifficulty,
    fit_benchmark,
    little_of_the_score,
    question_streams,
)
from scalepredict.predictors.cod.difficulty import Difficulty, read_difficulty
from scalepredict.predictors.cod.mapping import monotone_cubic, smoothing_spline
from scalepredict.predictors.scale.targets import FAR_FACTOR, far_away
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import EvalTable, Floats
from scalepredict.records.text.counts import count_of

MOST_ERROR = 0.03  # the paper calls errors above 5 points invalid, and below 2 accurate
FEW_TRIALS = 50.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Holdout:
    """The largest model forecast from the smaller ones; fractions.

    Attributes:
        part_error: Forecast minus measured, of the predictable part.
        whole_error: The same of the benchmark.
    """

    part_error: float
    whole_error: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MappedForecast:
    """Forecasts at one target by each way to the whole benchmark; fractions, NaN without one.

    Attributes:
        flops: Training FLOPs of the target.
        part: Of the predictable part: the forecast without a map.
        local_line: By the map of the predictor `cod`.
        monotone_cubic: By a monotone cubic.
        spline: By the paper's smoothing spline.
        item_response: Without clusters.
    """

    flops: float
    part: float = np.nan
    local_line: float = np.nan
    monotone_cubic: float = np.nan
    spline: float = np.nan
    item_response: float = np.nan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterReport:
    """One benchmark of one family.

    Attributes:
        family: Recipe.
        benchmark: Name.
        fit: What was learned; without questions where it was refused.
        clusters: The clusters, also where they carry too little for a forecast; None if there are
            none.
        n_models: Models in it.
        n_anchors: Anchors in its map.
        holdout: How it does on the largest model; None if that cannot be tried.
        forecasts: At each target that was asked for.
        warnings: Why it should not be believed.
    """

    family: str
    benchmark: str
    fit: BenchmarkFit
    clusters: ClusterFit | None
    n_models: int
    n_anchors: int
    holdout: Holdout | None
    forecasts: tuple[MappedForecast, ...]
    warnings: tuple[Note, ...]

    @property
    def trust(self) -> str:
        """``good``, ``low``, or ``none`` where there are no clusters to trust."""
        if self.fit.clusters is None:
            return "none"
        return "low" if self.warnings else "good"


def report_clusters(
    table: EvalTable,
    predictor: ClusteringOnDifficulty,
    *,
    family: str,
    benchmarks: Sequence[str],
    target_flops: Floats,
    rng: np.random.Generator,
) -> tuple[ClusterReport, ...]:
    """Cluster the named benchmarks of one family; anchors are rows of role ``anchor``.

    With the generator of `predictor.fit` the clusters are those of its law.
    """
    streams = question_streams(table, rng)  # those of the predictor
    reports = []
    for benchmark in benchmarks:
        try:
            difficulty = read_difficulty(table, benchmark)
        except RefusedError as reason:
            refused = BenchmarkFit(questions=(), failure=str(reason))
            reports.append(_report(family, benchmark, refused, None, target_flops, None))
            continue
        (holdout_rng,), again = streams[benchmark].spawn(1), deepcopy(streams[benchmark])
        fit = fit_benchmark(
            difficulty,
            predictor.clustering,
            n_resamples=predictor.n_resamples,
            rng=streams[benchmark],
        )
        holdout, clusters = None, fit.clusters
        if clusters is not None:
            holdout = hold_out_largest(difficulty, predictor, rng=holdout_rng)
        elif fit.items is not None and difficulty.median_trials >= MIN_TRIALS:
            clusters = fit_clusters(difficulty, predictor.clustering, n_resamples=0, rng=again)
        report = _report(family, benchmark, fit, difficulty, target_flops, holdout)
        reports.append(replace(report, clusters=clusters))
    return tuple(reports)


def hold_out_largest(
    difficulty: Difficulty, predictor: ClusteringOnDifficulty, *, rng: np.random.Generator
) -> Holdout | None:
    """Forecast the largest model from the smaller ones; None where they carry no clusters."""
    smaller = difficulty.without_largest()
    if len(smaller.flops) < FREE_CEILING_MODELS - 1:
        return None
    fit = fit_clusters(smaller, predictor.clustering, n_resamples=0, rng=rng)
    if fit is None or not fit.extrapolatable.any():
        return None
    at = difficulty.flops[-1:]
    inside = fit.predictable
    weights = difficulty.weights[inside] / difficulty.weights[inside].sum()
    return Holdout(
        part_error=float(fit.part_at(at)[0, 0] - weights @ difficulty.rates[inside, -1]),
        whole_error=float(fit.whole_at(at)[0, 0] - difficulty.full[-1]),
    )


def _report(
    family: str,
    benchmark: str,
    fit: BenchmarkFit,
    difficulty: Difficulty | None,
    target_flops: Floats,
    holdout: Holdout | None,
) -> ClusterReport:
    return ClusterReport(
        family=family,
        benchmark=benchmark,
        fit=fit,
        clusters=fit.clusters,
        n_models=0 if difficulty is None else len(difficulty.flops),
        n_anchors=0 if difficulty is None else difficulty.anchor_full.size,
        holdout=holdout,
        forecasts=tuple(_forecast(fit, flops) for flops in target_flops),
        warnings=()
        if difficulty is None
        else tuple(_doubts(fit, difficulty, holdout, target_flops)),
    )


def _forecast(fit: BenchmarkFit, flops: float) -> MappedForecast:
    at = np.array([flops])
    if fit.items is not None:
        return MappedForecast(flops=flops, item_response=float(fit.items.at(at)[0]))
    if fit.clusters is None:
        return MappedForecast(flops=flops)
    clusters: ClusterFit = fit.clusters
    part = clusters.part_at(at)[0]
    points = clusters.part[0], clusters.whole[0]
    return MappedForecast(
        flops=flops,
        part=float(part[0]),
        local_line=float(clusters.whole_at(at)[0, 0]),
        monotone_cubic=float(monotone_cubic(*points, part)[0]),
        spline=float(smoothing_spline(*points, part)[0]),
    )


def _doubts(
    fit: BenchmarkFit, difficulty: Difficulty, holdout: Holdout | None, target_flops: Floats
) -> list[Note]:
    factor = target_flops.max(initial=0.0) / difficulty.flops.max()
    doubts = [far_away(factor)] if factor > FAR_FACTOR else []
    if fit.clusters is None:
        return [replace(doubt, subject=difficulty.benchmark) for doubt in doubts]
    n_models = len(difficulty.flops)
    if fit.clusters.score_share < LEAST_SHARE:
        doubts.append(noted("clusters-little", little_of_the_score(fit.clusters.score_share)))
    if difficulty.median_trials < FEW_TRIALS:
        text = (
            f"{count_of(round(difficulty.median_trials), 'answer')} to a typical question; "
            f"{FEW_TRIALS:.0f} or more keep noise out of the clusters"
        )
        doubts.append(noted("clusters-few-answers", text))
    if n_models < FREE_CEILING_MODELS:
        text = f"{n_models} models: chance level and ceiling are assumed, not fitted"
        doubts.append(noted("clusters-few-models", text))
    if holdout is None:
        text = "the smaller models carry no clusters, so the largest cannot test them"
        doubts.append(noted("clusters-untested", text))
    elif abs(holdout.part_error) > MOST_ERROR:
        text = (
            "held out, the largest model's predictable part is missed by "
            f"{100 * holdout.part_error:+.1f} points"
        )
        doubts.append(noted("clusters-missed", text))
    return [replace(doubt, subject=difficulty.benchmark) for doubt in doubts]
