"""What was measured beside what was forecast: matched by scale, metric and shots, or refused."""

from dataclasses import replace

import numpy as np
import pytest

import scalepredict
from scalepredict.errors import RefusedError
from scalepredict.evaluation.forecast.forecasting import FamilyForecast
from scalepredict.evaluation.forecast.measured import Comparison, Measured, compare
from scalepredict.predictors.direct.trend import Trend
from scalepredict.records.evidence import ALL, LAST, CheckpointChoice
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

SIZES = 1e8 * 4.0 ** np.arange(6)
ARC = Unit(benchmark="arc", metric="acc", shots=5, chance=0.25)
PIQA = Unit(benchmark="piqa", metric="acc", chance=0.5)
C4 = Unit(benchmark="c4", metric="loss", measure=shipped_metrics().find("loss"))


def rung(params: float, **more: object) -> Checkpoint:
    sizes = {"params": params, "tokens": 20 * params, "flops": 120 * params**2}
    return replace(Checkpoint(model=f"m{params:g}", family="f"), **{**sizes, **more})  # type: ignore[arg-type]


def forecast(*params: float) -> FamilyForecast:
    steps = np.arange(6)
    scores = np.stack([0.3 + 0.05 * steps, 0.55 + 0.04 * steps, 4.0 - 0.3 * steps], axis=1)
    items = np.tile([800.0, 800.0, np.nan], (6, 1))
    table = make_table([rung(n) for n in SIZES], [ARC, PIQA, C4], scores, n_items=items)
    fitted = scalepredict.fit(table, predictor=Trend())
    (family,) = scalepredict.forecast(fitted, params=list(params), tokens=[20 * n for n in params])
    return family


def measured(
    params: Floats | list[float], scores: Floats | list[list[float]], *units: Unit
) -> EvalTable:
    return make_table([rung(n) for n in params], units or (ARC, PIQA, C4), np.array(scores))


def test_errors_are_forecast_less_measured_and_the_last_score_stands_beside_them() -> None:
    family = forecast(4e11)
    found = compare(family, measured([4e11], [[0.6, np.nan, 2.0]]))
    point, last = family.forecast.point[0], family.forecast.last[0]
    assert found.error[0, [0, 2]] == pytest.approx([point[0] - 0.6, point[2] - 2.0])
    assert found.last_error[0, [0, 2]] == pytest.approx([last[0] - 0.6, last[2] - 2.0])
    assert np.isnan(found.error[0, 1])
    assert np.isnan(found.inside[0, 1])
    assert found.own.tolist() == [False, False, True]


def test_a_score_on_the_end_of_the_interval_is_inside_and_one_beyond_is_not() -> None:
    family = forecast(4e11)
    low, high = (end[0] for end in family.forecast.interval(0.9))
    ends = measured([4e11], [low])
    assert compare(family, ends).inside.tolist() == [[1, 1, 1]]
    assert compare(family, ends.with_scores(high[None])).inside.tolist() == [[1, 1, 1]]
    assert compare(family, ends.with_scores(low[None] - 1e-9)).inside.tolist() == [[0, 0, 0]]
    assert compare(family, ends.with_scores(high[None] + 1e-9)).inside.tolist() == [[0, 0, 0]]


def comparison() -> Comparison:
    family = forecast(4e11, 8e11)
    both = measured([8e11, 4e11], [[0.6, 0.8, 2.5], [0.5, 0.7, 2.0]])
    return compare(family, both)


def test_accuracy_is_over_the_chosen_columns_and_losses_are_relative() -> None:
    found = comparison()
    all_three, one = found.of_target(0, np.array([0, 1, 2])), found.of_target(0, np.array([1]))
    assert found.models == ("m4e+11", "m8e+11")
    assert (all_three.n_benchmarks, all_three.n_own, one.n_benchmarks, one.n_own) == (2, 1, 1, 0)
    assert all_three.mean_absolute_error == pytest.approx(np.abs(found.error[0, :2]).mean())
    assert all_three.last_mean_absolute_error == pytest.approx(
        np.abs(found.last_error[0, :2]).mean()
    )
    assert all_three.relative_error == pytest.approx(abs(found.error[0, 2]) / 2.0)
    assert all_three.n_inside == found.inside[0, :2].sum()
    assert all_three.n_own_inside == found.inside[0, 2]
    assert one.mean_absolute_error == pytest.approx(abs(found.error[0, 1]))
    assert np.isnan(one.relative_error)


