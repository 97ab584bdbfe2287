"""How is a CSV file read? In columns, each different text once; long form."""

import csv
import io
import warnings
from typing import Any

import numpy as np
import pandas as pd

from scalepredict.errors import RecordError
from scalepredict.records.columns import KNOWN, TEXTS, Header, closest, read_header
from scalepredict.records.rows import Rows, is_fast, read_numbers
from scalepredict.records.sources import Source
from scalepredict.records.table import Floats

# pandas 3.1 reads every decimal exactly and deprecates the option that older versions need for it.
_EXACT: dict[str, Any] = (
    {}
    if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)
    else {"float_precision": "round_trip"}
)


def read_delimited(source: Source) -> tuple[Rows, tuple[str, ...]]:
    """Read a CSV file in long form; also returns the headers that were ignored.

    Raises:
        RecordError: The file or one of its cells is not understood.
    """
    headers = _headers(source)
    ignored = tuple(header.text for header in headers if not header.known)
    _refuse_misspelt(source, headers)
    frame = _frame(source, headers)
    lines = np.arange(2, len(frame) + 2)
    blank = frame.isna().all(axis=1).to_numpy()

    def where(row: int) -> str:
        return f"{source.name}, line {lines[row]}"

    texts: dict[str, pd.Categorical] = {}
    numbers: dict[str, Floats] = {}
    for i, header in enumerate(headers):
        column = frame.iloc[:, i]
        if not header.known:
            continue
        if header.name in TEXTS:
            texts[header.name] = column.array
        elif is_fast(header):
            numbers[header.name] = column.to_numpy(dtype=float) * header.factor
        else:
            numbers[header.name] = read_numbers(column.array, header, where)
    rows = Rows(
        sources=(source.name,),
        source=np.zeros(len(frame), dtype=np.intp),
        lines=lines,
        texts=texts,
        numbers=numbers,
    )
    return rows.take(~blank), ignored


def _headers(source: Source) -> list[Header]:
    with source.open() as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        first = text.readline()
    cells = next(csv.reader([first]), [])
    headers = [read_header(cell) for cell in cells]
    names = [header.name for header in headers]
    for header in headers:
        if names.count(header.name) > 1:
            raise RecordError(
                f"{source.name}, line 1: two columns mean {header.name!r}; keep one of them."
            )
    return headers


def _refuse_misspelt(source: Source, headers: list[Header]) -> None:
    present = {header.name for header in headers}
    for header in headers:
        meant = None if header.known or header.name.startswith("x_") else closest(header.name)
        if meant is not None and meant not in present:
            raise RecordError(
                f"{source.name}, line 1: unknown column {header.text!r}; did you mean {meant!r}? "
                "(A column of another kind is ignored if its name starts with x_.)"
            )
    for needed in ("model", "benchmark"):
        if needed not in present:
            raise RecordError(
                f"{source.name}, line 1: no column {needed!r}; the columns are "
                f"{', '.join(header.text for header in headers)}. Known are {', '.join(KNOWN)}."
            )


def _frame(source: Source, headers: list[Header]) -> pd.DataFrame:
    dtypes = {i: "float64" if is_fast(header) else "category" for i, header in enumerate(headers)}
    with source.open() as stream, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            frame: pd.DataFrame = pd.read_csv(
                stream,
                header=0,
                names=list(range(len(headers))),
                index_col=False,
                dtype=dtypes,
                keep_default_na=False,
                na_values=[""],
                skip_blank_lines=False,
                encoding="utf-8",
                **_EXACT,
            )
        except (ValueError, pd.errors.ParserWarning) as problem:
            raise RecordError(f"{source.name}: {problem}") from problem
    return frame
