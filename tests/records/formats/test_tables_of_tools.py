"""Columns as spreadsheets and data frames write them: remarks, categories, file endings."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.record_file import check_record_place, write_records
from scalepredict.records.reading.read import read_records


def test_a_column_of_words_is_a_remark_and_one_of_odd_numbers_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("model,params,tokens,piqa,comment\na,1B,2B,0.5,good\nb,2B,2B,0.6,\n")
    reading = read_records([path])
    assert reading.table.benchmarks == ("piqa",)
    assert "comment" in reading.report.ignored_columns
    for odd in ("nan", "7 of 9"):
        path.write_text(f"model,params,tokens,piqa,comment\na,1B,2B,0.5,{odd}\nb,2B,2B,0.6,good\n")
        assert "comment" in read_records([path]).report.ignored_columns
    path.write_text("model,params,tokens,piqa,comment\na,1B,2B,0.5,0.7\nb,2B,2B,0.6,good\n")
    with pytest.raises(RecordError, match="comment: 'good' is not a number"):
        read_records([path])
    path.write_text("model,params,tokens,piqa,arc\na,1B,2B,0.5,\nb,2B,2B,0.6,\n")
    assert "arc" not in read_records([path]).report.ignored_columns  # no score yet, and no remark
    path.write_text("model,params,tokens,piqa,comment\na,1B,2B,0.5,inf\nb,2B,2B,0.6,0.7\n")
    with pytest.raises(RecordError, match="inf"):
        read_records([path])


def test_categories_of_pandas_are_read_from_parquet(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "model": pd.Categorical(["b", "a", "b"]),
            "params": pd.Categorical([2_000_000_000, 1_000_000_000, 2_000_000_000]),
            "benchmark": pd.Categorical(["x", "x", "y"]),
            "score": [0.5, 0.6, 0.7],
            "x_hash": pd.Categorical([b"\xff", b"\xfe", b"\xff"]),
        }
    )
    frame.to_parquet(tmp_path / "r.parquet", index=False)
    table = read_records([tmp_path / "r.parquet"]).table
    scores = {c.model: row.tolist() for c, row in zip(table.checkpoints, table.scores, strict=True)}
    assert {c.model: c.params for c in table.checkpoints} == {"a": 1e9, "b": 2e9}
    assert scores["b"] == [0.5, 0.7]


def test_parquet_needs_pyarrow_and_csv_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    check_record_place(tmp_path / "r.csv")
    with pytest.raises(RecordError, match="Parquet needs pyarrow"):
        check_record_place(tmp_path / "r.parquet")
    with pytest.raises(RecordError, match=r"written as \.csv or \.parquet"):
        check_record_place(tmp_path / "r.xlsx")


@pytest.mark.parametrize("name", ["r.csv", "r.parquet"])
def test_records_are_written_in_the_form_of_their_name(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame({"model": ["a"], "params": [1e9], "benchmark": ["x"], "score": [0.1]})
    write_records(tmp_path / name, frame)
    assert read_records([tmp_path / name]).table.scores.tolist() == [[0.1]]
    assert ((tmp_path / name).read_bytes()[:4] == b"PAR1") == name.endswith(".parquet")