def test_each_target_takes_its_own_measurement() -> None:
    found = comparison()
    assert found.observed.tolist() == [[0.5, 0.7, 2.0], [0.6, 0.8, 2.5]]
    assert found.suites[:, 0] == pytest.approx([0.6, 0.7])  # of the fractions alone


@pytest.mark.parametrize(
    ("params", "tokens", "near"),
    [(1.09, 1.0, True), (1.11, 1.0, False), (1.0, 1 / 1.09, True), (1.0, 1 / 1.11, False)],
)
def test_a_measurement_is_of_the_target_within_ten_percent_of_both_sizes(
    params: float, tokens: float, near: bool
) -> None:
    row = replace(rung(4e11), params=params * 4e11, tokens=tokens * 8e12)
    table = make_table([row], [ARC, PIQA, C4], np.array([[0.6, 0.7, 2.0]]))
    if near:
        assert compare(forecast(4e11), table).models == (row.model,)
        return
    with pytest.raises(RefusedError, match=r"within 10 % of 400B and 8T; the nearest is m4e\+11"):
        compare(forecast(4e11), table)


def test_the_nearest_of_several_is_taken() -> None:
    found = compare(forecast(4e11), measured([4.2e11, 3.98e11, 3.8e11], [[0.5] * 3] * 3))
    assert found.models == ("m3.98e+11",)


def test_what_was_measured_in_another_way_is_not_compared_and_said() -> None:
    zero = replace(ARC, shots=0)
    found = compare(forecast(4e11), measured([4e11], [[0.6, 0.7]], zero, PIQA))
    assert np.isnan(found.observed[0]).tolist() == [True, False, True]
    (note,) = found.notes
    assert note.code == "not-compared"
    assert "'arc' is measured as acc, 0-shot, and the fit is of acc, 5-shot" in note.text


def test_where_nothing_was_measured_in_the_way_of_the_fit_it_is_refused_with_the_ways() -> None:
    others = (replace(ARC, shots=0), replace(ARC, metric="acc_norm"))
    with pytest.raises(RefusedError, match="arc' is measured as acc, 0-shot and acc_norm, 5-shot"):
        compare(forecast(4e11), measured([4e11], [[0.6, 0.7]], *others))


def test_a_benchmark_whose_shots_were_not_recorded_is_compared() -> None:
    untold = replace(ARC, shots=None)
    assert compare(forecast(4e11), measured([4e11], [[0.6]], untold)).observed[0, 0] == 0.6


def series() -> EvalTable:
    """Three checkpoints of a run of another phase each, an anchor, and a model of unknown scale."""
    run = [
        rung(4e11, tokens=1e13 * k, flops=1.2e26 * k, step=1000.0 * k, role="holdout", phase=phase)
        for k, phase in ((1, "stable"), (2, "stable"), (3, "decay"))
    ]
    others = [rung(3e11, model="anchor", role="anchor"), Checkpoint(model="closed", family="f")]
    return make_table([*run, *others], [ARC], np.array([[0.4], [0.5], [0.6], [0.9], [0.7]]))


@pytest.mark.parametrize(
    ("choice", "phases", "scores"),
    [
        (LAST, None, [0.6]),
        (LAST, frozenset({"stable"}), [0.5]),
        (ALL, None, [0.4, 0.5, 0.6]),
        (CheckpointChoice(last=2), None, [0.55]),
    ],
    ids=["last", "last of a phase", "all", "mean of the last two"],
)
def test_measured_checkpoints_of_any_role_are_chosen_as_the_evidence_was(
    choice: CheckpointChoice, phases: frozenset[str] | None, scores: list[float]
) -> None:
    found = Measured(records=series(), choice=choice, phases=phases).checkpoints("f")
    assert found.scores[:, 0] == pytest.approx(scores)


def test_models_of_unknown_compute_count_only_where_they_are_asked_for() -> None:
    truth = Measured(records=series(), choice=LAST, phases=None)
    names = {
        needs: [c.model for c in truth.all_checkpoints(needs_compute=needs).checkpoints]
        for needs in (True, False)
    }
    assert names == {True: ["m4e+11"], False: ["m4e+11", "closed"]}


def test_a_family_that_was_not_measured_is_refused_by_name() -> None:
    with pytest.raises(RefusedError, match="measured family 'g'"):
        Measured(records=series(), choice=LAST, phases=None).checkpoints("g")
