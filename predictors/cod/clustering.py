"""Which questions are alike in difficulty? Clusters of pass-rate vectors, outliers left out.

Source: Algorithm 1 of Xu et al. 2025, "Unveiling Downstream Performance Scaling of LLMs: A
    Clustering-Based Perspective" (COD, 2502.17262), and the four clusterings of its ablation.
Choices where the source is silent: scikit-learn's ``cluster_all=False``, a flat kernel, every
    point a seed (up to ``mean_shift.MAX_POINTS``), and the mean of the members as the centre
    that the distance test uses. The other four read their settings off the data by the same Q
    and K: plain MeanShift takes the bandwidth of Algorithm 1 without its cap, DBSCAN that radius
    and K neighbours, k-means the largest k that leaves no cluster under K; improved k-means
    leaves out what is far from every centre and searches again while that makes more clusters.
    In all of them the questions of a cluster smaller than K are outliers.
Fails when: a question has few graded answers. Identical noisy vectors then crowd by chance.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError, did_you_mean
from scalepredict.predictors.cod.k_means import finest_k_means
from scalepredict.predictors.cod.mean_shift import estimate_bandwidth, mean_shift
from scalepredict.records.table import Bools, Floats, Ints

OUTLIER = -1
MAX_ROUNDS = 100  # each round freezes at least one cluster, and rounds in practice are under 20
LEAST_RADIUS = 1e-6  # more than a tenth of the questions alike would make it 0
FAR = 2.0  # mean distances from the nearest centre that make an outlier of improved k-means


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustering:
    """A clustering by name, and the three numbers that its settings are read off the data with.

    Attributes:
        method: One of CLUSTERINGS.
        quantile: Q, the share of the questions whose distance sets the bandwidth.
        min_size: K, the smallest cluster.
        cap: Largest bandwidth, as a share of the largest distance sqrt(d) in the unit cube.

    Raises:
        RefusedError: There is no clustering of that name.
    """

    method: str = "mean-shift"
    quantile: float = 0.1
    min_size: int = 10
    cap: float = 0.1

    def __post_init__(self) -> None:
        if self.method not in CLUSTERINGS:
            raise RefusedError(
                f"there is no clustering {self.method!r}{did_you_mean(self.method, CLUSTERINGS)}; "
                f"choose {', '.join(CLUSTERINGS)}."
            )

    def __call__(self, rates: Floats) -> Ints:
        """Cluster pass rates of shape (n, d); labels 0, 1, ... or OUTLIER, shape (n,)."""
        if len(rates) < self.min_size:
            return np.full(len(rates), OUTLIER, dtype=np.intp)
        labels = CLUSTERINGS[self.method](rates, self)
        return _numbered(_without(labels, _in_small(labels, self.min_size)))

    def radius(self, rates: Floats) -> float:
        """R of Algorithm 1."""
        bandwidth = estimate_bandwidth(rates, quantile=self.quantile)
        return max(min(bandwidth, self.cap * math.sqrt(rates.shape[1])), LEAST_RADIUS)


def _improved_mean_shift(rates: Floats, settings: Clustering) -> Ints:
    # Algorithm 1: a cap on the radius, members near their mean, and the outliers clustered again.
    labels = np.full(len(rates), OUTLIER, dtype=np.intp)
    bandwidth = settings.radius(rates)
    for _ in range(MAX_ROUNDS):
        loose = np.flatnonzero(labels == OUTLIER)
        if len(loose) < settings.min_size:
            break
        found = mean_shift(rates[loose], bandwidth=bandwidth).labels
        found = _without(found, _far_from_mean(rates[loose], found, bandwidth))
        found = _numbered(_without(found, _in_small(found, settings.min_size)))
        if np.all(found == OUTLIER):
            break
        labels[loose] = np.where(found == OUTLIER, OUTLIER, found + labels.max() + 1)
    return labels


def _plain_mean_shift(rates: Floats, settings: Clustering) -> Ints:
    # As scikit-learn does by default: one round, no cap, every question to its nearest mode.
    bandwidth = estimate_bandwidth(rates, quantile=settings.quantile)
    return mean_shift(rates, bandwidth=max(bandwidth, LEAST_RADIUS), cluster_all=True).labels


def _k_means(rates: Floats, settings: Clustering) -> Ints:
    groups = finest_k_means(rates, min_size=settings.min_size)
    return np.full(len(rates), OUTLIER, dtype=np.intp) if groups is None else groups.labels


def _improved_k_means(rates: Floats, settings: Clustering) -> Ints:
    # A few far points make a small cluster, which ends the search for k too early.
    labels = np.full(len(rates), OUTLIER, dtype=np.intp)
    near = np.arange(len(rates))
    groups = finest_k_means(rates, min_size=settings.min_size)
    while groups is not None:
        far = groups.distance > FAR * groups.distance.mean()
        labels[:] = OUTLIER
        labels[near] = _without(groups.labels, far)
        near = near[~far]
        groups = finest_k_means(rates[near], min_size=settings.min_size, at_least=groups.k + 1)
    return labels


def _dbscan(rates: Floats, settings: Clustering) -> Ints:
    # Imported here: half a second that the default method does not need.
    from sklearn.cluster import DBSCAN

    model = DBSCAN(eps=settings.radius(rates), min_samples=settings.min_size).fit(rates)
    return np.asarray(model.labels_, dtype=np.intp)


CLUSTERINGS: Mapping[str, Callable[[Floats, Clustering], Ints]] = {
    "mean-shift": _improved_mean_shift,
    "plain-mean-shift": _plain_mean_shift,
    "k-means": _k_means,
    "improved-k-means": _improved_k_means,
    "dbscan": _dbscan,
}


def cluster_means(values: Floats, labels: Ints, weights: Floats | None = None) -> Floats:
    """Weighted mean of the members of each cluster. Shapes (n, d), (n,), (n,) -> (k, d)."""
    belongs = (labels == np.arange(labels.max() + 1)[:, None]).astype(float)
    if weights is not None:
        belongs *= weights
    mean: Floats = belongs @ values / belongs.sum(axis=1, keepdims=True)
    return mean


def _far_from_mean(rates: Floats, labels: Ints, radius: float) -> Bools:
    if labels.max() == OUTLIER:
        return np.zeros(len(labels), dtype=bool)
    # Every label up to the largest has members here, as each mode is some point's nearest one.
    numbered = _numbered(labels)
    centers = cluster_means(rates, numbered)
    distance = np.linalg.norm(rates - centers[numbered], axis=1)
    far: Bools = (distance > radius) & (labels != OUTLIER)
    return far


def _in_small(labels: Ints, min_size: int) -> Bools:
    size = np.bincount(labels[labels != OUTLIER], minlength=1)
    small: Bools = (labels != OUTLIER) & (size[labels] < min_size)
    return small


def _without(labels: Ints, removed: Bools) -> Ints:
    return np.where(removed, OUTLIER, labels)


def _numbered(labels: Ints) -> Ints:
    # 0, 1, ... in the order of the labels, without the gaps that removed clusters leave.
    kept = np.unique(labels[labels != OUTLIER])
    return np.where(labels == OUTLIER, OUTLIER, np.searchsorted(kept, labels))
