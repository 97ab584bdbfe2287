"""Nested means by hand, on cells whose forecasts are written down."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.backtest.averages import average_cells
from scalepredict.evaluation.backtest.backtest_report import make_report
from scalepredict.evaluation.backtest.floor import checkpoint_noise, interpolation_noise
from scalepredict.evaluation.backtest.outcomes import factor_bin, outcomes
from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.evaluation.backtest.summary import SummaryRow, equal_weights, summarise
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import Frontier, Spread, Targets, make_forecast
from scalepredict.predictors.loss.index import published_index
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.table import Checkpoint, Floats, Unit, make_table

ORIGIN = 1e18
SPREAD = Spread.symmetric(np.array([0.5, 0.9]), np.array([1.0, 3.0]))


def cell(
    errors: list[list[float]],
    *,
    predictor: str = "stack",
    family: str = "f",
    split: int = 0,
    factors: tuple[float, ...] = (2.0, 2.1),
    scale: float = 0.02,
    failures: tuple[str | None, ...] | None = None,
) -> Cell:
    """Targets by benchmarks of forecast minus measured, around a measured 0.5."""
    error = np.array(errors)
    checkpoints = tuple(
        Checkpoint(model=f"{family}-{i}", params=1e9, tokens=1e9, flops=factor * ORIGIN)
        for i, factor in zip(range(len(error)), factors, strict=False)
    )
    units = tuple(Unit(benchmark=f"b{t}") for t in range(error.shape[1]))
    observed = np.full(error.shape, 0.5)
    evidence = make_table([replace(checkpoints[0], flops=ORIGIN)], units, observed[:1])
    targets = Targets.of_table(make_table(checkpoints, units, observed))
    forecast = make_forecast(
        targets, Frontier.of_table(evidence), observed + error, failures=failures
    )
    return Cell(
        predictor=predictor,
        records="ladder.csv",
        group="lab",
        family=family,
        split=split,
        origin_flops=ORIGIN,
        n_train=4,
        targets=checkpoints,
        units=units,
        observed=observed,
        forecast=forecast.calibrated(np.full(error.shape, scale), SPREAD),
        failure=None,
    )


def summary(*cells: Cell, by: str | None = None) -> tuple[SummaryRow, ...]:
    return summarise(outcomes(cells), by=by, rng=np.random.default_rng(0))


def shipped() -> Calibration:
    return load_calibration()


def test_weights_are_equal_among_children_at_every_level() -> None:
    """Two parents: one with a single line, one with children of one and two lines."""
    levels = np.array([[0, 1, 1, 1], [0, 1, 2, 2]])
    np.testing.assert_allclose(equal_weights(levels), [1 / 2, 1 / 4, 1 / 8, 1 / 8])


def test_a_backtest_in_which_nothing_was_measured_has_no_rows() -> None:
    assert summary() == ()


@pytest.mark.parametrize("n", [9, 21])
def test_a_share_of_intervals_is_never_above_one(n: int) -> None:
    """Nine times 1/9, and 21 times 1/21, add up to more than 1 in floating point."""
    (row,) = summary(cell([[0.0] * n]))
    assert row.coverage[0.9].value == 1.0


def test_a_long_origin_counts_as_much_as_a_short_one() -> None:
    """Origins of errors (.01, .05) and .1: mean (.03 + .1) / 2, and families alike."""
    long = cell([[0.01], [-0.05]])
    short = cell([[0.1]], split=1)
    (row,) = summary(long, short)
    assert row.figures["mae"].value == pytest.approx((0.03 + 0.1) / 2)
    assert row.figures["bias"].value == pytest.approx((-0.02 + 0.1) / 2)
    assert row.figures["max"].value == pytest.approx(0.1)
    (row,) = summary(long, short, cell([[0.2]], family="g"))
    assert row.figures["mae"].value == pytest.approx(((0.03 + 0.1) / 2 + 0.2) / 2)


def test_coverage_width_and_score_follow_the_intervals() -> None:
    """Scale 2 points: 50 % is +-2, 90 % is +-6; errors 1, 3 and 8 lie in one each."""
    (row,) = summary(cell([[0.01, -0.03, 0.08]]))
    assert row.coverage[0.5].value == pytest.approx(1 / 3)
    assert row.coverage[0.9].value == pytest.approx(2 / 3)
    assert row.width[0.9].value == pytest.approx(0.12)
    assert row.figures["median"].value == pytest.approx(0.03)


def test_skill_compares_with_the_last_value_on_the_same_lines_only() -> None:
    """The method fails on b1, where the last value is far off: that line does not count."""
    stack = cell([[0.01, np.nan]], failures=(None, "too flat"))
    last = cell([[0.04, 0.5]], predictor="last")
    row = next(r for r in summary(stack, last) if r.predictor == "stack")
    assert row.figures["skill"].value == pytest.approx(0.25)
    assert (row.n_forecasts, row.n_refused) == (1, 1)


def test_methods_are_compared_on_the_scores_that_all_of_them_forecast() -> None:
    """The law refuses b2, where all others err most: nobody is judged on it."""
    stack = cell([[0.02, 0.02, 0.30]])
    law = cell([[0.03, 0.03, np.nan]], predictor="power_law", failures=(None, None, "too flat"))
    last = cell([[0.04, 0.04, 0.50]], predictor="last")
    rows = {row.predictor: row for row in summary(stack, law, last)}
    assert rows["stack"].figures["mae"].value == pytest.approx(0.02)
    assert rows["last"].figures["mae"].value == pytest.approx(0.04)
    assert [(rows[m].n_forecasts, rows[m].n_refused) for m in ("stack", "power_law")] == [
        (2, 0),
        (2, 1),
    ]


def test_a_method_that_refuses_most_scores_does_not_choose_them_for_the_others() -> None:
    stack = cell([[0.02, 0.02, 0.30]])
    law = cell([[np.nan, 0.03, np.nan]], predictor="nd_law", failures=("few", None, "few"))
    rows = {row.predictor: row for row in summary(stack, law)}
    assert rows["stack"].figures["mae"].value == pytest.approx(0.34 / 3)
    assert (rows["nd_law"].n_forecasts, rows["nd_law"].n_refused) == (1, 2)


def test_the_bootstrap_resamples_families_and_needs_two() -> None:
    (alone,) = summary(cell([[0.01], [0.3]]))
    assert np.isnan(alone.figures["mae"].low)
    (two,) = summary(cell([[0.01]]), cell([[0.05]], family="g"))
    assert two.figures["mae"].value == pytest.approx(0.03)
    assert two.figures["mae"].low == pytest.approx(0.01)
    assert two.figures["mae"].high == pytest.approx(0.05)


def test_a_summary_by_factor_uses_the_bins_of_the_protocol() -> None:
    assert factor_bin(np.array([1.19, 1.2, 2.82, 2.83, 45.2, 45.3])).tolist() == [0, 1, 1, 2, 5, 6]
    rows = summary(cell([[0.01], [0.05]], factors=(2.0, 30.0)), by="factor_bin")
    assert [(r.part, r.n_forecasts) for r in rows] == [("2x", 1), ("32x", 1)]
    assert rows[1].figures["mae"].value == pytest.approx(0.05)


def test_errors_of_opposite_sign_cancel_in_the_average_of_benchmarks() -> None:
    """Measured .5, .5 and .8, forecast .51, .47 and .58: means of .6 and .52."""
    one = cell([[0.01, -0.03, 0.08]])
    cells = average_cells([replace(one, observed=np.array([[0.5, 0.5, 0.8]]))], shipped())
    (row,) = summary(*cells)
    assert row.figures["bias"].value == pytest.approx(-0.08)
    assert row.n_forecasts == 1


def test_the_noise_ratio_is_a_mean_square_over_that_of_the_reference() -> None:
    """Errors of 2 and 1 scales: 2.5; a wild one of 50 scales counts as 4."""
    reference = shipped().predictors["stack"].reference_z2
    for errors, z2 in (([0.04, -0.02], 2.5), ([0.04, -1.0], 10.0)):
        report = make_report(
            [cell([errors])], shipped(), by="family", interpolation={}, checkpoints={},
            rng=np.random.default_rng(0),
        )  # fmt: skip
        assert report.noise_ratio["stack"] == pytest.approx(z2 / reference)


def test_failures_are_counted_by_method_and_reason() -> None:
    refused = replace(cell([[0.0, 0.0]], predictor="bnsl"), forecast=None, failure="five models")
    silent = cell([[np.nan, 0.02]], failures=("flat", None))
    report = make_report(
        [silent, refused], shipped(), by="factor_bin", interpolation={}, checkpoints={},
        rng=np.random.default_rng(0),
    )  # fmt: skip
    counted = [(f.predictor, f.reason, f.n_forecasts) for f in report.failures]
    assert counted == [("bnsl", "five models", 2), ("stack", "flat", 1)]


def test_binomial_noise_is_the_mean_absolute_error_of_sampling() -> None:
    """sqrt(2 / pi) * sqrt(.25 / 400) = 1.99 points."""
    one = cell([[0.01]])
    assert one.forecast is not None
    forecast = replace(one.forecast, n_items=np.array([[400.0]]))
    report = make_report(
        [replace(one, forecast=forecast)],
        shipped(),
        by="family",
        interpolation={("f", "b0"): 0.07},
        checkpoints={},
        rng=np.random.default_rng(0),
    )
    floor = report.floors[-1]
    assert floor.binomial == pytest.approx(0.0199, abs=1e-4)
    assert floor.interpolation == pytest.approx(0.07)
    assert np.isnan(floor.checkpoints)


def test_interpolation_noise_is_the_error_of_a_line_through_the_others() -> None:
    """Scores linear in the index are met exactly; one that is 4 points off is missed by as much."""
    checkpoints = [
        Checkpoint(model=f"m{i}", family="f", params=n, tokens=20 * n, flops=120 * n * n)
        for i, n in enumerate(np.geomspace(1e8, 1e10, 9))
    ]
    table = make_table(checkpoints, [Unit(benchmark="b")], np.full((9, 1), 0.5))
    x = published_index(Scale.of_table(table)).x
    straight = table.with_scores(0.5 + 0.1 * x[:, None])
    assert interpolation_noise(straight)["f", "b"] == pytest.approx(0.0, abs=1e-12)
    ends_only = straight.scores.copy()
    ends_only[1:4], ends_only[5:8] = np.nan, np.nan
    ends_only[4] += 0.04
    assert interpolation_noise(table.with_scores(ends_only))["f", "b"] == pytest.approx(0.04)


def test_checkpoint_noise_ignores_a_straight_trend() -> None:
    """2000 runs of 5 checkpoints, errors of 1 point: the estimate is within 3 % (4 sigma)."""
    rng = np.random.default_rng(1)
    steps = np.arange(5)

    def scores(sd: float) -> Floats:
        return (0.3 + 0.02 * steps + sd * rng.normal(size=(2000, 5))).reshape(-1, 1)

    checkpoints = [
        Checkpoint(model=f"m{run}", params=1e9, tokens=float(step + 1), flops=float(step + 1))
        for run in range(2000)
        for step in steps
    ]
    noise = checkpoint_noise(make_table(checkpoints, [Unit(benchmark="b")], scores(0.01)))
    assert noise["default", "b"] == pytest.approx(0.01 * np.sqrt(2 / np.pi), rel=0.03)
    still = checkpoint_noise(make_table(checkpoints, [Unit(benchmark="b")], scores(0.0)))
    assert still["default", "b"] == pytest.approx(0.0, abs=1e-12)


def test_the_largest_error_of_a_resample_is_one_that_was_made() -> None:
    """Of families that err by 1 and by 5 points; a family that was not drawn adds none."""
    (row,) = summary(cell([[0.01]]), cell([[0.05]], family="g"))
    largest = row.figures["max"]
    assert (largest.low, largest.value, largest.high) == pytest.approx((0.01, 0.05, 0.05))


def test_the_order_of_cells_and_benchmarks_changes_no_figure() -> None:
    cells = [cell([[0.01, -0.03]]), cell([[0.1, 0.02]], family="g"), cell([[0.2, 0.0]], split=1)]
    (one,), (other,) = summary(*cells), summary(*cells[::-1])
    assert one.figures["mae"].value == pytest.approx(other.figures["mae"].value)
    assert one.figures["median"].value == pytest.approx(other.figures["median"].value)
    turned = [cell([[-0.03, 0.01]]), cell([[0.02, 0.1]], family="g"), cell([[0.0, 0.2]], split=1)]
    (third,) = summary(*turned)
    assert third.figures["mae"].value == pytest.approx(one.figures["mae"].value)
    assert third.figures["bias"].value == pytest.approx(one.figures["bias"].value)
