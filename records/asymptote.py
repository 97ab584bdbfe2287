"""What does a user know of the value that a metric falls to? One value, or a range of it.

Given by ``--asymptote``, or by ``asymptote:`` of a benchmark in a benchmarks file; in the unit of
the metric.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scalepredict.errors import RefusedError

if TYPE_CHECKING:
    from scalepredict.records.table import EvalTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Asymptote:
    """5 and 95 % points of what the user thinks of the asymptote; equal ends fix it."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Asymptotes:
    """What was given for all benchmarks, and for single ones by name."""

    everywhere: Asymptote | None = None
    by_name: Mapping[str, Asymptote] = field(default_factory=dict)

    def of(self, benchmark: str) -> Asymptote | None:
        """That of a benchmark; None = nothing was given."""
        return self.by_name.get(benchmark, self.everywhere)


def parse_asymptotes(texts: Sequence[str]) -> Asymptotes:
    """Read ``E``, ``LO..HI``, ``NAME=E`` and ``NAME=LO..HI``.

    Raises:
        RefusedError: A value is no number, a range is not rising, or one is given twice.
    """
    everywhere: Asymptote | None = None
    by_name: dict[str, Asymptote] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.rpartition("="))
        asymptote = parse_asymptote(value, text)
        if (name in by_name) if equals else everywhere is not None:
            raise RefusedError(
                f"asymptote {text!r}: {name or 'all benchmarks'} got one before; give each once."
            )
        if equals:
            by_name[name] = asymptote
        else:
            everywhere = asymptote
    return Asymptotes(everywhere=everywhere, by_name=by_name)


def parse_asymptote(value: str, text: str | None = None) -> Asymptote:
    """Read one ``E`` or ``LO..HI``; ``text`` is what the user wrote, for messages.

    Raises:
        RefusedError: It is neither a positive number nor a rising range of two.
    """
    low, dots, high = value.partition("..")
    ends = [_positive(end, text or value) for end in ((low, high) if dots else (low, low))]
    if dots and ends[0] >= ends[1]:
        raise RefusedError(
            f"asymptote {text or value!r}: {ends[0]:g} is not below {ends[1]:g}; write the lower "
            "end first, like 1.4..1.7."
        )
    return Asymptote(low=ends[0], high=ends[1])


def _positive(value: str, text: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise RefusedError(
            f"asymptote {text!r}: {value.strip()!r} is no positive number; write E, LO..HI, NAME=E "
            "or NAME=LO..HI, like 1.6, 1.4..1.7 or c4_val=1.4..1.7."
        )
    return number


def with_asymptotes(table: "EvalTable", given: Asymptotes) -> "EvalTable":
    """The table with what was given put on its units of which less is better.

    Raises:
        RefusedError: A name is no benchmark of the table, or of no benchmark that was named, or of
            none at all, less is better.
    """
    unknown = [name for name in given.by_name if name not in table.benchmarks]
    if unknown:
        raise RefusedError(
            f"--asymptote names {unknown[0]!r}, which is no benchmark of the records; there are "
            f"{', '.join(table.benchmarks)}."
        )
    if given == Asymptotes():
        return table
    falling = {u.benchmark for u in table.units if u.measure and u.measure.direction == "lower"}
    without = [name for name in given.by_name if name not in falling]
    if without or not falling:
        raise RefusedError(
            f"--asymptote: {without[0] if without else 'every benchmark of the records'} has a "
            "metric of which more is better, and so nothing that it falls to. Give it for losses "
            "and the like, as NAME=E, or leave it out."
        )
    units = tuple(
        replace(unit, asymptote=given.of(unit.benchmark) or unit.asymptote)
        if unit.benchmark in falling
        else unit
        for unit in table.units
    )
    return replace(table, units=units)
