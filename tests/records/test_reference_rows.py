"""The rows that teach the reference curves: complete, in range, and without a lab on request."""

import numpy as np
import pytest

from scalepredict.records.reference_rows import (
    shipped_models,
    shipped_reference_rows,
)

ROWS = shipped_reference_rows()


def test_every_column_is_as_long_as_the_others() -> None:
    lengths = {len(getattr(ROWS, name)) for name in ROWS.__slots__}
    assert lengths == {len(ROWS.score)}
    assert len(ROWS.score) > 1000


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("params", 1e6, 1e12), ("tokens", 1e7, 1e14), ("score", 0, 1), ("chance", 0, 0.5)],
)
def test_what_every_row_must_tell_is_in_range(name: str, low: float, high: float) -> None:
    values = getattr(ROWS, name)
    assert np.isfinite(values).all()
    assert (values >= low).all()
    assert (values <= high).all()


def test_counts_of_questions_are_positive_where_they_are_known() -> None:
    known = ROWS.n_items[np.isfinite(ROWS.n_items)]
    assert len(known) > 0
    assert (known >= 1).all()


def test_no_model_is_counted_twice_on_a_benchmark() -> None:
    keys = list(zip(ROWS.family, ROWS.model, ROWS.benchmark, strict=True))
    assert len(set(keys)) == len(keys)


def test_a_lab_that_is_left_out_leaves_all_rows_of_others() -> None:
    lab = ROWS.lab[0]
    rest = ROWS.without([lab])
    assert lab not in rest.lab
    assert len(rest.score) == sum(other != lab for other in ROWS.lab)
    assert set(rest.lab) == set(ROWS.lab) - {lab}
    assert len(ROWS.without([]).score) == len(ROWS.score)
    assert len(ROWS.without(set(ROWS.lab)).score) == 0


def test_rows_are_taken_whole() -> None:
    some = ROWS.take(np.arange(len(ROWS.score)) == 5)
    assert (some.model, some.benchmark, some.lab) == (
        (ROWS.model[5],),
        (ROWS.benchmark[5],),
        (ROWS.lab[5],),
    )
    assert some.score.tolist() == [ROWS.score[5]]


def test_the_short_way_to_the_models_names_those_of_the_rows() -> None:
    assert shipped_models() == frozenset(zip(ROWS.lab, ROWS.model, strict=True))
