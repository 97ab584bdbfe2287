"""How is a result shown? As text for people, CSV, Markdown or JSON; no name is cut, none injected.

Scores become percent here and nowhere else. Text from files is escaped for where it is shown:
control characters for every terminal, the syntax of tables for Markdown.
"""

import csv
import io
import json
import math
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

import typer

from scalepredict.cli.views.workflow_log import check_csv, json_guarded
from scalepredict.records.notes import CODES, Level, Note
from scalepredict.records.text.counts import listed

if TYPE_CHECKING:
    from rich.console import Console

    from scalepredict.cli.views.marks import Mark

TERMINAL_ROWS = 200  # a longer table is capped on a terminal, and said; pipes and files get all
FOLDED = 8  # columns that names are folded into on a terminal, at least
MISSING = "-"
CLASS = "class"  # header of the column that marks stand in
NOTE = "note"  # header of a last column of sentences
WARNING_PREFIX = "warning: "

Cell = str | float | int | bool | None


class Format(StrEnum):
    """What `--format` accepts."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """A column that only terminals show, if they are wide enough: one small drawing for each row.

    Attributes:
        header: Its name.
        cells: The drawings.
        after: Name of the column that it follows.
    """

    header: str
    cells: tuple[str, ...]
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table for people.

    Attributes:
        title: Line above the table; empty for none.
        header: Names of the columns.
        align: One letter for each column: ``l`` text, ``r`` numbers.
        rows: Cells as they are read, not yet escaped.
        notes: Lines below the table.
        sketches: Columns for wide terminals.
        marks: What a terminal shows of each row in the column ``class``; None for a row without.
    """

    title: str = ""
    header: tuple[str, ...]
    align: str
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    sketches: tuple[Sketch, ...] = ()
    marks: tuple["Mark | None", ...] = ()


def emit(
    form: Format,
    *,
    sheets: Sequence[Sheet],
    rows: Sequence[Mapping[str, object]],
    document: object,
    header: Sequence[str] = (),
) -> None:
    """Write a result to stdout.

    Args:
        form: What the user asked for.
        sheets: The tables, for ``table`` and ``markdown``.
        rows: Tidy rows of raw values (fractions, counts), for ``csv``; the first gives the header.
        document: What ``json`` holds; NaN is written as null.
        header: That of a CSV without rows.
    """
    match form:
        case Format.JSON:
            write_data(json_text(document) + "\n")
        case Format.CSV:
            write_data(csv_text(rows, header), form=form)
        case Format.MARKDOWN:
            typer.echo("\n\n".join(markdown(sheet) for sheet in sheets))
        case Format.TABLE if sys.stdout.isatty():
            _show_on_terminal(sheets)
        case Format.TABLE:
            typer.echo("\n\n".join(plain(sheet) for sheet in sheets))


def write_data(text: str, *, form: Format = Format.JSON) -> None:
    """Write data to stdout, to the byte; on a terminal no name in it moves the cursor.

    Raises:
        RefusedError: It is CSV, and the log that it goes to would take a cell for a command.
    """
    if form is Format.CSV:
        check_csv(text)
    else:
        text = json_guarded(text)
    if sys.stdout.isatty():
        text = "\n".join(map(clean, text.split("\n")))
    typer.echo(text, nl=False)


def percent(fraction: float, *, digits: int = 1) -> str:
    """A score in percent without the sign: ``62.3``; ``-`` if not a number."""
    return MISSING if math.isnan(fraction) else f"{100 * fraction:.{digits}f}"


def signed_points(fraction: float, *, digits: int = 1) -> str:
    """A difference of scores in points: ``+1.4``; ``-`` if not a number."""
    if math.isnan(fraction):
        return MISSING
    return f"{round(100 * fraction, digits) + 0.0:+.{digits}f}"  # + 0.0: never "-0.0"


def percent_range(low: float, high: float) -> str:
    """An interval of scores in percent: ``58.1-63.0``; ``-`` if not a number."""
    return MISSING if math.isnan(low) else f"{percent(low)}-{percent(high)}"


def clean(text: str) -> str:
    """The text with everything that moves a terminal's cursor or direction spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def json_text(document: object, *, indent: int | None = 2) -> str:
    """JSON in the document's own order; NaN becomes null."""
    return json.dumps(_without_nan(document), indent=indent, ensure_ascii=False, allow_nan=False)


