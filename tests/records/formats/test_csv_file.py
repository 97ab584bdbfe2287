"""CSV as people have it: every number exact, every row on its line, every fault in its place."""

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats import csv_file
from scalepredict.records.formats.csv_file import delimited_blocks, read_delimited
from scalepredict.records.formats.rows import Rows
from scalepredict.records.formats.sources import Source

HEADER = "model,params,tokens,benchmark,score\n"
ROW = "m,1e9,2e10,arc,0.5\n"


def source(text: str) -> Source:
    return Source(name="r.csv", path=None, content=text.encode())


def read(text: str, *, percent: bool = False) -> Rows:
    return read_delimited(source(text), percent=percent).rows


def numbers(rows: Rows, name: str) -> list[float]:
    return [float(value) for value in rows.numbers[name]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_the_delimiter_is_seen_in_the_header(delimiter: str) -> None:
    rows = read((HEADER + ROW).replace(",", delimiter))
    assert (numbers(rows, "score"), numbers(rows, "params")) == ([0.5], [1e9])


def test_decimals_are_read_to_the_last_bit() -> None:
    values = np.random.default_rng(0).random(500)
    text = HEADER + "".join(f"m{i},1e9,2e10,arc,{v!r}\n" for i, v in enumerate(values.tolist()))
    assert numbers(read(text), "score") == values.tolist()


def test_a_row_has_the_line_on_which_it_starts() -> None:
    """Blank lines and cells of several lines count; blank rows are no rows."""
    text = (
        "model,params,tokens,benchmark,score,remark\n"
        'a,1e9,2e10,arc,0.1,"one\ntwo"\n'
        "b,1e9,2e10,arc,0.2,\n"
        "\n"
        ",,,,,\n"
        "c,1e9,2e10,arc,0.3,\n"
    )
    rows = read(text)
    assert rows.lines.tolist() == [2, 4, 7]
    assert numbers(rows, "score") == [0.1, 0.2, 0.3]


def test_names_that_look_like_numbers_stay_as_they_are_written() -> None:
    rows = read("model,params,tokens,benchmark,task,score\n007,1e9,2e10,1.50,0042,0.5\n")
    for name, text in (("model", "007"), ("benchmark", "1.50"), ("task", "0042")):
        assert list(rows.texts[name]) == [text]


def test_words_for_nothing_are_no_missing_values_of_names() -> None:
    """Pandas would read NA, None and nan as missing; a model or a task may be called so."""
    rows = read("model,params,tokens,benchmark,task,score\nNA,1e9,2e10,None,nan,0.5\n")
    assert [next(iter(rows.texts[n])) for n in ("model", "benchmark", "task")] == [
        "NA",
        "None",
        "nan",
    ]


def test_a_wide_table_has_the_score_of_each_filled_cell() -> None:
    rows = read("model,params,tokens,arc,piqa\na,1e9,2e10,0.5,\nb,2e9,2e10,0.6,0.7\n")
    cells = zip(rows.texts["model"], rows.texts["benchmark"], numbers(rows, "score"), strict=True)
    filled = sorted(cell for cell in cells if not np.isnan(cell[2]))
    assert filled == [("a", "arc", 0.5), ("b", "arc", 0.6), ("b", "piqa", 0.7)]


def test_scores_in_percent_are_divided_where_the_user_says_so() -> None:
    assert numbers(read(HEADER + "m,1e9,2e10,arc,50\n", percent=True), "score") == [0.5]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADER, "r.csv: a header and no rows; nothing to read"),
        (HEADER + "m,1e9,2e10,arc,0.5,0.6\n", "r.csv, line 2: 6 cells, but the header has 5"),
        (HEADER + ROW + "m,1e9,2e10,arc,0.5,,\n", "r.csv, line 3: 7 cells, but the header has 5"),
        (HEADER + ROW + '"m,1e9,2e10,arc,0.5\n', "r.csv, line 3: a quote is opened and never clo"),
        (HEADER + 'm,1e9,2e10,"arc,0.5\nn,1e9,2e10,arc",0.5\n', "column 'benchmark' is not closed"),
        (HEADER + ROW + "m,1e9,2e10,arc,high\n", "r.csv, line 3: .*'high'"),
    ],
    ids=["no rows", "too many cells", "too many later", "open quote", "swallowed", "no number"],
)
def test_a_fault_is_named_with_its_line(text: str, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        read(text)


def test_packed_and_plain_files_are_the_same_records(tmp_path: Path) -> None:
    path = tmp_path / "r.csv.gz"
    path.write_bytes(gzip.compress((HEADER + ROW).encode()))
    packed = read_delimited(Source(name="r", path=path), percent=False).rows
    assert numbers(packed, "score") == numbers(read(HEADER + ROW), "score")


def many(n: int) -> str:
    return HEADER + "".join(f"m{i % 3},1e9,2e10,b{i % 2},0.{i % 90 + 10}\n" for i in range(n))


@pytest.mark.parametrize("chunk", [1, 7, 50, 1000])
def test_chunks_of_any_size_are_the_same_records(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read(many(50))
    monkeypatch.setattr(csv_file, "CHUNK", chunk)
    parts = read(many(50))
    assert parts.lines.tolist() == whole.lines.tolist() == list(range(2, 52))
    for name in ("model", "benchmark"):
        assert list(parts.texts[name]) == list(whole.texts[name])
    assert numbers(parts, "score") == numbers(whole, "score")
    blocks = [part.rows for part in delimited_blocks(source(many(50)), percent=False)]
    assert len(blocks) == -(-50 // chunk)
    assert [int(line) for block in blocks for line in block.lines] == list(range(2, 52))
    assert [v for block in blocks for v in numbers(block, "score")] == numbers(whole, "score")


def test_too_many_cells_in_the_first_row_of_a_chunk_are_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_file, "CHUNK", 4)
    lines = many(12).splitlines(keepends=True)
    lines[5] = "m,1e9,2e10,arc,0.5,0.6\n"  # the fifth row begins the second chunk
    with pytest.raises(RecordError, match="line 6: 6 cells, but the header has 5"):
        read("".join(lines))


def test_a_column_that_is_empty_in_a_chunk_is_text_in_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_file, "CHUNK", 2)
    header = "model,params,tokens,benchmark,task,score\n"
    rows = ["m,1e9,2e10,b,,0.1\n"] * 2 + ["m,1e9,2e10,b,5,0.1\n"] * 2
    made = read(header + "".join(rows))
    assert [None if pd.isna(task) else task for task in made.texts["task"]] == [
        None,
        None,
        "5",
        "5",
    ]


def test_what_pandas_writes_is_read_back() -> None:
    frame = pd.DataFrame(
        {
            "model": ['with "quotes"', "with, comma", "with ; and \t within"],
            "params": [1e9, 2e9, 3e9],
            "tokens": [2e10] * 3,
            "benchmark": ["arc"] * 3,
            "score": [0.1 + 0.2, 1 / 3, 0.7],
        }
    )
    text = io.StringIO()
    frame.to_csv(text, index=False)
    rows = read(text.getvalue())
    assert list(rows.texts["model"]) == frame["model"].tolist()
    assert numbers(rows, "score") == frame["score"].tolist()
