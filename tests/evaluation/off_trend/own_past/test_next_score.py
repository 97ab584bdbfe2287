"""The forecast of a run's next score: three curves, their weights, their uncertainty."""

import numpy as np
import pytest

from scalepredict.evaluation.off_trend.own_past.next_score import (
    AGE_SCALE,
    PRIOR,
    WANDER,
    NextScore,
    ages_of,
    base_variance,
    predict_next,
)
from scalepredict.records.table import Floats

X = np.log([40e9, 60e9, 80e9, 100e9, 120e9])
AT = float(np.log(140e9))
MANY = 1e9  # answers: no sampling noise but the wander


def forecast(scores: Floats, *, evidence: Floats | None = None, at: float = AT) -> NextScore:
    n = scores.shape[1]
    return predict_next(
        X,
        scores,
        at=at,
        noise=np.full(n, MANY),
        phi=1e-9,
        evidence=np.zeros(3) if evidence is None else evidence,
        bounded=np.ones(n, dtype=bool),
    )


def test_each_curve_continues_its_own_kind_exactly() -> None:
    d = X - AT
    kinds = [d, 1 - np.exp(-0.5 * d), 1 - np.exp(-d)]
    for which, u in enumerate(kinds):
        truth = 0.6 + 0.05 * u
        assert forecast(truth[:, None]).by_curve[which, 0] == pytest.approx(0.6, abs=1e-6)


def test_the_curves_that_forecast_well_before_weigh_more() -> None:
    bent = (0.6 + 0.05 * (1 - np.exp(-(X - AT))))[:, None]
    plain, taught = forecast(bent), forecast(bent, evidence=np.array([-40.0, -40.0, 0.0]))
    assert plain.expected[0] == pytest.approx(PRIOR @ plain.by_curve[:, 0])
    assert taught.expected[0] == pytest.approx(0.6, abs=1e-5)
    assert plain.bend[0] > 100 * taught.bend[0]


def test_a_slope_within_the_noise_is_not_followed() -> None:
    flat = 0.5 + np.array([0.001, -0.001, 0.001, -0.001, 0.002])
    step = predict_next(
        X,
        flat[:, None],
        at=AT,
        noise=np.array([1000.0]),
        phi=1.0,
        evidence=np.zeros(3),
        bounded=np.ones(1, dtype=bool),
    )
    assert step.expected[0] == pytest.approx(0.5, abs=1e-3)
    weights = np.exp(-np.arange(5, 0, -1) / AGE_SCALE)
    level = (weights**2).sum() / weights.sum() ** 2
    assert step.variance[0] == pytest.approx((0.25 / 1000 + WANDER**2) * (1 + level), rel=0.01)


def test_two_scores_or_only_distant_ones_have_no_forecast() -> None:
    scores = np.full((5, 2), 0.4)
    scores[:3, 1] = np.nan
    assert np.isfinite(forecast(scores).expected).tolist() == [True, False]
    assert np.isnan(forecast(scores, at=float(np.log(1300e9))).expected).all()


def test_ages_count_the_scores_of_a_benchmark_and_not_the_checkpoints() -> None:
    scores = np.array([[0.1, 0.5], [0.2, np.nan], [0.3, 0.6]])
    ages, values = ages_of(scores)
    assert ages.tolist() == [[3.0, 2.0], [2.0, np.inf], [1.0, 1.0]]
    assert values[1].tolist() == [0.2, 0.0]


def test_the_variance_of_a_measurement_is_binomial_and_wander() -> None:
    bounded = np.array([True, False])
    found = base_variance(np.array([0.2, -3.0]), np.array([1000.0, 4e-6]), bounded)
    assert found[0] == pytest.approx(0.2 * 0.8 / 1000 + 2.5e-5, rel=0.01)
    assert found[1] == 4e-6
