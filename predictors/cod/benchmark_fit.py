"""What was learned of one benchmark: clusters, or items, a share of the default, and doubts.

Clusters where they carry the benchmark and forecast held-out models well, else item response; the
default on total scores has a share where it brings the errors on held-out models down.
"""

from dataclasses import dataclass, replace

import numpy as np

from scalepredict.predictors.cod.cluster_fit import ClusterFit, fit_clusters
from scalepredict.predictors.cod.cluster_law import FREE_CEILING_MODELS
from scalepredict.predictors.cod.clustering import Clustering
from scalepredict.predictors.cod.difficulty import Difficulty
from scalepredict.predictors.cod.item_response import ItemCurve, fit_items
from scalepredict.predictors.cod.trials import MIN_PREDICTABLE, Trial
from scalepredict.predictors.limits import SCORE_CLIP
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Floats
from scalepredict.records.text.counts import count_of

MIN_TRIALS = 40.0  # answers to a typical question: with fewer, chance alone makes clusters
CURVE_CONSTANTS = 3  # of the whole: its level, growth and ceiling
PRIOR_FREEDOM = 2.0  # models' worth of evidence that they scatter as their answers do
GRADED_SPREAD = 1e-6  # variance of graded probabilities that are all alike
LEAST_SHARE = 0.4  # of the score of the largest model; with less the map carries the forecast
MOST_ERROR = 0.03  # the paper calls errors above 5 points invalid, and below 2 accurate
FEW_TRIALS = 50.0


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
        default_share: Share of the default on total scores in the forecast.
        trial: Errors on models held out; None in fits of the first version.
    """

    questions: tuple[str, ...]
    clusters: ClusterFit | None = None
    items: ItemCurve | None = None
    n_answers: float = np.nan
    overdispersion: float = 1.0
    failure: str | None = None
    notes: tuple[Note, ...] = ()
    default_share: float = 0.0
    trial: Trial | None = None

    def forecast(self, flops: Floats) -> tuple[Floats, Floats]:
        """Scores and their variances at FLOPs of shape (K,); NaN and 0 without a fit."""
        if self.clusters is not None:
            return self.clusters.whole_at(flops)[0], self.clusters.variance_at(flops)
        if self.items is not None:
            return self.items.at(flops), self.items.variance_at(flops)
        return np.full(len(flops), np.nan), np.zeros(len(flops))


def fit_benchmark(
    difficulty: Difficulty,
    clustering: Clustering,
    trial: Trial,
    *,
    n_resamples: int,
    rng: np.random.Generator,
) -> BenchmarkFit:
    """Fit one benchmark by clusters where they carry it and forecast well, else by items."""
    if difficulty.solved_by_none.all():
        return BenchmarkFit(
            questions=difficulty.questions,
            failure=f"cod on {difficulty.benchmark!r}: no model passed any of the "
            f"{len(difficulty.questions)} questions, so nothing tells when it emerges. Add larger "
            "models, or grade by the probability of the right answer.",
            notes=difficulty.notes,
        )
    clusters, why = _usable_clusters(difficulty, clustering, trial, n_resamples, rng)
    notes, items = [*difficulty.notes], None
    if clusters is None:
        items = fit_items(
            difficulty.rates,
            difficulty.trials,
            difficulty.weights,
            flops=difficulty.flops,
            chance=difficulty.chance,
        )
        text = f"forecast by item response, not by clusters: {why}."
        notes.append(noted("item-response", text, subject=difficulty.benchmark))
    else:
        notes += doubts_of_clusters(difficulty, clusters, trial)
    share = trial.default_share(by_clusters=items is None)
    if share:
        text = (
            f"{share:.0%} of the forecast is the default's on total scores (in log(-log)), which "
            "brings errors on held-out models down."
        )
        notes.append(noted("cod-mixed", text, subject=difficulty.benchmark))
    fit = BenchmarkFit(
        questions=difficulty.questions,
        clusters=clusters,
        items=items,
        notes=tuple(notes),
        default_share=share,
        trial=trial,
    )
    return _with_scatter(fit, difficulty)


def _usable_clusters(
    difficulty: Difficulty,
    clustering: Clustering,
    trial: Trial,
    n_resamples: int,
    rng: np.random.Generator,
) -> tuple[ClusterFit | None, str]:
    # Clusters that a forecast can rest on, or why there are none.
    if difficulty.median_trials < MIN_TRIALS:
        answers = count_of(round(difficulty.median_trials), "graded answer")
        return None, f"its questions have {answers} each, and clusters need {MIN_TRIALS:.0f}"
    if trial.why_items:
        return None, trial.why_items
    clusters = fit_clusters(difficulty, clustering, n_resamples=n_resamples, rng=rng)
    share = 0.0 if clusters is None else clusters.predictable_share
    if share < MIN_PREDICTABLE:
        return None, f"clusters that can be extrapolated hold {share:.0%} of it"
    return clusters, ""


def doubts_of_clusters(
    difficulty: Difficulty, clusters: ClusterFit, trial: Trial
) -> tuple[Note, ...]:
    """Why a forecast by these clusters should not be trusted, whatever the target.

    After Xu et al. 2025 (COD, 2502.17262), who give the cases and not the numbers.
    """
    doubts = []
    if clusters.score_share < LEAST_SHARE:
        text = f"only {clusters.score_share:.0%} of the score can be extrapolated; the map carries "
        doubts.append(("clusters-little", f"{text}the rest"))
    if difficulty.median_trials < FEW_TRIALS:
        text = (
            f"{count_of(round(difficulty.median_trials), 'answer')} to a typical question; "
            f"{FEW_TRIALS:.0f} or more keep noise out of the clusters"
        )
        doubts.append(("clusters-few-answers", text))
    if (n_models := len(difficulty.flops)) < FREE_CEILING_MODELS:
        text = f"{n_models} models: chance level and ceiling are assumed, not fitted"
        doubts.append(("clusters-few-models", text))
    if np.isnan(trial.part_error):
        text = "the smaller models carry no clusters, so the largest cannot test them"
        doubts.append(("clusters-untested", text))
    elif abs(trial.part_error) > MOST_ERROR:
        text = (
            "held out, the largest model's predictable part is missed by "
            f"{100 * trial.part_error:+.1f} points"
        )
        doubts.append(("clusters-missed", text))
    subject = difficulty.benchmark
    return tuple(noted(code, f"low trust: {text}", subject=subject) for code, text in doubts)


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
