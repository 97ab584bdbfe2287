"""Noise and drift of differences, from all pairs of a table."""

import numpy as np
import pytest

from scalepredict.evaluation.questions.pair_noise import Differences, error_variance, pair_noise
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
