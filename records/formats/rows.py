"""What do all file formats become first? Columns of one long form: one row per score.

Text columns are categorical, so that ten million rows cost codes, not strings, and a number such
as ``70B`` is parsed once for each different text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

from scalepredict.records.benchmarks import BenchmarkMetadata
from scalepredict.records.formats.record_columns import NUMBERS, TEXTS
from scalepredict.records.notes import Note
from scalepredict.records.table import Bools, Floats

Codes = NDArray[np.signedinteger[Any]]
if TYPE_CHECKING:
    Texts = pd.Categorical[Any]  # generic only in its stubs
else:
    Texts = pd.Categorical


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """N rows of one or several files.

    Attributes:
        sources: Names of the files.
        word: What a place in each file is called: ``line``, or ``row`` of Parquet.
        source: Which file each row is from. Shape (N,).
        lines: Line or row of that file, from 1. Shape (N,).
        texts: Text columns that are present, length N each; missing = code -1.
        numbers: Number columns that are present, NaN = missing. Shape (N,) each.
    """

    sources: tuple[str, ...]
    word: tuple[str, ...]
    source: Codes
    lines: Codes
    texts: Mapping[str, Texts]
    numbers: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.lines)

    def where(self, row: int) -> str:
        """``file, line 3`` of a row."""
        file = int(self.source[row])
        return f"{self.sources[file]}, {self.word[file]} {self.lines[row]}"

    def number(self, name: str) -> Floats:
        """A number column; all NaN (and read-only) if absent. Shape (N,)."""
        if name in self.numbers:
            return self.numbers[name]
        return np.broadcast_to(np.float64(np.nan), (len(self),))

    def text(self, name: str) -> Texts:
        """A text column; all missing if absent. Length N."""
        return self.texts[name] if name in self.texts else _no_text(len(self))

    def take(self, keep: Bools) -> "Rows":
        """The rows of a mask of shape (N,)."""
        if keep.all():
            return self
        return replace(
            self,
            source=self.source[keep],
            lines=self.lines[keep],
            texts={name: column[keep] for name, column in self.texts.items()},
            numbers={name: column[keep] for name, column in self.numbers.items()},
        )

    def with_default(self, name: str, default: str) -> "Rows":
        """The same rows with a default where a text column is missing."""
        column = self.text(name)
        if not (column.codes < 0).any():
            return self
        if default not in column.categories:
            column = column.add_categories([default])
        code = list(column.categories).index(default)
        codes = np.where(column.codes < 0, code, column.codes)
        filled = pd.Categorical.from_codes(codes, dtype=column.dtype)
        return replace(self, texts={**self.texts, name: filled})

    def with_texts(self, texts: Mapping[str, Texts]) -> "Rows":
        """The same rows with these text columns put over theirs. Length N each."""
        return replace(self, texts={**self.texts, **texts})

    def with_numbers(self, numbers: Mapping[str, Floats]) -> "Rows":
        """The same rows with these number columns put over theirs. Shape (N,) each."""
        return replace(self, numbers={**self.numbers, **numbers})


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """Cells of number columns that were read for what they mean, counted."""

    missing: int = 0
    commas: int = 0
    uncertain: int = 0

    def __add__(self, other: "Odd") -> "Odd":
        return Odd(
            missing=self.missing + other.missing,
            commas=self.commas + other.commas,
            uncertain=self.uncertain + other.uncertain,
        )


NOTHING_ODD = Odd()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileRows:
    """What one file holds.

    Attributes:
        rows: Its rows in long form.
        ignored: Headers that were left out.
        settings: Headers of a wide table that are settings of the run, no benchmarks.
        benchmarks: What a wide table was found to measure.
        odd: Cells that were read for what they mean.
        notes: What else was done with the file.
        metadata: Its own ``benchmarks:`` section, if it has one.
    """

    rows: Rows
    ignored: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    benchmarks: tuple[str, ...] = ()
    odd: Odd = NOTHING_ODD
    notes: tuple[Note, ...] = ()
    metadata: BenchmarkMetadata | None = None


def join_parts(parts: Sequence[FileRows]) -> FileRows:
    """Several blocks of one file below one another."""
    odd = Odd()
    for part in parts:
        odd += part.odd
    return FileRows(
        rows=join_rows([part.rows for part in parts]),
        ignored=tuple(dict.fromkeys(name for part in parts for name in part.ignored)),
        settings=tuple(dict.fromkeys(name for part in parts for name in part.settings)),
        benchmarks=tuple(dict.fromkeys(name for part in parts for name in part.benchmarks)),
        odd=odd,
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def join_rows(parts: Sequence[Rows]) -> Rows:
    """The rows of several files (or of several blocks of a file) below one another."""
    if len(parts) == 1:
        return parts[0]
    files = list(
        dict.fromkeys((s, w) for p in parts for s, w in zip(p.sources, p.word, strict=True))
    )
    number = {file: i for i, file in enumerate(files)}
    source = [
        np.array([number[f] for f in zip(p.sources, p.word, strict=True)], dtype=np.int32)[p.source]
        for p in parts
    ]
    texts = [name for name in TEXTS if any(name in p.texts for p in parts)]
    numbers = [name for name in NUMBERS if any(name in p.numbers for p in parts)]
    return Rows(
        sources=tuple(name for name, _ in files),
        word=tuple(word for _, word in files),
        source=np.concatenate(source),
        lines=np.concatenate([p.lines for p in parts]),
        texts={name: union_categoricals([p.text(name) for p in parts]) for name in texts},
        numbers={name: np.concatenate([p.number(name) for p in parts]) for name in numbers},
    )


def _no_text(length: int) -> Texts:
    codes = np.full(length, -1, dtype=np.int8)
    return pd.Categorical.from_codes(codes, categories=pd.Index([], dtype=str))
