"""The same records read the same in every form of file, in any order, and from several files."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalepredict.errors import RecordError
from scalepredict.records.formats import csv_file as delimited
from scalepredict.records.formats.sources import Source
from scalepredict.records.notes import Level
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable
from scalepredict.records.text.counts import parse_count

LONG: list[dict[str, Any]] = [
    {"model": "a", "params": 70e6, "tokens": 3e11, "loss": 3.25, "benchmark": "arc_easy",
     "score": 0.3125, "stderr": 0.0125, "n_items": 2000},
    {"model": "a", "params": 70e6, "tokens": 3e11, "loss": 3.25, "benchmark": "quiz",
     "task": "one", "score": 0.1},
    {"model": "b", "params": 1e9, "tokens": 3e11, "loss": 2.5, "benchmark": "arc_easy",
     "score": 0.6, "stderr": 0.011, "n_items": 2000},
    {"model": "b", "params": 1e9, "tokens": 3e11, "loss": 2.5, "benchmark": "quiz",
     "task": "one", "score": 0.3},
]  # fmt: skip
WIDE = (
    '\ufeffModel,Model Family,"#Params (B)",Pretraining Data Size (T),Loss (nats),'
    "arc_easy,arc_easy/stderr,arc_easy/n,quiz/one (%)\n"
    "a,default,0.07,0.3,3.25,0.3125,0.0125,2000,10\n"
    "b,default,1,0.3,2.5,0.6,0.011,2000,30%\n"
)
YAML = """
benchmarks:
  quiz: {chance: 0.125, suite: mine}
records:
  - model: a
    params: 70M
    tokens: 0.3T
    loss: 3.25
    scores:
      arc_easy: {score: 0.3125, stderr: 0.0125, n_items: 2k}
      quiz: {one: 0.1}
  - model: b
    params: 1e9
    tokens: 300_000_000_000
    loss: 2.5
    scores: {arc_easy: {score: 0.6, stderr: 0.011, n_items: 2000}, quiz: {one: {score: .3}}}
