"""Curves of a big run from rungs at equal fractions of their schedules."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.forecast.trajectory_ahead import trajectory_ahead
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.registry import predictor_type
from scalepredict.predictors.scale.schedule import rungs_at
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

SHARES = np.array([0.02, 0.1, 0.3, 0.6, 0.8, 1.0])
UNIT = Unit(benchmark="c4", metric="loss", measure=shipped_metrics().find("loss"))


def loss(params: float, fraction: Floats) -> Floats:
    # A run of a scaled schedule: where it is at a fraction of it depends on its scale alone.
    result: Floats = 1.7 + 60 * params**-0.2 * fraction**-0.15
    return result


def series(sizes: Floats, *, shares: Floats = SHARES) -> EvalTable:
    rows = [
        Checkpoint(
            model=f"m{n:.3g}",
            family="mix",
            params=n,
            tokens=20 * n * share,
            flops=120 * n * n * share,
        )
        for n in sizes.tolist()
        for share in shares.tolist()
    ]
    scores = np.concatenate([loss(n, shares) for n in sizes.tolist()])
    return make_table(rows, [UNIT], scores[:, None])


def target(params: float) -> Targets:
    n = np.array([params])
    return Targets(family=("mix",), params=n, tokens=20 * n, flops=120 * n * n, assumption=("",))


def test_a_held_out_run_is_forecast_at_every_fraction_of_its_schedule() -> None:
    fractions = np.array([0.05, 0.25, 0.5, 1.0])
    ahead = trajectory_ahead(
        series(10.0 ** np.linspace(7.5, 9, 6)),
        predictor_type("stack")(),
        target(5e9),
        load_calibration(),
        fractions=fractions,
        rng=np.random.default_rng(0),
    )
    assert ahead.rungs.tolist() == [6, 6, 6, 6]
    truth = loss(5e9, fractions)
    for forecast, expected in zip(ahead.forecasts, truth, strict=True):
        assert forecast is not None
        low, high = forecast.interval(0.9)
        assert forecast.point[0, 0] == pytest.approx(expected, rel=0.02)
        assert low[0, 0] < expected < high[0, 0]


def test_rungs_are_read_straight_in_log_tokens_between_checkpoints() -> None:
    table = series(np.array([1e8, 1e9, 1e10]))
    rungs = rungs_at(table, 0.2)
    assert rungs.tokens == pytest.approx([0.2 * 20 * n for n in (1e8, 1e9, 1e10)])
    share = np.log(0.2 / 0.1) / np.log(0.3 / 0.1)
    around = loss(1e9, np.array([0.1, 0.3]))
    assert rungs.scores[1, 0] == pytest.approx((1 - share) * around[0] + share * around[1])


def test_a_run_that_was_not_measured_so_early_is_no_rung() -> None:
    table = series(np.array([1e8, 1e9, 1e10]), shares=np.array([0.5, 1.0]))
    assert len(rungs_at(table, 0.1).checkpoints) == 0
    assert len(rungs_at(table, 0.5).checkpoints) == 3


def test_without_series_it_is_refused() -> None:
    single = series(np.array([1e8, 1e9, 1e10]), shares=np.array([1.0]))
    with pytest.raises(RefusedError, match="a trajectory needs 3"):
        trajectory_ahead(
            single,
            predictor_type("stack")(),
            target(1e11),
            load_calibration(),
            rng=np.random.default_rng(0),
        )


def test_a_method_that_reads_questions_has_no_curve_of_totals() -> None:
    table = series(np.array([1e8, 1e9, 1e10]))
    scores = make_table(table.checkpoints, [Unit(benchmark="quiz")], 1 - table.scores / 4)
    with pytest.raises(RefusedError, match="no benchmark has a trajectory by cod"):
        trajectory_ahead(
            scores,
            predictor_type("cod")(),
            target(5e9),
            load_calibration(),
            rng=np.random.default_rng(0),
        )


def test_checkpoints_in_any_order_are_the_same_rungs() -> None:
    table = series(np.array([1e8, 1e9, 1e10]))
    shuffled = table.take_rows(np.random.default_rng(0).permutation(len(table.checkpoints)))
    one, other = rungs_at(table, 0.45), rungs_at(shuffled, 0.45)
    of = {c.model: score for c, score in zip(other.checkpoints, other.scores, strict=True)}
    for checkpoint, score in zip(one.checkpoints, one.scores, strict=True):
        assert score == pytest.approx(of[checkpoint.model])


@pytest.mark.parametrize(
    ("told", "end"),
    [({}, 1.0), ({"total_tokens": 2.0}, 2.0), ({"fraction": 0.8}, 1.25)],
    ids=["last tokens seen", "length of the schedule", "part that is done"],
)
def test_the_end_of_a_schedule_is_as_recorded_or_the_last_tokens(
    told: dict[str, float], end: float
) -> None:
    """Counted in the tokens of the last checkpoint, of which a run has 20 for each parameter."""
    table = series(np.array([1e8]))
    last = table.checkpoints[-1]
    assert last.tokens is not None
    if "total_tokens" in told:
        told = {"total_tokens": told["total_tokens"] * last.tokens}
    rows = (*table.checkpoints[:-1], replace(last, **told))  # type: ignore[arg-type]
    found = rungs_at(replace(table, checkpoints=rows), 0.4)
    assert found.tokens == pytest.approx([0.4 * end * last.tokens])
    assert found.flops == pytest.approx(6e8 * found.tokens)


def test_a_rung_is_read_a_little_beyond_its_ends_and_no_farther() -> None:
    """1.5 times: its first checkpoint is at .3, its last at 1 of a schedule of twice that."""
    table = series(np.array([1e8]), shares=np.array([0.3, 1.0]))
    rows = tuple(replace(c, total_tokens=4e9) for c in table.checkpoints)  # ends at 2e9
    early, late = (rungs_at(replace(table, checkpoints=rows), f) for f in (0.11, 0.74))
    assert early.scores[0, 0] == table.scores[0, 0]  # what was measured, not what a line says
    assert late.scores[0, 0] == table.scores[1, 0]
    for fraction in (0.09, 0.76):
        assert not rungs_at(replace(table, checkpoints=rows), fraction).checkpoints


def test_a_benchmark_that_a_neighbour_lacks_has_no_value_between_them() -> None:
    table = series(np.array([1e8]))
    scores = table.scores.copy()
    scores[2] = np.nan  # at .3
    holed = table.with_scores(scores)
    assert np.isnan(rungs_at(holed, 0.2).scores[0, 0])
    assert np.isnan(rungs_at(holed, 0.4).scores[0, 0])
    assert np.isfinite(rungs_at(holed, 0.7).scores[0, 0])
    assert rungs_at(holed, 0.6).scores[0, 0] == pytest.approx(table.scores[3, 0])


def test_where_too_few_rungs_were_measured_the_curve_has_a_gap() -> None:
    early = series(10.0 ** np.linspace(7.5, 8.5, 3))
    late = series(10.0 ** np.linspace(8.8, 9.5, 3), shares=np.array([0.5, 1.0]))
    ahead = trajectory_ahead(
        early.take_rows(range(12)).with_rows(late),  # two early runs and three late ones
        predictor_type("trend")(),
        target(5e9),
        load_calibration(),
        fractions=np.array([0.1, 0.6]),
        rng=np.random.default_rng(0),
    )
    assert ahead.rungs.tolist() == [2, 5]
    assert ahead.forecasts[0] is None
    assert ahead.forecasts[1] is not None
    assert ahead.forecasts[1].targets.tokens == pytest.approx([0.6 * 1e11])
    assert ahead.forecasts[1].targets.flops == pytest.approx([0.6 * 120 * 25e18])
