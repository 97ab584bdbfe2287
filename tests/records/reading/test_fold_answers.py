"""Answers are added up block by block: the same counts whatever the blocks are."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_the_order_of_answers_changes_no_count() -> None:
    whole, shuffled = AnswerFold(), AnswerFold()
    whole.add(rows(*ANSWERS))
    shuffled.add(rows(*(ANSWERS[i] for i in (5, 2, 0, 4, 3, 1))))
    assert cells(whole.rows()) == cells(shuffled.rows())


@given(
    st.lists(
        st.tuples(st.sampled_from("mn"), st.sampled_from(["q1", "q2", "q3"]), st.integers(0, 1)),
        min_size=1,
        max_size=30,
    ),
    st.integers(1, 29),
)
def test_every_cell_holds_the_mean_of_its_answers(
    answers: list[tuple[str, str, int]], cut: int
) -> None:
    fold = AnswerFold()
    for part in (answers[:cut], answers[cut:]):
        if part:
            fold.add(rows(*((m, q, float(a)) for m, q, a in part)))
    expected: dict[tuple[str, str], list[int]] = {}
    for model, question, answer in answers:
        expected.setdefault((model, question), []).append(answer)
    assert cells(fold.rows()) == {
        key: (sum(values) / len(values), float(len(values))) for key, values in expected.items()
    }


def test_successes_are_answers_with_or_without_trials() -> None:
    one, many = AnswerFold(), AnswerFold()
    bare = rows(("m", "q1", np.nan), ("m", "q1", np.nan), ("m", "q2", np.nan))
    one.add(bare.with_numbers({"successes": np.array([1.0, 0.0, 1.0])}))
    assert cells(one.rows()) == {("m", "q1"): (0.5, 2.0), ("m", "q2"): (1.0, 1.0)}
    many.add(
        bare.with_numbers(
            {"successes": np.array([3.0, 1.0, 2.0]), "trials": np.array([4.0, 1.0, 8.0])}
        )
    )
    assert cells(many.rows()) == {("m", "q1"): (0.8, 5.0), ("m", "q2"): (0.25, 8.0)}


def test_checkpoints_and_shots_are_added_up_apart() -> None:
    fold = AnswerFold()
    fold.add(
        rows(
            ("m", "q1", 1.0), ("m", "q1", 0.0), ("m", "q1", 0.0), ("m", "q1", 1.0),
            tokens=[1e9, 1e9, 2e9, 2e9], shots=[0.0, 0.0, 0.0, 5.0],
        )
    )  # fmt: skip
    made = fold.rows()
    found = sorted(
        zip(made.number("tokens"), made.number("shots"), made.number("score"), strict=True)
    )
    assert found == [(1e9, 0, 0.5), (2e9, 0, 0.0), (2e9, 5, 1.0)]


def test_what_cannot_be_added_up_is_named() -> None:
    fold = AnswerFold()
    fold.add(rows(("m", "q1", 1.0), stderr=[0.1], task_loss=[2.0]))
    assert list(fold.left_out) == ["stderr", "task_loss"]
    assert set(fold.rows().numbers) == {"score", "n_items"}


def test_questions_of_one_name_on_two_benchmarks_are_two() -> None:
    plain = rows(("m", "q1", 1.0), ("m", "q1", 0.0))
    fold = AnswerFold()
    fold.add(plain.with_texts({"benchmark": pd.Categorical(["b", "c"])}))
    made = fold.rows()
    assert sorted(zip(made.text("benchmark"), made.number("score"), strict=True)) == [
        ("b", 1.0),
        ("c", 0.0),
    ]


def test_a_row_that_was_read_from_another_file_is_named_by_it() -> None:
    fold = AnswerFold()
    fold.add(rows(("m", "q1", 1.0)))
    fold.add(replace(rows(("m", "q2", 1.0), first=9), sources=("s.csv",)))
    made = fold.rows()
    assert {made.where(i) for i in range(2)} == {"r.csv, line 2", "s.csv, line 9"}
