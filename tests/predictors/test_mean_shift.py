"""MeanShift and the clusters of Algorithm 1, against scikit-learn and by hand."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import cluster as sklearn_cluster
from sklearn.metrics import adjusted_rand_score

from scalepredict.evaluation.item_simulator import EASY, HARD, ItemWorld, simulate_items
from scalepredict.predictors import mean_shift as module
from scalepredict.predictors.clustering import (
    OUTLIER,
    DbscanClusters,
    ImprovedMeanShift,
    KMeansClusters,
    cluster_means,
)
from scalepredict.predictors.mean_shift import estimate_bandwidth, mean_shift
from scalepredict.records.table import Floats, Ints


def rates(seed: int, n: int = 150, world: ItemWorld = EASY) -> Floats:
    items = simulate_items(
        replace(world, n_questions=n),
        rng=np.random.default_rng(seed),
    )
    solved: Floats = items.table.scores[:8].T
    return solved[solved.any(axis=1)]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("world", [EASY, HARD])
def test_modes_and_labels_are_those_of_scikit_learn(seed: int, world: ItemWorld) -> None:
    points = rates(seed, world=world)
    bandwidth = estimate_bandwidth(points, quantile=0.1)
    assert bandwidth == pytest.approx(sklearn_cluster.estimate_bandwidth(points, quantile=0.1))
    ours = mean_shift(points, bandwidth=bandwidth)
    theirs = sklearn_cluster.MeanShift(bandwidth=bandwidth, cluster_all=False).fit(points)
    np.testing.assert_allclose(ours.centers, theirs.cluster_centers_, atol=1e-9)
    np.testing.assert_array_equal(ours.labels, theirs.labels_)


def test_beyond_the_seed_limit_the_clusters_stay_the_same_in_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = rates(5, n=1200)
    capped = mean_shift(points, bandwidth=0.25)
    monkeypatch.setattr(module, "MAX_POINTS", len(points))
    full = mean_shift(points, bandwidth=0.25)
    # Modes of thousands of seeds need not be the same to the digit; who is together must be.
    assert adjusted_rand_score(capped.labels, full.labels) > 0.8


def test_many_points_in_many_dimensions_have_modes() -> None:
    """The middle of a bin is farther from its points than the radius, from 4 dimensions on."""
    rng = np.random.default_rng(1)
    points = np.vstack([c + 0.05 * rng.standard_normal((400, 22)) for c in (0.25, 0.75)])
    modes = mean_shift(points, bandwidth=0.4)
    assert len(modes.centers) == 2
    assert len(set(modes.labels[:400]) - {-1}) == 1
    assert len(set(modes.labels[400:]) - {-1}) == 1


@pytest.mark.parametrize("seed", range(2))
def test_clusters_are_those_of_algorithm_1_written_out(seed: int) -> None:
    # An even cloud: its clusters touch, so that many members are far from their cluster's mean.
    even = np.random.default_rng(seed).random((150, 2))
    for points in (even, rates(seed, n=130)):
        np.testing.assert_array_equal(ImprovedMeanShift()(points), algorithm_1(points))


def algorithm_1(points: Floats) -> Ints:
    """Xu et al. 2025 (2502.17262), line by line on scikit-learn, with Q = 0.1 and K = 10."""
    radius = min(
        sklearn_cluster.estimate_bandwidth(points, quantile=0.1), points.shape[1] ** 0.5 / 10
    )
    labels = np.full(len(points), OUTLIER)
    while True:
        before = labels.copy()
        loose = np.flatnonzero(labels == OUTLIER)
        shift = sklearn_cluster.MeanShift(bandwidth=radius, cluster_all=False).fit(points[loose])
        for mode in range(len(shift.cluster_centers_)):
            members = loose[shift.labels_ == mode]
            center = points[members].mean(axis=0)
            members = members[np.linalg.norm(points[members] - center, axis=1) <= radius]
            if len(members) >= 10:
                labels[members] = labels.max() + 1
        if (labels == before).all() or (labels == OUTLIER).sum() < 10:
            return labels


def test_outliers_are_clustered_again_until_only_strays_are_left() -> None:
    rng = np.random.default_rng(0)
    crowds = [(0.15, 60), (0.5, 40), (0.85, 15)]
    points = np.vstack([c + 0.02 * rng.standard_normal((n, 8)) for c, n in crowds])
    strays = np.array([[0.9] * 4 + [0.1] * 4, [0.1] * 4 + [0.9] * 4])
    labels = ImprovedMeanShift(quantile=0.4)(np.vstack([points, strays]))
    assert list(labels[-2:]) == [OUTLIER, OUTLIER]
    members = [set(labels[start:stop]) for start, stop in ((0, 60), (60, 100), (100, 115))]
    assert all(len(found) == 1 for found in members)
    assert len(set.union(*members)) == 3


def test_members_lie_within_the_radius_and_no_cluster_is_small() -> None:
    points = rates(2, n=800)
    labels = ImprovedMeanShift()(points)
    assert np.bincount(labels[labels >= 0]).min() >= 10
    cap = 0.1 * np.sqrt(8)
    # Later rounds may move a mean a little; the cap holds for the round that froze the cluster.
    distance = np.linalg.norm(points - cluster_means(points, labels)[labels], axis=1)
    assert distance[labels >= 0].max() <= cap + 1e-9


def test_alternatives_label_every_question() -> None:
    points = rates(1)
    assert KMeansClusters()(points).min() == 0
    assert DbscanClusters()(points).shape == (len(points),)
