"""What do the clusters of one benchmark learn? Labels, curves, the map to the whole, resamples.

Cluster on one half of each question's answers and fit on the other where there are enough: a
cluster is chosen for its members' answers, and a curve through the same ones inherits their luck.

Source: the pipeline of Xu et al. 2025 (COD, 2502.17262).
Departures: the halves, the unit-free test of what can be extrapolated, the local line of
    ``mapping``, and the bootstrap: questions with replacement within each cluster, models by
    exponential weights (Rubin 1981, doi:10.1214/aos/1176345338), the clusters as they are.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from scalepredict.predictors.cod.cluster_law import (
    EXTRAPOLATABLE,
    MODEL_NOISE,
    ClusterCurves,
    fit_curves,
    kinds,
    passes_paper_rule,
)
from scalepredict.predictors.cod.clustering import Clustering, cluster_means
from scalepredict.predictors.cod.difficulty import Difficulty
from scalepredict.predictors.cod.mapping import local_line
from scalepredict.predictors.limits import SCORE_CLIP
from scalepredict.records.table import Bools, Floats, Ints

SOLVED_BY_NONE = -2  # label of questions that no model ever passed
SPLIT_TRIALS = 40  # answers of every question that halves can be made of
_WHOLE = 1e-6  # a count of passed answers is this close to an integer


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterFit:
    """Clusters of one benchmark: c clusters, e of them extrapolatable, d models, B resamples.

    Attributes:
        labels: Cluster of each question, OUTLIER or SOLVED_BY_NONE. Shape (n,).
        flops: Training FLOPs of the models, rising. Shape (d,).
        means: Mean pass rates on the answers that the curves were fitted to. Shape (c, d).
        sizes: Questions in each cluster. Shape (c,).
        shares: Share of each cluster in the benchmark's score, a fraction. Shape (c,).
        kinds: Index into ``cluster_law.KINDS``. Shape (c,).
        paper_rule: Whether the paper's test calls it extrapolatable. Shape (c,).
        center: See ``ClusterCurves``.
        params: Curves. Shape (c, 4).
        resampled: Curves of the extrapolatable clusters, in single precision. Shape (B, e, 4).
        measured: Models and anchors, p points: scores of the predictable part, scores of the
            benchmark, and weights. Shape (3, p).
        drawn: The same, resampled, in single precision: they are most of a fit file. Shape
            (3, B, p).
        split: Whether clusters and curves come from different halves of the answers.
        method: Name of the clustering.
    """

    labels: Ints
    flops: Floats
    means: Floats
    sizes: Ints
    shares: Floats
    kinds: Ints
    paper_rule: Bools
    center: float
    params: Floats
    resampled: Floats
    measured: Floats
    drawn: Floats
    split: bool
    method: str

    @property
    def part(self) -> Floats:
        """Scores of the predictable part, measured first, then resampled. Shape (1 + B, p)."""
        return np.vstack([self.measured[0], self.drawn[0]])

    @property
    def whole(self) -> Floats:
        """Scores of the benchmark there. Shape (1 + B, p)."""
        return np.vstack([self.measured[1], self.drawn[1]])

    @property
    def trust(self) -> Floats:
        """Weights of those points. Shape (1 + B, p)."""
        return np.vstack([self.measured[2], self.drawn[2]])

    @property
    def extrapolatable(self) -> Bools:
        """Clusters whose curves are used. Shape (c,)."""
        used: Bools = self.kinds == EXTRAPOLATABLE
        return used

    @property
    def predictable(self) -> Bools:
        """Questions in extrapolatable clusters. Shape (n,)."""
        inside: Bools = np.isin(self.labels, np.flatnonzero(self.extrapolatable))
        return inside

    @property
    def predictable_share(self) -> float:
        """Their share in the questions, as weighted in the benchmark's score, a fraction."""
        return float(self.shares[self.extrapolatable].sum())

    @property
    def score_share(self) -> float:
        """Share of them in what the largest model scores, a fraction.

        Where most questions are hardly ever passed, a few others hold most of the score.
        """
        if not self.extrapolatable.any():
            return 0.0
        part, whole = self.measured[:2, len(self.flops) - 1]
        return float(np.clip(self.predictable_share * part / max(whole, 1e-12), 0.0, 1.0))

    @property
    def curves(self) -> ClusterCurves:
        """Curves of all clusters."""
        return ClusterCurves(self.params, self.center)

    def part_at(self, flops: Floats) -> Floats:
        """Score of the predictable part at FLOPs of shape (K,); shape (1 + B, K)."""
        params = np.concatenate([self.params[self.extrapolatable][None], self.resampled])
        shares = self.shares[self.extrapolatable] / self.predictable_share
        scores: Floats = np.tensordot(shares, ClusterCurves(params, self.center).at(flops), (0, 1))
        return scores

    def whole_at(self, flops: Floats) -> Floats:
        """Score of the benchmark at FLOPs of shape (K,); shape (1 + B, K)."""
        return local_line(self.part, self.whole, self.part_at(flops), self.trust)

    def variance_at(self, flops: Floats) -> Floats:
        """Variance of that score over the resamples, squared fractions. Shape (K,).

        Of its distance from the largest model: the target answers the same questions, so that a
        resample of harder ones is an error of the rise, not of the level.
        """
        rise = self.whole_at(flops)[1:] - self.whole[1:, [len(self.flops) - 1]]
        variance: Floats = rise.var(axis=0) if len(rise) else np.zeros(len(flops))
        return variance


