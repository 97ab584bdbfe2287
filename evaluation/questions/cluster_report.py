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

from scalepredict.predictors.cod.benchmark_fit import (
    MIN_TRIALS,
    BenchmarkFit,
    doubts_of_clusters,
)
from scalepredict.predictors.cod.cluster_fit import ClusterFit, fit_clusters
from scalepredict.predictors.cod.cod import ClusteringOnDifficulty, question_streams
from scalepredict.predictors.cod.difficulty import Difficulty
from scalepredict.predictors.cod.mapping import monotone_cubic, smoothing_spline
from scalepredict.predictors.cod.totals import Totals
from scalepredict.predictors.scale.targets import FAR_FACTOR, far_away
from scalepredict.records.notes import Note
from scalepredict.records.table import EvalTable, Floats


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
    streams, totals = question_streams(table, rng), Totals.of(table)  # those of the predictor
    reports = []
    for benchmark in benchmarks:
        again = deepcopy(streams[benchmark]) if benchmark in streams else None
        fit, difficulty = predictor.fit_one(table, benchmark, totals, streams)
        report = _report(family, benchmark, fit, difficulty, target_flops)
        if (
            difficulty is not None
            and again is not None
            and fit.items is not None
            and difficulty.median_trials >= MIN_TRIALS
        ):
            clusters = fit_clusters(difficulty, predictor.clustering, n_resamples=0, rng=again)
            report = replace(report, clusters=clusters)
        reports.append(report)
    return tuple(reports)


def _report(
    family: str,
    benchmark: str,
    fit: BenchmarkFit,
    difficulty: Difficulty | None,
    target_flops: Floats,
) -> ClusterReport:
    trial = fit.trial
    holdout = None
    if fit.clusters is not None and trial is not None and np.isfinite(trial.part_error):
        holdout = Holdout(part_error=trial.part_error, whole_error=trial.whole_error)
    return ClusterReport(
        family=family,
        benchmark=benchmark,
        fit=fit,
        clusters=fit.clusters,
        n_models=0 if difficulty is None else len(difficulty.flops),
        n_anchors=0 if difficulty is None else difficulty.anchor_full.size,
        holdout=holdout,
        forecasts=tuple(_forecast(fit, flops) for flops in target_flops),
        warnings=() if difficulty is None else _doubts(fit, difficulty, target_flops),
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


def _doubts(fit: BenchmarkFit, difficulty: Difficulty, target_flops: Floats) -> tuple[Note, ...]:
    factor = target_flops.max(initial=0.0) / difficulty.flops.max()
    far = [replace(far_away(factor), subject=difficulty.benchmark)] if factor > FAR_FACTOR else []
    if fit.clusters is None or fit.trial is None:
        return tuple(far)
    return (*far, *doubts_of_clusters(difficulty, fit.clusters, fit.trial))
