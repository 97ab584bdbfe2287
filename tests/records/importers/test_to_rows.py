"""Imported scores as rows of the record format: sorted, complete, exact, and readable again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.record_file import write_records
from scalepredict.records.importers.choose import Placed
from scalepredict.records.importers.collect import Collected
from scalepredict.records.importers.harness.interface import ImportedScore, Questions, Subject
from scalepredict.records.importers.sidecar import Resolved
from scalepredict.records.importers.to_rows import as_rows, frame_of
from scalepredict.records.reading.read import read_records


def checkpoint(model: str, **more: object) -> Resolved:
    plain = Resolved(
        label=model,
        model=model,
        family="f",
        sizes={"params": 1e9, "tokens": 2e10},
        origin={},
        params_kind="total",
        phase="",
        role="fit",
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def score(benchmark: str = "arc", **more: object) -> ImportedScore:
    plain = ImportedScore(
        subject=Subject(label="a"),
        benchmark=benchmark,
        metric="acc",
        score=0.5,
        source="r.json",
        line=3,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def collected(checkpoints: list[Resolved], placed: list[Placed]) -> Collected:
    return Collected(
        checkpoints=tuple(checkpoints),
        placed=tuple(placed),
        kinds={},
        skipped_files=(),
        passed_over={},
        left_out={},
        notes=(),
        warnings=(),
    )


def one(made: ImportedScore, **more: object) -> pd.DataFrame:
    return frame_of(as_rows(collected([checkpoint("a", **more)], [Placed(0, made)])))


def test_rows_are_sorted_by_family_size_place_benchmark_and_task() -> None:
    checkpoints = [
        checkpoint("large", sizes={"params": 4e9, "tokens": 1e9}),
        checkpoint("late", sizes={"params": 1e9, "tokens": 2e9}),
        checkpoint("early", sizes={"params": 1e9, "tokens": 1e9}),
        checkpoint("other", family="e"),
        checkpoint("unknown", sizes={}),
    ]
    placed = [Placed(i, score(b)) for b in ("piqa", "arc") for i in range(5)]
    frame = frame_of(as_rows(collected(checkpoints, placed)))
    assert frame["model"].tolist()[::2] == ["other", "unknown", "early", "late", "large"]
    assert frame["benchmark"].tolist() == ["arc", "piqa"] * 5


def test_a_row_holds_all_that_is_known_and_no_empty_column() -> None:
    frame = one(
        score(shots=5, n_items=100.0, stderr=0.01, task_loss=1.5, variant="chat", task="law"),
        lab="acme",
        kind="base",
        loss=2.5,
        sizes={"params": 1e9, "tokens": 2e10, "step": 7.0, "seed": 1.0},
    )
    row = frame.iloc[0].to_dict()
    assert row == {
        "model": "a", "family": "f", "lab": "acme", "kind": "base", "role": "fit",
        "benchmark": "arc", "task": "law", "metric": "acc", "variant": "chat",
        "params": 10**9, "tokens": 2 * 10**10, "step": 7, "seed": 1, "loss": 2.5,
        "shots": 5, "task_loss": 1.5, "stderr": 0.01, "score": 0.5, "n_items": 100,
    }  # fmt: skip
    bare = one(score(), family="", role="", sizes={})
    assert set(bare.columns) == {"model", "benchmark", "metric", "score"}


@pytest.mark.parametrize(
    ("name", "metric"), [("none", "acc"), ("strict-match", "acc,strict-match")]
)
def test_a_filter_is_part_of_the_metric(name: str, metric: str) -> None:
    assert one(score(filter=name))["metric"].tolist() == [metric]


def test_every_question_is_a_row_of_its_own_line_and_one_answer() -> None:
    questions = Questions(
        names=np.array(["q2", "q1"], dtype=object),
        scores=np.array([0.0, 1.0]),
        lines=np.array([8, 9]),
    )
    rows = as_rows(
        collected([checkpoint("a")], [Placed(0, score(task="law", questions=questions))])
    )
    frame = frame_of(rows)
    assert frame["task"].tolist() == ["law/q1", "law/q2"]
    assert frame["score"].tolist() == [1.0, 0.0]
    assert frame["n_items"].tolist() == [1, 1]
    assert [rows.where(i) for i in range(2)] == ["r.json, line 9", "r.json, line 8"]


def test_whole_numbers_are_written_without_a_point_and_scores_with_one() -> None:
    frame = one(score(score=1.0, shots=0), sizes={"params": 1.5e9, "tokens": 1e10 + 0.5})
    assert str(frame["params"].dtype) == "Int64"
    assert str(frame["shots"].dtype) == "Int64"
    assert frame["tokens"].dtype == np.float64
    assert frame["score"].dtype == np.float64


def test_half_a_character_becomes_its_escape() -> None:
    assert one(score(benchmark="x\ud800"))["benchmark"].tolist() == ["x\\ud800"]


@pytest.mark.parametrize(
    ("sizes", "words"),
    [({"params": 7.0}, "params 7 is not between"), ({"step": -1.0}, "step -1 is not at least 0")],
)
def test_a_size_that_cannot_be_is_named_with_its_file(sizes: dict[str, float], words: str) -> None:
    with pytest.raises(RecordError, match=f"^r.json, line 3: {words}"):
        one(score(), sizes=sizes)


@pytest.mark.parametrize("name", ["r.csv", "r.parquet"])
def test_what_is_written_reads_back_as_it_was(name: str, tmp_path: Path) -> None:
    checkpoints = [
        checkpoint(m, sizes={"params": p, "tokens": 2e10}) for m, p in (("a", 1e9), ("b", 2e9))
    ]
    placed = [
        Placed(i, score(b, score=0.1 * (i + 1) + 0.01, n_items=100.0))
        for i in (0, 1)
        for b in ("arc", "piqa")
    ]
    write_records(tmp_path / name, frame_of(as_rows(collected(checkpoints, placed))))
    table = read_records([tmp_path / name]).table
    assert [c.model for c in table.checkpoints] == ["a", "b"]
    assert table.scores.tolist() == [[0.1 + 0.01] * 2, [0.2 + 0.01] * 2]
    assert (table.n_items == 100).all()
