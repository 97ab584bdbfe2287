"""Which questions are alike in difficulty? Clusters of pass-rate vectors, outliers left out.

Source: Algorithm 1 of Xu et al. 2025, "Unveiling Downstream Performance Scaling of LLMs: A
    Clustering-Based Perspective" (COD, 2502.17262), and the k-means and DBSCAN of its ablation.
Choices where the source is silent: scikit-learn's ``cluster_all=False``, a flat kernel, every
    point a seed (up to ``mean_shift.MAX_POINTS``), and the mean of the members as the centre
    that the distance test uses.
Fails when: a question has few graded answers. Identical noisy vectors then crowd by chance.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scalepredict.predictors.mean_shift import estimate_bandwidth, mean_shift
from scalepredict.records.table import Bools, Floats, Ints

OUTLIER = -1
MAX_ROUNDS = 100  # each round freezes at least one cluster, and rounds in practice are under 20

Clustering = Callable[[Floats], Ints]
"""Pass rates, shape (n, d), to labels 0, 1, ... or OUTLIER, shape (n,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovedMeanShift:
    """Algorithm 1: MeanShift, a cap on the radius of a cluster, and the outliers clustered again.

    Attributes:
        quantile: Q, the share of the questions whose distance sets the bandwidth.
        min_size: K, the smallest cluster.
        cap: Largest bandwidth, as a share of the largest distance sqrt(d) in the unit cube.
    """

    quantile: float = 0.1
    min_size: int = 10
    cap: float = 0.1

    def __call__(self, rates: Floats) -> Ints:
        """Cluster pass rates of shape (n, d)."""
        labels = np.full(len(rates), OUTLIER, dtype=np.intp)
        if len(rates) < self.min_size:
            return labels
        bandwidth = min(
            estimate_bandwidth(rates, quantile=self.quantile), self.cap * rates.shape[1] ** 0.5
        )
        # More than a tenth of the questions alike would make the radius 0.
        bandwidth = max(bandwidth, 1e-6)
        for _ in range(MAX_ROUNDS):
            loose = np.flatnonzero(labels == OUTLIER)
            if len(loose) < self.min_size:
                break
            found = mean_shift(rates[loose], bandwidth=bandwidth).labels
            found = _without(found, _far_from_mean(rates[loose], found, bandwidth))
            found = _numbered(_without(found, _in_small(found, self.min_size)))
            if np.all(found == OUTLIER):
                break
            labels[loose] = np.where(found == OUTLIER, OUTLIER, found + labels.max() + 1)
        return labels


@dataclass(frozen=True, slots=True, kw_only=True)
class KMeansClusters:
    """Plain k-means: every question is in a cluster; for comparison.

    Attributes:
        n_clusters: k.
    """

    n_clusters: int = 10

    def __call__(self, rates: Floats) -> Ints:
        """Cluster pass rates of shape (n, d)."""
        # Imported here: half a second that the default method does not need.
        from sklearn.cluster import KMeans

        k = min(self.n_clusters, len(np.unique(rates, axis=0)))
        labels = KMeans(n_clusters=k, n_init=4, random_state=0).fit_predict(rates)
        return np.asarray(labels, dtype=np.intp)


@dataclass(frozen=True, slots=True, kw_only=True)
class DbscanClusters:
    """DBSCAN with the bandwidth rule of Algorithm 1; for comparison.

    Attributes:
        quantile: As in ImprovedMeanShift, of the bandwidth.
        cap: As in ImprovedMeanShift.
        min_size: Neighbours within half a bandwidth that make a core point.
    """

    quantile: float = 0.1
    cap: float = 0.1
    min_size: int = 10

    def __call__(self, rates: Floats) -> Ints:
        """Cluster pass rates of shape (n, d)."""
        # Imported here: half a second that the default method does not need.
        from sklearn.cluster import DBSCAN

        bandwidth = min(
            estimate_bandwidth(rates, quantile=self.quantile), self.cap * rates.shape[1] ** 0.5
        )
        model = DBSCAN(eps=max(bandwidth / 2, 1e-6), min_samples=self.min_size)
        return np.asarray(model.fit_predict(rates), dtype=np.intp)


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
