"""Which numbers of records are scores: decided for each benchmark and metric over all rows."""

import numpy as np
import pandas as pd
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.rows import Rows
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.reading.admit_rows import admit_rows, of_scores

METRICS = shipped_metrics()
NAN = float("nan")


def rows(*scores: tuple[str, str | None, float], **numbers: list[float]) -> Rows:
    n = len(scores)
    benchmarks, metrics, values = zip(*scores, strict=True)
    return Rows(
        sources=("r.csv",),
        word=("line",),
        source=np.zeros(n, dtype=np.int32),
        lines=np.arange(2, 2 + n, dtype=np.int32),
        texts={"benchmark": pd.Categorical(benchmarks), "metric": pd.Categorical(metrics)},
        numbers={"score": np.array(values), **{k: np.array(v) for k, v in numbers.items()}},
    )


def test_fractions_are_left_as_they_are() -> None:
    plain = rows(("b", "acc", 0.5), ("b", None, 1.0), ("c", "acc", NAN))
    admitted, notes = admit_rows(plain, METRICS)
    assert admitted is plain
    assert notes == ()


def test_a_metric_that_is_no_choice_is_divided_where_one_value_is_above_1() -> None:
    mixed = rows(("b", "f1", 0.9), ("b", "f1", 90.0), ("c", "f1", 0.5), stderr=[0.1, 2.0, 0.1])
    admitted, notes = admit_rows(mixed, METRICS)
    np.testing.assert_allclose(admitted.number("score"), [0.009, 0.9, 0.5])
    np.testing.assert_allclose(admitted.number("stderr"), [0.001, 0.02, 0.1])
    assert [str(note) for note in notes] == [
        "b: f1 is in percent (up to 90); all 2 values divided by 100."
    ]


def test_right_answers_above_1_are_refused_and_all_such_benchmarks_named() -> None:
    bad = rows(("a", "acc", 0.5), ("b", "acc", 70.0), ("c", "acc", 80.0), ("b", "acc", 71.0))
    with pytest.raises(RecordError, match=r"r.csv, line 3: score 70 is not between 0 and 1") as e:
        admit_rows(bad, METRICS)
    assert "The same holds for c (80)." in str(e.value)
    assert "`score (%)`" in str(e.value)
    with pytest.raises(RecordError, match=r"score -0.2 .*chance-corrected"):
        admit_rows(rows(("b", "acc", -0.2)), METRICS)


def test_a_loss_goes_beside_scores_of_its_benchmark_and_is_forecast_alone() -> None:
    both = rows(("b", "acc", 0.5), ("b", "nll", 2.5), ("c", "nll", 3.5), task_loss=[NAN] * 3)
    admitted, notes = admit_rows(both, METRICS)
    np.testing.assert_array_equal(admitted.number("score"), [0.5, NAN, 3.5])
    np.testing.assert_array_equal(admitted.number("task_loss"), [NAN, 2.5, NAN])
    assert [note.code for note in notes] == ["loss-kept", "own-unit"]
    asked, _ = admit_rows(both, METRICS, asked=("nll",))
    np.testing.assert_array_equal(asked.number("score"), [0.5, 2.5, 3.5])


def test_values_that_no_unit_explains_are_left_out_with_a_count() -> None:
    odd = rows(("b", "strange", 500.0), ("b", "strange", 600.0), ("b", "acc", 0.5))
    admitted, (note,) = admit_rows(odd, METRICS)
    np.testing.assert_array_equal(admitted.number("score"), [NAN, NAN, 0.5])
    assert note.code == "values-left-out"
    assert note.text.startswith("left out 2 values of b: strange: values outside 0 to 1")


def test_rows_of_fractions_are_told_from_the_others() -> None:
    found = of_scores(rows(("b", "acc", 0.5), ("b", "nll", 2.5), ("b", None, 0.1)), METRICS)
    assert list(found) == [True, False, True]


def test_the_order_of_rows_decides_nothing() -> None:
    cells = [("b", "f1", 0.9), ("b", "f1", 90.0), ("c", "f1", 0.5), ("c", "nll", 2.0)]
    plain, _ = admit_rows(rows(*cells), METRICS)
    turned, _ = admit_rows(rows(*cells[::-1]), METRICS)
    np.testing.assert_array_equal(plain.number("score"), turned.number("score")[::-1])


@pytest.mark.parametrize(
    ("metric", "values", "scores"),
    [
        ("f1", [0.2, 1.0], [0.2, 1.0]),
        ("f1", [20.0, 100.0], [0.2, 1.0]),
        ("rouge1", [31.0, 42.0], [0.31, 0.42]),
        ("mcc", [-0.5, 0.5], [-0.5, 0.5]),
        ("perplexity", [12.0, 8.0], [12.0, 8.0]),
        ("acc", [0.2, 0.3], [0.2, 0.3]),
    ],
)
def test_a_metric_is_brought_to_the_unit_of_its_law(
    metric: str, values: list[float], scores: list[float]
) -> None:
    admitted, _ = admit_rows(rows(*(("b", metric, value) for value in values)), METRICS)
    np.testing.assert_allclose(admitted.number("score"), scores)


def test_one_benchmark_in_percent_does_not_divide_another() -> None:
    admitted, (note,) = admit_rows(
        rows(("b", "f1", 90.0), ("b", "f1", 0.9), ("c", "f1", 0.9)), METRICS
    )
    np.testing.assert_allclose(admitted.number("score"), [0.9, 0.009, 0.9])
    assert note.subject == "b"


def test_a_loss_that_is_stated_beside_a_score_stays_as_it_is() -> None:
    both = rows(("b", "acc", 0.5), ("b", "nll", 2.5), task_loss=[1.5, 1.25])
    admitted, _ = admit_rows(both, METRICS)
    np.testing.assert_array_equal(admitted.number("task_loss"), [1.5, 1.25])


def test_rows_without_a_value_decide_nothing() -> None:
    admitted, notes = admit_rows(rows(("b", "f1", NAN), ("b", "f1", 0.5)), METRICS)
    np.testing.assert_array_equal(admitted.number("score"), [NAN, 0.5])
    assert notes == ()


@pytest.mark.parametrize(
    ("value", "words"),
    [(1.2, r"score \(%\)"), (70.0, r"score \(%\)"), (-0.2, "chance-corrected"), (-3.0, "percent")],
)
def test_the_advice_is_for_what_the_values_look_like(value: float, words: str) -> None:
    with pytest.raises(RecordError, match=rf"line 2: score .* \(benchmark b\).*{words}"):
        admit_rows(rows(("b", "acc", value)), METRICS)
