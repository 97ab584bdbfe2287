"""Promised widths: a part of the narrowing is lost, and none is wider than now."""

import numpy as np
import pytest

from scalepredict.evaluation.planning.promise import (
    Promise,
    Spread,
    promised_width,
    shipped_promise,
)

HALF = Promise(
    lost=0.5,
    mean=Spread(one=(-0.2, 0.3), more=(-0.1, 0.5)),
    benchmark=Spread(one=(-0.5, 0.6), more=(-0.7, 0.8)),
    error50=(np.log(0.01), 0.5),
    error90=(np.log(0.03), 0.5),
)


def test_half_of_the_log_of_the_narrowing_is_lost() -> None:
    """From 9 points to 4 filled in: 6 are promised, the geometric mean."""
    assert HALF.width(np.array([0.04]), np.array([0.09])) == pytest.approx([0.06])
    assert promised_width(np.array([0.04]), np.array([0.09]), 0.0) == pytest.approx([0.04])
    assert promised_width(np.array([0.04]), np.array([0.09]), 1.0) == pytest.approx([0.09])


def test_no_promise_is_wider_than_now() -> None:
    assert HALF.width(np.array([0.16]), np.array([0.09])) == pytest.approx([0.09])


def test_the_unit_of_a_width_changes_no_promise() -> None:
    filled, now = np.array([0.02, 0.05]), np.array([0.08, 0.06])
    np.testing.assert_allclose(HALF.width(100 * filled, 100 * now), 100 * HALF.width(filled, now))


def test_a_range_is_of_the_number_of_runs() -> None:
    assert HALF.mean.around(1) == pytest.approx((np.exp(-0.2), np.exp(0.3)))
    assert HALF.mean.around(2) == HALF.mean.around(3) == pytest.approx((np.exp(-0.1), np.exp(0.5)))


def test_errors_grow_with_the_decades_left_and_stop_at_the_target() -> None:
    assert HALF.errors(0.0) == pytest.approx((0.01, 0.03))
    assert HALF.errors(2.0) == pytest.approx((0.01 * np.e, 0.03 * np.e))
    assert HALF.errors(-1.0) == HALF.errors(0.0)


def test_what_ships_holds_its_own_median_and_says_where_it_is_from() -> None:
    shipped = shipped_promise()
    assert 0 <= shipped.lost < 1
    assert shipped.provenance
    for spread in (shipped.mean, shipped.benchmark):
        for runs in (1, 2):
            low, high = spread.around(runs)
            assert low < 1 < high
    assert shipped.errors(1.0)[0] < shipped.errors(1.0)[1]
