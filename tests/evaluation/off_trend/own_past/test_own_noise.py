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


def test_a_scale_without_outliers_is_a_weighted_mean_with_the_prior() -> None:
    squared, weight = np.array([[1.0], [4.0], [2.0]]), np.array([[1.0], [0.5], [2.0]])
    expected = (6 * 1.5 + 1 + 2 + 4) / (6 + 3.5)
    assert robust_scale(squared, weight, np.full(1, 1.5), 6.0) == pytest.approx([expected])
    assert robust_scale(squared, 0 * weight, np.full(1, 1.5), 6.0) == pytest.approx([1.5])


def test_one_residual_moves_the_noise_by_hand() -> None:
    """z^2 = 2 at phi 0.5: 4 times the shipped variance, one of 6 + 1 observations, twice over."""
    found = learned(np.array([[np.sqrt(2.0)]]))
    level = (6 + 4) / 7
    own = (6 * level + 4) / 7
    assert found.run == pytest.approx(0.5 * level)
    assert found.phi == pytest.approx([0.5 * own])


def test_the_unit_of_scores_changes_nothing() -> None:
    z = np.random.default_rng(4).standard_normal((20, 5))
    plain = learned(z)
    scaled = learn_noise(
        0.01 * z, np.full(z.shape, 1e-4), labels=np.zeros(5, dtype=bool), priors=PRIORS
    )
    assert scaled.phi == pytest.approx(plain.phi)
    assert (scaled.run, scaled.shift, scaled.lag) == pytest.approx(
        (plain.run, plain.shift, plain.lag)
    )


def test_old_residuals_count_less() -> None:
    """A restless start is forgotten: eight checkpoints later it weighs 1 / e of what it did."""
    restless, still = np.full((4, 4), 2.5), np.full((12, 4), 0.3)
    late, early = learned(np.vstack([still, restless])), learned(np.vstack([restless, still]))
    assert early.run < 0.6 * late.run
    assert (early.phi < 0.6 * late.phi).all()


def test_more_benchmarks_than_eight_say_no_more_about_the_run() -> None:
    loud = np.full((1, 8), 2.0)
    eight, eighty = learned(loud), learned(np.full((1, 80), 2.0))
    assert learned(np.full((1, 4), 2.0)).run < eight.run
    assert eighty.run == pytest.approx(eight.run)


def test_a_missing_residual_is_no_residual() -> None:
    z = np.random.default_rng(5).standard_normal((10, 3))
    holed = np.vstack([z, np.full((1, 3), np.nan)])
    holed[:, 2] = np.nan
    found = learned(holed)
    assert np.isfinite(found.phi).all()
    assert found.phi[2] == pytest.approx(found.run)  # it shows nothing of its own
    with_nothing = learned(np.full((5, 3), np.nan))
    assert with_nothing.phi.tolist() == [PRIORS.phi] * 3
    assert with_nothing.shift == learned(np.zeros((0, 3))).shift


def test_noise_never_vanishes() -> None:
    still = learned(np.zeros((200, 6)))
    assert still.phi.min() >= 0.1
    assert still.run >= 0.1
    assert still.shift >= np.sqrt(0.5)


def test_benchmarks_of_labels_have_heavy_tails_whatever_they_show() -> None:
    z = np.random.default_rng(6).standard_normal((60, 4))
    found = learned(z, labels=2)
    assert found.tail[:2].tolist() == [3.0, 3.0]
    assert found.tail[2] > 4
