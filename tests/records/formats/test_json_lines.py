"""JSONL: one object per line, whose places are told, whatever the keys of the others."""

from pathlib import Path

import numpy as np
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.json_lines import read_json_lines, rows_of_objects
from scalepredict.records.formats.sources import Source

LINES = """{"model": "a", "params": "1B", "tokens": 2e10, "benchmark": "piqa", "score": 0.5}

{"model": "b", "params": 2e9, "tokens": null, "flops": "1e20", "benchmark": "piqa", "score": NaN}
"""


def source(tmp_path: Path, text: str) -> Source:
    path = tmp_path / "r.jsonl"
    path.write_text(text)
    return Source(name="r.jsonl", path=path)


def test_lines_are_rows_with_their_numbers(tmp_path: Path) -> None:
    rows = read_json_lines(source(tmp_path, LINES), percent=False).rows
    assert [rows.where(i) for i in range(2)] == ["r.jsonl, line 1", "r.jsonl, line 3"]
    assert list(rows.text("model")) == ["a", "b"]
    np.testing.assert_array_equal(rows.number("params"), [1e9, 2e9])
    np.testing.assert_array_equal(rows.number("tokens"), [2e10, np.nan])
    np.testing.assert_array_equal(rows.number("flops"), [np.nan, 1e20])
    np.testing.assert_array_equal(rows.number("score"), [0.5, np.nan])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"model": "a"}\n[1]\n', "line 2: a list instead of an object"),
        ('{"model": "a"\n', "line 1: not a JSON value"),
        ('{"model": Infinity}\n', "Infinity is not a number"),
        ('{"model": "\\ud800"}\n', "line 1: not a JSON value"),
        ("\n\n", "no records"),
    ],
)
def test_a_line_that_is_no_object_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        read_json_lines(source(tmp_path, text), percent=False)


def test_a_known_column_holds_one_value_and_a_nested_extra_is_left_out() -> None:
    row = {"model": "a", "params": 1e9, "tokens": 1e9, "benchmark": "b", "score": 0.5}
    lines = np.array([4, 9])
    with pytest.raises(RecordError, match="f, line 9: score holds a list"):
        rows_of_objects("f", [row, {**row, "score": [1]}], lines, percent=False)
    found = rows_of_objects("f", [row, {**row, "extra": {"k": 1}}], lines, percent=False)
    assert found.ignored == ("extra",)
    assert found.rows.where(1) == "f, line 9"


def test_percent_of_the_command_divides_scores_alone() -> None:
    row = {"model": "a", "params": 1e9, "tokens": 1e9, "benchmark": "b", "score": 50, "stderr": 2}
    rows = rows_of_objects("f", [row], np.array([1]), percent=True).rows
    assert (rows.number("score")[0], rows.number("stderr")[0]) == (0.5, 0.02)
    assert rows.number("params")[0] == 1e9
