"""A registered forecast is what it was, and is judged by its own distribution."""

import hashlib
import json
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtri

import scalepredict
from scalepredict.errors import RefusedError, StorageError
from scalepredict.evaluation.forecast.registration import (
    Outcome,
    checked,
    content_hash,
    registered_interval,
    registration,
    scored,
    summary,
    with_hash,
)
from scalepredict.evaluation.intervals.levels import Levels
from scalepredict.predictors.direct.trend import Trend
from scalepredict.predictors.interface import PROBABILITIES
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table
from scalepredict.records.text.yaml_text import Document

FILE = {"name": "fit.json", "sha256": "0" * 64}
ARC = Unit(benchmark="arc", metric="acc", shots=5)
LOSS = Unit(benchmark="c4", metric="loss", measure=shipped_metrics().find("loss"))


def entry(unit: Unit, point: float, sd: float) -> dict[str, Any]:
    """A normal forecast, which is straight between quantiles as they are read."""
    return {
        "benchmark": unit.benchmark,
        "metric": unit.metric,
        "shots": unit.shots,
        "variant": unit.variant,
        "unit": "fraction" if unit.measure is None else unit.measure.unit,
        "direction": "higher" if unit.measure is None else unit.measure.direction,
        "forecast": point,
        "quantiles": (point + sd * ndtri(PROBABILITIES)).tolist(),
    }


def document(**changes: Any) -> dict[str, Any]:
    content = {
        "schema": "scalepredict.registered/1",
        "time": "2026-03-01T12:00:00+00:00",
        "version": "0.2.0",
        "predictor": "trend",
        "fit": FILE,
        "inputs": [FILE],
        "targets": [
            {
                "family": "f",
                "params": 1.2e10,
                "tokens": 3e11,
                "flops": 2.16e22,
                "assumption": "",
                "benchmarks": [entry(ARC, 0.6, 0.02), entry(LOSS, 2.4, 0.01)],
            }
        ],
        **changes,
    }
    return with_hash(content)


def measured(
    scores: Floats | list[list[float]], *, units: tuple[Unit, ...] = (ARC, LOSS)
) -> EvalTable:
    """One row for each list of scores: 12B, then 13B, 14B, ... params."""
    rows = [
        Checkpoint(model=f"m{i}", family="f", params=1.2e10 + i * 1e9, tokens=3e11, flops=2e22)
        for i in range(len(scores))
    ]
    return make_table(rows, units, np.array(scores))


def test_the_place_in_the_distribution_and_the_log_score_are_those_of_the_normal_one() -> None:
    arc, loss = scored(document(), measured([[0.57, 2.425]]))
    for found, value, normal in (
        (arc, 0.57, stats.norm(0.6, 0.02)),
        (loss, 2.425, stats.norm(2.4, 0.01)),
    ):
        assert found.measured == value
        assert found.pit == pytest.approx(normal.cdf(value))
        assert found.log_score == pytest.approx(normal.logpdf(value))
    assert arc.error == pytest.approx(0.03)
    assert loss.error == pytest.approx(-0.025)
    assert (arc.unit, loss.unit) == ("fraction", "nats")
    assert arc.registered == "2026-03-01T12:00:00+00:00"


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.6])
def test_an_interval_of_any_level_is_that_of_the_distribution(level: float) -> None:
    low, high = registered_interval(entry(ARC, 0.6, 0.02)["quantiles"], level)
    assert (low, high) == pytest.approx(stats.norm(0.6, 0.02).interval(level))


@pytest.mark.parametrize(
    ("value", "held"),
    [(0.6, (True, True)), (0.62, (False, True)), (0.58, (False, True)), (0.65, (False, False))],
)
def test_an_interval_held_if_it_has_the_measurement(value: float, held: tuple[bool, bool]) -> None:
    found = scored(document(), measured([[value, np.nan]]))[0]
    assert (found.inside(0.5), found.inside(0.9)) == held


def test_a_measurement_far_outside_has_a_finite_log_score() -> None:
    (found,) = scored(document(), measured([[0.0, np.nan]]))
    assert found.log_score == pytest.approx(np.log(1e-12))
    assert found.pit == pytest.approx(0.0, abs=1e-12)


def test_quantiles_that_are_clipped_alike_are_a_step() -> None:
    content = document()
    clipped = np.minimum(content["targets"][0]["benchmarks"][0]["quantiles"], 0.6)
    content["targets"][0]["benchmarks"][0]["quantiles"] = clipped.tolist()
    (above,) = scored(content, measured([[0.7, np.nan]]))
    assert above.pit == pytest.approx(1.0)
    assert not above.inside(0.9)


def test_the_measured_model_is_the_nearest_within_ten_percent() -> None:
    rows = [[0.6, np.nan]] * 3  # 12B, 13B and 14B
    (found,) = scored(document(), measured(rows))
    assert found.model == "m0"
    (found,) = scored(document(), measured(rows).take_rows([2, 1]))
    assert found.model == "m1"  # 8 % away
    assert scored(document(), measured(rows).take_rows([2])) == ()  # 17 %


def test_other_families_and_models_of_unknown_size_are_not_the_target() -> None:
    known = measured([[0.6, 2.4]])
    other = Checkpoint(model="x", family="g", params=1.2e10, tokens=3e11, flops=2e22)
    unknown = Checkpoint(model="y", family="f")
    rows = make_table([other, unknown], known.units, np.array([[0.6, 2.4]] * 2))
    assert scored(document(), rows) == ()
    assert scored(document(), rows.take_rows([])) == ()


