"""Averages over suites: which benchmarks belong together, and how far their errors do."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.intervals.calibration import Calibration, apply_calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.intervals.suite_averages import (
    diluted,
    suite_averages,
    suite_means,
    suite_variance,
    suites,
    trials_of,
    with_own,
)
from scalepredict.predictors.interface import Forecast, Frontier, Targets, make_forecast
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Checkpoint, Floats, Unit, make_table

LOSS = shipped_metrics().find("loss")
PERPLEXITY = shipped_metrics().find("perplexity")


def unit(name: str, **more: object) -> Unit:
    return replace(Unit(benchmark=name, chance=0.25), **more)  # type: ignore[arg-type]


def test_a_table_that_names_no_suite_is_one() -> None:
    assert suites([unit("a"), unit("b"), unit("c")]) == {"all benchmarks": [0, 1, 2]}


def test_where_suites_are_named_what_has_none_is_in_none() -> None:
    units = [unit("a", suite="s"), unit("b"), unit("c", suite="t"), unit("d", suite="s")]
    assert suites([*units, unit("e", suite="t")]) == {"s": [0, 3], "t": [2, 4]}


def test_one_benchmark_is_no_suite() -> None:
    assert suites([unit("a")]) == {}
    assert suites([unit("a", suite="s"), unit("b", suite="t")]) == {}


def test_losses_are_averaged_with_losses_and_scores_with_scores() -> None:
    units = [
        unit("a"),
        unit("c4", measure=LOSS),
        unit("b"),
        unit("pile", measure=LOSS),
        unit("wiki", measure=PERPLEXITY),
    ]
    assert suites(units) == {"all benchmarks": [0, 2], "all benchmarks [loss]": [1, 3]}


def test_means_and_variances_of_sets_by_hand() -> None:
    scale = np.array([[0.01, 0.02, 0.03], [0.02, 0.02, 0.02]])
    columns = [[0, 2], [0, 1, 2]]
    np.testing.assert_allclose(suite_means(scale, columns), [[0.02, 0.02], [0.02, 0.02]])
    none = np.zeros_like(scale)
    independent = suite_variance(scale, none, columns, np.zeros((2, 2)))
    assert independent[0] == pytest.approx([(1 + 9) / 4 * 1e-4, (1 + 4 + 9) / 9 * 1e-4])
    common = suite_variance(scale, none, columns, np.ones((2, 2)))
    assert common[0] == pytest.approx([4e-4, 4e-4])
    half = suite_variance(scale, none, columns, np.full((2, 2), 0.5))
    np.testing.assert_allclose(half, (independent + common) / 2)
    public = suite_variance(scale, scale, columns, np.zeros((2, 2)))
    np.testing.assert_allclose(public, common)


def test_larger_suites_share_less() -> None:
    sizes = np.array([2.0, 10.0, 40.0])
    assert diluted(0.4, 0.5, sizes) == pytest.approx([0.4 * 5**0.5, 0.4, 0.2])
    assert diluted(0.4, 0.0, sizes) == pytest.approx([0.4] * 3)
    assert diluted(0.9, 1.0, sizes)[0] == 1.0  # errors go together no more than wholly


def test_a_ladder_of_many_trials_goes_by_its_own_correlation() -> None:
    trials = np.array([0.0, 0.5, 4.5])
    found = with_own(np.full(3, 0.4), np.full(3, 0.9), trials)
    assert found == pytest.approx([0.4, 0.65, 0.85])


def forecast(point: Floats, *, n_train: int = 6, **more: object) -> Forecast:
    units = [unit(f"b{t}", chance=0.1 * t) for t in range(point.shape[1])]
    rows = [
        Checkpoint(model=f"m{i}", params=1e9, tokens=1e9, flops=1e18 * 4**i) for i in range(n_train)
    ]
    evidence = make_table(
        rows,
        units,
        np.full((n_train, len(units)), 0.4),
        n_items=np.full((n_train, len(units)), 500.0),
    )
    flops = np.full(len(point), 1e23)
    targets = Targets(
        family=("f",) * len(point),
        params=flops,
        tokens=flops,
        flops=flops,
        assumption=("",) * len(point),
    )
    made = make_forecast(targets, Frontier.of_table(evidence), point, model_variance=1e-4)
    return replace(made, **more)  # type: ignore[arg-type]


def averaged(made: Forecast, calibration: Calibration | None = None) -> Forecast:
    chosen = calibration or load_calibration()
    return suite_averages(apply_calibration(made, chosen, "stack"), chosen, "stack")


def test_an_average_has_the_mean_of_points_chance_and_last_scores() -> None:
    found = averaged(forecast(np.array([[0.5, 0.6, 0.7]])))
    assert found.point[0, 0] == pytest.approx(0.6)
    assert found.last[0, 0] == pytest.approx(0.4)
    assert found.units[0].chance == pytest.approx(0.1)
    assert found.n_items[0, 0] == 1500
    assert found.units[0].benchmark == found.units[0].suite == "all benchmarks"


def test_an_average_is_surer_than_its_benchmarks_and_no_surer_than_if_they_were_apart() -> None:
    single = apply_calibration(forecast(np.full((1, 8), 0.5)), load_calibration(), "stack")
    whole = suite_averages(single, load_calibration(), "stack")
    assert single.scale is not None
    assert whole.scale is not None
    assert single.scale[0, 0] / np.sqrt(8) < whole.scale[0, 0] < 1.2 * single.scale[0, 0]


def test_errors_that_went_together_in_the_ladders_own_trials_widen_the_average() -> None:
    def width(own: float) -> float:
        low, high = averaged(
            forecast(np.full((1, 8), 0.5), common_error=np.full((1, 8), own))
        ).interval(0.9)
        return float(high[0, 0] - low[0, 0])

    assert width(0.0) < width(0.5) < width(1.0)
    assert width(np.nan) == pytest.approx(
        float(np.diff(averaged(forecast(np.full((1, 8), 0.5))).interval(0.9), axis=0)[0, 0, 0])
    )


def test_trials_are_those_above_the_fewest_models_and_count_up_to_four() -> None:
    for n_train, expected in ((3, 0), (4, 1), (5, 2), (20, 4)):
        own = np.full((1, 2), 0.3)
        found = trials_of(forecast(np.full((1, 2), 0.5), n_train=n_train, common_error=own))
        assert found[1][0].tolist() == [expected] * 2
    untried = trials_of(forecast(np.full((1, 2), 0.5)))
    assert (untried[0].tolist(), untried[1].tolist()) == ([[0, 0]], [[0, 0]])


def test_a_suite_that_lacks_a_forecast_has_none_and_says_whose() -> None:
    holed = forecast(np.array([[0.5, np.nan, 0.7]]), failures=(None, "at chance.", None))
    found = averaged(holed)
    assert np.isnan(found.point[0, 0])
    assert "no forecast of 1 of 3 benchmarks (b1)" in str(found.failures[0])


def test_single_forecasts_are_calibrated_first() -> None:
    with pytest.raises(ValueError, match="calibrate the forecast before averaging it"):
        suite_averages(forecast(np.full((1, 2), 0.5)), load_calibration(), "stack")
