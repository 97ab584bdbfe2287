"""Every Eval Ever: scores with limits of their own become fractions, losses stay what they are."""

import json
from pathlib import Path
from typing import Any

import pytest

from scalepredict.records.importers.harness.every_eval_ever import EveryEvalEver
from scalepredict.records.importers.harness.interface import Imported
from scalepredict.records.importers.harness.source_file import SourceFile, open_source


def file(tmp_path: Path, content: Any) -> SourceFile:
    path = tmp_path / "eval.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return open_source(path, "eval.json")


def result(score: object = 0.5, **metric: Any) -> dict[str, Any]:
    return {
        "evaluation_name": "arc",
        "metric_config": {"metric_id": "acc", **metric},
        "score_details": {
            "score": score,
            "uncertainty": {"standard_error": {"value": 0.02}, "num_samples": 1172},
        },
    }


def read(tmp_path: Path, *results: Any, **more: Any) -> Imported:
    content = {
        "schema_version": "0.1",
        "retrieved_timestamp": "1760000000",
        "model_info": {"name": "acme/a", "additional_details": {"num_parameters": "7B"}},
        "evaluation_results": list(results),
        **more,
    }
    made = file(tmp_path, content)
    assert EveryEvalEver().recognises(made)
    return EveryEvalEver().read(made)


def test_a_result_is_a_score_with_its_error_questions_and_model(tmp_path: Path) -> None:
    (score,) = read(tmp_path, result()).scores
    assert (score.benchmark, score.metric, score.score) == ("arc", "acc", 0.5)
    assert (score.stderr, score.n_items, score.higher) == (0.02, 1172, None)
    assert (score.subject.label, score.subject.params) == ("acme/a", 7e9)
    assert score.time == "1760000000"


@pytest.mark.parametrize(
    ("score", "limits", "fraction", "stderr"),
    [
        (0.5, {}, 0.5, 0.02),
        (0.5, {"min_score": 0, "max_score": 1}, 0.5, 0.02),
        (50, {"min_score": 0, "max_score": 100}, 0.5, 0.0002),
        (7, {"min_score": 2, "max_score": 12}, 0.5, 0.002),
        (3, {"max_score": 5}, 0.6, 0.004),
        (0.25, {"min_score": -1, "max_score": 1}, 0.25, 0.02),  # its 0 is what a guesser has
        (2.5, {"lower_is_better": True, "max_score": 100}, 2.5, 0.02),
    ],
)
def test_limits_of_its_own_make_a_score_a_fraction(
    tmp_path: Path, score: float, limits: dict[str, Any], fraction: float, stderr: float
) -> None:
    (found,) = read(tmp_path, result(score, **limits)).scores
    assert found.score == pytest.approx(fraction)
    assert found.stderr == pytest.approx(stderr)


@pytest.mark.parametrize("said", [True, False])
def test_the_direction_is_that_of_the_file(tmp_path: Path, said: bool) -> None:
    (score,) = read(tmp_path, result(lower_is_better=said)).scores
    assert score.higher is not said


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (result(0.5, max_score="Infinity"), "a result that is not bounded"),
        (result(0.5, min_score=1, max_score=1), "a result that is not bounded"),
        (result(0.5, min_score=2, max_score=1), "a result that is not bounded"),
        (result(float("nan")), "a result that is not a finite number"),
        (result("0.5"), "a result that is not a finite number"),
        (result(True), "a result that is not a finite number"),
        ({"evaluation_name": "arc"}, "a result that is not a finite number"),
        ("no result", "a result that is not a finite number"),
    ],
)
def test_what_is_no_score_is_counted_with_its_reason(tmp_path: Path, made: Any, why: str) -> None:
    found = read(tmp_path, made, result())
    assert len(found.scores) == 1
    assert found.skipped == {why: 1}


@pytest.mark.parametrize(
    ("value", "params"),
    [("7B", 7e9), (7e9, 7e9), ("7000000000", 7e9), ("many", None), (None, None)],
)
def test_parameters_are_a_count_or_nothing(
    tmp_path: Path, value: object, params: float | None
) -> None:
    model = {"id": "acme/b", "additional_details": {"num_parameters": value, "revision": "r1"}}
    (score,) = read(tmp_path, result(), model_info=model).scores
    assert (score.subject.label, score.subject.revision, score.subject.params) == (
        "acme/b",
        "r1",
        params,
    )


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"schema_version": "1"},
        {"evaluation_results": []},
        {"schema_version": "1", "evaluation_results": {}},
    ],
    ids=str,
)
def test_other_files_are_not_taken(tmp_path: Path, content: object) -> None:
    assert not EveryEvalEver().recognises(file(tmp_path, content))


def test_settings_of_the_run_or_the_result_are_kept(tmp_path: Path) -> None:
    own = {**result(), "generation_config": {"temperature": 0}}
    model = {"name": "a", "additional_details": {"dtype": "bfloat16"}}
    first, second = read(
        tmp_path, own, result(), model_info=model, generation_config={"temperature": 1}
    ).scores
    assert dict(first.settings)["generation"] != dict(second.settings)["generation"]
    assert dict(first.settings)["precision"] == "bfloat16"
