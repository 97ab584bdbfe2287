"""Two tables become one: rows below, units side by side, and nothing twice."""

import numpy as np

from scalepredict.records.join import join_tables
from scalepredict.records.table import Checkpoint, Unit, make_table

ACC = Unit(benchmark="a", metric="acc", chance=0.25)


def test_units_are_joined_by_what_they_hold_and_rows_of_both_come_from_the_first() -> None:
    first = make_table(
        [Checkpoint(model="m", tokens=1e9), Checkpoint(model="n", tokens=1e9)],
        [ACC],
        np.array([[0.3], [0.4]]),
        n_items=np.array([[10.0], [20.0]]),
    )
    second = make_table(
        [Checkpoint(model="m", tokens=1e9), Checkpoint(model="m", tokens=2e9)],
        [Unit(benchmark="a", metric="acc"), Unit(benchmark="a", metric="f1")],
        np.array([[0.9, 0.9], [0.5, 0.6]]),
    )
    joined = join_tables(first, second)
    assert joined.n_repeated == 1
    place = {(u.metric, u.chance): t for t, u in enumerate(joined.table.units)}
    assert set(place) == {("acc", 0.25), ("f1", 0.0)}
    acc, f1 = place["acc", 0.25], place["f1", 0.0]
    assert joined.table.scores[:, acc].tolist() == [0.3, 0.4, 0.5]
    assert joined.table.n_items[:2, acc].tolist() == [10, 20]
    assert np.isnan(joined.table.scores[:2, f1]).all()
    assert joined.table.scores[2, f1] == 0.6


def test_a_table_beside_nothing_stays_as_it_is() -> None:
    table = make_table(
        [Checkpoint(model="m", tokens=1e9)], [ACC], np.array([[0.3]]), stderr=np.array([[0.01]])
    )
    for joined in (join_tables(table, table.take_rows([])), join_tables(table, table)):
        assert joined.table.checkpoints == table.checkpoints
        assert joined.table.units == table.units
        assert joined.table.scores.tolist() == [[0.3]]
        assert joined.table.stderr.tolist() == [[0.01]]
    assert join_tables(table, table).n_repeated == 1


def test_checkpoints_are_the_same_by_family_name_place_and_phase() -> None:
    def one(**more: object) -> Checkpoint:
        facts = {"model": "m", "family": "f", "tokens": 1e9, "step": 5.0, **more}
        return Checkpoint(**facts)  # type: ignore[arg-type]

    first = make_table([one()], [ACC], np.array([[0.3]]))
    cases: list[tuple[dict[str, object], bool]] = [
        ({"params": 7e9, "line": 3}, True),
        ({"step": 9.0}, True),  # tokens say where it is
        ({"tokens": 2e9}, False),
        ({"tokens": None}, False),
        ({"family": "g"}, False),
        ({"phase": "decay"}, False),
        ({"model": "n"}, False),
    ]
    for change, repeated in cases:
        second = make_table([one(**change)], [ACC], np.array([[0.4]]))
        assert join_tables(first, second).n_repeated == int(repeated), change


def test_what_is_known_of_a_benchmark_comes_from_the_first_table() -> None:
    bare = Unit(benchmark="a", metric="acc")
    rows = [Checkpoint(model="m", tokens=1e9)], [Checkpoint(model="n", tokens=1e9)]
    one = make_table(rows[0], [ACC], np.array([[0.3]]))
    other = make_table(rows[1], [bare], np.array([[0.4]]))
    assert join_tables(one, other).table.units == (ACC,)
    assert join_tables(other, one).table.units == (bare,)
