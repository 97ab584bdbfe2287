"""Which part of the records was asked for? Families, an upper size, one phase of the schedule."""

from collections.abc import Iterable, Sequence

import numpy as np

from scalepredict.errors import RefusedError, did_you_mean
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import EvalTable
from scalepredict.records.text.counts import count_of, format_count, listed


def of_families(table: EvalTable, families: Sequence[str]) -> EvalTable:
    """The rows of the named families, and anchors of any; all if none is named.

    Raises:
        RefusedError: There is no family of that name.
    """
    known_names("family", families, table.families)
    if not families:
        return table
    wanted = [c.family in families or c.role == "anchor" for c in table.checkpoints]
    kept = table.take_rows(np.array(wanted, dtype=bool))
    return kept.take_units(np.flatnonzero(np.isfinite(kept.scores).any(axis=0)))


def known_names(what: str, asked: Iterable[str], known: Sequence[str]) -> None:
    """Refuse names that do not occur, with the closest that does.

    Raises:
        RefusedError: A name is not known.
    """
    for name in asked:
        if name not in known:
            close = did_you_mean(name, known)
            there = "there is only" if len(known) == 1 else "there are"
            shown = listed(known, most=12)
            raise RefusedError(f"there is no {what} {name!r}{close}; {there} {shown}.")


def up_to(
    table: EvalTable, *, params: float | None = None, flops: float | None = None
) -> tuple[EvalTable, tuple[Note, ...]]:
    """The checkpoints at or below a size, and notes with counts of what was left out.

    Args:
        table: Checkpoints with params and FLOPs.
        params: Largest number of parameters to keep; ``None`` = any.
        flops: Largest training FLOPs to keep; ``None`` = any.

    Raises:
        RefusedError: Nothing is left.
    """
    kept = np.ones(len(table.checkpoints), dtype=bool)
    limits = []
    if params is not None:
        kept &= table.params <= params
        limits.append(f"{format_count(params)} params")
    if flops is not None:
        kept &= table.flops <= flops
        limits.append(f"{format_count(flops)} FLOPs")
    if not limits:
        return table, ()
    if not kept.any():
        smallest = table.checkpoints[int(np.argmin(table.flops))] if len(kept) else None
        found = f"; the smallest is {smallest.model}" if smallest else ""
        raise RefusedError(f"no checkpoint has at most {' and '.join(limits)}{found}.")
    note = noted(
        "larger-left-out",
        f"evidence: {int(kept.sum())} of {count_of(len(kept), 'checkpoint')} with at most "
        f"{' and '.join(limits)}; left out: {int((~kept).sum())} larger.",
    )
    below = table.take_rows(kept)
    return below.take_units(np.flatnonzero(np.isfinite(below.scores).any(axis=0))), (note,)


def refuse_mixed_phases(table: EvalTable) -> None:
    """Refuse evidence of one family that comes from several phases of the schedule.

    Raises:
        RefusedError: A family has several.
    """
    for family in table.families:
        counts: dict[str, int] = {}
        for checkpoint in table.checkpoints:
            if checkpoint.family == family:
                counts[checkpoint.phase] = counts.get(checkpoint.phase, 0) + 1
        if len(counts) > 1:
            found = ", ".join(f"{phase or '(none)'} ({n})" for phase, n in counts.items())
            best = max(counts, key=lambda phase: counts[phase])
            raise RefusedError(
                f"family {family!r} has checkpoints of several phases: {found}. A change of phase "
                f"moves scores without scale; choose one, for example --phase {best or 'stable'}."
            )
