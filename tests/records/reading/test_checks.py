"""Rows with values that cannot be are refused with their place; variants are chosen or told."""

import numpy as np
import pandas as pd
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.plausible import check_range
from scalepredict.records.formats.rows import Rows
from scalepredict.records.reading.checks import (
    choose_variants,
    complete_scores,
    measured,
)

NAN = float("nan")


def rows(texts: dict[str, list[str | None]] | None = None, **numbers: list[float]) -> Rows:
    n = len(next(iter(numbers.values())))
    named: dict[str, list[str | None]] = {"model": ["a"] * n, "benchmark": ["b"] * n}
    return Rows(
        sources=("r.csv",),
        word=("line",),
        source=np.zeros(n, dtype=np.int32),
        lines=np.arange(2, 2 + n, dtype=np.int32),
        texts={name: pd.Categorical(c) for name, c in {**named, **(texts or {})}.items()},
        numbers={name: np.array(column, dtype=float) for name, column in numbers.items()},
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("params", 7.0, r"params 7 is not between 1000 and 1e\+16 \(model a\).*params \(B\)"),
        ("tokens", 1e19, "tokens 1e[+]19 is not between"),
        ("chance", 25.0, r"chance 25 is not between 0 and 1 \(benchmark b\)"),
        ("step", -1.0, "step -1 is not at least 0"),
        ("stderr", 1.5, "stderr 1.5 is not between 0 and 1"),
    ],
)
def test_a_number_out_of_range_is_named_with_its_place(name: str, value: float, words: str) -> None:
    with pytest.raises(RecordError, match=rf"^r.csv, line 3: {words}"):
        check_range(rows(None, **{name: [NAN, value]}), name)


def test_the_ends_of_a_range_are_inside() -> None:
    ranges = {"chance": [0.0, 1.0], "params": [1e3, 1e16], "fraction": [0.0, 1.0]}
    for name, ends in ranges.items():
        check_range(rows(None, **{name: ends}), name)


def test_rows_without_names_and_broken_counts_are_refused() -> None:
    with pytest.raises(RecordError, match="line 3: no model; every row needs one"):
        complete_scores(rows({"model": ["a", None]}, score=[0.5, 0.5]))
    with pytest.raises(RecordError, match=r"line 2: n_items 10.5 has a fraction"):
        complete_scores(rows(score=[0.5], n_items=[10.5]))


def test_successes_in_trials_are_a_score_and_its_questions() -> None:
    made = complete_scores(
        rows(score=[NAN, 0.25, NAN], successes=[30, 25, NAN], trials=[40, 100, NAN])
    )
    np.testing.assert_array_equal(made.number("score"), [0.75, 0.25, NAN])
    np.testing.assert_array_equal(made.number("n_items"), [40, 100, NAN])
    stated = complete_scores(rows(score=[0.75], successes=[30], trials=[40], n_items=[50]))
    assert stated.number("n_items")[0] == 50


@pytest.mark.parametrize(
    ("successes", "trials", "score", "words"),
    [
        (30.0, NAN, NAN, "successes without trials"),
        (30.5, 40.0, NAN, "30.5 successes is not a whole number"),
        (41.0, 40.0, NAN, "41 successes in 40 trials; there cannot be more"),
        (30.0, 40.0, 0.76, "score 0.76 contradicts 30 successes in 40 trials"),
    ],
)
def test_successes_that_cannot_be_are_refused(
    successes: float, trials: float, score: float, words: str
) -> None:
    with pytest.raises(RecordError, match=f"line 2: {words}"):
        complete_scores(rows(score=[score], successes=[successes], trials=[trials]))


def test_a_row_is_measured_by_its_score_or_its_loss() -> None:
    found = measured(rows(score=[0.5, NAN, NAN], task_loss=[NAN, 2.0, NAN]))
    assert list(found) == [True, True, False]


def variants() -> Rows:
    texts: dict[str, list[str | None]] = {
        "benchmark": ["x", "x", "y", "y"],
        "metric": ["acc", "f1", "f1", None],
    }
    return rows(texts, score=[0.1, 0.2, 0.3, 0.4], shots=[0, 0, 5, 5])


def test_several_metrics_are_columns_of_their_own_and_told() -> None:
    kept, notes = choose_variants(variants(), metrics=(), shots=None)
    assert list(kept.number("score")) == [0.1, 0.2, 0.3, 0.4]
    assert [note.subject for note in notes] == ["x", "y"]
    assert "2 metrics, each a column of its own" in notes[0].text
    assert "acc (r.csv, line 2), f1 (r.csv, line 3)" in notes[0].text


def test_the_first_metric_that_a_benchmark_has_is_kept() -> None:
    kept, notes = choose_variants(variants(), metrics=("acc", "f1"), shots=None)
    assert list(kept.number("score")) == [0.1, 0.3]
    assert notes == ()


def test_a_metric_or_shot_count_that_is_nowhere_is_refused() -> None:
    with pytest.raises(RecordError, match=r"no record has the metric 'ac'.*acc"):
        choose_variants(variants(), metrics=("ac",), shots=None)
    with pytest.raises(RecordError, match="no record has the shots '7'; the records have 0, 5"):
        choose_variants(variants(), metrics=(), shots=7)


def test_a_shot_count_is_kept_where_there_is_a_choice() -> None:
    texts: dict[str, list[str | None]] = {"benchmark": ["x", "x", "y"]}
    made = rows(texts, score=[0.1, 0.2, 0.3], shots=[0, 5, 5])
    kept, notes = choose_variants(made, metrics=(), shots=0)
    assert list(kept.number("score")) == [0.1, 0.3]  # y has no choice
    assert notes == ()


ENDS = [
    ("params", 1e3, 1e16),
    ("params_active", 1e3, 1e16),
    ("params_non_embedding", 1e3, 1e16),
    ("tokens", 1e3, 1e18),
    ("unique_tokens", 1e3, 1e18),
    ("total_tokens", 1e3, 1e18),
    ("flops", 1e6, 1e32),
    ("fraction", 0.0, 1.0),
    ("n_items", 1.0, 1e9),
    ("trials", 1.0, 1e9),
    ("task_loss", 0.0, 50.0),
    ("loss", 0.0, 50.0),
    ("stderr", 0.0, 1.0),
    ("chance", 0.0, 1.0),
    ("shots", 0.0, 1e6),
]


@pytest.mark.parametrize(("name", "low", "high"), ENDS, ids=[name for name, *_ in ENDS])
def test_a_number_column_reaches_from_end_to_end_and_no_farther(
    name: str, low: float, high: float
) -> None:
    check_range(rows(None, **{name: [low, high, NAN]}), name)
    for outside in (np.nextafter(low, -np.inf), np.nextafter(high, np.inf)):
        with pytest.raises(RecordError, match=f"line 2: {name} .* is not between"):
            check_range(rows(None, **{name: [float(outside)]}), name)
