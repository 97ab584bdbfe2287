"""What does a law tell besides forecasts? Tables of its own: loadings, capabilities, efficiency."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from scalepredict.records.table import Floats, Unit


class Kind(StrEnum):
    """What a column of a table holds, so that it can be rendered."""

    TEXT = "text"
    SCORE = "score"  # a fraction, shown as percent or points
    NUMBER = "number"
    COUNT = "count"  # params, tokens or FLOPs


@dataclass(frozen=True, slots=True, kw_only=True)
class LawTable:
    """One table.

    Attributes:
        name: Key in documents.
        title: What it shows, with units.
        header: Names of the columns.
        kinds: What each column holds.
        rows: Texts and numbers; NaN = unknown.
    """

    name: str
    title: str
    header: tuple[str, ...]
    kinds: tuple[Kind, ...]
    rows: tuple[tuple[str | float, ...], ...]


@runtime_checkable
class Detailed(Protocol):
    """A law that has tables of its own."""

    def details(self) -> tuple[LawTable, ...]:
        """The tables, the most telling first."""
        ...


def loadings_table(
    units: Sequence[Unit],
    loading: Floats,
    noise: Floats,
    explained: Floats,
    *,
    what: str,
    kind: Kind = Kind.SCORE,
) -> LawTable:
    """Which benchmarks make up each component; the last row is the share of each.

    Args:
        units: T benchmarks.
        loading: Shape (T, K).
        noise: Error that is left, a standard deviation in fractions. Shape (T,).
        explained: Share of each component. Shape (K,).
        what: What a loading is, with its unit.
        kind: How a loading is rendered.
    """
    components = [f"{i + 1}" for i in range(loading.shape[1])]
    rows: list[tuple[str | float, ...]] = [
        (unit.shown, *map(float, row), float(rest))
        for unit, row, rest in zip(units, loading, noise, strict=True)
    ]
    return LawTable(
        name="loadings",
        title=f"loadings: {what}; last row: share of what is explained",
        header=("benchmark", *components, "error"),
        kinds=(Kind.TEXT, *[kind] * len(components), Kind.SCORE),
        rows=(*rows, ("(share)", *map(float, explained), float("nan"))),
    )
