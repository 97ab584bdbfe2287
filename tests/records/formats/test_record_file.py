"""Records are written whole, in the form that their name says, and read back as they were."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scalepredict.errors import RecordError, StorageError
from scalepredict.records.formats import record_file
from scalepredict.records.formats.long_form import long_form
from scalepredict.records.formats.record_file import check_record_place, csv_of, write_records
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table


def table(n_items: Floats | None = None) -> EvalTable:
    rows = [
        Checkpoint(model=f"m{i}", family="f", params=1e9 * (i + 1), tokens=2e10, flops=1.2e20)
        for i in range(3)
    ]
    units = [Unit(benchmark="arc", chance=0.25), Unit(benchmark="quiz", task="q1")]
    scores = np.array([[0.25, 0.5], [0.3, np.nan], [1 / 3, 1.0]])
    return make_table(rows, units, scores, n_items=n_items)


@pytest.mark.parametrize("name", ["r.csv", "r.parquet"])
def test_a_table_comes_back_from_its_records(name: str, tmp_path: Path) -> None:
    before = table(np.array([[400.0, 10], [np.nan, np.nan], [1000, np.nan]]))
    write_records(tmp_path / name, long_form(before))
    after = read_records([tmp_path / name]).table
    assert [c.model for c in after.checkpoints] == ["m0", "m1", "m2"]
    assert [(u.benchmark, u.task) for u in after.units] == [("arc", ""), ("quiz", "q1")]
    np.testing.assert_array_equal(after.scores, before.scores)
    np.testing.assert_array_equal(after.params, before.params)
    np.testing.assert_array_equal(after.n_items[:, 0], before.n_items[:, 0])
    assert after.units[0].chance == 0.25


def test_known_trials_are_written_as_counts_and_nothing_is_rounded() -> None:
    frame = long_form(table(np.array([[400.0, 10], [10.0, 7], [3, 2]])))
    assert "score" not in frame
    assert frame["successes"].tolist() == [100, 5, 3, 1, 2]
    assert frame["trials"].tolist() == [400, 10, 10, 3, 2]


def test_scores_that_are_no_share_of_their_questions_stay_scores() -> None:
    frame = long_form(table(np.full((3, 2), 400.0)))  # a third of 400 is no count
    assert frame["score"].tolist() == [0.25, 0.5, 0.3, 1 / 3, 1.0]
    assert frame["n_items"].tolist() == [400.0] * 5
    assert "trials" not in frame


def test_a_missing_score_has_no_row() -> None:
    frame = long_form(table())
    assert list(zip(frame["model"], frame["benchmark"], strict=True)) == [
        ("m0", "arc"),
        ("m0", "quiz"),
        ("m1", "arc"),
        ("m2", "arc"),
        ("m2", "quiz"),
    ]
    empty = table().with_scores(np.full((3, 2), np.nan))
    assert len(long_form(empty)) == 0


@pytest.mark.parametrize("block", [1, 2, 5, 100])
def test_blocks_of_any_size_are_the_same_bytes(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = long_form(table())
    monkeypatch.setattr(record_file, "_BLOCK", block)
    write_records(tmp_path / "r.csv", frame)
    assert (tmp_path / "r.csv").read_text(encoding="utf-8") == csv_of(frame)


def test_a_frame_without_rows_is_a_header(tmp_path: Path) -> None:
    write_records(tmp_path / "r.csv", pd.DataFrame({"a": [], "b": []}))
    assert (tmp_path / "r.csv").read_bytes() == b"a,b\n"


def test_names_and_floats_are_written_as_they_are() -> None:
    frame = pd.DataFrame({"model": ["=1+1", 'a"b', "c,d"], "score": [0.1, 1 / 3, 1e-300]})
    text = csv_of(frame)
    assert text.splitlines()[1:] == [
        "=1+1,0.1",
        '"a""b",0.3333333333333333',
        '"c,d",1e-300',
    ]
    assert csv_of(frame, header=False) == text.partition("\n")[2]


@pytest.mark.parametrize("name", ["r.txt", "r.json", "r", "r.csv.gz", "r.CSV"])
def test_another_ending_is_refused_with_the_two_that_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"written as .csv or .parquet; choose one"):
        check_record_place(tmp_path / name)


def test_a_place_that_can_be_written_to_passes(tmp_path: Path) -> None:
    for place in (tmp_path / "r.csv", tmp_path / "r.parquet", Path("/dev/null")):
        check_record_place(place)
    with pytest.raises(StorageError, match="nowhere"):
        check_record_place(tmp_path / "nowhere" / "r.csv")


def test_without_pyarrow_csv_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    check_record_place(tmp_path / "r.csv")
    with pytest.raises(RecordError, match=r"install scalepredict\[parquet\], or write a .csv"):
        check_record_place(tmp_path / "r.parquet")
