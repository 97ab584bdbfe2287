"""COD: clusters of questions of like difficulty are extrapolated, and mapped to the benchmark.

    score(C) = f( sum_c share_c y_c(C) ),    y_c(C) = g + (1 - g) exp(-a_c C^-b_c - c_c)

Source: Xu et al. 2025, "Unveiling Downstream Performance Scaling of LLMs: A Clustering-Based
    Perspective" (COD, 2502.17262); ``clustering``, ``cluster_law``, ``cluster_fit`` and
    ``mapping`` say what differs.
Departures: fewer than MIN_TRIALS answers to a question, or a predictable part below
    MIN_PREDICTABLE, and the benchmark is forecast by ``item_response`` instead, and says so.
Uncertainty: variance of the curves over questions and models (``cluster_fit``, ``item_response``),
    scatter of the models about the fit, and variance and distance of a direct law of the total
    scores: two ways to one target that part tell of a form that does not hold.
Fails when: one family of models says nothing about questions that none of them ever passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.cod.cluster_fit import ClusterFit, fit_clusters
from scalepredict.predictors.cod.clustering import Clustering
from scalepredict.predictors.cod.difficulty import ANCHOR, Difficulty, read_difficulty
from scalepredict.predictors.cod.item_response import ItemCurve, fit_items
from scalepredict.predictors.direct.curve_fits import CurveForm, line_starts
from scalepredict.predictors.direct.direct import DirectLaw, fit_direct
from scalepredict.predictors.interface import (
    Forecast,
    Frontier,
    Targets,
    fitting_stream,
    make_forecast,
    named_streams,
)
from scalepredict.predictors.limits import SCORE_CLIP
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import EvalTable, Floats
from scalepredict.records.text.counts import count_of

MIN_TRIALS = 40.0  # answers to a typical question: with fewer, chance alone makes clusters
CURVE_CONSTANTS = 3  # of the whole: its level, growth and ceiling
PRIOR_FREEDOM = 2.0  # models' worth of evidence that they scatter as their answers do
GRADED_SPREAD = 1e-6  # variance of graded probabilities that are all alike
DIRECT = CurveForm(curve="power_law", parameters=("A", "a"), starts=line_starts(2))
MIN_PREDICTABLE = 0.2  # share of the score: with less the map, not the clusters, is the forecast
LEAST_SHARE = 0.4  # of the score of the largest model; with less the map carries the forecast


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteringOnDifficulty:
    """COD, or item response where questions have too few answers.

    Attributes:
        clustering: The clustering and its settings.
        n_resamples: Bootstrap resamples behind the variance.
    """

    name: ClassVar[str] = "cod"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = True
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    clustering: Clustering = field(default_factory=Clustering)
    n_resamples: int = 200

    def fit(
        self, table: EvalTable, *, rng: np.random.Generator | None = None
    ) -> "ClusteringOnDifficultyLaw":
        """Fit each benchmark; checkpoints of role ``anchor`` only shape the map.

        Raises:
            RefusedError: No benchmark can be fitted.
        """
        rng = fitting_stream(rng)
        is_anchor = np.array([c.role == ANCHOR for c in table.checkpoints], dtype=bool)
        totals = to_benchmarks(table.take_rows(~is_anchor))
        frontier = Frontier.of_table(totals)
        names = [unit.shown for unit in frontier.units]
        streams = question_streams(table, rng)
        fits = tuple(self._fit_one(table, name, streams) for name in names)
        if all(fit.failure for fit in fits):
            raise RefusedError("\n".join(fit.failure or "" for fit in fits))
        counted = np.array([fit.n_answers for fit in fits])
        known = np.where(np.isnan(frontier.n_items), counted, frontier.n_items)
        frontier = replace(frontier, n_items=known)
        return ClusteringOnDifficultyLaw(
            frontier=frontier, benchmarks=fits, direct=_direct(totals, self.name)
        )

    def _fit_one(
        self, table: EvalTable, benchmark: str, streams: Mapping[str, np.random.Generator]
    ) -> "BenchmarkFit":
        try:
            difficulty = read_difficulty(table, benchmark)
        except RefusedError as reason:
            return BenchmarkFit(questions=(), failure=str(reason))
        return fit_benchmark(
            difficulty, self.clustering, n_resamples=self.n_resamples, rng=streams[benchmark]
        )


def question_streams(table: EvalTable, rng: np.random.Generator) -> dict[str, np.random.Generator]:
    """A generator for each benchmark with tasks or questions, whatever else was measured."""
    names = {unit.benchmark for unit in table.units if unit.task}
    return named_streams(sorted(names), rng)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BenchmarkFit:
    """What was learned of one benchmark: clusters, or items, or why neither.

    Attributes:
        questions: Names of the questions that were used, length n.
        clusters: The clusters; None where the benchmark is forecast by item response.
        items: The item-response curve; None where it is forecast by clusters.
        n_answers: Graded answers behind a score of the whole benchmark.
        overdispersion: Scatter of the models about the fit beyond that of their answers, over the
            binomial variance of their scores: 0 where compute alone tells models apart.
        failure: Why there is no forecast.
        notes: What was left out, assumed or replaced.
    """

    questions: tuple[str, ...]
    clusters: ClusterFit | None = None
    items: ItemCurve | None = None
    n_answers: float = np.nan
    overdispersion: float = 1.0
    failure: str | None = None
    notes: tuple[Note, ...] = ()

    def forecast(self, flops: Floats) -> tuple[Floats, Floats]:
        """Scores and their variances at FLOPs of shape (K,); NaN and 0 without a fit."""
        if self.clusters is not None:
            return self.clusters.whole_at(flops)[0], self.clusters.variance_at(flops)
        if self.items is not None:
            return self.items.at(flops), self.items.variance_at(flops)
        return np.full(len(flops), np.nan), np.zeros(len(flops))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusteringOnDifficultyLaw:
    """Fitted benchmarks, in the order of the frontier's units.

    Attributes:
        frontier: Where the evidence ends.
        benchmarks: The fits.
        direct: A law of the total scores, for the variance alone; None where it was refused.
    """

    frontier: Frontier
    benchmarks: tuple[BenchmarkFit, ...]
    direct: DirectLaw | None = None

    def forecast(self, targets: Targets) -> Forecast:
        """Forecast the whole benchmarks.

        The variance is that of a mixture with the direct law, halves each: the mean of their
        variances, and the spread of the two. The point is that of cod alone.
        """
        pairs = [fit.forecast(targets.flops) for fit in self.benchmarks]
        point, own = (np.stack(column, axis=1) for column in zip(*pairs, strict=True))
        other, direct = self._by_totals(targets, own)
        return make_forecast(
            targets,
            self.frontier,
            point,
            model_variance=(own + direct) / 2,
            spread_equal=(np.nan_to_num(point - other) / 2) ** 2,
            overdispersion=np.array([fit.overdispersion for fit in self.benchmarks]),
            failures=tuple(fit.failure for fit in self.benchmarks),
        )

    def _by_totals(self, targets: Targets, own: Floats) -> tuple[Floats, Floats]:
        # Points and variances of the direct law (K, T); without one there is still the last score
        # to differ from.
        last = np.broadcast_to(self.frontier.last, own.shape)
        if self.direct is None:
            return last, own
        forecast = self.direct.forecast(targets)
        made = np.isfinite(forecast.point)
        return np.where(made, forecast.point, last), np.where(made, forecast.model_variance, own)

    def notes(self) -> tuple[Note, ...]:
        """What was left out, assumed or forecast by item response, and the clustering."""
        methods = {fit.clusters.method: None for fit in self.benchmarks if fit.clusters}
        clustered = (noted("clustering", f"questions clustered by {name}.") for name in methods)
        return (*(note for fit in self.benchmarks for note in fit.notes), *clustered)


def fit_benchmark(
    difficulty: Difficulty,
    clustering: Clustering,
    *,
    n_resamples: int,
    rng: np.random.Generator,
) -> BenchmarkFit:
    """Fit one benchmark by clusters where they carry it, else by item response."""
    name, trials = difficulty.benchmark, difficulty.median_trials
    if difficulty.solved_by_none.all():
        return BenchmarkFit(
            questions=difficulty.questions,
            failure=f"cod on {name!r}: no model passed any of the {len(difficulty.questions)} "
            "questions, so nothing tells when it emerges. Add larger models, or grade by the "
            "probability of the right answer.",
            notes=difficulty.notes,
        )
    if trials < MIN_TRIALS:
        why = (
            f"its questions have {count_of(round(trials), 'graded answer')} each, and clusters "
            f"need {MIN_TRIALS:.0f}"
        )
    else:
        clusters = fit_clusters(difficulty, clustering, n_resamples=n_resamples, rng=rng)
        if clusters is not None and clusters.predictable_share >= MIN_PREDICTABLE:
            notes = difficulty.notes
            if clusters.score_share < LEAST_SHARE:
                doubt = little_of_the_score(clusters.score_share)
                text = f"low trust: {doubt}."
                notes = (*notes, noted("clusters-little", text, subject=name))
            fit = BenchmarkFit(questions=difficulty.questions, clusters=clusters, notes=notes)
            return _with_scatter(fit, difficulty)
        share = 0.0 if clusters is None else clusters.predictable_share
        why = f"clusters that can be extrapolated hold {share:.0%} of it"
    items = fit_items(
        difficulty.rates,
        difficulty.trials,
        difficulty.weights,
        flops=difficulty.flops,
        chance=difficulty.chance,
    )
    text = f"forecast by item response, not by clusters: {why}."
    note = noted("item-response", text, subject=name)
    fit = BenchmarkFit(questions=difficulty.questions, items=items, notes=(*difficulty.notes, note))
    return _with_scatter(fit, difficulty)


def little_of_the_score(share: float) -> str:
    """Why a forecast whose clusters hold little of the score is doubtful."""
    return f"only {share:.0%} of the score can be extrapolated; the map carries the rest"


def _direct(totals: EvalTable, method: str) -> DirectLaw | None:
    try:
        return fit_direct(totals, DIRECT, method=method, in_flops=True)
    except RefusedError:
        return None


def _with_scatter(fit: BenchmarkFit, difficulty: Difficulty) -> BenchmarkFit:
    answers = _answers(difficulty)
    inside = np.clip(difficulty.full, *SCORE_CLIP)
    binomial = inside * (1 - inside) / answers
    residual = difficulty.full - fit.forecast(difficulty.flops)[0]
    spare = max(len(residual) - CURVE_CONSTANTS, 1)
    scatter = (PRIOR_FREEDOM + (residual**2 / binomial).sum()) / (PRIOR_FREEDOM + spare)
    by_answers = 1.0 if np.isfinite(difficulty.trials).all() else 0.0  # probabilities are exact
    return replace(
        fit,
        n_answers=float(answers[-1]),
        overdispersion=max(float(scatter) - by_answers, 0.0),
    )


def _answers(difficulty: Difficulty) -> Floats:
    # Graded answers behind a score (d,). Of graded probabilities: as many answers of pass or fail
    # as would leave their mean as uncertain.
    if np.isfinite(difficulty.trials).all():
        counted: Floats = difficulty.trials.sum(axis=0)
        return counted
    mean = difficulty.rates.mean(axis=0)
    spread = np.maximum(difficulty.rates.var(axis=0), GRADED_SPREAD)
    worth: Floats = len(difficulty.rates) * np.maximum(mean * (1 - mean) / spread, 1.0)
    return worth