def csv_text(rows: Sequence[Mapping[str, object]], header: Sequence[str] = ()) -> str:
    """CSV with one header; missing values are empty cells, floats have ten digits, lists JSON."""
    lines = io.StringIO()
    if names := list(dict.fromkeys(name for row in rows for name in row)) or header:
        writer = csv.DictWriter(lines, fieldnames=names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return lines.getvalue()


def _cell(value: object) -> object:
    plain = _without_nan(value)
    return json.dumps(plain, ensure_ascii=False) if isinstance(plain, list | dict) else plain


def markdown(sheet: Sheet) -> str:
    """A pipe table with its title and notes, whose cells cannot break out of it."""
    rule = ["---:" if letter == "r" else "---" for letter in sheet.align]
    lines = [_markdown_row(sheet.header), "| " + " | ".join(rule) + " |"]
    lines += [_markdown_row(row) for row in sheet.rows]
    table = "\n".join(lines)
    parts = [f"**{_markdown_text(sheet.title)}**"] if sheet.title else []
    parts += [table, "\n".join(f"- {_markdown_text(note)}" for note in sheet.notes)]
    return "\n\n".join(part for part in parts if part)


def plain(sheet: Sheet) -> str:
    """Aligned text that is as wide as its longest name, for pipes and files."""
    from rich.cells import cell_len  # names may hold characters that are two columns wide

    grid = [[clean(cell) for cell in row] for row in (sheet.header, *sheet.rows)]
    widths = [max(cell_len(row[i]) for row in grid) for i in range(len(sheet.header))]
    lines = []
    for row in grid:
        cells = (
            " " * (width - cell_len(cell)) + cell
            if letter == "r"
            else cell + " " * (width - cell_len(cell))
            for cell, width, letter in zip(row, widths, sheet.align, strict=True)
        )
        lines.append("  ".join(cells).rstrip())
    title = [clean(sheet.title)] if sheet.title else []
    return "\n".join([*title, *lines, *(clean(note) for note in sheet.notes)])


def _show_on_terminal(sheets: Sequence[Sheet]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    console = Console(highlight=False, markup=False, emoji=False, color_system=colours)
    for number, whole in enumerate(sheets):
        ascii_only = console.options.ascii_only
        whole = _with_marks(whole, ascii_only=ascii_only)
        sheet = _fitted(whole, width=console.width, sketched=not ascii_only)
        if number:
            console.print()
        if _too_wide(sheet, width=console.width):
            shown = replace(sheet, rows=sheet.rows[:TERMINAL_ROWS], notes=())
            # Rich would drop columns.
            typer.echo("\n\n".join(map(plain, _in_parts(shown, width=console.width))))
            _print_below(console, sheet)
            continue
        # Text objects, because plain strings would be read as Rich's markup.
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for name, letter in zip(sheet.header, sheet.align, strict=True):
            if letter == "r":
                table.add_column(Text(name), justify="right", no_wrap=True)
            else:
                table.add_column(Text(name), overflow="fold")
        for row, colour in zip(sheet.rows[:TERMINAL_ROWS], _colours(sheet), strict=False):
            styles = (colour if name == CLASS else "" for name in sheet.header)
            cells = zip(row, styles, strict=True)
            table.add_row(*(Text(clean(cell), style=style) for cell, style in cells))
        if sheet.title:
            console.print(Text(clean(sheet.title), style="bold"))
        console.print(table)
        _print_below(console, sheet)


def _with_marks(sheet: Sheet, *, ascii_only: bool) -> Sheet:
    # The sign stands before the class, and what the signs mean below the table.
    if not sheet.marks:
        return sheet
    at = sheet.header.index(CLASS)
    signs = [mark and (mark.plain if ascii_only else mark.sign) for mark in sheet.marks]
    rows = tuple(
        (*row[:at], f"{sign} {row[at]}" if sign else row[at], *row[at + 1 :])
        for row, sign in zip(sheet.rows, signs, strict=True)
    )
    told = dict.fromkeys(
        f"{sign} {mark.meaning}" for sign, mark in zip(signs, sheet.marks, strict=True) if mark
    )
    return replace(sheet, rows=rows, notes=("   ".join(told), *sheet.notes))


def _colours(sheet: Sheet) -> Sequence[str]:
    if not sheet.marks:
        return [""] * len(sheet.rows)
    return [mark.colour if mark else "" for mark in sheet.marks]


def _too_wide(sheet: Sheet, *, width: int) -> bool:
    numbers = sum(
        max(len(clean(row[i])) for row in (sheet.header, *sheet.rows)) + 2
        for i, letter in enumerate(sheet.align)
        if letter == "r"
    )
    return numbers + FOLDED * sheet.align.count("l") > width


def _in_parts(sheet: Sheet, *, width: int) -> Iterator[Sheet]:
    # The columns one after the other, as many as fit; the first ones, which name a row, each time.
    widths = [max(len(clean(row[i])) for row in (sheet.header, *sheet.rows)) + 2
              for i in range(len(sheet.header))]  # fmt: skip
    names = max(len(sheet.align) - len(sheet.align.lstrip("l")), 1)
    start = names
    while start < len(widths):
        end, room = start + 1, width + 2 - sum(widths[:names]) - widths[start]
        while end < len(widths) and widths[end] <= room:
            room -= widths[end]
            end += 1
        header, align, *rows = (
            (*row[:names], *row[start:end]) for row in (sheet.header, sheet.align, *sheet.rows)
        )
        title = sheet.title if start == names else ""
        yield Sheet(title=title, header=header, align="".join(align), rows=tuple(rows))
        start = end


def _print_below(console: "Console", sheet: Sheet) -> None:
    from rich.text import Text

    if len(sheet.rows) > TERMINAL_ROWS:
        more = len(sheet.rows) - TERMINAL_ROWS
        console.print(Text(f"... rows not shown: {more:,}; --format csv has all of them"))
    for note in sheet.notes:
        console.print(Text(clean(note)))


def _fitted(sheet: Sheet, *, width: int, sketched: bool) -> Sheet:
    # With its drawings if they fit, else without.
    if sketched and sheet.sketches:
        drawn = _notes_below(_with_sketches(sheet), width=width)
        if _width(drawn) <= width:
            return drawn
    return _notes_below(sheet, width=width)


def _with_sketches(sheet: Sheet) -> Sheet:
    header, align, rows = list(sheet.header), list(sheet.align), [list(row) for row in sheet.rows]
    for sketch in sheet.sketches:
        at = header.index(sketch.after) + 1
        header.insert(at, sketch.header)
        align.insert(at, "l")
        for row, cell in zip(rows, sketch.cells, strict=True):
            row.insert(at, cell)
    return replace(
        sheet, header=tuple(header), align="".join(align), rows=tuple(tuple(row) for row in rows)
    )


def _width(sheet: Sheet) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, plain(replace(sheet, title="", notes=())).splitlines()))


