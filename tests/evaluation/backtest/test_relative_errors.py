"""Fractions are judged in points, all else as shares of what was measured, never together."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.backtest.relative_errors import of_fractions, relative_cells
from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.predictors.interface import (
    PROBABILITIES,
    Frontier,
    Spread,
    Targets,
    make_forecast,
)
from scalepredict.records.metrics import Metric
from scalepredict.records.table import Checkpoint, Unit, make_table

LOSS = Metric(name="nll", direction="lower", upper=np.inf, unit="nats", kind="loss")
SPREAD = Spread.symmetric(np.array([0.5, 0.9]), np.array([1.0, 2.0]))


def cell() -> Cell:
    """Two targets on an accuracy, a loss, and an accuracy; the loss is missed by 0.1 nats."""
    units = (
        Unit(benchmark="a"),
        Unit(benchmark="l", metric="nll", measure=LOSS),
        Unit(benchmark="b"),
    )
    checkpoints = tuple(
        Checkpoint(model=f"m{i}", params=1e9, tokens=1e9, flops=(i + 2) * 1e18) for i in range(2)
    )
    observed = np.array([[0.5, 2.0, 0.7], [0.6, 4.0, 0.8]])
    evidence = make_table([replace(checkpoints[0], flops=1e18)], units, observed[:1])
    targets = Targets.of_table(make_table(checkpoints, units, observed))
    made = make_forecast(targets, Frontier.of_table(evidence), observed)
    point = observed + 0.1  # after the clip to fractions, as laws of losses do it
    spread = np.linspace(-0.3, 0.3, len(PROBABILITIES))
    return Cell(
        predictor="stack",
        records="r",
        group="g",
        family="f",
        split=0,
        origin_flops=1e18,
        n_train=3,
        targets=checkpoints,
        units=units,
        observed=observed,
        forecast=replace(
            made.calibrated(np.full(observed.shape, 0.2), SPREAD),
            point=point,
            quantiles=point[..., None] + spread,
        ),
        failure=None,
    )


def test_fractions_lose_the_other_metrics_and_keep_their_forecasts() -> None:
    (found,) = of_fractions([cell()])
    assert [unit.benchmark for unit in found.units] == ["a", "b"]
    np.testing.assert_array_equal(found.observed, [[0.5, 0.7], [0.6, 0.8]])
    assert found.forecast is not None
    np.testing.assert_allclose(found.forecast.point, found.observed + 0.1)


def test_other_metrics_are_shares_of_what_was_measured() -> None:
    (found,) = relative_cells([cell()])
    assert [unit.benchmark for unit in found.units] == ["l"]
    np.testing.assert_array_equal(found.observed, [[1.0], [1.0]])
    assert found.forecast is not None
    np.testing.assert_allclose(found.forecast.point, [[1.05], [1.025]])
    whole = cell().forecast
    assert whole is not None
    low, high = whole.interval(0.9)
    shares = found.forecast.interval(0.9)
    np.testing.assert_allclose(shares[0][:, 0], low[:, 1] / [2.0, 4.0])
    np.testing.assert_allclose(shares[1][:, 0], high[:, 1] / [2.0, 4.0])


def test_cells_without_other_metrics_are_left_out_and_refusals_stay() -> None:
    fractions = of_fractions([cell()])
    assert relative_cells(fractions) == ()
    refused = replace(cell(), forecast=None, failure="too few")
    (found,) = relative_cells([refused])
    assert (found.forecast, found.failure) == (None, "too few")
    np.testing.assert_array_equal(found.observed, [[1.0], [1.0]])


def test_what_is_measured_as_zero_has_no_share() -> None:
    zero = cell()
    observed = zero.observed.copy()
    observed[0, 1] = 0.0
    (found,) = relative_cells([replace(zero, observed=observed)])
    assert np.isnan(found.observed[0, 0])
    assert found.observed[1, 0] == pytest.approx(1.0)
