"""Noise and drift of differences, from all pairs of a table."""

import numpy as np
import pytest

from scalepredict.evaluation.questions.pair_noise import (
    LEAST_PHI,
    Differences,
    PairNoise,
    error_variance,
    pair_noise,
)
from scalepredict.records.table import Floats

BINOMIAL = 0.01**2


def walks(phi: Floats, drift: Floats, *, pairs: int, scales: int = 8) -> list[Differences]:
    """Random walks of 0.3 decades a step, observed with phi times the binomial noise."""
    rng = np.random.default_rng(5)
    x: Floats = 0.3 * np.arange(scales, dtype=np.float64)
    found = []
    for _ in range(pairs):
        steps = rng.normal(size=(scales, len(phi))) * np.sqrt(0.3 * drift)
        noise = rng.normal(size=steps.shape) * np.sqrt(phi * BINOMIAL)
        found.append(
            Differences(
                difference=np.cumsum(steps, axis=0) + noise,
                binomial=np.full(steps.shape, BINOMIAL),
                log_flops=x,
            )
        )
    return found


def test_noise_and_drift_of_each_benchmark_are_told_apart() -> None:
    phi, drift = np.array([1.0, 9.0, 1.0]), np.array([1e-6, 1e-6, 0.03**2])
    found = pair_noise(walks(phi, drift, pairs=400), 2)  # all independent
    assert found.phi[:2] == pytest.approx(phi[:2], rel=0.15)
    assert found.drift[2] == pytest.approx(0.03**2, rel=0.15)
    assert found.drift[0] < 0.1 * found.drift[2]


def test_a_table_of_one_pair_says_little_and_stays_near_the_prior() -> None:
    quiet = pair_noise(walks(np.ones(2), np.full(2, 1e-8), pairs=1, scales=2), 2)
    assert np.all(quiet.drift > 0.5 * 0.02**2)


def test_the_variance_is_that_of_a_forecast_by_a_weighted_mean() -> None:
    """20,000 walks: the standard error of a variance is 1 %."""
    phi, drift = np.array([2.0]), np.array([0.02**2])
    pairs = walks(phi, drift, pairs=20000, scales=5)
    weights = np.array([[0.1], [0.2], [0.3], [0.4], [0.0]])
    errors = [
        (pair.difference[:-1] * weights[:-1]).sum() - pair.difference[-1, 0] for pair in pairs
    ]
    noise = pair_noise(pairs[:500], 2)
    known = Differences(
        difference=pairs[0].difference[:-1],
        binomial=pairs[0].binomial[:-1],
        log_flops=pairs[0].log_flops[:-1],
    )
    expected = error_variance(noise, weights[:-1], known, 0.3)[0] + noise.phi[0] * BINOMIAL
    assert expected == pytest.approx(np.var(errors), rel=0.1)


def plain(difference: list[list[float]], *, gap: float = 1.0) -> Differences:
    """Rows are scales, ``gap`` decades apart."""
    values = np.array(difference)
    return Differences(
        difference=values,
        binomial=np.full(values.shape, BINOMIAL),
        log_flops=18 + gap * np.arange(len(values), dtype=np.float64),
    )


