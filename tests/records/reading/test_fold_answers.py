"""Answers are added up block by block: the same counts whatever the blocks are."""

import numpy as np
import pandas as pd
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.rows import Rows
from scalepredict.records.reading.fold_answers import AnswerFold


def rows(*cells: tuple[str, str | None, float], first: int = 2, **numbers: list[float]) -> Rows:
    """Model, question and score of each row, on one benchmark."""
    n = len(cells)
    models, tasks, scores = zip(*cells, strict=True)
    return Rows(
        sources=("r.csv",),
        word=("line",),
        source=np.zeros(n, dtype=np.int32),
        lines=np.arange(first, first + n, dtype=np.int32),
        texts={
            "model": pd.Categorical(models),
            "benchmark": pd.Categorical(["b"] * n),
            "task": pd.Categorical(tasks),
        },
        numbers={"score": np.array(scores), **{k: np.array(v) for k, v in numbers.items()}},
    )


def cells(made: Rows) -> dict[tuple[str, str], tuple[float, float]]:
    keys = zip(map(str, made.text("model")), map(str, made.text("task")), strict=True)
    values = zip(made.number("score").tolist(), made.number("n_items").tolist(), strict=True)
    return dict(zip(keys, values, strict=True))


ANSWERS = (
    ("m", "q1", 1.0),
    ("m", "q1", 0.0),
    ("m", "q2", 0.5),
    ("n", "q2", 1.0),
    ("m", "q1", 1.0),
    ("n", "q3", 0.0),
)


@pytest.mark.parametrize("cut", range(1, 6))
def test_answers_of_a_question_are_added_up_over_blocks(cut: int) -> None:
    fold = AnswerFold()
    fold.add(rows(*ANSWERS[:cut]))
    fold.add(rows(*ANSWERS[cut:], first=2 + cut))
    made = fold.rows()
    assert cells(made) == {
        ("m", "q1"): (2 / 3, 3.0),
        ("m", "q2"): (0.5, 1.0),
        ("n", "q2"): (1.0, 1.0),
        ("n", "q3"): (0.0, 1.0),
    }
    places = {
        (str(m), str(t)): i
        for i, (m, t) in enumerate(zip(made.text("model"), made.text("task"), strict=True))
    }
    assert made.where(places["n", "q3"]) == "r.csv, line 7"
    assert made.where(places["m", "q1"]) == "r.csv, line 2"
    assert fold.n_rows == 6


def test_counts_weigh_as_many_answers_and_gaps_are_counted() -> None:
    fold = AnswerFold()
    fold.add(
        rows(("m", "q1", 0.25), ("m", "q1", 1.0), ("m", "q1", np.nan), n_items=[4.0, 1.0, 7.0])
    )
    assert cells(fold.rows()) == {("m", "q1"): (2 / 5, 5.0)}
    assert fold.n_empty == 1


def test_what_is_no_answer_is_refused_with_its_row() -> None:
    with pytest.raises(RecordError, match=r"r.csv, line 3: an answer is graded from 0 to 1, not"):
        AnswerFold().add(rows(("m", "q1", 1.0), ("m", "q2", 50.0)))
    with pytest.raises(RecordError, match=r"line 2: score 0.5 without a question"):
        AnswerFold().add(rows(("m", None, 0.5)))
    with pytest.raises(RecordError, match="no row holds an answer"):
        AnswerFold().rows()
