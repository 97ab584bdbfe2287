"""A rung that is off is named, with what it does to the forecast; a healthy ladder is not."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.off_trend.ladders.off_rung import AHEAD, off_rung
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


@pytest.mark.parametrize("n", [4, 13])
def test_few_rungs_and_many_are_not_looked_at(n: int) -> None:
    assert off_rung(dropped(ladder(3, n), 2, 0.2), Trend(), CALIBRATION) is None
