"""The long form: rows are taken, filled and put below one another without losing their place."""

import numpy as np
import pandas as pd
import pytest

from scalepredict.records.formats.rows import FileRows, Odd, Rows, join_parts, join_rows
from scalepredict.records.notes import noted


def rows(name: str, models: list[str | None], scores: list[float], **texts: list[str]) -> Rows:
    return Rows(
        sources=(name,),
        word=("line",),
        source=np.zeros(len(scores), dtype=np.int32),
        lines=np.arange(2, 2 + len(scores), dtype=np.int32),
        texts={
            "model": pd.Categorical(models),
            **{key: pd.Categorical(column) for key, column in texts.items()},
        },
        numbers={"score": np.array(scores)},
    )


def test_absent_columns_are_missing_throughout() -> None:
    two = rows("a", ["m", None], [0.1, 0.2])
    assert len(two) == 2
    assert np.isnan(two.number("stderr")).all()
    assert list(two.text("family").codes) == [-1, -1]
    assert two.where(1) == "a, line 3"


def test_taken_rows_keep_their_lines_and_columns() -> None:
    three = rows("a", ["m", "n", "o"], [0.1, 0.2, 0.3])
    taken = three.take(np.array([True, False, True]))
    assert list(taken.text("model")) == ["m", "o"]
    assert list(taken.number("score")) == [0.1, 0.3]
    assert taken.where(1) == "a, line 4"
    assert three.take(np.ones(3, dtype=bool)) is three


def test_a_default_fills_gaps_only() -> None:
    filled = rows("a", ["m", None, "n"], [0.1, 0.2, 0.3]).with_default("model", "n")
    assert list(filled.text("model")) == ["m", "n", "n"]
    made = filled.with_default("family", "f")
    assert list(made.text("family")) == ["f", "f", "f"]


def test_files_below_one_another_know_their_rows() -> None:
    joined = join_rows(
        [
            rows("a", ["m"], [0.1], family=["f"]),
            rows("b", ["n", "m"], [0.2, 0.3]),
            rows("a", ["o"], [0.4]),
        ]
    )
    assert joined.sources == ("a", "b")
    assert [joined.where(i) for i in range(4)] == [
        "a, line 2",
        "b, line 2",
        "b, line 3",
        "a, line 2",
    ]
    assert list(joined.text("model")) == ["m", "n", "m", "o"]
    assert list(joined.text("family").codes) == [0, -1, -1, -1]
    assert list(joined.number("score")) == [0.1, 0.2, 0.3, 0.4]


def test_blocks_of_a_file_add_what_is_odd_and_say_a_note_once() -> None:
    note = noted("header-found", "line 2 is the header.")
    parts = [
        FileRows(
            rows=rows("a", ["m"], [0.1]),
            odd=Odd(missing=1, commas=2, uncertain=3),
            notes=(note,),
            ignored=("x",),
        ),
        FileRows(
            rows=rows("a", ["n"], [0.2]),
            odd=Odd(missing=4, commas=5, uncertain=6),
            notes=(note,),
            ignored=("y", "x"),
        ),
    ]
    joined = join_parts(parts)
    assert joined.odd == Odd(missing=5, commas=7, uncertain=9)
    assert (joined.notes, joined.ignored) == ((note,), ("x", "y"))
    assert len(joined.rows) == 2


def test_texts_and_numbers_are_put_over_those_that_are_there() -> None:
    two = rows("a", ["m", "n"], [0.1, 0.2])
    changed = two.with_numbers({"score": np.array([0.5, 0.6])}).with_texts(
        {"model": pd.Categorical(["p", "q"])}
    )
    assert list(changed.number("score")) == [0.5, 0.6]
    assert list(changed.text("model")) == ["p", "q"]
    assert list(two.number("score")) == pytest.approx([0.1, 0.2])
