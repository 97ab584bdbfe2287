"""One way of taking rows: arrays, names and parts move together, and nothing else moves."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalepredict.records.table import Bools, Floats, Ints, taken


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inner:
    sizes: Floats

    def take(self, index: Ints | Bools) -> "Inner":
        return taken(self, index)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    names: tuple[str, ...]
    scores: Floats
    inner: Inner
    units: tuple[str, ...]
    weights: Floats | None = None
    count: int = 7


def table(n: int = 4) -> Table:
    return Table(
        names=tuple(f"m{i}" for i in range(n)),
        scores=np.arange(2.0 * n).reshape(n, 2),
        inner=Inner(sizes=np.linspace(0.0, 10.0 * (n - 1), n)),
        units=("a", "b"),
    )


def test_rows_move_together_and_what_is_no_column_stays() -> None:
    made = taken(table(), np.array([3, 1, 1]), shared=("units",))
    assert made.names == ("m3", "m1", "m1")
    np.testing.assert_array_equal(made.scores, [[6, 7], [2, 3], [2, 3]])
    np.testing.assert_array_equal(made.inner.sizes, [30, 10, 10])
    assert (made.units, made.weights, made.count) == (("a", "b"), None, 7)


def test_columns_are_rows_of_another_axis() -> None:
    made = taken(table(), np.array([1, 0]), axis=1, shared=("names", "inner"))
    np.testing.assert_array_equal(made.scores, table().scores[:, ::-1])
    assert made.units == ("b", "a")
    last = taken(table(), np.array([1]), axis=-1, shared=("names", "inner"))
    np.testing.assert_array_equal(last.scores, table().scores[:, [1]])


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_a_mask_takes_what_its_places_take(mask: list[bool]) -> None:
    whole, chosen = table(len(mask)), np.array(mask)
    by_mask, by_place = (
        taken(whole, index, shared=("units",)) for index in (chosen, np.flatnonzero(chosen))
    )
    assert by_mask.names == by_place.names
    np.testing.assert_array_equal(by_mask.scores, by_place.scores)
    np.testing.assert_array_equal(by_mask.inner.sizes, by_place.inner.sizes)


def test_a_place_beyond_the_rows_is_refused() -> None:
    with pytest.raises(IndexError):
        taken(table(), np.array([4]), shared=("units",))
