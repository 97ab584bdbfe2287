"""A table keeps rows, columns and everything that belongs to a score together."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalepredict.records.table import (
    FLOPS_PER_PARAM_TOKEN,
    Bools,
    Checkpoint,
    EvalTable,
    Floats,
    Ints,
    Unit,
    make_table,
    taken,
)

A, B, C = (
    Unit(benchmark=name, chance=chance)
    for name, chance in zip("abc", (0.0, 0.25, 0.5), strict=True)
)


def table(*units: Unit, names: str = "xyz", family: str = "f", base: float = 0.0) -> EvalTable:
    """Every number of row r and column t is r + t / 10, beside a part for its kind."""
    shape = (len(names), len(units))
    cell = base + np.arange(shape[0])[:, None] + np.arange(shape[1]) / 10
    rows = [
        Checkpoint(model=name, family=family, params=1e9 * (r + 1), tokens=2e10, flops=1e20 + r)
        for r, name in enumerate(names)
    ]
    return make_table(
        rows, units, cell, n_items=cell + 100, stderr=cell + 1000, task_loss=cell + 10000
    )


def parts(of: EvalTable) -> list[Floats]:
    """Each kind of number less what tells it from the scores."""
    return [of.scores, of.n_items - 100, of.stderr - 1000, of.task_loss - 10000]


def test_the_arithmetic_of_compute_is_six_per_parameter_and_token() -> None:
    assert FLOPS_PER_PARAM_TOKEN == 6.0


@pytest.mark.parametrize("rows", [[2, 0], np.array([2, 0]), np.array([True, False, True])], ids=str)
def test_rows_are_taken_with_all_that_is_theirs(rows: list[int]) -> None:
    chosen = table(A, B).take_rows(rows)
    order = [0, 2] if np.asarray(rows).dtype == bool else [2, 0]
    assert [c.model for c in chosen.checkpoints] == ["xyz"[r] for r in order]
    for part in parts(chosen):
        np.testing.assert_allclose(part, np.array([[0, 0.1], [1, 1.1], [2, 2.1]])[order])
    assert chosen.units == (A, B)
    assert chosen.params.tolist() == [1e9 * (r + 1) for r in order]


@pytest.mark.parametrize("columns", [[1, 0], np.array([1, 0])], ids=str)
def test_columns_are_taken_with_all_that_is_theirs(columns: list[int]) -> None:
    chosen = table(A, B).take_units(columns)
    assert chosen.units == (B, A)
    assert chosen.chance.tolist() == [0.25, 0.0]
    for part in parts(chosen):
        np.testing.assert_allclose(part, [[0.1, 0], [1.1, 1], [2.1, 2]])


def test_no_rows_and_no_columns_are_a_table_too() -> None:
    empty = table(A, B).take_rows([])
    assert (empty.scores.shape, empty.families, empty.params.shape) == ((0, 2), (), (0,))
    assert table(A, B).take_units([]).scores.shape == (3, 0)
    assert empty.with_rows(table(A, B)).scores.shape == (3, 2)


def test_rows_of_another_table_go_below_under_their_own_columns() -> None:
    """Columns that the first does not have are lost, those that the second lacks are empty."""
    both = table(A, B, names="x").with_rows(table(C, B, names="y", base=5.0))
    assert [c.model for c in both.checkpoints] == ["x", "y"]
    assert both.units == (A, B)
    for part in parts(both):
        np.testing.assert_allclose(part, [[0, 0.1], [np.nan, 5.1]])


def test_a_family_has_the_columns_that_were_measured_on_it() -> None:
    first, second = table(A, B, names="xy"), table(A, B, names="z", family="g")
    scores = second.scores.copy()
    scores[:, 0] = np.nan
    both = first.with_rows(second.with_scores(scores))
    assert both.families == ("f", "g")
    assert both.of_family("g").units == (B,)
    assert both.of_family("f").units == (A, B)
    assert both.of_family("nobody").scores.shape == (0, 0)


def test_families_and_benchmarks_are_named_in_the_order_in_which_they_appear() -> None:
    tasks = [replace(B, task="q1"), A, replace(B, task="q2")]
    both = table(*tasks, names="x", family="late").with_rows(table(*tasks, names="yz"))
    assert both.families == ("late", "f")
    assert both.benchmarks == ("b", "a")


def test_what_is_not_recorded_is_nan_and_not_zero() -> None:
    bare = make_table([Checkpoint(model="m")], [A], np.array([[0.5]]))
    for name in (
        "params", "params_active", "params_non_embedding", "tokens", "flops", "unique_tokens",
        "loss",
    ):  # fmt: skip
        assert np.isnan(getattr(bare, name)).tolist() == [True]
    for part in (bare.n_items, bare.stderr, bare.task_loss):
        assert np.isnan(part).tolist() == [[True]]


@pytest.mark.parametrize("name", ["params", "tokens", "flops", "loss", "unique_tokens"])
def test_a_column_of_the_checkpoints_is_what_they_say(name: str) -> None:
    rows = [Checkpoint(model="m", **{name: 3.5}), Checkpoint(model="n")]  # type: ignore[arg-type]
    values = getattr(make_table(rows, [A], np.array([[0.5], [0.6]])), name)
    assert values[0] == 3.5
    assert np.isnan(values[1])


def test_arrays_of_another_shape_are_refused() -> None:
    plain = table(A, B)
    for name in ("scores", "n_items", "stderr", "task_loss"):
        with pytest.raises(ValueError, match=rf"{name} has shape \(3, 1\), expected \(3, 2\)"):
            replace(plain, **{name: np.zeros((3, 1))})  # type: ignore[arg-type]


def test_a_column_is_shown_by_its_label_where_it_has_one() -> None:
    assert A.shown == "a"
    assert replace(A, label="a [5-shot]").shown == "a [5-shot]"


def test_a_table_is_never_changed_by_what_is_made_of_it() -> None:
    plain = table(A, B)
    before = plain.scores.copy()
    plain.take_rows([0]).scores[:] = 9
    plain.with_rows(plain).scores[:] = 9
    other = plain.with_scores(plain.scores + 1)
    assert other.n_items is plain.n_items
    np.testing.assert_array_equal(plain.scores, before)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inner:
    sizes: Floats

    def take(self, index: Ints | Bools) -> "Inner":
        return taken(self, index)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    names: tuple[str, ...]
    scores: Floats
    inner: Inner
    units: tuple[str, ...]
    weights: Floats | None = None
    count: int = 7


def columns(n: int = 4) -> Columns:
    return Columns(
        names=tuple(f"m{i}" for i in range(n)),
        scores=np.arange(2.0 * n).reshape(n, 2),
        inner=Inner(sizes=np.linspace(0.0, 10.0 * (n - 1), n)),
        units=("a", "b"),
    )


def test_rows_move_together_and_what_is_no_column_stays() -> None:
    made = taken(columns(), np.array([3, 1, 1]), shared=("units",))
    assert made.names == ("m3", "m1", "m1")
    np.testing.assert_array_equal(made.scores, [[6, 7], [2, 3], [2, 3]])
    np.testing.assert_array_equal(made.inner.sizes, [30, 10, 10])
    assert (made.units, made.weights, made.count) == (("a", "b"), None, 7)


def test_columns_are_rows_of_another_axis() -> None:
    made = taken(columns(), np.array([1, 0]), axis=1, shared=("names", "inner"))
    np.testing.assert_array_equal(made.scores, columns().scores[:, ::-1])
    assert made.units == ("b", "a")
    last = taken(columns(), np.array([1]), axis=-1, shared=("names", "inner"))
    np.testing.assert_array_equal(last.scores, columns().scores[:, [1]])


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_a_mask_takes_what_its_places_take(mask: list[bool]) -> None:
    whole, chosen = columns(len(mask)), np.array(mask)
    by_mask, by_place = (
        taken(whole, index, shared=("units",)) for index in (chosen, np.flatnonzero(chosen))
    )
    assert by_mask.names == by_place.names
    np.testing.assert_array_equal(by_mask.scores, by_place.scores)
    np.testing.assert_array_equal(by_mask.inner.sizes, by_place.inner.sizes)


def test_a_place_beyond_the_rows_is_refused() -> None:
    with pytest.raises(IndexError):
        taken(columns(), np.array([4]), shared=("units",))
