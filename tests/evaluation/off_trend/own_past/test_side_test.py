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
