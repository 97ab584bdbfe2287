"""How do two tables become one? Rows of the second below those of the first, units side by side."""

from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import Checkpoint, EvalTable, Floats, make_table
from scalepredict.records.units import key


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joined:
    """The table, and how many rows of the second were left out as repeated in the first."""

    table: EvalTable
    n_repeated: int


def join_tables(first: EvalTable, second: EvalTable) -> Joined:
    """Join two tables; a checkpoint of both is taken from the first, whatever its scores."""
    known = {_identity(checkpoint) for checkpoint in first.checkpoints}
    fresh = np.array([_identity(c) not in known for c in second.checkpoints], dtype=bool)
    below = second.take_rows(fresh)
    # Chance and suite may be known in one file only; the first one's go before.
    units = {key(unit): unit for unit in (*second.units, *first.units)}
    place = {column: t for t, column in enumerate(units)}

    def spread(table: EvalTable, values: Floats) -> Floats:
        wide = np.full((len(table.checkpoints), len(place)), np.nan)
        for t, unit in enumerate(table.units):
            wide[:, place[key(unit)]] = values[:, t]
        return wide

    def both(name: str) -> Floats:
        return np.vstack([spread(t, getattr(t, name)) for t in (first, below)])

    table = make_table(
        (*first.checkpoints, *below.checkpoints),
        list(units.values()),
        both("scores"),
        n_items=both("n_items"),
        stderr=both("stderr"),
        task_loss=both("task_loss"),
    )
    return Joined(table=table, n_repeated=int((~fresh).sum()))


def _identity(checkpoint: Checkpoint) -> tuple[object, ...]:
    place = checkpoint.tokens if checkpoint.tokens is not None else checkpoint.step
    return checkpoint.family, checkpoint.model, place, checkpoint.phase
