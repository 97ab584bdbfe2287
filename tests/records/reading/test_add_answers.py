"""Do graded answers add up to the right scores, whatever the form, the files and the blocks?"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats import csv_file, json_lines, parquet_file
from scalepredict.records.reading import add_answers
from scalepredict.records.reading.read import Reading, read_records

ANSWERS = [  # model, benchmark, question, correct
    *[("a", "quiz", "q1", k) for k in (1, 0, 1, 1)],
    *[("a", "quiz", "q2", k) for k in (0, 0)],
    *[("a", "other", "q1", k) for k in (1,)],
    *[("b", "quiz", "q1", k) for k in (1, 1, 1)],
    *[("b", "other", "q9", k) for k in (0, 1)],
]
EXPECTED = {
    ("a", "quiz", "q1"): (0.75, 4),
    ("a", "quiz", "q2"): (0.0, 2),
    ("a", "other", "q1"): (1.0, 1),
    ("b", "quiz", "q1"): (1.0, 3),
    ("b", "other", "q9"): (0.5, 2),
}
PARAMS = {"a": 1_000_000, "b": 2_000_000}


def frame(answers: Sequence[tuple[str, str, Any, Any]] = ANSWERS, **names: str) -> pd.DataFrame:
    """The answers as people have them, in mixed order."""
    table = pd.DataFrame(answers, columns=["model", "benchmark", "question_id", "correct"])
    table["params"] = table["model"].map(PARAMS)
    table["tokens"] = 20 * table["params"]
    return table.sample(frac=1, random_state=0).rename(columns=names)


def write_csv(path: Path, table: pd.DataFrame) -> None:
    table.to_csv(path.with_suffix(".csv"), index=False)


def write_json(path: Path, table: pd.DataFrame) -> None:
    table.to_json(path.with_suffix(".jsonl"), orient="records", lines=True)


def write_parquet(path: Path, table: pd.DataFrame) -> None:
    table.to_parquet(path.with_suffix(".parquet"), index=False)


FORMS = {"csv": write_csv, "jsonl": write_json, "parquet": write_parquet}
Write = Callable[[Path, pd.DataFrame], None]


@pytest.fixture(params=FORMS)
def write(request: pytest.FixtureRequest) -> Write:
    return FORMS[request.param]


def cells(reading: Reading) -> dict[tuple[str, str, str], tuple[float, float]]:
    table = reading.table
    return {
        (c.model, u.benchmark, u.task): (float(table.scores[i, t]), float(table.n_items[i, t]))
        for i, c in enumerate(table.checkpoints)
        for t, u in enumerate(table.units)
        if np.isfinite(table.scores[i, t])
    }


@pytest.fixture(params=[1, 5, 1 << 20])
def small_blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "CHUNK", request.param)
    monkeypatch.setattr(parquet_file, "_BATCH", request.param)
    monkeypatch.setattr(json_lines, "_CHUNK", 40 * request.param)


@pytest.mark.usefixtures("small_blocks")
def test_answers_to_a_question_add_up_over_rows_blocks_and_files(
    tmp_path: Path, write: Write
) -> None:
    for i in range(3):
        write(tmp_path / f"part{i}", frame().iloc[i::3])
    reading = read_records([tmp_path])
    assert cells(reading) == EXPECTED
    sizes = {c.model: (c.params, c.tokens) for c in reading.table.checkpoints}
    assert sizes == {"a": (1e6, 2e7), "b": (2e6, 4e7)}
    (note,) = [note for note in reading.report.remarks if note.code == "answers-added"]
    assert "12 rows are graded answers" in note.text
    assert "added up to 5 scores" in note.text
    assert sorted(n for _, n in reading.report.files) == [4, 4, 4]


def test_answers_in_files_of_three_forms_are_one(tmp_path: Path) -> None:
    for i, write in enumerate(FORMS.values()):
        write(tmp_path / f"part{i}", frame().iloc[i::3])
    assert cells(read_records([tmp_path])) == EXPECTED


def test_true_and_false_and_questions_of_numbers(tmp_path: Path, write: Write) -> None:
    table = frame([(m, b, int(q[1:]), bool(k)) for m, b, q, k in ANSWERS])
    write(tmp_path / "part", table)
    expected = {(m, b, q[1:]): value for (m, b, q), value in EXPECTED.items()}
    assert cells(read_records([tmp_path])) == expected


def test_scores_and_counts_are_added_up_where_that_is_asked_for(
    tmp_path: Path, write: Write
) -> None:
    write(tmp_path / "one", frame(correct="score", question_id="task"))
    with pytest.raises(RecordError, match="contradicts score"):
        read_records([tmp_path])
    assert cells(read_records([tmp_path], answers=True)) == EXPECTED
    counted = frame([("a", "quiz", "q1", 7), ("a", "quiz", "q1", 1)], correct="successes")
    counted["trials"] = 10
    write(tmp_path / "two", counted)
    both = cells(read_records([tmp_path], answers=True))
    assert both["a", "quiz", "q1"] == ((3 + 8) / 24, 24)


def test_an_answer_that_is_missing_is_left_out_and_counted(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "part", frame([*ANSWERS, ("b", "quiz", "q1", None)]))
    reading = read_records([tmp_path])
    assert cells(reading) == EXPECTED
    assert reading.report.n_empty == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [(2, "2 successes in 1 trial"), (-1, r"successes -1 is not at least 0")],
)
def test_a_bad_answer_is_named_with_its_file_and_row(
    tmp_path: Path, write: Write, value: int, message: str
) -> None:
    write(tmp_path / "good", frame())
    bad = frame().reset_index(drop=True)
    bad.loc[7, "correct"] = value
    write(tmp_path / "more", bad)
    with pytest.raises(RecordError, match=message) as caught:
        read_records([tmp_path])
    place = {"csv": "line 9", "jsonl": "line 8", "parquet": "row 8"}
    suffix = next(path.suffix[1:] for path in tmp_path.iterdir())
    assert str(caught.value).startswith(f"{tmp_path}/more.{suffix}, {place[suffix]}: ")


def test_a_file_without_rows_is_refused(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "part", frame().iloc[:0])
    with pytest.raises(RecordError, match=r"part\.\w+: .*(nothing to read|is empty)"):
        read_records([tmp_path])


def test_a_score_beyond_one_is_no_answer(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "part", frame([("a", "quiz", "q1", 57)], correct="score"))
    with pytest.raises(RecordError, match="an answer is graded from 0 to 1, not 57"):
        read_records([tmp_path], answers=True)


def test_a_line_of_json_that_is_odd_is_named_in_a_large_block(tmp_path: Path) -> None:
    lines = frame().to_json(orient="records", lines=True).splitlines()
    lines[4] = lines[4].replace("}", ',"correct":1}')
    (tmp_path / "part.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(RecordError, match=r"part.jsonl, line 5: key 'correct' twice"):
        read_records([tmp_path])
    lines[4] = "{"
    (tmp_path / "part.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(RecordError, match=r"part.jsonl, line 5: not a JSON value"):
        read_records([tmp_path])


def test_texts_that_look_like_times_stay_texts(tmp_path: Path) -> None:
    rows = [
        {"model": "2024-01-02", "params": 1e6, "tokens": 2e7, "benchmark": "007", "question": "08"}
        | {"correct": k}
        for k in (0, 1)
    ]
    path = tmp_path / "part.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert cells(read_records([path])) == {("2024-01-02", "007", "08"): (0.5, 2.0)}


def test_questions_in_files_too_large_to_hold_are_added_up(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "part", frame(correct="score"))
    monkeypatch.setattr(add_answers, "LARGE_BYTES", 1)
    assert cells(read_records([tmp_path])) == EXPECTED


@pytest.mark.parametrize("extra", [{"score": [0.375, 0.5]}, {"score": [0, 1], "task_loss": [1, 2]}])
def test_large_files_of_tasks_that_are_no_answers_are_read_as_they_are(
    tmp_path: Path,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    extra: dict[str, list[float]],
) -> None:
    table = frame([("a", "quiz", "q1", 0), ("b", "quiz", "q1", 1)]).drop(columns="correct")
    write(tmp_path / "part", table.sort_values("model").assign(**extra))
    monkeypatch.setattr(add_answers, "LARGE_BYTES", 1)
    reading = read_records([tmp_path])
    assert reading.table.scores[:, 0].tolist() == extra["score"]
    assert np.isnan(reading.table.n_items).all()


def test_scores_of_benchmarks_in_large_files_stay_as_they_are(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pd.DataFrame(
        {
            "model": ["a", "b"],
            "params": [1_000_000, 2_000_000],
            "tokens": [20_000_000, 40_000_000],
            "benchmark": ["quiz", "quiz"],
            "score": [0.375, 0.5],
        }
    )
    write(tmp_path / "part", table)
    monkeypatch.setattr(add_answers, "LARGE_BYTES", 1)
    reading = read_records([tmp_path])
    assert reading.table.scores.tolist() == [[0.375], [0.5]]
    assert np.isnan(reading.table.n_items).all()


def test_one_answer_of_each_question_reads_as_it_did_without(tmp_path: Path, write: Write) -> None:
    """Each cell once: the scores of both ways of reading are the same."""
    single = frame([(m, b, q, k) for (m, b, q), (k, _) in EXPECTED.items()], correct="score")
    write(tmp_path / "part", single)
    plain, added = read_records([tmp_path]), read_records([tmp_path], answers=True)
    assert {k: s for k, (s, _) in cells(plain).items()} == {
        k: s for k, (s, _) in cells(added).items()
    }
