"""Which column of one table is which column of another? What was measured, by one key.

Chance, its provenance and the suite say something about a column; the key says what it holds.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from scalepredict.records.table import Ints, Unit

if TYPE_CHECKING:
    from scalepredict.records.document_parts import ColumnDocument


class Key(NamedTuple):
    """What was measured: two columns of one key hold scores that may be compared."""

    benchmark: str
    task: str
    metric: str
    shots: int | None
    variant: str = ""


def key(unit: Unit) -> Key:
    """What a column holds."""
    return Key(unit.benchmark, unit.task, unit.metric, unit.shots, unit.variant)


def whole_key(unit: Unit) -> Key:
    """The column of the whole benchmark that a task or question belongs to."""
    return Key(unit.benchmark, "", unit.metric, unit.shots, unit.variant)


def match(
    units: Sequence[Unit], others: Sequence[Unit], *, unknown: Literal["any", "same"]
) -> Ints:
    """Where each unit is found among others; -1 = nowhere. Shape (T,).

    Args:
        units: The T units that are looked for.
        others: Where they are looked for.
        unknown: What a metric or a number of shots means that is not recorded: ``any``, so that a
            unit of the same key is taken first, else the only one that contradicts nothing (where
            there are two it is not known which, so none); or the ``same`` as another that is not
            recorded, and nothing else.
    """
    place = {key(other): i for i, other in reversed(list(enumerate(others)))}
    found = [place.get(key(unit), -1) for unit in units]
    if unknown == "any":
        named: dict[tuple[str, str], list[int]] = {}
        for i in sorted(place.values()):
            named.setdefault((others[i].benchmark, others[i].task), []).append(i)
        offers = {}
        for t, unit in enumerate(units):
            near = named.get((unit.benchmark, unit.task), [])
            offers[t] = [i for i in near if _agree(key(unit), key(others[i]))]
        wanted = Counter(i for offer in offers.values() for i in offer)
        for t, offer in offers.items():
            if found[t] < 0 and len(offer) == 1 and wanted[offer[0]] == 1:
                found[t] = offer[0]
    return np.array(found, dtype=np.intp)


def how_measured(unit: Unit) -> str:
    """The metric and the shots in words, such as ``acc, 5-shot``."""
    shots = _shots(unit.shots)
    return ", ".join(filter(None, (unit.metric, shots, unit.variant))) or "score"


def column_document(unit: Unit) -> "ColumnDocument":
    """What a column holds, as documents say it: the benchmark, and how it was measured if known."""
    document: ColumnDocument = {"benchmark": unit.benchmark}
    if unit.metric:
        document["metric"] = unit.metric
    if unit.shots is not None:
        document["shots"] = unit.shots
    if unit.variant:
        document["variant"] = unit.variant
    return document


def labelled(units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The units with names that tell the columns of one benchmark apart.

    In brackets stands what differs between them: metric, shots, variant.
    """
    columns: dict[str, list[Key]] = {}
    for unit in units:
        whole = whole_key(unit)
        mine = columns.setdefault(unit.benchmark, [])
        if whole not in mine:
            mine.append(whole)
    if all(len(mine) == 1 for mine in columns.values()):
        return tuple(units)
    return tuple(
        replace(unit, label=_label(whole_key(unit), columns[unit.benchmark])) for unit in units
    )


def _label(column: Key, beside: Sequence[Key]) -> str:
    if len(beside) == 1:
        return ""
    parts: list[tuple[str, set[object]]] = [
        (column.metric or "no metric", {other.metric for other in beside}),
        (_shots(column.shots) or "shots unknown", {other.shots for other in beside}),
        (column.variant or "other settings", {other.variant for other in beside}),
    ]
    told = ", ".join(part for part, values in parts if len(values) > 1)
    return f"{column.benchmark} [{told}]"


def _shots(shots: int | None) -> str:
    return "" if shots is None else f"{shots}-shot"


def _agree(one: Key, other: Key) -> bool:
    return (
        (one.metric == other.metric or not one.metric or not other.metric)
        and (one.shots == other.shots or one.shots is None or other.shots is None)
        and (one.variant == other.variant or not one.variant or not other.variant)
    )
