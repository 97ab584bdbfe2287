"""lighteval: keys of every version, averages, hashes, and the settings of a run."""

import json
from pathlib import Path
from typing import Any

import pytest

from scalepredict.records.importers.harness.lighteval import Lighteval
from scalepredict.records.importers.harness.source_file import SourceFile, open_source

GENERAL = {"model_config": {"model_name": "acme/a-1b", "revision": "main", "dtype": "bfloat16"}}


def file(tmp_path: Path, results: dict[str, Any], **more: Any) -> SourceFile:
    path = tmp_path / "results_2026-01-02T03-04-05.json"
    content = {"config_general": GENERAL, "results": results, "versions": {}, **more}
    path.write_text(json.dumps(content))
    return open_source(path, "r.json")


@pytest.mark.parametrize(
    ("key", "benchmark", "task", "shots"),
    [
        ("leaderboard|arc:challenge|25|0", "arc_challenge", "", 25),
        ("leaderboard|arc:challenge|25", "arc_challenge", "", 25),
        ("arc:challenge|25", "arc_challenge", "", 25),
        ("mmlu:anatomy|5", "mmlu", "anatomy", 5),
        ("own_benchmark|0", "own_benchmark", "", 0),
        ("own_benchmark", "own_benchmark", "", None),
    ],
)
def test_a_key_is_a_benchmark_a_task_and_shots(
    tmp_path: Path, key: str, benchmark: str, task: str, shots: int | None
) -> None:
    (score,) = Lighteval().read(file(tmp_path, {key: {"acc": 0.5}})).scores
    assert (score.benchmark, score.task, score.shots) == (benchmark, task, shots)


def test_a_score_has_its_error_its_questions_and_the_time_of_the_file(tmp_path: Path) -> None:
    key = "mmlu:anatomy|5"
    made = file(
        tmp_path,
        {key: {"acc": 0.5, "acc_stderr": 0.04, "f1": float("nan")}},
        versions={key: 2},
        config_tasks={key: {"effective_num_docs": 135}},
        summary_tasks={key: {"hashes": {"hash_examples": "abc"}}},
    )
    found = Lighteval().read(made)
    (score,) = found.scores
    assert (score.metric, score.score, score.stderr, score.n_items) == ("acc", 0.5, 0.04, 135)
    assert (score.version, score.digest, score.time) == ("2", "abc", "2026-01-02T03-04-05")
    assert found.skipped == {"f1 is not a finite number": 1}
    assert dict(score.settings)["precision"] == "bfloat16"
    assert dict(score.settings)["items"] == "all items"


def test_averages_are_not_read_twice(tmp_path: Path) -> None:
    results = {"all": {"acc": 0.4}, "mmlu:_average|5": {"acc": 0.4}, "mmlu:law|5": {"acc": 0.4}}
    found = Lighteval().read(file(tmp_path, results))
    assert [score.task for score in found.scores] == ["law"]
    assert found.skipped == {"an average over tasks, which are read themselves": 2}


def test_a_part_of_the_questions_is_said(tmp_path: Path) -> None:
    general = {**GENERAL, "max_samples": 100}
    made = file(
        tmp_path,
        {"piqa|0": {"acc": 0.5}},
        config_general=general,
        config_tasks={"piqa|0": {"effective_num_docs": 1838}},
    )
    found = Lighteval().read(made)
    (score,) = found.scores
    assert score.n_items == 100
    assert dict(score.settings)["items"] == "100 items"
    assert [note.code for note in found.warnings] == ["subset-of-items"]


def test_a_model_is_its_name_revision_and_adapter(tmp_path: Path) -> None:
    config = {"model_name": "acme/a-1b", "revision": "step100", "adapter_weights": "acme/lora"}
    made = file(tmp_path, {"piqa|0": {"acc": 0.5}}, config_general={"model_config": config})
    (score,) = Lighteval().read(made).scores
    assert (score.subject.label, score.subject.revision) == ("acme/a-1b+acme/lora", "step100")
    (plain,) = Lighteval().read(file(tmp_path, {"piqa|0": {"acc": 0.5}})).scores
    assert (plain.subject.label, plain.subject.revision) == ("acme/a-1b", "")


def test_only_a_configuration_with_results_is_recognised(tmp_path: Path) -> None:
    assert Lighteval().recognises(file(tmp_path, {}))
    others: tuple[object, ...] = ({"results": {}}, {"config_general": {}, "results": []}, [1], None)
    for content in others:
        assert not Lighteval().recognises(
            SourceFile(path=tmp_path / "x.json", name="x", content=content)
        )


@pytest.mark.parametrize(
    ("tasks", "n_items"),
    [
        ({"mmlu:anatomy|5": {"effective_num_docs": 135}}, 135),
        ({"mmlu:anatomy": {"effective_num_docs": 130}}, 130),
        (
            {
                "mmlu:anatomy|5": {"effective_num_docs": 135},
                "mmlu:anatomy": {"effective_num_docs": 1},
            },
            135,
        ),
        ({"mmlu:anatomy|5": {"effective_num_docs": -1}}, None),
        ({}, None),
    ],
)
def test_the_questions_of_a_task_are_found_by_its_key_or_its_name(
    tmp_path: Path, tasks: dict[str, Any], n_items: float | None
) -> None:
    made = file(tmp_path, {"mmlu:anatomy|5": {"acc": 0.5}}, config_tasks=tasks)
    (score,) = Lighteval().read(made).scores
    assert score.n_items == n_items
