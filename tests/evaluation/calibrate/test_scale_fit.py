"""Weights of variances and quantiles of errors, recovered from errors that were drawn by them."""

import numpy as np
import pytest
from scipy import stats

from scalepredict.evaluation.calibrate.scale_fit import (
    DRIFTS,
    SuiteErrors,
    fit_coefficients,
    fit_spread,
    fit_suite,
    weighted_quantile,
)
from scalepredict.evaluation.intervals.levels import KNOTS
from scalepredict.records.table import Floats

N = 6000


def drawn(components: Floats, coefficients: list[float], seed: int = 0) -> Floats:
    rng = np.random.default_rng(seed)
    scale = np.sqrt(np.array(coefficients) @ components)
    error: Floats = scale * rng.standard_t(4, components.shape[1])
    return error


def two_components(seed: int = 1) -> Floats:
    """Variances that vary by an order of magnitude, each by itself."""
    return np.exp(np.random.default_rng(seed).normal(np.log([[4e-4], [1e-4]]), 1.2, (2, N)))


def test_the_weights_of_components_are_recovered() -> None:
    """6000 errors: about 5 % on a weight that carries half of the variance."""
    x = two_components()
    found = fit_coefficients(x, drawn(x, [1.0, 4.0]), np.ones(N))
    assert found == pytest.approx([1.0, 4.0], rel=0.2)


def test_a_component_that_explains_nothing_has_next_to_no_weight() -> None:
    x = two_components()
    assert fit_coefficients(x, drawn(x, [1.0, 0.0]), np.ones(N))[1] < 0.1
    silent = np.vstack([x[0], np.zeros(N)])
    found = fit_coefficients(silent, drawn(x, [1.0, 0.0]), np.ones(N))
    assert found[1] == 0.0
    assert found[0] == pytest.approx(1.0, rel=0.1)


def test_the_unit_of_errors_changes_no_weight() -> None:
    x = two_components()
    error = drawn(x, [1.0, 4.0])
    one = fit_coefficients(x, error, np.ones(N))
    other = fit_coefficients(25 * x, 5 * error, np.ones(N))
    assert other == pytest.approx(one, rel=0.05)  # but for the floor


def test_an_error_of_weight_two_is_two_errors() -> None:
    x = two_components()[:, :400]
    error = drawn(x, [1.0, 4.0])
    weights = np.where(np.arange(400) < 200, 2.0, 1.0)
    twice = np.concatenate([np.arange(400), np.arange(200)])
    one = fit_coefficients(x, error, weights)
    assert fit_coefficients(x[:, twice], error[twice], np.ones(600)) == pytest.approx(one, rel=1e-3)


def test_one_wild_error_moves_little() -> None:
    x = two_components()
    error = drawn(x, [1.0, 4.0])
    wild = error.copy()
    wild[0] = 1.0
    plain = fit_coefficients(x, error, np.ones(N))
    assert fit_coefficients(x, wild, np.ones(N)) == pytest.approx(plain, rel=0.05)


def test_intervals_hold_the_share_of_errors_that_they_name() -> None:
    z = np.random.default_rng(3).standard_t(4, N)
    spread = fit_spread(z, np.ones(N))
    for level in KNOTS:
        low, high = spread.ppf((1 - level) / 2), spread.ppf((1 + level) / 2)
        assert low == pytest.approx(-high)
        assert ((low <= z) & (z <= high)).mean() == pytest.approx(level, abs=0.003)
    assert spread.ppf(0.95) == pytest.approx(stats.t(4).ppf(0.95), rel=0.08)


def test_quantiles_rise_where_few_errors_are_left() -> None:
    spread = fit_spread(np.array([0.5, -0.5, 0.5]), np.ones(3))
    assert (np.diff(spread.quantile) > 0).all()


def test_the_quantile_of_equal_weights_is_that_of_numpy() -> None:
    """Hazen's rule: points lie in the middle of their weight."""
    values = np.random.default_rng(4).normal(size=31)
    p = np.array([0.1, 0.5, 0.9])
    ours = weighted_quantile(values, np.ones(31), p)
    np.testing.assert_allclose(ours, np.quantile(values, p, method="hazen"))
    np.testing.assert_allclose(weighted_quantile(values, np.full(31, 7.0), p), ours)


def test_heavy_points_pull_a_quantile() -> None:
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 8.0])
    assert weighted_quantile(values, weights, np.array([0.5])) == pytest.approx([2.0])
    assert weighted_quantile(values, np.array([8.0, 1, 1]), np.array([0.6])) == pytest.approx([3.0])


def suite_errors(rho: float, drift: float, n: int = 3000) -> SuiteErrors:
    """Averages of ten benchmarks of one scale, some at the evidence and some two decades on."""
    rng = np.random.default_rng(5)
    horizon = np.where(np.arange(n) % 2 == 0, 0.0, 2.0)
    square = 0.02**2
    variance = rho * square + (1 - rho) * square / 10 + drift * horizon**2
    return SuiteErrors(
        public=np.zeros(n),
        common=np.full(n, square),
        independent=np.full(n, square / 10),
        size=np.full(n, 10.0),
        own=np.zeros(n),
        n_trials=np.zeros(n),
        horizon=horizon,
        error=np.sqrt(variance) * rng.standard_t(4, n),
        weights=np.ones(n),
    )


@pytest.mark.parametrize(("rho", "drift"), [(0.3, 0.0), (0.8, 0.0), (0.3, DRIFTS[6])])
def test_what_a_suite_shares_and_how_it_drifts_are_told_apart(rho: float, drift: float) -> None:
    found_rho, _, found_drift = fit_suite(suite_errors(rho, drift))
    assert found_rho == pytest.approx(rho, abs=0.1)
    assert np.sqrt(found_drift) == pytest.approx(np.sqrt(drift), abs=0.0026)


def test_the_variance_of_an_average_by_hand() -> None:
    errors = suite_errors(0.3, 0.0).take(np.array([0, 1]))
    assert errors.variance((0.5, 0.0, 1e-4)) == pytest.approx(
        [0.5 * 4e-4 + 0.5 * 4e-5, 0.5 * 4e-4 + 0.5 * 4e-5 + 4e-4]
    )
