"""What do all file formats become first? Columns of one long form: one row per score.

Text columns are categorical, so that ten million rows cost codes, not strings, and a number such as
``70B`` is parsed once for each different text.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from scalepredict.errors import CountError, RecordError
from scalepredict.records.columns import COUNTS, FAST, NUMBERS, TEXTS, Header
from scalepredict.records.counts import parse_count
from scalepredict.records.table import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """N rows of one or several files.

    Attributes:
        sources: Names of the files.
        source: Which of them each row is from. Shape (N,).
        lines: Line (of text) or row (of Parquet), from 1. Shape (N,).
        texts: Text columns that are present, length N each; missing = code -1.
        numbers: Number columns that are present, NaN = missing. Shape (N,) each.
    """

    sources: tuple[str, ...]
    source: Ints
    lines: Ints
    texts: Mapping[str, pd.Categorical]
    numbers: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.lines)

    def where(self, row: int) -> str:
        """``file, line 3`` of a row."""
        return f"{self.sources[self.source[row]]}, line {self.lines[row]}"

    def number(self, name: str) -> Floats:
        """A number column; all NaN if absent. Shape (N,)."""
        return self.numbers[name] if name in self.numbers else np.full(len(self), np.nan)

    def text(self, name: str) -> pd.Categorical:
        """A text column; all missing if absent. Length N."""
        if name in self.texts:
            return self.texts[name]
        return pd.Categorical.from_codes(np.full(len(self), -1), categories=pd.Index([], dtype=str))

    def take(self, keep: Bools) -> "Rows":
        """The rows of a mask of shape (N,)."""
        if keep.all():
            return self
        return Rows(
            sources=self.sources,
            source=self.source[keep],
            lines=self.lines[keep],
            texts={name: column[keep] for name, column in self.texts.items()},
            numbers={name: column[keep] for name, column in self.numbers.items()},
        )


def join_rows(parts: Sequence[Rows]) -> Rows:
    """The rows of several files below one another."""
    if len(parts) == 1:
        return parts[0]
    offsets = np.cumsum([0, *(len(part.sources) for part in parts)])
    texts = [name for name in TEXTS if any(name in part.texts for part in parts)]
    numbers = [name for name in NUMBERS if any(name in part.numbers for part in parts)]
    return Rows(
        sources=tuple(source for part in parts for source in part.sources),
        source=np.concatenate([p.source + o for p, o in zip(parts, offsets[:-1], strict=True)]),
        lines=np.concatenate([part.lines for part in parts]),
        texts={name: union_categoricals([p.text(name) for p in parts]) for name in texts},
        numbers={name: np.concatenate([p.number(name) for p in parts]) for name in numbers},
    )


def read_numbers(column: pd.Categorical, header: Header, where: Callable[[int], str]) -> Floats:
    """Numbers of a text column: each different text is parsed once. Shape (N,).

    Args:
        column: The texts; code -1 = empty.
        header: The column's name and unit.
        where: Names the place of a row, for messages.

    Raises:
        RecordError: A text is no number of this column's kind; the first such row is named.
    """
    parse = parse_count if header.name in COUNTS else _plain_number
    parsed = np.full(len(column.categories) + 1, np.nan)  # the last one serves code -1
    for code, text in enumerate(column.categories):
        try:
            parsed[code] = parse(str(text).strip()) * header.factor
        except CountError as problem:
            rows = np.flatnonzero(column.codes == code)
            if len(rows):
                raise RecordError(f"{where(rows[0])}: {header.text}: {problem}") from problem
    values: Floats = parsed[column.codes]
    return values


def _plain_number(text: str) -> float:
    try:
        number = float(text.replace("_", "x"))
    except ValueError:
        number = float("nan")
    if not np.isfinite(number):
        raise CountError(f"{text!r} is not a number; leave the cell empty if it is not known.")
    return number


def is_fast(header: Header) -> bool:
    """Whether a column is read as numbers at once, because its texts hardly repeat."""
    return header.name in FAST