def test_a_score_by_another_metric_or_shot_count_is_no_measurement_of_it() -> None:
    for other in (Unit(benchmark="arc", metric="f1", shots=5), Unit(benchmark="arc", shots=0)):
        assert scored(document(), measured([[0.6]], units=(other,))) == ()
    untold = Unit(benchmark="arc")
    assert len(scored(document(), measured([[0.6]], units=(untold,)))) == 1


def outcomes(*values: float) -> tuple[Outcome, ...]:
    return tuple(scored(document(), measured([[value, 2.4 * 1.01]]))[0] for value in values)


def test_a_summary_counts_what_held_and_averages_fractions_and_other_units_apart() -> None:
    both = (*outcomes(0.6, 0.62, 0.66), scored(document(), measured([[np.nan, 2.5]]))[0])
    found = summary(both, Levels((0.5, 0.9)))
    assert found["forecasts"] == 4
    assert found["mean_absolute_error"] == pytest.approx((0 + 0.02 + 0.06) / 3)
    assert found["mean_relative_error"] == pytest.approx(0.1 / 2.5)
    assert found["inside"]["50"] == pytest.approx(1 / 4)
    assert found["inside"]["90"] == pytest.approx(2 / 4)
    assert list(found["inside"]) == ["50", "80", "90", "95"]
    assert found["mean_pit"] == pytest.approx(np.mean([o.pit for o in both]))
    assert found["mean_log_score"] == pytest.approx(np.mean([o.log_score for o in both]))


def test_a_summary_has_no_error_of_a_kind_that_was_not_measured() -> None:
    found = summary(outcomes(0.6), Levels((0.9,)))
    assert found["mean_relative_error"] is None
    with pytest.raises(RefusedError, match="nothing that was registered has been measured"):
        summary((), Levels())


def test_the_hash_is_of_sorted_compact_json_without_itself() -> None:
    content = {"b": [1, 2.5], "a": "é"}
    text = '{"a":"\\u00e9","b":[1,2.5]}'
    assert content_hash(content) == hashlib.sha256(text.encode()).hexdigest()
    assert content_hash(with_hash(content)) == content_hash(content)
    assert content_hash(dict(reversed(content.items()))) == content_hash(content)


def test_what_is_on_record_is_read_back_and_any_change_is_seen() -> None:
    content = json.loads(json.dumps(document()))
    assert checked(Document(value=content, source="r.json", lines={})) == content
    content["targets"][0]["benchmarks"][0]["forecast"] += 1e-9
    with pytest.raises(StorageError, match=r"^r.json: its content no longer matches its own hash"):
        checked(Document(value=content, source="r.json", lines={}))


@pytest.mark.parametrize("content", [[], "text", {"schema": "scalepredict.fit/1"}, {}])
def test_other_documents_are_refused_with_what_is_wanted(content: object) -> None:
    with pytest.raises(StorageError, match=r"no registered forecast .*scalepredict register"):
        checked(Document(value=content, source="r.json", lines={}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"params": -1.0}, "params"),
        ({"benchmarks": [{**entry(ARC, 0.6, 0.02), "quantiles": [0.1]}]}, "quantiles"),
        ({"benchmarks": [{**entry(ARC, 0.6, 0.02), "direction": "up"}]}, "direction"),
        ({"benchmarks": [{**entry(ARC, 0.6, 0.02), "forecast": "high"}]}, "forecast"),
    ],
    ids=["size below zero", "one quantile", "no direction", "text for a number"],
)
def test_content_of_the_wrong_kind_is_refused_though_its_hash_is_right(
    change: dict[str, Any], words: str
) -> None:
    target = {**document()["targets"][0], **change}
    with pytest.raises(StorageError, match=words):
        checked(Document(value=document(targets=[target]), source="r.json", lines={}))


def test_a_forecast_is_registered_as_it_stands_and_valid() -> None:
    sizes = 1e8 * 4.0 ** np.arange(6)
    rows = [Checkpoint(model=f"m{n}", params=n, tokens=20 * n, flops=120 * n * n) for n in sizes]
    scores = np.stack([0.3 + 0.05 * np.arange(6), np.full(6, np.nan)], axis=1)
    scores[:2, 1] = 0.5  # too few for a forecast
    units = [ARC, Unit(benchmark="rare")]
    table = make_table(rows, units, scores, n_items=np.full(scores.shape, 500.0))
    forecasts = scalepredict.forecast(scalepredict.fit(table, predictor=Trend()), params=[5e11])
    made = with_hash(
        registration(
            forecasts, predictor="trend", fit=FILE, inputs=[FILE, FILE], version="0.2.0", time="now"
        )
    )
    assert checked(Document(value=json.loads(json.dumps(made)), source="r.json", lines={})) == made
    (target,) = made["targets"]
    (only,) = target["benchmarks"]
    forecast = forecasts[0].forecast
    assert (only["benchmark"], only["shots"], only["unit"]) == ("arc", 5, "fraction")
    assert only["forecast"] == forecast.point[0, 0]
    for p, quantile in zip(PROBABILITIES, only["quantiles"], strict=True):
        assert quantile == forecast.quantile(p)[0, 0]
    assert target["params"] == 5e11
    assert len(made["inputs"]) == 2
