"""Every score away from symmetric points, where errors of sign and scale hide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from scalepredict.evaluation.backtest.scores import (
    Interval,
    covered,
    interval_score,
    pinball_loss,
    probability_integral_transform,
    skill,
    weighted_interval_score,
)
from scalepredict.records.table import Floats

numbers = st.floats(-5, 5)


def one(value: float) -> Floats:
    return np.array([value])


def ends(low: float, high: float) -> Interval:
    return one(low), one(high)


def intervals(shift: float = 0.0, scale: float = 1.0) -> dict[float, Interval]:
    return {
        0.5: ends(0.3 * scale + shift, 0.5 * scale + shift),
        0.9: ends(0.1 * scale + shift, 0.8 * scale + shift),
    }


def test_pinball_loss_by_hand() -> None:
    assert pinball_loss(one(0.7), one(0.4), 0.9)[0] == pytest.approx(0.27)
    assert pinball_loss(one(0.4), one(0.7), 0.9)[0] == pytest.approx(0.03)


def test_interval_score_by_hand() -> None:
    """Width .3; at .1 below an 80 % interval the penalty is .1 * 2 / .2."""
    assert interval_score(one(0.45), ends(0.4, 0.7), 0.8)[0] == pytest.approx(0.3)
    assert interval_score(one(0.3), ends(0.4, 0.7), 0.8)[0] == pytest.approx(0.3 + 1.0)
    assert interval_score(one(0.75), ends(0.4, 0.7), 0.8)[0] == pytest.approx(0.3 + 0.5)


def test_weighted_interval_score_by_hand() -> None:
    """Observed .6, median .42: (.18/2 + .25 * (.2 + 4 * .1) + .05 * .7) / 2.5."""
    score = weighted_interval_score(one(0.6), one(0.42), intervals())[0]
    assert score == pytest.approx((0.09 + 0.25 * 0.6 + 0.05 * 0.7) / 2.5)


def test_weighted_interval_score_is_the_mean_pinball_loss_of_its_quantiles() -> None:
    observed, median = one(0.85), one(0.42)
    pairs = [(0.05, 0.1), (0.25, 0.3), (0.5, 0.42), (0.75, 0.5), (0.95, 0.8)]
    total = sum(pinball_loss(observed, one(q), tau)[0] for tau, q in pairs)
    score = weighted_interval_score(observed, median, intervals())[0]
    assert score == pytest.approx(2 * total / len(pairs))


@given(observed=numbers, shift=numbers, scale=st.floats(0.1, 10))
def test_scores_move_with_shift_and_scale(observed: float, shift: float, scale: float) -> None:
    moved = one(observed * scale + shift)
    median = one(0.42 * scale + shift)
    plain = weighted_interval_score(one(observed), one(0.42), intervals())
    after = weighted_interval_score(moved, median, intervals(shift, scale))
    np.testing.assert_allclose(after, scale * plain, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        pinball_loss(moved, median, 0.3),
        scale * pinball_loss(one(observed), one(0.42), 0.3),
        rtol=1e-9,
        atol=1e-12,
    )


def test_the_true_quantile_has_the_least_pinball_loss() -> None:
    """Standard error of a difference of means is below 2e-3, its size above 5e-3: 2.5 sigma."""
    draws = np.random.default_rng(3).normal(2.0, 1.5, size=200_000)
    truth = norm.ppf(0.8, 2.0, 1.5)
    loss = {
        q: pinball_loss(draws, np.array(q), 0.8).mean() for q in (truth - 0.3, truth, truth + 0.3)
    }
    assert min(loss, key=lambda q: loss[q]) == truth


def test_the_ends_of_an_interval_are_inside() -> None:
    observed = np.array([0.1, 0.1000001, 0.8, 0.8000001])
    assert covered(observed, ends(0.1000001, 0.8)).tolist() == [False, True, True, False]


def test_a_mass_point_is_split_in_half() -> None:
    """A third of the distribution sits at 0: a measured 0 lies at its sixth."""
    assert probability_integral_transform(one(0.0), one(1 / 3))[0] == pytest.approx(1 / 6)


def test_skill_is_a_ratio_of_errors_and_unknown_without_a_reference() -> None:
    assert skill(0.02, 0.05) == pytest.approx(0.4)
    assert np.isnan(skill(0.02, 0.0))
