"""A fit tells whether its records behave as the calibration assumes."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.backtest.health import health, quick_look
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.cod.cod import ClusteringOnDifficulty
from scalepredict.predictors.direct.trend import Trend
from scalepredict.predictors.interface import Predictor
from scalepredict.predictors.observational.observational import Observational
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

SHIPPED = load_calibration()


def ladder(n: int, *, scatter: float) -> EvalTable:
    """Models on a straight line of the logit, with scatter of one standard deviation in logits."""
    rng = np.random.default_rng(1)
    params = np.geomspace(1e8, 1e10, n)
    logit = np.linspace(-0.5, 1.5, n)[:, None] + scatter * rng.normal(size=(n, 6))
    return make_table(
        [
            Checkpoint(model=f"m{i}", params=p, tokens=2e11, flops=6 * p * 2e11)
            for i, p in enumerate(params.tolist())
        ],
        [Unit(benchmark=f"b{i}", chance=0.0) for i in range(6)],
        1 / (1 + np.exp(-logit)),
        n_items=np.full((n, 6), 2000.0),
    )


def ratio(table: EvalTable, calibration: Calibration = SHIPPED) -> float:
    return quick_look(table, Trend(), calibration, rng=np.random.default_rng(0)).noise_ratio


def test_records_that_scatter_more_than_their_items_explain_have_a_larger_ratio() -> None:
    quiet, wild = ratio(ladder(12, scatter=0.02)), ratio(ladder(12, scatter=0.8))
    assert quiet < 1
    assert wild > 4 * quiet


def test_the_advice_comes_where_errors_are_half_as_large_again() -> None:
    (fine,), (bad,) = health("stack", 1.4**2), health("stack", 1.6**2)
    assert "1.40 times" in str(fine)
    assert "too narrow" not in str(fine)
    assert "1.60 times" in str(bad)
    assert "too narrow" in str(bad)


def test_the_unit_is_what_the_reference_series_of_the_calibration_did() -> None:
    trend = SHIPPED.predictors["trend"]
    easier = replace(trend, reference_z2=trend.reference_z2 / 2)
    other = replace(SHIPPED, predictors={**SHIPPED.predictors, "trend": easier})
    table = ladder(12, scatter=0.1)
    assert ratio(table, other) == pytest.approx(2 * ratio(table), rel=1e-5)


def test_what_cannot_be_tried_is_not_told() -> None:
    assert np.isnan(ratio(ladder(3, scatter=0.1)))
    assert health("stack", float("nan")) == ()


@pytest.mark.parametrize("method", [Observational(), ClusteringOnDifficulty()])
def test_a_method_that_would_take_long_is_not_tried(
    method: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("scalepredict.evaluation.backtest.auto.run_backtest")
    table = ladder(12, scatter=0.1)
    assert np.isnan(quick_look(table, method, SHIPPED, rng=np.random.default_rng(0)).noise_ratio)