@pytest.mark.parametrize(
    ("scales", "families", "moves"), [(2, 2, 1), (5, 2, 4), (5, 3, 8), (2, 4, 3)]
)
def test_moves_are_those_that_are_independent(scales: int, families: int, moves: int) -> None:
    """(M - 1) steps of F - 1 families against one of them, whatever other pairs there are."""
    rng = np.random.default_rng(0)
    pairs = [
        plain(rng.normal(0, 0.01, (scales, 2)).tolist())
        for _ in range(families * (families - 1) // 2)
    ]
    assert pair_noise(pairs, families).moves == pytest.approx([moves] * 2)


def test_a_scale_that_was_not_measured_makes_no_move() -> None:
    nan = float("nan")
    pair = plain([[0.1, 0.1, nan], [0.2, nan, nan], [0.1, nan, nan], [0.3, 0.0, nan]])
    assert pair_noise([pair], 2).moves == pytest.approx([3, 1, 0])


def test_a_benchmark_without_moves_has_the_noise_that_is_common_to_all() -> None:
    """The more benchmarks are known, the less the prior counts in what is common to them."""
    known = walks(np.full(30, 4.0), np.full(30, 1e-8), pairs=20)
    with_hole = [
        Differences(
            difference=np.hstack([pair.difference, np.full((8, 1), np.nan)]),
            binomial=np.full((8, 31), BINOMIAL),
            log_flops=pair.log_flops,
        )
        for pair in known
    ]
    found = pair_noise(with_hole, 2)
    assert found.moves[-1] == 0
    assert found.phi[-1] == pytest.approx(4.0, rel=0.1)
    assert found.drift[-1] < 0.1 * 0.02**2
    np.testing.assert_allclose(found.phi[:-1], pair_noise(known, 2).phi)


def test_what_two_recipes_differ_by_is_no_noise() -> None:
    """Their level and their sign have no part; how it moves has."""
    values = np.random.default_rng(2).normal(0, 0.02, (5, 2))
    found = pair_noise([plain(values.tolist())], 2)
    for same in (values + 0.3, -values, values[::-1]):
        other = pair_noise([plain(same.tolist())], 2)
        np.testing.assert_allclose(other.phi, found.phi)
        np.testing.assert_allclose(other.drift, found.drift)


def test_pairs_in_any_order_tell_the_same() -> None:
    pairs = walks(np.array([1.0, 4.0]), np.array([1e-4, 1e-6]), pairs=6)
    one, other = pair_noise(pairs, 4), pair_noise(pairs[::-1], 4)
    np.testing.assert_allclose(one.phi, other.phi)
    np.testing.assert_allclose(one.drift, other.drift)


def test_differences_that_never_move_keep_a_least_noise() -> None:
    found = pair_noise([plain([[0.1]] * 40)] * 20, 2)
    assert found.phi == pytest.approx([LEAST_PHI])
    assert found.drift[0] < 0.1 * 0.02**2


def test_where_pairs_cannot_tell_the_drift_is_the_one_that_is_given() -> None:
    nothing = [plain([[np.nan], [np.nan]])]
    for prior in (0.01**2, 0.05**2):
        assert pair_noise(nothing, 2, prior_drift=prior).drift == pytest.approx([prior])
    assert pair_noise(nothing, 2).phi == pytest.approx([1.0])


def test_models_of_one_compute_are_told_by_their_noise_alone() -> None:
    """No compute lies between their scales: their moves are questions, not drift."""
    rng = np.random.default_rng(3)
    values = rng.normal(0, np.sqrt(9 * BINOMIAL), (2, 1000))
    pairs = [plain(row, gap=0.0) for row in values.T[:, :, None].tolist()]
    assert pair_noise(pairs, 2).phi == pytest.approx([9.0], rel=0.25)


NOISE = PairNoise(phi=np.array([2.0]), drift=np.array([0.04]), moves=np.array([9.0]))


@pytest.mark.parametrize(
    ("weights", "walked", "own"),
    [
        ([[0.0], [1.0]], 0.5, 1.0),
        ([[1.0], [0.0]], 0.5 + 2.0, 1.0),
        ([[0.5], [0.5]], 0.25 * 2.5 + 0.75 * 0.5, 0.5),
        ([[0.2], [0.8]], 0.04 * 2.5 + 0.96 * 0.5, 0.68),
    ],
    ids=["the larger alone", "the smaller alone", "both alike", "mostly the larger"],
)
def test_the_error_of_a_mean_is_the_walk_to_the_target_and_the_noise_of_its_scales(
    weights: list[list[float]], walked: float, own: float
) -> None:
    """Two decades between the scales and half a one beyond: walks share what lies after both."""
    pair = plain([[0.1], [0.2]], gap=2.0)
    found = error_variance(NOISE, np.array(weights), pair, 0.5)
    assert found == pytest.approx([0.04 * walked + 2.0 * own * BINOMIAL])


def test_a_scale_of_no_weight_need_not_be_measured() -> None:
    pair = plain([[np.nan], [0.2]], gap=2.0)
    unmeasured = Differences(
        difference=pair.difference,
        binomial=np.where(np.isnan(pair.difference), np.nan, BINOMIAL),
        log_flops=pair.log_flops,
    )
    found = error_variance(NOISE, np.array([[0.0], [1.0]]), unmeasured, 0.0)
    assert found == pytest.approx([2.0 * BINOMIAL])
