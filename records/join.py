"""How do two tables become one? Rows of the second below those of the first, units side by side."""

from dataclasses import dataclass, replace

import numpy as np

from scalepredict.records.table import Checkpoint, EvalTable, Floats, make_table


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
    # Chance and suite may be known in one file only; the rest says what was measured.
    keys = {replace(u, chance=0.0, chance_assumed=False, suite=""): u for u in second.units}
    keys |= {replace(u, chance=0.0, chance_assumed=False, suite=""): u for u in first.units}
    place = {key: t for t, key in enumerate(keys)}

    def spread(table: EvalTable, values: Floats) -> Floats:
        wide = np.full((len(table.checkpoints), len(place)), np.nan)
        for t, unit in enumerate(table.units):
            wide[:, place[replace(unit, chance=0.0, chance_assumed=False, suite="")]] = values[:, t]
        return wide

    def both(name: str) -> Floats:
        return np.vstack([spread(t, getattr(t, name)) for t in (first, below)])

    table = make_table(
        (*first.checkpoints, *below.checkpoints),
        list(keys.values()),
        both("scores"),
        n_items=both("n_items"),
        stderr=both("stderr"),
        task_loss=both("task_loss"),
    )
    return Joined(table=table, n_repeated=int((~fresh).sum()))


def _identity(checkpoint: Checkpoint) -> tuple[object, ...]:
    place = checkpoint.tokens if checkpoint.tokens is not None else checkpoint.step
    return checkpoint.family, checkpoint.model, place, checkpoint.phase
