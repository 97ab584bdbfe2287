"""A rung that is off is named, with what it does to the forecast; a healthy ladder is not."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.off_trend.ladders.off_rung import (
    AHEAD,
    ALPHA,
    OffRung,
    off_rung,
    rung_deviations,
)
from scalepredict.predictors.direct.trend import Trend
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

CALIBRATION = load_calibration(None)
N_UNITS, N_ITEMS = 8, 2000


def ladder(seed: int, n: int = 7) -> EvalTable:
    """Models of 100M to 6.4B at 20 tokens a parameter; scores on lines in log compute."""
    rng = np.random.default_rng(seed)
    params = 1e8 * 2.0 ** np.arange(n)
    truth = rng.uniform(0.3, 0.4, N_UNITS) + rng.uniform(0.02, 0.05, N_UNITS) * np.log2(
        params[:, None] / 1e8
    )
    return make_table(
        [
            Checkpoint(model=f"m{i}", params=n, tokens=20 * n, flops=120 * n**2)
            for i, n in enumerate(map(float, params))
        ],
        [Unit(benchmark=f"b{t}", metric="acc", chance=0.25) for t in range(N_UNITS)],
        rng.binomial(N_ITEMS, truth) / N_ITEMS,
        n_items=np.full((n, N_UNITS), float(N_ITEMS)),
    )


def dropped(table: EvalTable, row: int, by: float) -> EvalTable:
    scores = table.scores.copy()
    scores[row] -= by
    return table.with_scores(scores)


def test_healthy_ladders_have_no_rung_off() -> None:
    """30 ladders at 1 % each: more than 3 come once in 300 by chance."""
    found = [off_rung(ladder(seed), Trend(), CALIBRATION) for seed in range(30)]
    assert sum(rung is not None for rung in found) <= 3


def test_a_healthy_mixture_of_experts_is_compared_by_its_active_parameters() -> None:
    dense = ladder(3)
    sparse = replace(
        dense,
        checkpoints=tuple(
            replace(c, params=8 * c.params, params_active=c.params)
            for c in dense.checkpoints
            if c.params is not None
        ),
    )
    assert off_rung(sparse, Trend(), CALIBRATION) is None
    low = off_rung(dropped(sparse, 5, 0.1), Trend(), CALIBRATION)
    assert low is not None
    assert (low.checkpoint.model, round(low.points, 1)) == ("m5", -0.1)


@pytest.mark.parametrize("row", [3, 5, 6])
def test_a_rung_that_is_too_low_is_named(row: int) -> None:
    rung = off_rung(dropped(ladder(1), row, 0.1), Trend(), CALIBRATION)
    assert rung is not None
    assert rung.checkpoint.model == f"m{row}"
    assert rung.points == pytest.approx(-0.1, abs=0.04)
    assert f"m{row} is off the ladder: -" in rung.sentence()


def test_its_influence_is_the_forecast_with_it_less_the_one_without_it() -> None:
    table = dropped(ladder(2), 6, 0.1)
    rung = off_rung(table, Trend(), CALIBRATION)
    assert rung is not None
    # At the end of the ladder it pulls the line down, the more the further ahead.
    assert -0.3 < rung.influence < -0.05
    assert abs(rung.most) >= abs(rung.influence)
    assert f"At {AHEAD:g} times the largest compute it moves the forecast by -" in rung.sentence()


def test_few_rungs_are_not_looked_at() -> None:
    assert off_rung(dropped(ladder(3, 4), 2, 0.2), Trend(), CALIBRATION) is None


@pytest.mark.parametrize("n", [5, 7, 12])
def test_families_that_scatter_as_a_whole_have_no_rung_off(n: int) -> None:
    """Every model is 5 points off on all benchmarks together, as public models are.

    200 ladders at 1 % each: more than 8 come once in 4,000 by chance.
    """
    rng = np.random.default_rng(n)
    found = 0
    for seed in range(200):
        table = ladder(seed, n)
        deviations = rung_deviations(
            table.with_scores(table.scores + 0.05 * rng.normal(size=(n, 1)))
        )
        assert deviations is not None
        found += int(deviations.p_value.min() < ALPHA)
    assert found <= 8


def test_a_ladder_of_many_rungs_with_a_bend_has_none_off_until_one_is_moved() -> None:
    table = ladder(5, 12)
    x = np.linspace(-1, 1, 12)[:, None]
    bent = table.with_scores(0.5 * table.scores + 0.1 * x**2)
    assert off_rung(bent, Trend(), CALIBRATION) is None
    low = off_rung(dropped(bent, 11, 0.05), Trend(), CALIBRATION)
    assert low is not None
    assert low.checkpoint.model == "m11"


def test_an_exact_line_names_no_rung() -> None:
    table = ladder(6)
    exact = table.with_scores(np.linspace(0.3, 0.6, 7)[:, None] + np.zeros((1, N_UNITS)))
    assert off_rung(exact, Trend(), CALIBRATION) is None


def test_a_deviation_is_that_from_a_line_through_all_other_rungs() -> None:
    """One benchmark that scatters by 3 points: each rung left out in turn, by least squares."""
    rng = np.random.default_rng(3)
    table = ladder(0).take_units([0])
    noisy = table.with_scores(table.scores + 0.03 * rng.normal(size=(7, 1)))
    found = rung_deviations(noisy)
    assert found is not None
    x, y = np.log(noisy.flops), noisy.scores[:, 0]
    for i in range(7):
        rest = np.arange(7) != i
        line = stats.linregress(x[rest], y[rest])
        error = y[i] - (line.intercept + line.slope * x[i])
        left = y[rest] - (line.intercept + line.slope * x[rest])
        scatter = np.sqrt((left**2).sum() / 4)
        away = x[i] - x[rest].mean()
        sd = scatter * np.sqrt(1 + 1 / 6 + away**2 / ((x[rest] - x[rest].mean()) ** 2).sum())
        assert found.points[i] == pytest.approx(error)
        assert found.t[i] == pytest.approx(error / sd)
        p = min(1.0, 7 * 2 * stats.t.sf(abs(error / sd), 4))
        assert found.p_value[i] == pytest.approx(p)


def test_the_order_of_rungs_and_benchmarks_and_the_unit_of_flops_change_nothing() -> None:
    table = dropped(ladder(1), 3, 0.06)
    plain = rung_deviations(table)
    order = [4, 0, 6, 2, 5, 1, 3]
    rows = tuple(replace(c, flops=1e6 * (c.flops or 0)) for c in table.checkpoints)
    other = rung_deviations(
        replace(table, checkpoints=rows).take_rows(order).take_units([5, 1, 7, 0, 2, 6, 3, 4])
    )
    assert plain is not None
    assert other is not None
    np.testing.assert_allclose(other.t, plain.t[order])
    np.testing.assert_allclose(other.points, plain.points[order])


def test_a_benchmark_that_a_rung_lacks_has_no_say() -> None:
    table = dropped(ladder(1), 3, 0.06)
    scores = table.scores.copy()
    scores[0, 2], scores[1:, 2] = np.nan, 0.9
    found, without = (
        rung_deviations(each)
        for each in (table.with_scores(scores), table.take_units([0, 1, 3, 4, 5, 6, 7]))
    )
    assert found is not None
    assert without is not None
    np.testing.assert_allclose(found.t, without.t)


def test_rungs_at_one_scale_have_no_line() -> None:
    table = ladder(0)
    rows = tuple(replace(c, flops=1e20) for c in table.checkpoints)
    assert rung_deviations(replace(table, checkpoints=rows)) is None
    bare = table.with_scores(np.where(np.arange(7)[:, None] == 2, np.nan, table.scores))
    assert rung_deviations(bare) is None


@pytest.mark.parametrize(("influence", "told"), [(np.nan, False), (0.012, True)])
def test_a_sentence_tells_the_influence_where_there_is_one(influence: float, told: bool) -> None:
    rung = OffRung(
        checkpoint=ladder(0).checkpoints[2],
        p_value=0.0012,
        shift=-9.0,
        points=-0.031,
        influence=influence,
        benchmark="b1",
        most=-0.02,
    )
    text = rung.sentence()
    assert text.startswith("m2 is off the ladder: -3.1 points on average from what the other rungs")
    assert "(p = 0.0012)" in text
    assert ("moves the forecast by +1.2 points on average, b1 by -2.0." in text) is told
