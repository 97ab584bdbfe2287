"""OLMES: every file of a run, primary scores, losses per byte, and suites that are no tasks."""

import json
from pathlib import Path
from typing import Any

import pytest

from scalepredict.records.importers.harness.interface import Imported
from scalepredict.records.importers.harness.olmes import Olmes
from scalepredict.records.importers.harness.source_file import SourceFile, open_source

MODEL = {"model": "acme/a-1b", "revision": "step1000"}


def task(**changes: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "task_name": "arc_easy",
        "task_hash": "abc",
        "model_config": MODEL,
        "task_config": {"primary_metric": "acc_raw", "num_shots": 5, "version": 0, "limit": None},
        "metrics": {"primary_score": 0.55, "acc_raw": 0.55, "logits_per_byte_corr": 1.25},
        "num_instances": 2376,
        "current_date": "2026-01-02 03:04:05",
    }
    return entry | changes


def file(tmp_path: Path, name: str, content: Any) -> SourceFile:
    path = tmp_path / name
    lines = content if name.endswith(".jsonl") else [content]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return open_source(path, name)


def read(tmp_path: Path, *entries: Any) -> Imported:
    made = file(tmp_path, "metrics-all.jsonl", list(entries))
    return Olmes().read(made)


def test_a_task_has_its_score_questions_shots_and_loss(tmp_path: Path) -> None:
    (score,) = read(tmp_path, task()).scores
    assert (score.benchmark, score.task, score.metric) == ("arc_easy", "", "acc_raw")
    assert (score.score, score.n_items, score.shots) == (0.55, 2376, 5)
    assert (score.version, score.digest, score.task_loss) == ("0", "abc", 1.25)
    assert (score.subject.label, score.subject.revision) == ("acme/a-1b", "step1000")
    assert (score.stderr, score.line) == (None, 1)


@pytest.mark.parametrize(
    ("changes", "benchmark"),
    [
        ({"task_name": "mmlu_anatomy:mc"}, "mmlu_anatomy:mc"),
        (
            {"task_name": "arc_easy:rc", "task_config": {"task_core": "arc_easy"}},
            "arc_easy:rc",
        ),
        ({"task_name": None, "task_config": {"task_name": "boolq"}}, "boolq"),
    ],
)
def test_a_form_of_a_task_is_a_benchmark_of_its_own(
    tmp_path: Path, changes: dict[str, Any], benchmark: str
) -> None:
    (score,) = read(tmp_path, task(**changes)).scores
    assert score.benchmark == benchmark


@pytest.mark.parametrize(
    ("metrics", "loss"),
    [
        ({"logits_per_byte_corr": 1.5, "bits_per_byte": 9.0}, 1.5),
        ({"bits_per_byte_corr": 1.25}, 1.25),
        ({"bits_per_byte": 1.125}, 1.125),
        ({"logits_per_byte_corr": -1.0, "bits_per_byte": 1.0}, 1.0),
        ({"logits_per_byte_corr": float("nan")}, None),
        ({}, None),
    ],
)
def test_one_loss_has_three_names(
    tmp_path: Path, metrics: dict[str, float], loss: float | None
) -> None:
    (score,) = read(tmp_path, task(metrics={"primary_score": 0.5, **metrics})).scores
    assert score.task_loss == loss


def test_averages_of_suites_and_entries_without_a_score_are_counted_out(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        task(),
        task(task_name="mmlu", task_config={"primary_metric": "macro"}),
        task(task_name="core", task_config={"primary_metric": "micro"}),
        task(metrics={"primary_score": float("nan")}),
        task(metrics={"primary_score": "0.5"}),
        task(metrics=None),
        "no entry at all",
    )
    assert len(found.scores) == 1
    assert found.skipped == {
        "an average over a suite, whose tasks are read themselves": 2,
        "an entry whose primary_score is not a finite number": 2,
        "an entry without metrics": 2,
    }


def test_the_three_files_of_a_run_hold_the_same_score(tmp_path: Path) -> None:
    one = file(tmp_path, "task-000-arc_easy-metrics.json", task())
    bare = {name: value for name, value in task().items() if name != "model_config"}
    whole = file(
        tmp_path, "metrics.json", {"all_primary_scores": [], "model_config": MODEL, "tasks": [bare]}
    )
    every = file(tmp_path, "metrics-all.jsonl", [task()])
    found = []
    for made in (one, whole, every):
        assert Olmes().recognises(made)
        (score,) = Olmes().read(made).scores
        found.append((score.subject, score.benchmark, score.score, score.n_items, score.digest))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    "content",
    [{}, [], "x", {"metrics": {}}, {"task_hash": "a", "metrics": {}}, {"all_primary_scores": []}],
    ids=str,
)
def test_other_files_are_not_taken(tmp_path: Path, content: object) -> None:
    assert not Olmes().recognises(file(tmp_path, "other.json", content))


@pytest.mark.parametrize(
    ("config", "model", "name", "value"),
    [
        ({"use_chat_format": True}, {}, "chat-template", "yes"),
        ({}, {"model_args": {"chat_model": True}}, "chat-template", "no"),
        ({}, {"chat_model": True}, "chat-template", "yes"),
        ({}, {}, "chat-template", "no"),
        ({"limit": 100}, {}, "items", "limit 100"),
        ({"limit": None}, {}, "items", "all items"),
        ({"limit": 0}, {}, "items", "all items"),
        ({}, {}, "system-prompt", "no"),
        ({}, {}, "quantisation", "no"),
        ({}, {"dtype": "bfloat16"}, "precision", "bfloat16"),
    ],
)
def test_settings_that_move_scores_are_kept(
    tmp_path: Path, config: dict[str, Any], model: dict[str, Any], name: str, value: str
) -> None:
    entry = task(task_config={"primary_metric": "acc", **config}, model_config={**MODEL, **model})
    (score,) = read(tmp_path, entry).scores
    assert dict(score.settings)[name] == value
