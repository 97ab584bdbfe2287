"""Single answers of lm-evaluation-harness: one column for each filter and metric."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scalepredict.records.importers.harness.interface import ImportedScore
from scalepredict.records.importers.harness.lm_eval_samples import LmEvalSamples
from scalepredict.records.importers.harness.source_file import SourceFile, open_source

NAME = "samples_arc_easy_2026-01-02T03-04-05.678.jsonl"


def sample(digest: str, **more: Any) -> dict[str, Any]:
    return {"doc_id": 7, "doc_hash": digest, "filtered_resps": [], "acc": 1.0, **more}


def file(tmp_path: Path, *lines: object, name: str = NAME) -> SourceFile:
    path = tmp_path / "acme__a-1b" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return open_source(path, name)


def names(score: ImportedScore) -> list[str]:
    assert score.questions is not None
    return [str(name) for name in score.questions.names]


def test_answers_are_questions_by_their_hash_with_their_mean(tmp_path: Path) -> None:
    digest = "0123456789abcdef0123"
    made = file(tmp_path, sample(digest), sample("b", acc=0.0), sample("c"))
    (score,) = LmEvalSamples().read(made).scores
    assert (score.benchmark, score.metric, score.time) == (
        *("arc_easy", "acc"),
        "2026-01-02T03-04-05.678",
    )
    assert (score.subject.label, score.n_items) == ("acme__a-1b", 3)
    assert score.score == pytest.approx(2 / 3)
    assert names(score) == [digest[:16], "b", "c"]
    assert score.questions is not None
    np.testing.assert_array_equal(score.questions.scores, [1.0, 0.0, 1.0])
    np.testing.assert_array_equal(score.questions.lines, [1, 2, 3])


def test_filters_and_metrics_are_columns_apart(tmp_path: Path) -> None:
    strict = {"filter": "strict", "metrics": ["exact_match", "f1"], "exact_match": 1, "f1": 0.5}
    made = file(tmp_path, sample("a"), sample("a", **strict))
    found = {(s.filter, s.metric): s.score for s in LmEvalSamples().read(made).scores}
    assert found == {("none", "acc"): 1.0, ("strict", "exact_match"): 1.0, ("strict", "f1"): 0.5}


def test_a_question_that_is_asked_twice_is_two(tmp_path: Path) -> None:
    (score,) = LmEvalSamples().read(file(tmp_path, sample("a"), sample("a"), sample("b"))).scores
    assert names(score) == ["a", "a-2", "b"]


def test_what_is_no_answer_is_counted(tmp_path: Path) -> None:
    made = file(tmp_path, sample("a"), [1], sample("b", acc=[0.1, 2]), sample("c", acc=True))
    found = LmEvalSamples().read(made)
    assert found.skipped == {
        "a line that is no sample": 1,
        "acc of a question is not a finite number": 2,
    }
    assert [score.n_items for score in found.scores] == [1]


def test_an_array_in_a_file_of_lines_is_read_and_other_lines_are_not_recognised(
    tmp_path: Path,
) -> None:
    path = tmp_path / NAME
    path.write_text(json.dumps([sample("a"), sample("b")], indent=1))
    array = open_source(path, NAME)
    assert LmEvalSamples().recognises(array)
    (score,) = LmEvalSamples().read(array).scores
    assert names(score) == ["a", "b"]
    assert not LmEvalSamples().recognises(file(tmp_path, {"doc_id": 1}))
    assert not LmEvalSamples().recognises(SourceFile(path=path, name="x", content=[]))
