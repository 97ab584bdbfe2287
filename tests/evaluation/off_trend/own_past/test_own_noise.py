"""The noise that a run shows: robust scales, shrunk to what ships."""

import numpy as np
import pytest
from scipy import stats

from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.own_past.own_noise import (
    Noise,
    common_shift,
    learn_noise,
    log_t,
    robust_scale,
)
from scalepredict.records.table import Floats

PRIORS = load_gate().gate.noise


def learned(z: Floats, *, labels: int = 0) -> Noise:
    which = np.arange(z.shape[1]) < labels
    return learn_noise(z, np.ones_like(z), labels=which, priors=PRIORS)


def test_without_residuals_the_shipped_figures_hold() -> None:
    found = learned(np.zeros((0, 4)), labels=1)
    assert found.phi.tolist() == [3.0, 0.5, 0.5, 0.5]
    assert found.run == 0.5
    assert found.shift == pytest.approx(np.sqrt(1 + 3 * 0.03))


@pytest.mark.parametrize("phi", [0.2, 1.0, 4.0])
def test_a_run_of_forty_checkpoints_tells_its_own_noise(phi: float) -> None:
    """The robust scale remembers some ten checkpoints of six benchmarks: its error is 20 %."""
    found = [
        learned(np.random.default_rng(seed).standard_normal((40, 6)) * np.sqrt(phi)).phi.mean()
        for seed in range(10)
    ]
    assert np.mean(found) == pytest.approx(phi, rel=0.3)


def test_one_restless_benchmark_is_told_from_the_others() -> None:
    z = np.random.default_rng(0).standard_normal((40, 6)) * np.sqrt([4, 0.4, 0.4, 0.4, 0.4, 0.4])
    found = learned(z).phi
    assert found[0] > 2 * found[1:].max()


def test_an_outlier_counts_as_three_standard_deviations() -> None:
    squared, weight = np.array([*[[1.0]] * 29, [400.0]]), np.ones((30, 1))
    scale = robust_scale(squared, weight, np.ones(1), 8.0)[0]
    assert scale == pytest.approx((8 + 29 + 9 * scale) / 38, rel=0.01)
    assert scale < 1.3


def test_the_common_shift_is_a_precision_weighted_mean_of_clipped_deviations() -> None:
    z, precision = np.array([-1.0, -9.0, np.nan]), np.array([1.0, 2.0, 5.0])
    assert common_shift(z, precision) == pytest.approx((-1 - 2 * 4) / np.sqrt(5))


def test_benchmarks_that_move_together_widen_the_scale_of_the_shift() -> None:
    rng = np.random.default_rng(1)
    together = rng.standard_normal((40, 1)) + 0.5 * rng.standard_normal((40, 8))
    assert learned(together).shift > 1.6
    assert learned(rng.standard_normal((40, 8))).shift < 1.4


def test_forecasts_that_lag_behind_are_no_scatter_and_those_that_run_ahead_are() -> None:
    rng = np.random.default_rng(1)
    still = 0.3 * rng.standard_normal((40, 8))
    assert learned(still + 0.7).shift < 1.1 < learned(still - 0.7).shift


def test_the_lag_is_the_recent_mean_of_the_shift_shrunk_to_zero() -> None:
    steady = np.full((40, 4), -0.5) / np.sqrt(0.5)
    found = learned(np.vstack([-steady, steady[:12]]))
    assert -1.5 < found.lag * np.sqrt(found.phi[0]) < -0.5
    assert learned(-steady).lag > 0.5
    assert learned(np.zeros((0, 4))).lag == 0.0


def test_heavy_tails_are_learned() -> None:
    normal = np.random.default_rng(2).standard_normal((60, 8))
    heavy = np.random.default_rng(2).standard_t(3, (60, 8))
    assert learned(heavy).tail[0] < PRIORS.tail < learned(normal).tail[0]


def test_the_density_of_t_agrees_with_scipy() -> None:
    x = np.array([-3.0, 0.5, 2.0])
    np.testing.assert_allclose(log_t(x, 7.0), stats.t.logpdf(x, 7.0))
