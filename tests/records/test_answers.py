"""Answers behind a score: recorded, else from its standard error, else as elsewhere, or assumed."""

import numpy as np
import pytest

from scalepredict.records.answers import answers
from scalepredict.records.table import ASSUMED_ITEMS, Checkpoint, EvalTable, Unit, make_table

NAN = np.nan


def table(
    scores: list[list[float]],
    n_items: list[list[float]] | None = None,
    stderr: list[list[float]] | None = None,
) -> EvalTable:
    rows = [Checkpoint(model=f"m{i}") for i in range(len(scores))]
    units = [Unit(benchmark=f"b{t}") for t in range(len(scores[0]))]
    return make_table(
        rows,
        units,
        np.array(scores),
        n_items=None if n_items is None else np.array(n_items),
        stderr=None if stderr is None else np.array(stderr),
    )


def test_a_recorded_count_goes_before_what_the_standard_error_implies() -> None:
    behind = answers(table([[0.5, 0.2]], [[400.0, NAN]], [[0.01, 0.01]]))
    assert behind.count[0] == pytest.approx([400, 0.2 * 0.8 / 1e-4])
    assert not behind.assumed.any()


def test_a_score_of_0_or_1_has_the_answers_of_the_benchmark_elsewhere() -> None:
    behind = answers(table([[0.5], [1.0], [0.2], [0.3]], None, [[0.05], [0.0], [0.04], [NAN]]))
    assert behind.count[:, 0] == pytest.approx([100, 100, 100, 100])


def test_a_count_that_is_missing_is_the_median_of_the_others_and_no_assumption() -> None:
    behind = answers(table([[0.5]] * 4, [[100.0], [NAN], [300.0], [900.0]]))
    assert behind.count[:, 0].tolist() == [100, 300, 300, 900]
    assert not behind.assumed[0]


def test_where_nothing_tells_a_number_is_assumed_and_said() -> None:
    behind = answers(table([[0.5, 0.5], [0.6, 0.6]], [[NAN, 50.0], [NAN, 50.0]]))
    assert behind.count.tolist() == [[ASSUMED_ITEMS, 50], [ASSUMED_ITEMS, 50]]
    assert behind.assumed.tolist() == [True, False]
    assert np.isnan(behind.known[:, 0]).all()
    assert (behind.known[:, 1] == 50).all()


def test_a_count_of_zero_or_below_one_is_none() -> None:
    assert answers(table([[0.5]], [[0.0]])).assumed[0]
    assert answers(table([[0.5]], [[0.3]])).count[0, 0] == 1.0
    assert answers(table([[0.5]], None, [[0.9]])).assumed[0]
