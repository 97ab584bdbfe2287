"""Questions answered once: what records do not tell comes from weak priors, the rest is learned."""

import numpy as np
import pytest

from scalepredict.predictors.cod.item_response import ItemCurve, fit_items
from scalepredict.records.table import Floats

LADDER: Floats = 1e20 * 4.0 ** np.arange(6, dtype=np.float64)


def fitted(flops: Floats, *, slope: float = 0.3, n: int = 400, seed: int = 0) -> ItemCurve:
    """One answer of each model to each question; levels N(0, 1), one slope in ln C for all."""
    rng = np.random.default_rng(seed)
    x = np.log(flops / flops.mean())
    level = rng.normal(size=(n, 1))
    passed = rng.random((n, len(flops))) < np.exp(-np.exp(-(level + slope * x)))
    ones = np.ones((n, len(flops)))
    return fit_items(passed.astype(float), ones, np.full(n, 1 / n), flops=flops, chance=0.0)


def test_without_a_difference_of_compute_the_slope_is_that_of_the_prior() -> None:
    curve = fitted(np.full(4, 1e20))
    level, slope, spread, tilt, scatter = curve.params
    assert (slope, tilt, scatter) == pytest.approx((0.3, 0.0, -2.5), abs=0.05)
    assert level == pytest.approx(0.0, abs=0.15)
    assert spread == pytest.approx(0.0, abs=0.25)
    rate = curve.at(np.array([1e20, 1e20 * np.e]))
    assert 0.03 < rate[1] - rate[0] < 0.09  # 0.3 e-folds of -log P


def test_a_ladder_tells_the_slope_against_the_prior() -> None:
    """400 questions by 6 models: the standard error of the slope is about 0.03."""
    flops = LADDER
    for truth in (0.15, 0.6):
        assert fitted(flops, slope=truth).params[1] == pytest.approx(truth, abs=0.1)


def test_the_rate_follows_the_answers_and_rises() -> None:
    flops = LADDER
    curve = fitted(flops, slope=0.5, seed=3)
    rates = curve.at(flops)
    assert (np.diff(rates) > 0).all()
    near, far = curve.variance_at(flops[-1] * np.array([1.0, 16.0]))
    assert far > near > 0
