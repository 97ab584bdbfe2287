"""MeanShift against scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import cluster as sklearn_cluster
from sklearn.metrics import adjusted_rand_score

from scalepredict.evaluation.questions.item_simulator import EASY, HARD, ItemWorld, simulate_items
from scalepredict.predictors.cod import mean_shift as module
from scalepredict.predictors.cod.mean_shift import estimate_bandwidth, mean_shift
from scalepredict.records.table import Floats


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
