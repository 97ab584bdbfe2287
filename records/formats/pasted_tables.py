"""How does a table from a README or a spreadsheet become a CSV file? Line by line, in memory.

Lines keep their numbers, so that a message names the line of the file that people have.
"""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date
from itertools import islice, pairwise
from typing import Any
from zipfile import BadZipFile

from scalepredict.errors import RecordError
from scalepredict.records.formats.sources import Source
from scalepredict.records.notes import Note, noted

_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"[*`~]{1,3}|(?<!\w)__?|__?(?!\w)|<[^>]*>")
_MAX_ROWS = 1_000_000


def is_markdown_table(text: str) -> bool:
    """Whether a text holds a table with pipes and a rule below its header."""
    lines = text.splitlines()
    return any(
        "|" in above and "|" in rule and _RULE.fullmatch(rule) is not None
        for above, rule in pairwise(lines)
    )


def from_markdown(source: Source) -> tuple[Source, tuple[Note, ...]]:
    """The first table of a Markdown file as CSV, and sentences about what else is in the file.

    Raises:
        RecordError: There is no table.
    """
    source.check_readable()
    lines = source.read_whole().decode("utf-8-sig").splitlines()
    rules = [i for i in range(1, len(lines)) if "|" in lines[i - 1] and _RULE.fullmatch(lines[i])]
    if not rules:
        raise RecordError(
            f"{source.name}: Markdown without a table; a table has a header, a rule "
            "`|---|---|` and a row for each model."
        )
    start = rules[0]
    end = next((i for i in range(start + 1, len(lines)) if "|" not in lines[i]), len(lines))
    rows: list[list[str]] = [[] for _ in range(start - 1)]
    rows += [_cells(lines[start - 1]), []]
    rows += [_cells(line) for line in lines[start + 1 : end]]
    text = f"the table at line {start} of Markdown is read."
    notes: tuple[Note, ...] = (noted("table-read", text, subject=source.name),)
    if len(rules) > 1:
        text = (
            f"{len(rules) - 1} more of its tables, from line {rules[1]} on, are left out; save "
            "each in a file of its own."
        )
        notes += (noted("table-read", text, subject=source.name),)
    return _as_csv(source, rows), notes


def from_spreadsheet(source: Source) -> tuple[Source, tuple[Note, ...]]:
    """The first sheet of a workbook as CSV, and a sentence about other sheets.

    Raises:
        RecordError: openpyxl is missing, or the workbook cannot be read.
    """
    try:
        import openpyxl  # optional, and slow to import
    except ImportError as problem:
        raise RecordError(
            f"{source.name}: an Excel workbook; reading it needs openpyxl, which is not installed. "
            "Install scalepredict[excel], or save the sheet as CSV (UTF-8)."
        ) from problem
    content = io.BytesIO(source.read_whole())
    try:
        book = openpyxl.load_workbook(content, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        cells = islice(sheet.iter_rows(values_only=True), _MAX_ROWS)
        rows = [[_plain(cell) for cell in row] for row in cells]
        others = [other.title for other in book.worksheets[1:]]
        book.close()
    except (ValueError, LookupError, TypeError, AttributeError, OSError, BadZipFile) as problem:
        raise RecordError(
            f"{source.name}: not a workbook that can be read ({type(problem).__name__}: "
            f"{str(problem)[:80]}); save the sheet as CSV (UTF-8)."
        ) from problem
    text = f"sheet {sheet.title!r} is read; not {', '.join(map(repr, others[:5]))}."
    note = noted("table-read", text, subject=source.name)
    return _as_csv(source, rows), (note,) if others else ()


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _cells(line: str) -> list[str]:
    text = line.strip().removeprefix("|")
    text = text.removesuffix("|") if not text.endswith("\\|") else text
    parts = re.split(r"(?<!\\)\|", text)
    return [_EMPHASIS.sub("", _LINK.sub(r"\1", part)).replace("\\|", "|").strip() for part in parts]


def _as_csv(source: Source, rows: Sequence[Sequence[str]]) -> Source:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        # A cell with a line break would move the lines below it.
        writer.writerow([" ".join(cell.split()) for cell in row])
    return Source(name=source.name, path=None, content=text.getvalue().encode("utf-8"))
