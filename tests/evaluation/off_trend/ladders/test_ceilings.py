"""The most that can be expected of a run: from its ladder, or from public models."""

from dataclasses import replace

import numpy as np
import pytest

import scalepredict
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.ladders.against_ladder import fitted_ladder
from scalepredict.evaluation.off_trend.ladders.ceilings import ladder_ceiling, public_ceiling
from scalepredict.evaluation.off_trend.rules.scene import Evidence
from scalepredict.evaluation.off_trend.walk_runs import gather, walk
from scalepredict.predictors.direct.trend import Trend
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

GATE = load_gate().gate
TOKENS = np.arange(1, 11) * 8e9
RISING = np.linspace(0.3, 0.84, 10)  # a line that would end above 1


def run(benchmark: str, scores: Floats = RISING) -> EvalTable:
    """One run of 1.3B parameters on one benchmark."""
    return make_table(
        [Checkpoint(model="m", params=1.3e9, tokens=float(t)) for t in TOKENS],
        [Unit(benchmark=benchmark, metric="acc", chance=0.25)],
        scores[:, None],
        n_items=np.full((10, 1), 2000.0),
    )


def evidence_of(table: EvalTable) -> Evidence:
    return gather(table, GATE)


def expected(evidence: Evidence) -> Floats:
    trials = walk(evidence, evidence.runs[0]).trials
    return np.array([t[0].judgement.forecast.expected[0] for t in trials])


def test_public_models_bound_a_well_known_benchmark_and_no_other() -> None:
    known, own = evidence_of(run("arc_easy")), evidence_of(run("mine"))
    found = public_ceiling(known.table, known.quality, known.runs[0])[:, 0]
    assert (np.diff(found) > 0).all()
    assert 0.7 < found[0] < found[-1] < 0.9
    assert np.isinf(public_ceiling(own.table, own.quality, own.runs[0])).all()


def test_the_forecast_ends_at_the_ceiling_and_a_run_above_it_is_followed() -> None:
    free = evidence_of(run("arc_easy"))
    low = replace(free, ceiling=np.full((10, 1), 0.5))
    with_bound, without = expected(low), expected(free)
    np.testing.assert_array_equal(with_bound[:4], without[:4])
    held = with_bound[4:]
    assert (held < without[4:]).all()
    assert (held <= np.maximum(0.5, RISING[3:-1])).all()


def test_a_ladder_bounds_a_run_by_the_better_end_of_its_interval() -> None:
    values = np.linspace(0.4, 0.6, 5)
    models = make_table(
        [
            Checkpoint(
                model=f"s{i}", params=1e8 * 1.5**i, tokens=8e10, flops=6 * 1e8 * 1.5**i * 8e10
            )
            for i in range(5)
        ],
        run("mine").units,
        values[:, None],
        n_items=np.full((5, 1), 2000.0),
    )
    ladder = fitted_ladder(models, Trend(), load_calibration())
    assert ladder is not None
    found = evidence_of(run("mine"))
    (ceiling,) = ladder_ceiling(
        found.table, found.quality, found.runs[0], ladder, final_tokens=8e10
    )
    forecast = ladder.forecast("default", 1.3e9, 8e10)
    assert ceiling == pytest.approx(forecast.interval(0.95)[1][0, 0])
    assert 0.6 < forecast.point[0, 0] < ceiling < 1.0


def test_a_check_expects_no_more_of_a_lone_run_than_public_models_score() -> None:
    scores = np.append(np.minimum(0.3 + 0.07 * np.arange(9), 0.82), 0.5)
    alone = evidence_of(run("arc_easy", scores))
    most = public_ceiling(alone.table, alone.quality, alone.runs[0])[-1, 0]
    last = scalepredict.check(run("arc_easy", scores)).check.verdicts[-1]
    (told,) = (f.expected for f in last.findings if f.benchmark == "arc_easy")
    assert told == pytest.approx(most)
    assert expected(alone)[-1] > most
