"""The share by which a run's expected rise is changed, learned from earlier forecasts."""

import numpy as np
import pytest

from scalepredict.evaluation.off_trend.own_past.next_score import NextScore
from scalepredict.evaluation.off_trend.own_past.pace import (
    PACE_SD,
    at_pace,
    expected_gain,
    learn_pace,
)
from scalepredict.records.table import Floats

SIZE = (20, 4)


def learned(residuals: Floats, *, gains: Floats, paces: Floats | None = None) -> float:
    known = np.zeros(len(residuals)) if paces is None else paces
    return learn_pace(residuals, np.full(residuals.shape, 1e-4), gains=gains, paces=known)


def test_a_run_that_outruns_its_curves_has_a_positive_pace_and_one_that_tires_a_negative_one() -> (
    None
):
    gains = np.full(SIZE, 0.02)
    assert learned(0.5 * gains, gains=gains) == pytest.approx(0.5, abs=0.08)
    assert learned(-0.5 * gains, gains=gains) == pytest.approx(-0.5, abs=0.08)


def test_what_was_added_already_is_not_missed_again() -> None:
    gains = np.full(SIZE, 0.02)
    added = learned(np.zeros(SIZE), gains=gains, paces=np.full(SIZE[0], 0.4))
    assert added == pytest.approx(0.4, abs=0.06)


def test_without_evidence_or_expected_rise_there_is_no_pace() -> None:
    assert learned(np.zeros((0, 4)), gains=np.zeros((0, 4))) == 0.0
    assert learned(np.full(SIZE, 0.01), gains=np.zeros(SIZE)) == 0.0
    assert learned(np.full(SIZE, np.nan), gains=np.full(SIZE, 0.02)) == 0.0


def test_one_forecast_is_shrunk_by_the_prior_and_an_outlier_is_cut() -> None:
    gains = np.full((1, 1), 0.01)
    one = learned(np.full((1, 1), 0.005), gains=gains)
    assert one == pytest.approx(0.5 / (1 + PACE_SD**-2))
    assert learned(np.full((1, 1), 9.0), gains=gains) == pytest.approx(3 / (1 + PACE_SD**-2))


def forecast(expected: list[float], recent: list[float]) -> NextScore:
    one = np.ones(len(expected))
    return NextScore(
        expected=np.array(expected),
        variance=one,
        bend=0 * one,
        recent=np.array(recent),
        by_curve=np.tile(np.array(expected), (3, 1)),
    )


def test_a_forecast_at_its_pace_ends_at_the_ceiling_which_is_never_below_the_run() -> None:
    found = forecast([0.6, 0.6, 0.7, 0.99, 2.0], [0.5, 0.5, 0.68, 0.9, 1.9])
    bounded = np.array([True, True, True, True, False])
    ceiling = np.array([np.inf, 0.58, 0.65, np.inf, np.inf])
    moved = at_pace(found, 0.5, bounded, ceiling)
    np.testing.assert_allclose(moved.expected, [0.65, 0.58, 0.68, 1.0, 2.05])


def test_the_expected_gain_of_siblings_is_their_mean() -> None:
    found = forecast([0.6, 0.5, 0.9], [0.5, 0.5, np.nan])
    groups = np.array([[True, True, False], [False, False, True]])
    np.testing.assert_allclose(expected_gain(found, groups), [0.05, 0.0])
