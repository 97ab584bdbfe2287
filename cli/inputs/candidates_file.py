"""Which runs may be made? A table of candidates, with the line of every mistake."""

import csv
import io
from pathlib import Path

from scalepredict.errors import CountError, RecordError
from scalepredict.records.formats.sources import Source, find_sources
from scalepredict.records.text.counts import parse_count

Row = tuple[str, float, float, float | None]
NEEDED, COST = ("model", "params", "tokens"), "cost"
_DELIMITERS = ",\t;"


def read_candidates(path: Path) -> tuple[list[Row], tuple[str, ...]]:
    """Rows of a CSV file (or one with tabs or semicolons), and what is to be said about it.

    A row is model, params, tokens, and cost in FLOPs (None = not given).

    Raises:
        RecordError: The file, a column or a value is not understood, or a name stands twice.
    """
    if path.is_dir():
        raise RecordError(f"{path}: a folder; name the file of the candidates.")
    ((source,), _) = find_sources([path])
    header, lines = _cells(source)
    places = _places(source.name, header)
    rows: dict[str, Row] = {}
    for line, cells in lines:
        row = _row(f"{source.name}, line {line}", len(header), places, cells)
        if row[0] in rows:
            raise RecordError(
                f"{source.name}, line {line}: candidate {row[0]!r} stands twice; give each its own "
                "name."
            )
        rows[row[0]] = row
    if not rows:
        raise RecordError(f"{source.name}: no candidates; give one row for each run.")
    others = [name for name in header if name not in places]
    said = f"{source.name}: columns that are not read: {', '.join(others)}."
    return list(rows.values()), (said,) if others else ()


def _cells(source: Source) -> tuple[list[str], list[tuple[int, list[str]]]]:
    with source.open() as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        first = text.readline()
        delimiter = max(_DELIMITERS, key=first.count)
        header = next(csv.reader([first], delimiter=delimiter), [])
        reader = csv.reader(text, delimiter=delimiter)
        try:
            rows = [(1 + reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
        except csv.Error as problem:
            raise RecordError(f"{source.name}, line {1 + reader.line_num}: {problem}.") from problem
    return [name.strip().lower() for name in header], rows


def _places(name: str, header: list[str]) -> dict[str, int]:
    lacking = [column for column in NEEDED if column not in header]
    if lacking:
        found = ", ".join(header) or "nothing"
        raise RecordError(
            f"{name}, line 1: no column {', '.join(lacking)} among {found}; candidates need model, "
            "params and tokens, and may have cost."
        )
    known = [column for column in (*NEEDED, COST) if column in header]
    for column in known:
        if header.count(column) > 1:
            raise RecordError(f"{name}, line 1: column {column} stands twice; keep one of them.")
    return {column: header.index(column) for column in known}


def _row(where: str, width: int, places: dict[str, int], cells: list[str]) -> Row:
    if len(cells) > width:
        raise RecordError(
            f"{where}: {len(cells)} values for {width} columns; quote a value that holds the "
            "delimiter."
        )
    texts = {
        name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()
    }
    if not texts["model"]:
        raise RecordError(f"{where}: no model; give each candidate a name.")
    cost = texts.get(COST)
    return (
        texts["model"],
        _count(where, "params", texts["params"]),
        _count(where, "tokens", texts["tokens"]),
        _count(where, COST, cost) if cost else None,
    )


def _count(where: str, name: str, text: str) -> float:
    try:
        return parse_count(text)
    except CountError as problem:
        raise RecordError(f"{where}: {name}: {problem}") from problem
