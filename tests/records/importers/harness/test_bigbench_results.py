"""BIG-bench: preferred scores of subtasks, divided by their span; averages are not read twice."""

import json
from pathlib import Path
from typing import Any

import pytest

from scalepredict.records.importers.harness.bigbench_results import BigBench
from scalepredict.records.importers.harness.source_file import SourceFile, open_source


def entry(metric: str, value: float, **changes: Any) -> dict[str, Any]:
    return {
        "score_dict": {metric: value, "other": 0.9},
        "preferred_score": metric,
        "subtask_description": "abstract:verbal",
        "number_of_shots": 2,
        "low_score": 0.25,
        "high_score": 1.0,
        **changes,
    }


def file(tmp_path: Path, *entries: dict[str, Any]) -> SourceFile:
    path = tmp_path / "narrative" / "scores_lamda_4b.json"
    path.parent.mkdir()
    model = {
        "model_name": "4b",
        "model_family": "BIG-G T=0",
        "total_params": 4.1e9,
        "non_embedding_params": 4e9,
    }
    path.write_text(json.dumps({"model": model, "scores": entries}))
    return open_source(path, "s.json")


def test_a_subtask_gives_its_preferred_score_with_the_chance_of_a_guesser(tmp_path: Path) -> None:
    (score,) = BigBench().read(file(tmp_path, entry("multiple_choice_grade", 0.4))).scores
    assert (score.benchmark, score.task, score.metric) == (
        *("abstract", "verbal"),
        "multiple_choice_grade",
    )
    assert (score.score, score.chance, score.shots, score.percent) == (0.4, 0.25, 2, False)
    subject = score.subject
    assert (subject.label, subject.family, subject.params) == ("4b", "BIG-G T=0", 4.1e9)
    assert (subject.params_non_embedding, subject.tokens) == (4e9, None)


def test_a_score_of_another_span_becomes_a_fraction(tmp_path: Path) -> None:
    bleu = entry("bleu", 30.0, low_score=10.0, high_score=100.0, subtask_description="")
    (score,) = BigBench().read(file(tmp_path, bleu)).scores
    assert (score.score, score.chance) == pytest.approx((0.3, 0.1))
    assert (score.benchmark, score.task) == ("narrative", "")  # the folder of the task


def test_averages_and_subtasks_without_their_score_are_counted(tmp_path: Path) -> None:
    entries = [
        entry("normalized_aggregate_score", 12.0),
        entry("bleu", 0.3, score_dict={}),
        entry("bleu", 0.3, score_dict={"bleu": float("nan")}),
        entry("bleu", 0.3, low_score=1.0),  # a floor at the ceiling is no chance level
    ]
    found = BigBench().read(file(tmp_path, *entries))
    assert found.skipped == {
        "an average over subtasks, which are read themselves": 1,
        "a subtask without its preferred score": 2,
    }
    (score,) = found.scores
    assert score.chance is None


def test_only_files_with_scores_of_subtasks_are_recognised(tmp_path: Path) -> None:
    assert BigBench().recognises(file(tmp_path, entry("bleu", 0.1)))
    others: tuple[object, ...] = ({"scores": []}, {"scores": [{"a": 1}]}, [1], None)
    for content in others:
        assert not BigBench().recognises(
            SourceFile(path=tmp_path / "x.json", name="x", content=content)
        )