def _notes_below(sheet: Sheet, *, width: int) -> Sheet:
    # A last column of sentences would squeeze the numbers on a narrow terminal.
    if _width(sheet) <= width or sheet.header[-1] != NOTE:
        return sheet
    names: dict[str, list[str]] = {}
    for row in sheet.rows[:TERMINAL_ROWS]:
        if row[-1]:
            names.setdefault(row[-1], []).append(row[0])
    said = [_said_of(note, rows) for note, rows in names.items()]
    return replace(
        sheet,
        header=sheet.header[:-1],
        align=sheet.align[:-1],
        rows=tuple(row[:-1] for row in sheet.rows),
        notes=(*said, *sheet.notes),
    )


def spoken(notes: Iterable[Note], *, each: bool = False) -> tuple[str, ...]:
    """Notes as lines, grouped by code: what holds for many subjects is said once.

    Args:
        notes: The notes; one that comes twice is said once.
        each: Say each by itself, with its code.
    """
    groups: dict[tuple[str, str], dict[str, list[str]]] = {}
    for note in dict.fromkeys(notes):
        texts = groups.setdefault((note.code, str(note) if each else ""), {})
        texts.setdefault(note.text, []).append(note.subject)
    return tuple(
        (WARNING_PREFIX if CODES[code].level is Level.WARNING else "")
        + line
        + (f" [{code}]" if each else "")
        for (code, _), texts in groups.items()
        for line in _lines(texts)
    )


def _lines(texts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    # Of one code: sentences of the whole one by one, those of subjects together.
    named = [(text, subjects) for text, subjects in texts.items() if any(subjects)]
    yield from (text for text, subjects in texts.items() if not any(subjects))
    if named:
        (text, subjects), *others = named
        more = sum(len(subjects) for _, subjects in others)
        yield _said_of(text, subjects) + (f" (and {more} more like it)" if more else "")


def _said_of(note: str, names: Sequence[str]) -> str:
    # What holds for many rows is said once, or a terminal shows nothing else.
    return f"{listed(names)}: {note}"


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_markdown_text(cell) for cell in cells) + " |"


def _markdown_text(text: str) -> str:
    # Neither markup nor mathematics, and no link, person or group that a name would call.
    marked = re.sub(r"([\\`*_{}\[\]<>#|~!&$]|:(?=//)|(?<=www)\.)", r"\\\1", clean(text))
    return re.sub(r"(?<!\w)@(?=\w)", "@<!-- -->", marked)


def _without_nan(value: object) -> object:
    if isinstance(value, float):  # ten digits are the same on every machine
        return float(f"{value:.10g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return value
