"""Which public scores teach the reference curves? The rows that ship, with their labs."""

import csv
import gzip
import io
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from scalepredict.records.table import Bools, Floats, taken

SHIPPED_ROWS = "reference_rows.csv.gz"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReferenceRows:
    """Final scores of R public base models on benchmarks under their usual (canonical) names.

    Attributes:
        family: Suite and recipe; the same models at other shots are another one. Length R.
        lab: Who made the models, length R.
        model: Names of the models, length R.
        benchmark: Canonical names, length R.
        params: Parameters N (counts). Shape (R,).
        tokens: Training tokens D (counts). Shape (R,).
        score: Fractions. Shape (R,).
        chance: Nominal scores of a guesser. Shape (R,).
        n_items: Questions behind each score; NaN = unknown. Shape (R,).
    """

    family: tuple[str, ...]
    lab: tuple[str, ...]
    model: tuple[str, ...]
    benchmark: tuple[str, ...]
    params: Floats
    tokens: Floats
    score: Floats
    chance: Floats
    n_items: Floats

    def without(self, labs: Collection[str]) -> "ReferenceRows":
        """The rows of all other labs."""
        return self.take(np.array([lab not in labs for lab in self.lab], dtype=bool))

    def take(self, kept: Bools) -> "ReferenceRows":
        """The chosen rows; ``kept`` is a mask of length R."""
        return taken(self, kept)


@cache
def shipped_reference_rows() -> ReferenceRows:
    """The rows in ``sample_data/reference_rows.csv.gz``; SOURCES.md there says where from."""
    rows = list(csv.DictReader(io.StringIO(_unpacked())))

    def numbers(name: str) -> Floats:
        return np.array([float(row[name] or "nan") for row in rows])

    return ReferenceRows(
        family=tuple(f"{row['suite']}/{row['family']}" for row in rows),
        lab=tuple(row["lab"] for row in rows),
        model=tuple(row["model"] for row in rows),
        benchmark=tuple(row["benchmark"] for row in rows),
        params=numbers("params"),
        tokens=numbers("tokens"),
        score=numbers("score"),
        chance=numbers("chance"),
        n_items=numbers("n_items"),
    )


@cache
def shipped_models() -> frozenset[tuple[str, str]]:
    """Lab and name of every model of the rows; a tenth of the time of reading them whole."""
    head, *lines = _unpacked().splitlines()
    lab, model = (head.split(",").index(name) for name in ("lab", "model"))
    cells = (line.split(",") for line in lines)  # no name of a model has a comma or a quote
    return frozenset((cell[lab], cell[model]) for cell in cells)


def _unpacked() -> str:
    packed = files("scalepredict.sample_data").joinpath(SHIPPED_ROWS).read_bytes()
    return gzip.decompress(packed).decode()


def shipped_table(name: str) -> list[dict[str, str]]:
    """Rows of a CSV file that ships in ``scalepredict.configs``; lines with ``#`` are comments."""
    text = files("scalepredict.configs").joinpath(name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))
