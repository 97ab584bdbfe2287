"""Cells become numbers once for each text, and a bad one is named with its place."""

import numpy as np
import pandas as pd
import pytest

from scalepredict.errors import CountError, RecordError
from scalepredict.records.formats.cells import (
    Column,
    as_number,
    as_text,
    parse_cell,
    rows_of_columns,
)
from scalepredict.records.formats.columns import read_header, read_headers


def where(row: int) -> str:
    return f"line {row + 2}"


@pytest.mark.parametrize(
    ("header", "text", "number"),
    [
        ("params", "1.5B", 1.5e9),
        ("Model Size (B)", "1.5", 1.5e9),
        ("FLOPs (1E21)", "1.14576", 1.14576e21),
        ("score", "0,25", 0.25),
        ("score", "True", 1.0),
        ("score", "FALSE", 0.0),
        ("score (%)", "57.3", 57.3 / 100),
        ("MMLU (%)", "57.3%", 57.3 / 100),
        ("step", "1e3", 1000.0),
    ],
)
def test_a_cell_is_the_number_that_its_column_means(header: str, text: str, number: float) -> None:
    assert parse_cell(text, read_header(header)) == number


@pytest.mark.parametrize(
    ("header", "text", "words"),
    [
        ("score", "57%", r"is in percent, and this column holds fractions.*`score \(%\)`"),
        ("fraction", "57%", r"like `fraction \(%\)`"),
        ("params", "57%", "is in percent, and params is no fraction"),
        ("score", "1_0", "is not a number"),
        ("score", "inf", "is not a number"),
        ("n_items", "0", "0 answers make no score"),
        ("params", "1Q", "1Q"),
    ],
)
def test_a_cell_that_is_no_number_of_its_column_is_refused(
    header: str, text: str, words: str
) -> None:
    with pytest.raises(CountError, match=words):
        parse_cell(text, read_header(header))


def test_the_first_row_with_a_bad_cell_is_named() -> None:
    column = pd.Categorical(["0.5", "0.6", "bad", "bad", None])
    with pytest.raises(RecordError, match=r"^line 4: score: 'bad'"):
        as_number(column, read_header("score"), where)
    kept = column[np.array([0, 1, 4])]  # a category may belong to rows that are gone
    np.testing.assert_array_equal(as_number(kept, read_header("score"), where), [0.5, 0.6, np.nan])


def test_numbers_of_a_file_are_checked_like_texts() -> None:
    sizes = np.array([1.5, 2.0, np.nan])
    np.testing.assert_array_equal(
        as_number(sizes, read_header("params (B)"), where), [1.5e9, 2e9, np.nan]
    )
    with pytest.raises(RecordError, match=r"line 3: params: -2 is not a positive count"):
        as_number(np.array([1.0, -2.0]), read_header("params"), where)
    with pytest.raises(RecordError, match=r"line 2: n_items: 0 answers make no score"):
        as_number(np.array([0.0]), read_header("n_items"), where)


def test_names_lose_outer_blanks_and_links_and_stay_one_name() -> None:
    column = pd.Categorical([" a ", "a", '<a href="x">b</a>', " ", None])
    names = as_text(column)
    assert list(names.codes) == [0, 0, 1, -1, -1]
    assert [str(name) for name in names.categories] == ["a", "b"]
    numbers = as_text(np.array([7.0, np.nan, 0.5]))
    assert list(numbers.codes) == [0, -1, 1]
    assert [str(name) for name in numbers.categories] == ["7", "0.5"]


def test_a_wide_table_is_melted_and_remarks_are_left_out() -> None:
    texts = ["model", "params", "piqa", "piqa/stderr", "mmlu/anatomy", "remark", "lr", "x_own"]
    columns: list[Column] = [
        pd.Categorical(["a", "b"]),
        np.array([1e9, 2e9]),
        pd.Categorical(["0.5", "0.6 ± 0.02"]),
        np.array([0.01, np.nan]),
        np.array([0.3, np.nan]),
        pd.Categorical(["fine", "n/a"]),
        np.array([0.1, 0.2]),
        np.array([1.0, 2.0]),
    ]
    headers = read_headers("f.csv", texts, percent=False)
    found = rows_of_columns("f.csv", headers, columns, np.array([2, 3]), "line")
    rows = found.rows
    assert (found.settings, found.ignored) == (("lr",), ("remark", "x_own"))
    assert found.benchmarks == ("piqa", "mmlu")
    assert list(rows.text("model")) == ["a", "a", "b", "b"]
    assert list(rows.text("benchmark")) == ["piqa", "mmlu"] * 2
    assert [str(task) for task in rows.text("task")] == ["nan", "anatomy"] * 2
    np.testing.assert_array_equal(rows.number("score"), [0.5, 0.3, 0.6, np.nan])
    # The column of errors goes before those written beside the values.
    np.testing.assert_array_equal(rows.number("stderr"), [0.01, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(rows.number("params"), [1e9, 1e9, 2e9, 2e9])
    assert rows.where(3) == "f.csv, line 3"
    assert found.odd.uncertain == 1


def test_a_column_of_truth_values_is_a_benchmark() -> None:
    headers = read_headers("f", ["model", "params", "tokens", "q1"], percent=False)
    columns: list[Column] = [
        pd.Categorical(["a", "b"]),
        *(np.array([1e9, 2e9]) for _ in range(2)),
        pd.Categorical(["true", "False"]),
    ]
    found = rows_of_columns("f", headers, columns, np.array([2, 3]), "line")
    np.testing.assert_array_equal(found.rows.number("score"), [1.0, 0.0])
