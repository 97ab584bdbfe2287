"""The average over all benchmarks of a target, where every one was measured and forecast."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.backtest.averages import average_cells
from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.evaluation.intervals.calibration import apply_calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import Frontier, Targets, make_forecast
from scalepredict.records.table import Checkpoint, Unit, make_table

NAN = float("nan")


def cell(point: list[list[float]], observed: list[list[float]]) -> Cell:
    values = np.array(observed)
    units = tuple(Unit(benchmark=f"b{t}", suite="named") for t in range(values.shape[1]))
    targets = tuple(
        Checkpoint(model=f"m{i}", params=1e9, tokens=1e9, flops=4e18) for i in range(len(values))
    )
    table = make_table(targets, units, values, n_items=np.full(values.shape, 400.0))
    evidence = make_table([replace(targets[0], flops=1e18)], units, np.full((1, len(units)), 0.4))
    raw = make_forecast(
        Targets.of_table(table),
        Frontier.of_table(evidence),
        np.array(point),
        failures=tuple("none" if np.isnan(p) else None for p in np.mean(point, axis=0)),
    )
    return Cell(
        predictor="stack",
        records="r",
        group="g",
        family="f",
        split=0,
        origin_flops=1e18,
        n_train=4,
        targets=targets,
        units=units,
        observed=values,
        forecast=apply_calibration(raw, load_calibration(), "stack"),
        failure=None,
    )


def test_observed_and_forecast_are_averaged_alike() -> None:
    (found,) = average_cells([cell([[0.5, 0.7]], [[0.4, 0.8]])], load_calibration())
    assert found.observed == pytest.approx(np.array([[0.6]]))
    assert found.forecast is not None
    assert found.forecast.point == pytest.approx(np.array([[0.6]]))
    assert [unit.benchmark for unit in found.units] == ["all benchmarks"]


def test_a_target_that_lacks_a_measurement_has_no_average() -> None:
    (found,) = average_cells(
        [cell([[0.5, 0.7], [0.5, 0.7]], [[0.4, NAN], [0.4, 0.6]])], load_calibration()
    )
    assert np.isnan(found.observed[:, 0]).tolist() == [True, False]


def test_a_forecast_that_lacks_a_benchmark_has_no_average() -> None:
    (found,) = average_cells([cell([[0.5, NAN]], [[0.4, 0.6]])], load_calibration())
    assert found.forecast is not None
    assert np.isnan(found.forecast.point).all()
    assert found.observed == pytest.approx(np.array([[0.5]]))


def test_a_cell_that_failed_stays_one_and_one_without_benchmarks_is_none() -> None:
    failed = replace(cell([[0.5, 0.7]], [[0.4, 0.8]]), forecast=None, failure="too few.")
    bare = replace(failed, units=(), observed=np.zeros((1, 0)))
    (found,) = average_cells([failed, bare], load_calibration())
    assert (found.forecast, found.failure) == (None, "too few.")
