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
