"""The clusterings of COD and of its ablation: against scikit-learn, written out, and by hand."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import cluster as sklearn_cluster

from scalepredict.errors import RefusedError, StorageError
from scalepredict.evaluation.questions.item_simulator import EASY, simulate_items
from scalepredict.predictors.cod.clustering import CLUSTERINGS, OUTLIER, Clustering, cluster_means
from scalepredict.predictors.cod.cod import ClusteringOnDifficulty
from scalepredict.predictors.cod.k_means import finest_k_means
from scalepredict.predictors.store.json_codec import decode
from scalepredict.records.table import Floats, Ints


def rates(seed: int, n: int = 150) -> Floats:
    table = simulate_items(replace(EASY, n_questions=n), rng=np.random.default_rng(seed)).table
    passed: Floats = table.scores[:8].T
    return passed[passed.any(axis=1)]


@pytest.mark.parametrize("seed", range(2))
def test_clusters_are_those_of_algorithm_1_written_out(seed: int) -> None:
    # An even cloud: its clusters touch, so that many members are far from their cluster's mean.
    even = np.random.default_rng(seed).random((150, 2))
    for points in (even, rates(seed, n=130)):
        np.testing.assert_array_equal(Clustering()(points), algorithm_1(points))


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
    labels = Clustering(quantile=0.4)(np.vstack([points, strays]))
    assert list(labels[-2:]) == [OUTLIER, OUTLIER]
    members = [set(labels[start:stop]) for start, stop in ((0, 60), (60, 100), (100, 115))]
    assert all(len(found) == 1 for found in members)
    assert len(set.union(*members)) == 3


def test_members_lie_within_the_radius_and_no_cluster_is_small() -> None:
    points = rates(2, n=800)
    labels = Clustering()(points)
    assert np.bincount(labels[labels >= 0]).min() >= 10
    cap = 0.1 * np.sqrt(8)
    # Later rounds may move a mean a little; the cap holds for the round that froze the cluster.
    distance = np.linalg.norm(points - cluster_means(points, labels)[labels], axis=1)
    assert distance[labels >= 0].max() <= cap + 1e-9


def test_dbscan_has_the_radius_and_least_size_of_the_default_method() -> None:
    points = rates(3, n=300)
    settings = Clustering(method="dbscan")
    radius, least = settings.radius(points), settings.min_size
    theirs = sklearn_cluster.DBSCAN(eps=radius, min_samples=least)
    np.testing.assert_array_equal(settings(points), theirs.fit_predict(points))


def test_plain_mean_shift_is_that_of_scikit_learn_but_for_small_clusters() -> None:
    points = rates(0)
    theirs = sklearn_cluster.MeanShift(
        bandwidth=sklearn_cluster.estimate_bandwidth(points, quantile=0.1)
    ).fit_predict(points)
    ours = Clustering(method="plain-mean-shift")(points)
    small = np.bincount(theirs)[theirs] < 10
    assert small.any()
    np.testing.assert_array_equal(ours == OUTLIER, small)
    pairs = set(zip(ours[~small], theirs[~small], strict=True))
    assert len(pairs) == ours.max() + 1 == len(set(theirs[~small]))


def crowds(*sizes: int) -> Floats:
    rng = np.random.default_rng(0)
    centers = np.linspace(0.2, 0.8, len(sizes))
    return np.vstack(
        [c + 0.02 * rng.standard_normal((n, 4)) for c, n in zip(centers, sizes, strict=True)]
    )


def test_k_is_the_largest_that_leaves_no_group_too_small() -> None:
    def k(points: Floats, at_least: int = 1) -> int | None:
        groups = finest_k_means(points, min_size=10, at_least=at_least)
        return None if groups is None else groups.k

    assert k(crowds(14, 15, 16, 17, 18)) == 5
    assert k(crowds(14, 15, 16, 17, 18), at_least=5) == 5
    assert k(crowds(14, 15, 16, 17, 18), at_least=6) is None
    assert k(crowds(30, 30, 9)) == 2  # the nine join their neighbours
    assert k(np.full((40, 4), 0.5)) == 1
    assert k(crowds(9)) is None
    assert k(crowds(10, 10)) == 2


def test_far_questions_end_the_search_of_k_means_but_not_of_the_improved_one() -> None:
    points = np.vstack([crowds(15, 16, 17), [[10.0, -10.0, 10.0, -10.0]] * 5])
    plain = Clustering(method="k-means")(points)
    improved = Clustering(method="improved-k-means")(points)
    assert (plain == 0).all()
    assert list(improved[-5:]) == [OUTLIER] * 5
    members = [set(improved[start:stop]) for start, stop in ((0, 15), (15, 31), (31, 48))]
    assert [len(found - {OUTLIER}) for found in members] == [1, 1, 1]
    assert improved.max() + 1 == 3


@pytest.mark.parametrize("method", CLUSTERINGS)
def test_every_clustering_numbers_clusters_of_ten_or_more_from_0(method: str) -> None:
    labels = Clustering(method=method)(rates(1, n=400))
    assert labels.min() >= OUTLIER
    assert labels.max() >= 0
    assert np.bincount(labels[labels >= 0]).min() >= 10
    assert (Clustering(method=method)(rates(1)[:9]) == OUTLIER).all()


def test_an_unknown_clustering_is_refused_with_those_there_are() -> None:
    with pytest.raises(RefusedError, match=r"'kmeans' \(did you mean 'k-means'\?\).*dbscan"):
        Clustering(method="kmeans")


def test_a_fit_file_without_a_method_was_made_by_mean_shift() -> None:
    old = {"clustering": {"quantile": 0.1, "min_size": 10, "cap": 0.1}, "n_resamples": 200}
    assert decode(old, ClusteringOnDifficulty, where="predictor") == ClusteringOnDifficulty()
    with pytest.raises((RefusedError, StorageError), match="no clustering 'new'"):
        decode({"clustering": {"method": "new"}}, ClusteringOnDifficulty, where="predictor")
