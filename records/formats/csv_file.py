"""How is a CSV file read? In columns, each different text once."""

import csv
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

from scalepredict.errors import RecordError
from scalepredict.records.formats.cells import TEXT, Column, rows_of_columns
from scalepredict.records.formats.columns import (
    Header,
    is_setting,
    is_wide,
    read_headers,
)
from scalepredict.records.formats.layout import Layout, read_layout
from scalepredict.records.formats.record_columns import FAST, TEXTS
from scalepredict.records.formats.rows import FileRows, Texts
from scalepredict.records.formats.sources import Source
from scalepredict.records.text.counts import count_of

# pandas 3.1 reads every decimal exactly and deprecates the option that older versions need for it.
_PANDAS = tuple(map(int, pd.__version__.split(".")[:2]))
_EXACT: dict[str, Any] = {} if _PANDAS >= (3, 1) else {"float_precision": "round_trip"}
CHUNK = 1 << 20  # rows. In one go pandas holds a text anew for each of its many small blocks.


def read_delimited(source: Source, *, percent: bool, word: str = "line") -> FileRows:
    """Read a CSV file (or one with tabs or semicolons), long or wide.

    Lines above the header and a row of units below it are understood.

    Args:
        source: The file.
        percent: Whether the user said that scores are in percent.
        word: What a line of it is called.

    Raises:
        RecordError: The file or one of its cells is not understood.
    """
    layout = read_layout(source, word)
    delimiter = layout.delimiter
    headers = read_headers(source.name, layout.header, percent=percent, line=layout.line)
    wide = is_wide(headers)
    fast = [
        i
        for i, h in enumerate(headers)
        if (not h.known and not is_setting(h.name) if wide else h.name in FAST)
    ]
    # pandas makes numbers of categories that look like them: of the question 007, 7.
    names = {i: "str" for i, h in enumerate(headers) if h.known and h.name in TEXTS}
    try:
        frame = _frame(source, len(headers), layout, {**dict.fromkeys(fast, "float64"), **names})
    except ValueError:
        # A score that is no number, perhaps: read them as text, and let the cell be named.
        frame = _frame(source, len(headers), layout, names)
    if frame.empty:
        raise RecordError(f"{source.name}: a header and no rows; nothing to read.")
    blank = frame.isna().all(axis=1).to_numpy()
    lines = _lines(source.name, headers, frame, delimiter) + np.int32(layout.skipped)
    _check_first_rows(source, lines, len(headers), delimiter)
    if blank.any():
        frame, lines = frame[~blank], lines[~blank]
    columns: list[Column] = [
        frame[i].to_numpy() if frame[i].dtype == np.float64 else frame[i].array
        for i in range(len(headers))
    ]
    part = rows_of_columns(source.name, headers, columns, lines, word)
    return replace(part, notes=(*layout.notes, *part.notes))


def delimited_blocks(source: Source, *, percent: bool) -> Iterator[FileRows]:
    """The blocks of rows of a long CSV file, one after the other; all its cells are few texts.

    Raises:
        RecordError: As `read_delimited`.
    """
    layout = read_layout(source, "line")
    headers = read_headers(source.name, layout.header, percent=percent, line=layout.line)
    names = {i: "str" for i, h in enumerate(headers) if h.known and h.name in TEXTS}
    before = layout.skipped
    for frame in _chunks(source, len(headers), layout, names):
        if frame.empty:
            raise RecordError(f"{source.name}: a header and no rows; nothing to read.")
        lines = _lines(source.name, headers, frame, layout.delimiter) + np.int32(before)
        before = int(lines[-1]) - 1
        blank = frame.isna().all(axis=1).to_numpy()
        if blank.any():
            frame, lines = frame[~blank], lines[~blank]
        columns: list[Column] = [frame[i].array for i in range(len(headers))]
        yield rows_of_columns(source.name, headers, columns, lines, "line")


