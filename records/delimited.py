"""How is a CSV file read? In columns, each different text once."""

import csv
import io
import re
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalepredict.errors import RecordError
from scalepredict.records.cells import Column, rows_of_columns
from scalepredict.records.columns import FAST, is_wide, read_headers
from scalepredict.records.counts import count_of
from scalepredict.records.rows import FileRows
from scalepredict.records.sources import Source

# pandas 3.1 reads every decimal exactly and deprecates the option that older versions need for it.
_EXACT: dict[str, Any] = (
    {}
    if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)
    else {"float_precision": "round_trip"}
)


def read_delimited(source: Source, *, percent: bool) -> FileRows:
    """Read a CSV file (or one with tabs or semicolons), long or wide.

    Raises:
        RecordError: The file or one of its cells is not understood.
    """
    texts, delimiter = _first_line(source)
    headers = read_headers(source.name, texts, percent=percent)
    fast = [] if is_wide(headers) else [i for i, h in enumerate(headers) if h.name in FAST]
    try:
        frame = _frame(source, len(headers), delimiter, dict.fromkeys(fast, "float64"))
    except ValueError:
        # A score that is no number, perhaps: read them as text, and let the cell be named.
        frame = _frame(source, len(headers), delimiter, {})
    if frame.empty:
        raise RecordError(f"{source.name}: a header and no rows; nothing to read.")
    blank = frame.isna().all(axis=1).to_numpy()
    lines = np.arange(2, len(frame) + 2, dtype=np.int32)
    if blank.any():
        frame, lines = frame[~blank], lines[~blank]
    columns: list[Column] = [
        frame[i].to_numpy() if frame[i].dtype == np.float64 else frame[i].array
        for i in range(len(headers))
    ]
    return rows_of_columns(source.name, headers, columns, lines, "line")


def _first_line(source: Source) -> tuple[list[str], str]:
    with source.open() as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        line = text.readline()
    if not line.strip():
        raise RecordError(
            f"{source.name}, line 1: no header; the first line must name the columns."
        )
    counts = {delimiter: line.count(delimiter) for delimiter in (",", "\t", ";")}
    delimiter = max(counts, key=lambda d: counts[d])
    return next(csv.reader([line], delimiter=delimiter)), delimiter


def _frame(source: Source, n_columns: int, delimiter: str, fast: Mapping[int, str]) -> pd.DataFrame:
    with source.open() as stream, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            frame: pd.DataFrame = pd.read_csv(
                stream,
                sep=delimiter,
                header=0,
                names=list(range(n_columns)),
                index_col=False,
                dtype={i: fast.get(i, "category") for i in range(n_columns)},
                keep_default_na=False,
                na_values=[""],
                skip_blank_lines=False,
                encoding="utf-8",
                **_EXACT,
            )
        except (pd.errors.ParserError, pd.errors.ParserWarning) as problem:
            source.check_readable()
            raise RecordError(f"{source.name}{_reason(str(problem), n_columns)}") from problem
    return frame


def _reason(problem: str, n_columns: int) -> str:
    if wide := re.search(r"in line (\d+), saw (\d+)", problem):
        return (
            f", line {wide[1]}: {count_of(int(wide[2]), 'cell')}, but the header has {n_columns}; "
            "quote cells that hold the delimiter."
        )
    if unclosed := re.search(r"inside string starting at row (\d+)", problem):
        return f", line {int(unclosed[1]) + 1}: a quote is opened and never closed."
    if "Length of header" in problem:
        return f": rows have more cells than the header, which has {n_columns}; correct the header."
    return f": not a table of cells ({problem.strip()})."