"""


def cells(table: EvalTable) -> dict[tuple[object, ...], tuple[float, ...]]:
    """Every measured cell by its names, so that order does not count."""
    return {
        (c.family, c.model, c.params, c.tokens, c.flops, c.loss, u.benchmark, u.task): (
            float(table.scores[i, j]),
            float(np.nan_to_num(table.stderr[i, j], nan=-1)),
            float(np.nan_to_num(table.n_items[i, j], nan=-1)),
        )
        for i, c in enumerate(table.checkpoints)
        for j, u in enumerate(table.units)
        if np.isfinite(table.scores[i, j])
    }


def write(folder: Path, form: str) -> Path:
    path = folder / f"records.{form}"
    frame = pd.DataFrame(LONG)
    if form in ("csv", "csv.gz"):
        frame.to_csv(path, index=False)
    elif form == "tsv":
        frame.to_csv(path, index=False, sep="\t")
    elif form == "parquet":
        frame.to_parquet(path)
    elif form == "jsonl":
        path.write_text("\n".join(json.dumps(row) for row in LONG) + "\n\n", encoding="utf-8")
    elif form == "jsonl.gz":
        path.write_bytes(gzip.compress("\n".join(map(json.dumps, LONG)).encode()))
    elif form == "yaml":
        path.write_text(YAML, encoding="utf-8")
    else:
        path = folder / "wide.csv"
        path.write_text(WIDE, encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["csv.gz", "tsv", "parquet", "jsonl", "jsonl.gz", "yaml", "wide"])
def test_every_form_of_file_reads_to_the_same_cells(tmp_path: Path, form: str) -> None:
    expected = cells(read_records([write(tmp_path, "csv")]).table)
    assert len(expected) == 4
    assert cells(read_records([write(tmp_path, form)]).table) == expected


COUNTS = ["1B", "1e9", "1000000000", "1_000", "1,000", "1.1B", "9007199254740993", " 70M ", ""]
SCORES = ["0.1", "0.30000000000000004", ".5", "1", "5e-1", "0.1234567890123456789", " 0.5", ""]
NOTES = ["", "q", "007", "1.50", "True", "NA", "two\nlines"]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(COUNTS), st.sampled_from(SCORES), st.sampled_from(NOTES)),
        min_size=1,
        max_size=7,
    ),
    chunk=st.integers(1, 8),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_cells_are_read_as_they_are_written_whatever_the_chunks(
    rows: list[tuple[str, str, str]], chunk: int, line_end: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end)
    writer.writerows([("model", "benchmark", "params", "score", "x_note")])
    writer.writerows([("m", "b", *row) for row in rows])
    source = Source(name="records.csv", path=None, content=text.getvalue().encode())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delimited, "CHUNK", chunk)
        read = delimited.read_delimited(source, percent=False).rows
    params = [parse_count(count) if count else np.nan for count, _, _ in rows]
    scores = [float(score) if score else np.nan for _, score, _ in rows]
    np.testing.assert_array_equal(read.number("params"), params)
    np.testing.assert_array_equal(read.number("score"), scores)
    breaks = np.cumsum([0, *(note.count("\n") for _, _, note in rows)])[:-1]
    np.testing.assert_array_equal(read.lines, 2 + np.arange(len(rows)) + breaks)


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_a_file_in_chunks_reads_as_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    path = tmp_path / "records.csv"
    path.write_text(
        "model,params,tokens,benchmark,task,score,x_note\n"
        "a,1B,2B,x,,0.1,\n"  # chunks of one or two rows have no task at all
        "a,1B,3B,x,,0.2,\n"
        "\n"
        'b,2B,2B,y,one,0.3,"a break\n"\n'
        "b,2B,2B,y,two,0.4,\n"
        "c,3B,2B,y,one,0.5,\n",
        encoding="utf-8",
    )
    whole = read_records([path]).table
    monkeypatch.setattr(delimited, "CHUNK", chunk)
    table = read_records([path]).table
    assert cells(table) == cells(whole)
    assert [c.line for c in table.checkpoints] == [2, 3, 5, 8]
    assert [u.task for u in table.units] == ["", "one", "two"]


ANSWERS: dict[str, list[object]] = {
    "all are words": [True, False],
    "one is a number": [True, 0.5, False],
}


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("kind", ANSWERS)
def test_a_score_of_true_or_false_is_one_or_zero(tmp_path: Path, form: str, kind: str) -> None:
    scores = ANSWERS[kind]
    rows = [
        {"model": "a", "params": 1e9, "tokens": 2e9, "benchmark": "x", "task": f"q{i}", "score": s}
        for i, s in enumerate(scores)
    ]
    path = tmp_path / f"records.{form}"
    if form == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    elif form == "csv":
        pd.DataFrame(rows).to_csv(path, index=False)
    else:
        as_text = [{**row, "score": str(row["score"])} for row in rows]
        pd.DataFrame(rows if kind == "all are words" else as_text).to_parquet(path)
    np.testing.assert_array_equal(read_records([path]).table.scores, [scores])


@pytest.mark.parametrize("chunk", [1, 9])
def test_names_that_look_like_numbers_keep_their_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    path = tmp_path / "records.csv"
    tasks = ["007", "7", "1.50", "1e5", "12345678901234567890123"]
    rows = "".join(f"0042,1B,2B,x,{task},0.1\n" for task in tasks)
    path.write_text("model,params,tokens,benchmark,task,score\n" + rows, encoding="utf-8")
    monkeypatch.setattr(delimited, "CHUNK", chunk)
    table = read_records([path]).table
    assert [c.model for c in table.checkpoints] == ["0042"]
    assert [u.task for u in table.units] == tasks


def test_a_folder_of_many_forms_merges_repeats_and_says_what_is_no_record(tmp_path: Path) -> None:
    for form in ("csv", "parquet", "jsonl", "yaml", "wide"):
        write(tmp_path, form)
    (tmp_path / "ladder.yaml").write_text("models: []\n", encoding="utf-8")
    (tmp_path / "remarks.txt").write_text("none", encoding="utf-8")
    reading = read_records([tmp_path])
    assert len(reading.report.files) == 5
    assert (reading.report.n_rows, reading.report.n_merged) == (20, 16)
    assert [Path(name).name for name in reading.report.other_files] == ["ladder.yaml"]
    (quiz,) = (unit for unit in reading.table.units if unit.benchmark == "quiz")
    assert (quiz.chance, quiz.suite, quiz.chance_assumed) == (0.125, "mine", False)


def test_percent_is_converted_only_where_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "percent.csv"
    text = "model,params,tokens,benchmark,score,stderr\na,1B,2B,x,57.3,1.5\n"
    path.write_text(text, encoding="utf-8")
    table = read_records([path], percent=True).table
    assert (table.scores[0, 0], table.stderr[0, 0]) == (0.573, 0.015)
    path.write_text(text.replace("score,stderr", "score (%),stderr (%)"), encoding="utf-8")
    assert read_records([path]).table.scores[0, 0] == 0.573
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordError, match=r"score 57.3 is not between 0 and 1"):
        read_records([path])


def test_several_metrics_are_read_by_choice(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text(
        "model,params,tokens,benchmark,metric,score\n"
        "a,1B,2B,x,acc,0.5\na,1B,2B,x,acc_norm,0.6\na,1B,2B,y,acc,0.7\n",
        encoding="utf-8",
    )
    reading = read_records([path], metrics=["acc_norm"])
    assert {u.benchmark: u.metric for u in reading.table.units} == {"x": "acc_norm", "y": "acc"}
    assert reading.report.n_filtered == 1
    np.testing.assert_array_equal(reading.table.scores, [[0.6, 0.7]])
    with pytest.raises(RecordError, match="did you mean 'acc_norm'"):
        read_records([path], metrics=["acc_nrm"])


def test_successes_and_trials_stand_in_for_a_score(tmp_path: Path) -> None:
    path = tmp_path / "trials.csv"
    path.write_text(
        "model,params,tokens,benchmark,task,successes,trials\na,1B,2B,x,q1,3,8\n", encoding="utf-8"
    )
    table = read_records([path]).table
    assert (table.scores[0, 0], table.n_items[0, 0]) == (0.375, 8)


def test_two_of_params_tokens_and_flops_give_the_third(tmp_path: Path) -> None:
    path = tmp_path / "flops.csv"
    path.write_text(
        "model,params,tokens,flops,benchmark,score\n"
        "a,1B,2B,,x,0.1\nb,1B,,1.2e20,x,0.2\nc,,2B,6e19,x,0.3\nd,,,,x,0.4\ne,1B,2B,1e20,x,0.5\n",
        encoding="utf-8",
    )
    reading = read_records([path])
    scale = [(c.params, c.tokens, c.flops, c.flops_given) for c in reading.table.checkpoints]
    assert scale == [
        (1e9, 2e9, 1.2e19, False),
        (1e9, 2e10, 1.2e20, True),
        (5e9, 2e9, 6e19, True),
        (None, None, None, False),
        (1e9, 2e9, 1e20, True),
    ]
    report = reading.report
    derived = (report.n_flops_derived, report.n_tokens_derived, report.n_params_derived)
    assert (*derived, report.n_without_compute) == (1, 1, 1, 1)


def test_where_tokens_are_missing_flops_or_steps_tell_checkpoints_apart(tmp_path: Path) -> None:
    path = tmp_path / "steps.csv"
    path.write_text(
        "model,params,tokens,flops,step,benchmark,score\n"
        "a,1B,2B,,,x,0.1\na,1B,,3e19,,x,0.2\na,1B,,4e19,,x,0.3\nb,,,,10,x,0.4\nb,,,,20,x,0.5\n",
        encoding="utf-8",
    )
    table = read_records([path]).table
    assert table.scores[:, 0].tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_a_remark_of_several_lines_may_hold_many_commas(tmp_path: Path) -> None:
    path = tmp_path / "remark.csv"
    path.write_text(
        "model,params,benchmark,score,x_note\n"
        'a,1B,x,0.5,"one, two, three, four, five, six\nand more"\nb,2B,x,0.6,\n',
        encoding="utf-8",
    )
    assert [c.line for c in read_records([path]).table.checkpoints] == [2, 4]


def test_columns_of_no_meaning_are_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "remarks.csv"
    path.write_text("model,params,tokens,x_score,gpu,piqa\na,1B,2B,9,a100,0.6\n", encoding="utf-8")
    reading = read_records([path])
    assert [unit.benchmark for unit in reading.table.units] == ["piqa"]
    assert reading.report.ignored_columns == ("x_score", "gpu")
    assert not any(note.level == Level.WARNING for note in reading.report.notes())


def test_a_left_out_column_that_resembles_one_that_is_there_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "slip.csv"
    path.write_text(
        "model,params,tokens,benchmark,score,scroe,x_task\na,1B,2B,piqa,0.6,0.7,1\n",
        encoding="utf-8",
    )
    notes = read_records([path]).report.notes()
    warnings = [note for note in notes if note.level == Level.WARNING]
    assert len(warnings) == 1
    assert "column 'scroe' is left out. Correct it if 'score' is meant" in str(warnings[0])


@pytest.mark.parametrize(("params", "warned"), [("1B", False), ("", True)])
def test_a_left_out_column_of_sizes_is_a_warning_where_sizes_are_lacking(
    tmp_path: Path, params: str, warned: bool
) -> None:
    path = tmp_path / "sizes.csv"
    header = "model,params,teacher_params,tokens,benchmark,score"
    path.write_text(f"{header}\na,{params},0.8B,2B,piqa,0.6\n", encoding="utf-8")
    notes = "\n".join(map(str, read_records([path]).report.notes()))
    assert ("'teacher_params' is left out, and checkpoints lack" in notes) is warned
    assert ("Name it 'params'" in notes) is warned


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(len(LONG))))
def test_the_order_of_rows_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    path = tmp_path_factory.mktemp("order") / "records.csv"
    pd.DataFrame([LONG[i] for i in order]).to_csv(path, index=False)
    shuffled = read_records([path]).table
    pd.DataFrame(LONG).to_csv(path, index=False)
    assert cells(shuffled) == cells(read_records([path]).table)