def _lines(
    name: str, headers: Sequence[Header], frame: pd.DataFrame, delimiter: str
) -> NDArray[np.int32]:
    # The line on which each row starts. A quoted cell may hold line breaks, but a quote that is
    # opened by accident makes them too: up to the next quote, whole rows become one cell.
    breaks = np.zeros(len(frame), dtype=np.int32)
    swallowing = []
    for i, header in enumerate(headers):
        if frame[i].dtype == np.float64:
            continue
        texts = [str(text) for text in frame[i].cat.categories]
        inside = np.array([text.count("\n") for text in texts] + [0], dtype=np.int32)
        if not inside.any():
            continue
        code = frame[i].cat.codes.to_numpy()  # -1, of a missing cell, is the 0 at the end
        breaks += inside[code]
        cells = np.array([text.count(delimiter) for text in texts] + [0], dtype=np.int32)
        rows = (inside > 0) & (header.known | (cells == (len(headers) - 1) * inside))
        swallowing += [(int(row), header.text) for row in np.flatnonzero(rows[code])[:1]]
    lines = np.arange(2, len(frame) + 2, dtype=np.int32) + np.cumsum(breaks, dtype=np.int32)
    lines -= breaks
    if swallowing:
        row, column = min(swallowing)
        raise RecordError(
            f"{name}, line {lines[row]}: the quote in column {column!r} is not closed on its line, "
            "so the next line becomes part of the cell; close it, or remove it."
        )
    return lines


def _frame(
    source: Source, n_columns: int, layout: Layout, types: Mapping[int, str]
) -> pd.DataFrame:
    frames = list(_chunks(source, n_columns, layout, types))
    if len(frames) == 1:
        return frames[0]
    return pd.DataFrame({i: _joined([frame[i] for frame in frames]) for i in range(n_columns)})


def _chunks(
    source: Source, n_columns: int, layout: Layout, types: Mapping[int, str]
) -> Iterator[pd.DataFrame]:
    delimiter = layout.delimiter
    texts = [i for i in range(n_columns) if types.get(i) == "str"]
    with source.open() as stream, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            with pd.read_csv(
                stream,
                sep=delimiter,
                header=0,
                skiprows=layout.skip or None,
                names=list(range(n_columns)),
                index_col=False,
                dtype={i: types.get(i, "category") for i in range(n_columns)},
                keep_default_na=False,
                na_values=[""],
                skip_blank_lines=False,
                encoding="utf-8",
                chunksize=CHUNK,
                **_EXACT,
            ) as reader:
                for part in reader:
                    yield part.astype(dict.fromkeys(texts, "category"))
        except (pd.errors.ParserError, pd.errors.ParserWarning) as problem:
            source.check_readable()
            reason = _reason(source, str(problem), n_columns, delimiter)
            raise RecordError(f"{source.name}{reason}") from problem


def _joined(columns: Sequence[pd.Series]) -> Column:
    if all(column.dtype == np.float64 for column in columns):
        return np.concatenate([column.to_numpy() for column in columns])
    # Categories of a chunk without a text have another type than text.
    return union_categoricals([_with_texts(column.array) for column in columns])


def _with_texts(column: Texts) -> Texts:
    if column.categories.dtype == TEXT:
        return column
    return pd.Categorical.from_codes(column.codes, column.categories.astype(str))


def _check_first_rows(
    source: Source, lines: NDArray[np.int32], n_columns: int, delimiter: str
) -> None:
    # pandas before 3 drops what is too many in the first row of a chunk, without a word.
    firsts = frozenset(lines[CHUNK::CHUNK].tolist()) if _PANDAS < (3, 0) else None
    if not firsts:
        return
    with source.open() as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        for number, line in enumerate(text, 1):
            if number in firsts and len(next(csv.reader([line], delimiter=delimiter))) > n_columns:
                problem = _reason(source, "", n_columns, delimiter)
                raise RecordError(f"{source.name}{problem}")


def _reason(source: Source, problem: str, n_columns: int, delimiter: str) -> str:
    # pandas counts rows; lines are counted here, because a quoted cell may hold line breaks.
    start = last = 1
    with source.open() as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        reader = csv.reader(text, delimiter=delimiter)
        try:
            for row in reader:
                if len(row) > n_columns:
                    return (
                        f", line {start}: {count_of(len(row), 'cell')}, but the header has "
                        f"{n_columns}; quote cells that hold the delimiter, or correct the header."
                    )
                last, start = start, reader.line_num + 1
        except csv.Error:  # an open quote that swallowed more than fits into a cell
            last = start
    if "inside string" in problem:
        return f", line {last}: a quote is opened and never closed."
    return f": not a table of cells ({problem.strip()})."
