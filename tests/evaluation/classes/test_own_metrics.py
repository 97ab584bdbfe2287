"""The trend of a loss: its slope over the last decade in its own unit, and how sure it is."""

import numpy as np
import pytest

from scalepredict.evaluation.classes.own_metrics import own_trend
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table


def table(values: Floats, step: float = 0.5) -> EvalTable:
    """Rungs ``step`` decades apart, from the largest down. Shape (M, T)."""
    rungs = [
        Checkpoint(model=f"m{i}", params=1e8, tokens=1e9, flops=1e21 * 10 ** (-step * i))
        for i in range(len(values))
    ]
    return make_table(rungs, [Unit(benchmark=f"l{t}") for t in range(values.shape[1])], values)


def test_a_line_in_log_c_has_its_slope_exactly_and_is_as_sure_as_can_be() -> None:
    decades = -0.5 * np.arange(6)
    trend = own_trend(table(np.stack([3.0 - 0.25 * decades, 1.0 + 0.1 * decades], axis=1)))
    np.testing.assert_allclose(trend.slope, [-0.25, 0.1], rtol=1e-9)
    np.testing.assert_allclose(trend.level, [3.0, 1.0])
    np.testing.assert_allclose(trend.noise, 0, atol=1e-9)
    assert trend.z[0] < -1000
    assert trend.z[1] > 1000
    assert list(trend.n_scores) == [6, 6]


def test_recent_rungs_count_more_than_early_ones() -> None:
    decades = -0.5 * np.arange(9)
    bent = np.where(decades > -1.5, 2.0 - 0.4 * decades, 2.6 + 0.0 * decades)
    (slope,) = own_trend(table(bent[:, None])).slope
    flat_fit = np.polyfit(decades, bent, 1)[0]
    assert slope < flat_fit < 0


def test_scatter_makes_a_slope_unsure_and_is_told_as_noise() -> None:
    """White noise of sd 0.1 at 40 rungs; |z| > 4.5 comes about once in 10,000 by chance."""
    rng = np.random.default_rng(5)
    trend = own_trend(table(3.0 + 0.1 * rng.normal(size=(40, 1)), step=0.02))
    assert abs(trend.z[0]) < 4.5
    assert trend.noise[0] == pytest.approx(0.1, rel=0.35)


def test_fewer_than_three_values_tell_nothing_and_gaps_are_passed_over() -> None:
    values = np.array([[np.nan, 3.0], [2.0, 3.1], [2.1, np.nan], [np.nan, 3.3], [np.nan, 3.4]])
    trend = own_trend(table(values))
    assert list(trend.n_scores) == [2, 4]
    assert np.isnan([trend.slope[0], trend.level[0], trend.z[0], trend.noise[0]]).all()
    assert trend.level[1] == 3.0
    assert trend.slope[1] == pytest.approx(-0.2, rel=0.05)


def test_the_order_of_rows_does_not_matter() -> None:
    values = np.array([[3.0], [3.15], [3.2], [3.4]])
    made = table(values)
    one, other = own_trend(made), own_trend(made.take_rows(np.array([2, 0, 3, 1])))
    assert one.slope[0] == pytest.approx(other.slope[0], rel=1e-12)
    assert one.level[0] == other.level[0]
