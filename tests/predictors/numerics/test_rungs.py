"""Rungs: what lies within 10 % of the smallest is one, whatever the order, and no chain grows."""

import numpy as np

from scalepredict.predictors.numerics.rungs import count_rungs, rungs, top_gap


def test_scales_within_ten_percent_are_one_rung_in_any_order() -> None:
    flops = np.array([5.0e20, 1.0e20, 1.09e20, 5.0e20, 2.0e21])
    np.testing.assert_array_equal(rungs(flops), [1, 0, 0, 1, 2])
    np.testing.assert_array_equal(rungs(flops[::-1]), [2, 1, 0, 0, 1])


def test_a_chain_of_near_scales_is_not_one_rung() -> None:
    assert rungs(np.geomspace(1e20, 1e20 * 1.06**5, 6)).tolist() == [0, 0, 1, 1, 2, 2]


def test_unknown_compute_is_a_rung_of_its_own_each_time() -> None:
    assert len(np.unique(rungs(np.array([np.nan, 1e20, np.nan])))) == 3


def test_rungs_of_a_unit_are_those_with_a_score() -> None:
    flops = np.array([1e20, 1e20, 1e21, 1e22])
    measured = np.array([[True, True], [True, True], [True, False], [True, False]])
    np.testing.assert_array_equal(count_rungs(flops, measured), [3, 1])


def test_a_gap_is_what_the_largest_scale_stands_off_beyond_the_usual_step() -> None:
    """Steps of 1 decade below: two more to the top are a gap of 1; seeds within 10 % are none."""
    flops = np.array([1.0, 10.0, 100.0, 105.0, 1e4]) * 1e18
    every = np.ones(5, dtype=bool)
    two = np.array([True, False, False, False, True])
    regular = np.array([True, True, True, True, False])
    measured = np.column_stack([every, regular, two, ~every])
    np.testing.assert_allclose(
        top_gap(flops, measured), [1 - 1.5 * np.log10(1.05), 0, 0, 0], atol=0.04
    )
