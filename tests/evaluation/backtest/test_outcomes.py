"""Forecasts beside measurements, line by line: each line by hand on cells that are written down."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from scalepredict.evaluation.backtest.outcomes import (
    COLUMNS,
    FACTOR_BINS,
    Outcomes,
    factor_bin,
    in_common,
    outcomes,
)
from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.evaluation.intervals.levels import SCORED, Levels
from scalepredict.predictors.interface import Frontier, Spread, Targets, make_forecast
from scalepredict.records.table import Checkpoint, Unit, make_table

ORIGIN = 1e18
LEVELS = np.array([0.5, 0.8, 0.9, 0.95, 0.99])
NORMAL = Spread.symmetric(LEVELS, stats.norm.ppf((1 + LEVELS) / 2))


def cell(
    point: list[list[float]],
    observed: list[list[float]],
    *,
    predictor: str = "stack",
    scale: float | None = 0.02,
    **more: object,
) -> Cell:
    """Targets twice and ten times as large as the evidence, normal forecasts."""
    values = np.array(observed)
    targets = tuple(
        Checkpoint(model=f"m{i}", params=1e9, tokens=1e9, flops=factor * ORIGIN)
        for i, factor in zip(range(len(values)), (2.0, 10.0), strict=False)
    )
    units = tuple(Unit(benchmark=f"b{t}") for t in range(values.shape[1]))
    evidence = make_table([replace(targets[0], flops=ORIGIN)], units, values[:1])
    table = make_table(targets, units, values, n_items=np.full(values.shape, 400.0))
    forecast = make_forecast(
        Targets.of_table(table), Frontier.of_table(evidence), np.array(point, dtype=float)
    )
    if scale is not None:
        forecast = forecast.calibrated(np.full(values.shape, scale), NORMAL)
    plain = Cell(
        predictor=predictor,
        records="ladder.csv",
        group="lab",
        family="f",
        split=0,
        origin_flops=ORIGIN,
        n_train=4,
        targets=targets,
        units=units,
        observed=values,
        forecast=forecast,
        failure=None,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("factor", "name"),
    [
        (1.0, "<1.2x"),
        (1.19, "<1.2x"),
        (1.2, "2x"),
        (2.8, "2x"),
        (2.9, "4x"),
        (8.0, "8x"),
        (16.0, "16x"),
        (32.0, "32x"),
        (45.2, "32x"),
        (45.3, "64x+"),
        (1e6, "64x+"),
    ],
)
def test_a_factor_belongs_to_the_nearest_power_of_two(factor: float, name: str) -> None:
    assert FACTOR_BINS[int(factor_bin(np.array(factor)))] == name


def test_a_line_has_the_error_the_place_and_the_ends_of_its_forecast() -> None:
    lines = outcomes([cell([[0.50, 0.60]], [[0.53, 0.58]])])
    assert lines.error == pytest.approx([-0.03, 0.02])
    assert lines.z == pytest.approx([1.5, -1.0])
    assert lines.pit == pytest.approx(stats.norm.cdf([1.5, -1.0]), abs=1e-6)
    assert lines.levels == (0.5, 0.8, 0.9, 0.95)
    for level, low, high in zip(lines.levels, lines.low, lines.high, strict=True):
        ends = stats.norm([0.5, 0.6], 0.02).interval(level)
        assert (low, high) == (pytest.approx(ends[0]), pytest.approx(ends[1]))
    assert lines.hit.tolist() == [[False, False], [False, True], [True, True], [True, True]]


def test_the_weighted_interval_score_is_the_published_sum() -> None:
    """Bracher et al. (2021), eq. 2: half the absolute error, alpha / 2 of each interval."""
    lines = outcomes([cell([[0.50, 0.60]], [[0.58, 0.601]])])
    for i, (point, y) in enumerate(((0.50, 0.58), (0.60, 0.601))):
        total = 0.5 * abs(y - point)
        for level in SCORED:
            low, high = stats.norm(point, 0.02).interval(level)
            outside = max(low - y, 0) + max(y - high, 0)
            total += (1 - level) / 2 * (high - low) + outside
        assert lines.wis[i] == pytest.approx(total / (len(SCORED) + 0.5))


def test_levels_that_are_asked_for_are_kept_beside_those_of_every_document() -> None:
    lines = outcomes([cell([[0.5]], [[0.5]])], Levels((0.6,)))
    assert lines.levels == (0.5, 0.6, 0.8, 0.9, 0.95)
    assert lines.low.shape == (5, 1)


def test_a_score_that_was_not_measured_has_no_line() -> None:
    lines = outcomes([cell([[0.5, 0.6], [0.5, 0.6]], [[0.5, np.nan], [0.4, 0.7]])])
    assert len(lines) == 3
    assert lines.observed.tolist() == [0.5, 0.4, 0.7]
    assert [FACTOR_BINS[i] for i in lines.column("factor_bin")] == ["2x", "8x", "8x"]
    assert [lines.names["benchmark"][i] for i in lines.column("benchmark")] == ["b0", "b0", "b1"]


def test_a_method_that_failed_has_lines_without_a_forecast() -> None:
    lines = outcomes([cell([[0.5]], [[0.5]], forecast=None, failure="too few models.")])
    assert len(lines) == 1
    assert np.isnan(lines.point).all()
    assert np.isnan(lines.pit).all()
    assert not lines.hit.any()


def test_a_forecast_without_a_distribution_has_an_error_and_no_place() -> None:
    lines = outcomes([cell([[0.5]], [[0.6]], scale=None)])
    assert lines.error == pytest.approx([-0.1])
    assert np.isnan(lines.z).all()
    assert np.isnan(lines.low).all()


def test_the_reference_is_the_last_value_of_the_same_origin() -> None:
    mine, last = cell([[0.5]], [[0.6]]), cell([[0.4]], [[0.6]], predictor="last")
    other = replace(last, split=1, forecast=cell([[0.3]], [[0.6]]).forecast)
    lines = outcomes([mine, last, other, replace(mine, family="g")])
    assert lines.reference[:3] == pytest.approx([0.4, 0.4, 0.3])
    assert np.isnan(lines.reference[3])  # of another series


def test_equal_names_have_one_number_and_targets_belong_to_their_origin() -> None:
    one, again = cell([[0.5]], [[0.6]]), cell([[0.4]], [[0.6]], predictor="last")
    later = replace(one, split=1)
    lines = outcomes([one, again, later])
    numbers = {name: lines.column(name).tolist() for name in COLUMNS}
    assert numbers["predictor"] == [0, 1, 0]
    assert numbers["origin"] == numbers["target"] == [0, 0, 1]
    assert numbers["series"] == numbers["group"] == [0, 0, 0]
    assert lines.nesting().shape == (4, 3)


def test_lines_that_are_taken_keep_their_names() -> None:
    lines = outcomes([cell([[0.5, 0.6]], [[0.5, 0.7]]), cell([[0.1, 0.2]], [[0.5, 0.7]])])
    some = lines.take(np.array([3, 0]))
    assert some.point.tolist() == [0.2, 0.5]
    assert some.low.shape == (4, 2)
    assert some.names == lines.names
    assert len(outcomes([])) == 0


def common(**points: list[list[float]]) -> list[bool]:
    observed = [[0.5] * len(next(iter(points.values()))[0])]
    cells = [cell(made, observed, predictor=name) for name, made in points.items()]
    return [bool(kept) for kept in in_common(outcomes(cells))]


NAN = float("nan")


def test_scores_that_every_method_forecast_are_compared() -> None:
    found = common(a=[[0.1, 0.2, NAN, 0.4]], b=[[0.1, NAN, 0.3, 0.4]])
    assert found == [True, False, False, True] * 2


def test_a_method_that_forecasts_fewer_than_half_has_no_say() -> None:
    assert common(a=[[0.1, 0.2, 0.3, 0.4]], b=[[0.1, NAN, NAN, NAN]]) == [True] * 8
    assert (
        common(a=[[0.1, 0.2, 0.3, 0.4]], b=[[0.1, 0.2, NAN, NAN]]) == [True, True, False, False] * 2
    )


def test_a_score_at_zero_has_its_place_between_nothing_and_what_lies_there() -> None:
    """The forecast is clipped at 0, so a score of 0 has half of the probability below it."""
    lines: Outcomes = outcomes([cell([[0.01]], [[0.0]])])
    assert lines.pit == pytest.approx([stats.norm.cdf(-0.5) / 2], abs=1e-6)
