"""The test of one checkpoint: common shift and single benchmark, each side by itself."""

import numpy as np
import pytest
from scipy import stats

from scalepredict.evaluation.off_trend.own_past.own_noise import Noise
from scalepredict.evaluation.off_trend.own_past.side_test import (
    Departure,
    better,
    slid,
    worse,
)
from scalepredict.records.table import Floats


def quiet(n: int, *, shift: float = 1.0, lag: float = 0.0) -> Noise:
    return Noise(run=1.0, phi=np.ones(n), tail=np.full(n, 8.0), shift=shift, lag=lag)


def departure(z: Floats, *, gain: float = 0.0) -> Departure:
    zero = np.zeros(len(z))
    return Departure(residual=z, variance=np.ones(len(z)), bend=zero, gain=zero + gain)


def test_a_common_shift_is_found_that_no_single_benchmark_shows() -> None:
    found = worse(departure(np.full(8, -1.5)), quiet(8))
    assert found.shift == pytest.approx(-1.5 * np.sqrt(8))
    shift, single = stats.t.sf(1.5 * np.sqrt(8), 20), 1 - (1 - stats.t.sf(1.5, 8)) ** 8
    assert found.p_value == pytest.approx(1 / (0.6 / shift + 0.4 / single))
    assert shift < found.p_value < shift / 0.6


def test_the_worst_benchmark_is_corrected_for_their_number() -> None:
    z = np.array([0.3, -0.2, -6.0, 0.1, 0.4, 0.2, 1.1, 0.3])
    found = worse(departure(z), quiet(8))
    single = stats.t.sf(6.0, 8)
    assert found.unit_p[2] == pytest.approx(single)
    assert found.p_value == pytest.approx((1 - (1 - single) ** 8) / 0.4, rel=0.02)


def test_a_single_benchmark_has_all_of_alpha() -> None:
    found = worse(departure(np.array([-3.0, np.nan])), quiet(2))
    assert found.p_value == pytest.approx(stats.t.sf(3.0, 8))


def test_each_side_is_blind_to_the_other() -> None:
    high = departure(np.full(8, 2.0))
    assert better(high, quiet(8)).p_value < 1e-4
    assert worse(high, quiet(8)).p_value > 0.99


def test_an_expected_gain_forgives_a_change_of_pace_and_more_of_it_upwards() -> None:
    z = np.full(8, -1.5)
    still, rising = departure(z), departure(z, gain=4.0)
    assert worse(rising, quiet(8)).p_value > 10 * worse(still, quiet(8)).p_value
    upwards = Departure(residual=-z, variance=rising.variance, bend=rising.bend, gain=rising.gain)
    assert better(upwards, quiet(8)).p_value > worse(rising, quiet(8)).p_value


def test_a_run_whose_benchmarks_move_together_needs_a_larger_shift() -> None:
    found = departure(np.full(8, -1.5))
    assert worse(found, quiet(8, shift=3.0)).shift == pytest.approx(-1.5 * np.sqrt(8) / 3)


def test_a_habit_of_the_forecasts_is_taken_off_and_never_added() -> None:
    found = departure(np.full(8, -1.5))
    ahead, behind = quiet(8, lag=-1.0), quiet(8, lag=1.0)
    assert worse(found, ahead).shift == pytest.approx(-1.5 * np.sqrt(8) + 1.0)
    assert worse(found, ahead).z[0] == pytest.approx(-1.5 + 1.0 / np.sqrt(8))
    assert worse(found, behind).shift == worse(found, quiet(8)).shift
    above = departure(np.full(8, 1.5))
    assert better(above, behind).shift == pytest.approx(1.5 * np.sqrt(8) - 1.0)
    assert better(above, ahead).shift == better(above, quiet(8)).shift
    assert slid(found, ahead).shift == slid(found, quiet(8)).shift


def test_the_unit_of_scores_changes_no_p_value() -> None:
    z = np.array([-2.0, 0.5, -1.0, 1.0])
    plain = worse(departure(z, gain=1.0), quiet(4))
    scaled = Departure(
        residual=0.01 * z, variance=np.full(4, 1e-4), bend=np.zeros(4), gain=np.full(4, 0.01)
    )
    found = worse(scaled, quiet(4))
    assert found.p_value == pytest.approx(plain.p_value)
    assert found.shift == pytest.approx(plain.shift)
    np.testing.assert_allclose(found.z, plain.z)


def test_the_order_of_benchmarks_changes_nothing() -> None:
    z, order = np.array([-2.0, 0.5, -1.0, 1.0]), [2, 0, 3, 1]
    one, other = worse(departure(z), quiet(4)), worse(departure(z[order]), quiet(4))
    assert other.p_value == pytest.approx(one.p_value)
    np.testing.assert_allclose(other.unit_p, one.unit_p[order])


def test_a_benchmark_that_was_not_measured_is_not_tested() -> None:
    z = np.array([-2.0, 0.5, -1.0])
    some = worse(departure(np.append(z, np.nan)), quiet(4))
    assert some.p_value == pytest.approx(worse(departure(z), quiet(3)).p_value)
    assert some.unit_p[3] == 1.0
    assert np.isnan(some.z[3])


def test_a_noisier_benchmark_tells_less() -> None:
    """Twice the noise by its phi, by its variance or by a bend is the same deviation."""
    zero = np.zeros(1)
    ways = [
        (Departure(residual=zero - 4, variance=zero + 4, bend=zero, gain=zero), quiet(1)),
        (
            Departure(residual=zero - 4, variance=zero + 1, bend=zero, gain=zero),
            Noise(run=1.0, phi=np.array([4.0]), tail=np.array([8.0]), shift=1.0, lag=0.0),
        ),
        (Departure(residual=zero - 4, variance=zero + 1, bend=zero + 3, gain=zero), quiet(1)),
    ]
    for found, noise in ways:
        assert worse(found, noise).z == pytest.approx([-2.0])
        assert worse(found, noise).p_value == pytest.approx(stats.t.sf(2.0, 8))


def test_nothing_is_too_unlikely_to_be_told() -> None:
    found = worse(departure(np.full(8, -1e6)), quiet(8))
    assert 0 < found.p_value < 1e-15
    assert np.isfinite(found.p_value)
    assert worse(departure(np.full(8, 1e6)), quiet(8)).p_value == pytest.approx(1.0)


def test_a_slide_is_no_surer_than_a_fall_and_the_less_sure_the_more_was_expected() -> None:
    """What was expected further ahead is uncertain: twice the gain is more than twice as unsure."""
    z = np.full(8, -1.5)
    assert slid(departure(z), quiet(8, shift=0.5)).p_value == pytest.approx(
        worse(departure(z), quiet(8)).p_value
    )
    zero = np.zeros(8)
    small = Departure(residual=0.01 * z, variance=zero + 1e-4, bend=zero, gain=zero + 0.01)
    assert slid(small, quiet(8)).p_value > worse(small, quiet(8)).p_value
    sd = -small.residual / slid(small, quiet(8)).z * -1
    assert sd == pytest.approx(np.sqrt(1e-4 + (0.25 * 0.01 * 2) ** 2))