def fit_clusters(
    difficulty: Difficulty, clustering: Clustering, *, n_resamples: int, rng: np.random.Generator
) -> ClusterFit | None:
    """Cluster the questions and fit what can be extrapolated; None without clusters.

    Where no cluster can be extrapolated there is nothing to forecast from: no points of a map.

    Args:
        difficulty: Pass rates.
        clustering: How to cluster them.
        n_resamples: B.
        rng: Draws the halves and the resamples.
    """
    halves = _halves(difficulty, rng)
    labels = _labels(difficulty, halves.to_cluster, clustering)
    if labels.max() < 0:
        return None
    flops, chance = difficulty.flops, difficulty.chance
    means = cluster_means(halves.to_fit, labels, difficulty.weights)
    noise = _noise(means, labels, halves.trials)
    curves = fit_curves(means, noise, flops=flops, chance=chance)
    kind = kinds(curves, means, noise, flops=flops)
    fit = ClusterFit(
        labels=labels,
        flops=flops,
        means=means,
        sizes=np.bincount(labels[labels >= 0]),
        shares=np.bincount(labels[labels >= 0], weights=difficulty.weights[labels >= 0]).astype(
            float
        ),
        kinds=kind,
        paper_rule=passes_paper_rule(curves),
        center=curves.center,
        params=curves.params,
        resampled=np.empty((0, 0, 4)),
        measured=np.empty((3, 0)),
        drawn=np.empty((3, 0, 0)),
        split=halves.split,
        method=clustering.method,
    )
    used = np.flatnonzero(kind == EXTRAPOLATABLE)
    if not len(used):
        return fit
    drawn = _resample(difficulty, halves.to_fit, labels, used, n_resamples, rng)
    models = rng.standard_exponential((n_resamples, len(flops)))
    models /= models.mean(axis=1, keepdims=True)
    refits = fit_curves(
        drawn.means.reshape(-1, len(flops)),
        (noise[used] / np.sqrt(models)[:, None, :]).reshape(-1, len(flops)),
        flops=flops,
        chance=chance,
        start=np.tile(curves.params[used], (n_resamples, 1)),
    )
    points = np.stack([drawn.part, drawn.whole, _trust(models, difficulty)])
    return replace(
        fit,
        resampled=_single(refits.params.reshape(n_resamples, len(used), 4)),
        measured=points[:, 0],
        drawn=_single(points[:, 1:]),
    )


class _Halves(NamedTuple):
    to_cluster: Floats  # (n, d)
    to_fit: Floats  # (n, d)
    trials: Floats  # behind to_fit (n, d)
    split: bool


def _halves(difficulty: Difficulty, rng: np.random.Generator) -> _Halves:
    rates, trials = difficulty.rates, difficulty.trials
    passed = rates * trials
    whole = np.isfinite(trials).all() and np.abs(passed - np.round(passed)).max() < _WHOLE
    if not whole or trials.min() < SPLIT_TRIALS:
        return _Halves(rates, rates, trials, False)
    total, good = np.round(trials).astype(int), np.round(passed).astype(int)
    first = total // 2
    drawn = rng.hypergeometric(good, total - good, first)
    return _Halves(drawn / first, (good - drawn) / (total - first), total - first, True)


