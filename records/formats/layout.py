"""Where in a text table is the header? Titles above it and units below it are understood."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from scalepredict.errors import RecordError
from scalepredict.records.formats.bounded import MAX_LINE_BYTES
from scalepredict.records.formats.columns import names_a_model, read_header
from scalepredict.records.formats.sources import Source
from scalepredict.records.notes import Note, noted

csv.field_size_limit(MAX_LINE_BYTES)  # a header of many columns may be one long line

_LOOKED_AT = 12  # lines; a sheet has a title, perhaps a date, and the header
_DELIMITERS = (",", "\t", ";")
_UNIT = re.compile(
    r"[(\[]\s*(.+?)\s*[)\]]|(%|percent|[KMBT]|millions?|billions?|trillions?|1e\d+)", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the lines of a text table are to be read.

    Attributes:
        delimiter: What separates cells.
        header: The names of the columns, with their units.
        line: Line of the header, from 1.
        skip: Lines that are not read, from 0.
        notes: About them.
    """

    delimiter: str
    header: tuple[str, ...]
    line: int = 1
    skip: tuple[int, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def skipped(self) -> int:
        """How many lines stand before the first row, the header apart."""
        return len(self.skip)


def read_layout(source: Source, word: str) -> Layout:
    """Find the header of a text table.

    Raises:
        RecordError: The first line is empty, and no header stands below it.
    """
    with source.open() as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        lines = list(islice(text, _LOOKED_AT))
    found = next((i for i, line in enumerate(lines) if _is_header(line)), 0)
    if not lines or not lines[found].strip():
        raise RecordError(
            f"{source.name}, {word} {found + 1}: no header; the first {word} must name the columns."
        )
    delimiter = _delimiter(lines[found])
    header = _cells(lines[found], delimiter)
    skip = list(range(found))
    notes = []
    if found:
        said = f"{word} {found + 1} is the header; what is above is left out."
        notes.append(noted("header-found", said, subject=source.name))
    below = _cells(lines[found + 1], delimiter) if found + 1 < len(lines) else []
    if _is_units(header, below):
        header = [_with_unit(name, unit) for name, unit in zip(header, below, strict=True)]
        skip.append(found + 1)
        said = f"{word} {found + 2} holds units, and is read with the header."
        notes.append(noted("units-read", said, subject=source.name))
    return Layout(
        delimiter=delimiter,
        header=tuple(header),
        line=found + 1,
        skip=tuple(skip),
        notes=tuple(notes),
    )


def _is_header(line: str) -> bool:
    return any(names_a_model(cell) for cell in _cells(line, _delimiter(line)))


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _is_units(header: Sequence[str], below: Sequence[str]) -> bool:
    if len(below) != len(header) or not any(cell.strip() for cell in below):
        return False
    model = [cell for name, cell in zip(header, below, strict=True) if names_a_model(name)]
    return not any(cell.strip() for cell in model) and not any(map(_is_number, below))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _with_unit(name: str, unit: str) -> str:
    match = _UNIT.fullmatch(unit.strip())
    if match is None:
        return name
    said = f"{name.strip()} ({match[1] or match[2]})"
    understood = read_header(said)
    return said if understood.factor != 1 or understood.known else name