def _labels(difficulty: Difficulty, rates: Floats, clustering: Clustering) -> Ints:
    labels = np.full(len(rates), SOLVED_BY_NONE, dtype=np.intp)
    solved = ~difficulty.solved_by_none
    if solved.any():
        labels[solved] = _hardest_first(clustering(rates[solved]), rates[solved])
    return labels


def _hardest_first(labels: Ints, rates: Floats) -> Ints:
    if labels.max() < 0:
        return labels
    order = np.argsort(cluster_means(rates, labels).mean(axis=1), kind="stable")
    return np.where(labels < 0, labels, np.argsort(order)[labels])


def _noise(means: Floats, labels: Ints, trials: Floats) -> Floats:
    # Binomial at the mean rate of a cluster, pulled in from 0 and 1, plus what models differ by.
    behind = np.where(np.isnan(trials), np.inf, trials)
    total = np.stack([behind[labels == c].sum(axis=0) for c in range(labels.max() + 1)])
    inside = np.clip(means, *SCORE_CLIP)
    between = 4 * MODEL_NOISE**2 * np.clip(means * (1 - means), 1e-3, 1.0)
    noise: Floats = np.sqrt(inside * (1 - inside) / total + between)
    return noise


class _Resamples(NamedTuple):
    means: Floats  # of the used clusters (B, e, d)
    part: Floats  # measured first (1 + B, p)
    whole: Floats  # measured first (1 + B, p)


def _resample(
    difficulty: Difficulty,
    to_fit: Floats,
    labels: Ints,
    used: Ints,
    n_resamples: int,
    rng: np.random.Generator,
) -> _Resamples:
    # Columns: the half that is fitted, all answers, anchors; summed with the questions' weights.
    d = to_fit.shape[1]
    values = np.hstack([to_fit, difficulty.rates, difficulty.anchor_rates])
    groups = [np.flatnonzero(labels == c) for c in used]
    rest = np.flatnonzero(~np.isin(labels, used))
    sums = np.stack(
        [
            _drawn_sums(values[group], difficulty.weights[group], n_resamples, rng)
            for group in (*groups, rest)
        ]
    )
    share = np.array([difficulty.weights[group].sum() for group in groups])
    part = sums[:-1].sum(axis=0) / share.sum()
    whole = sums.sum(axis=0)[:, d:]
    # A benchmark's own aggregate may be averaged otherwise than its questions.
    full = np.concatenate([difficulty.full, difficulty.anchor_full])
    return _Resamples(
        means=np.moveaxis(sums[:-1, 1:, :d] / share[:, None, None], 0, 1),
        part=np.hstack([part[:, :d], part[:, 2 * d :]]),
        whole=np.clip(whole + (full - whole[0]), 0.0, 1.0),
    )


def _drawn_sums(
    values: Floats, weights: Floats, n_resamples: int, rng: np.random.Generator
) -> Floats:
    # Weighted sums of the members, then of members drawn with replacement, at the same total
    # weight. Shape (1 + B, columns).
    if not len(values):
        return np.zeros((1 + n_resamples, values.shape[1]))
    counts = rng.multinomial(len(values), np.full(len(values), 1 / len(values)), size=n_resamples)
    counted = np.vstack([np.ones(len(values)), counts]) * weights
    sums: Floats = counted @ values * (weights.sum() / counted.sum(axis=1, keepdims=True))
    return sums


def _trust(models: Floats, difficulty: Difficulty) -> Floats:
    # An anchor that answered once is worth less than a model that answered a hundred times.
    score, trials = difficulty.anchor_full, difficulty.anchor_trials
    sampling = np.where(np.isnan(trials), 0.0, score * (1 - score) / trials)
    anchors = MODEL_NOISE**2 / (MODEL_NOISE**2 + sampling)
    rows = np.vstack([np.ones(models.shape[1]), models])
    return np.hstack([rows, np.tile(anchors, (len(rows), 1))])


def _single(values: Floats) -> Floats:
    # Errors of 1e-7 in a resample are nothing, and a fit file takes half the room.
    return values.astype(np.float32).astype(np.float64)
