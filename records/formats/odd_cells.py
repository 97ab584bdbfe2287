"""How do people write a number, or that there is none? ``-``, ``n/a``, ``0,27``, ``26.9 ± 0.9``."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from scalepredict.records.formats.rows import Codes, Odd, Texts

_SIGNS = ("-", "--", "---", "–", "—", "−", "?", ".")
_WORDS = (
    "nan",
    "n/a",
    "na",
    "#n/a",
    "<na>",
    "none",
    "null",
    "nil",
    "nat",
    "tbd",
    "missing",
    "n.a.",
)
_ERRORS = ("#value!", "#div/0!", "#ref!")  # of spreadsheets
MISSING = frozenset((*_SIGNS, *_WORDS, *_ERRORS))
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?%?|[-+]?\d+,\d+[kKMBT]")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?%?")
_UNCERTAIN = re.compile(r"(?P<value>[-+]?[\d.,]+%?)\s*(?:±|\+/-|\+-|\\pm)\s*(?P<error>[\d.,]+%?)")


def is_missing(text: str) -> bool:
    """Whether a cell says that there is no value."""
    return text.casefold() in MISSING


def without_comma(text: str) -> str:
    """The number with a point: ``0,27`` is 0.27, and ``60,000,000`` is 60000000."""
    if _THOUSANDS.fullmatch(text) and not text.startswith(("0", "-0")):
        return text.replace(",", "")
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text


def count_odd(texts: Sequence[str], codes: Codes) -> Odd:
    """How many cells of a column are odd; ``codes`` tells the text of each cell."""
    missing = [i for i, text in enumerate(texts) if is_missing(text.strip())]
    commas = [i for i, text in enumerate(texts) if "," in text]
    if not missing and not commas:
        return Odd()
    return Odd(missing=int(np.isin(codes, missing).sum()), commas=int(np.isin(codes, commas).sum()))


def split_uncertain(column: Texts) -> tuple[Texts, Texts | None]:
    """A column of ``26.9 ± 0.9`` as values and standard errors; None if there are no errors."""
    texts = [str(text).strip() for text in column.categories]
    if not any("±" in t or "+/-" in t or "+-" in t or "\\pm" in t for t in texts):
        return column, None
    found = [_UNCERTAIN.fullmatch(text) for text in texts]
    values = [
        text if match is None else match["value"] for text, match in zip(texts, found, strict=True)
    ]
    errors = ["" if match is None else match["error"] for match in found]
    return _recoded(values, column.codes), _recoded(errors, column.codes)


def _recoded(texts: Sequence[str], codes: Codes) -> Texts:
    kinds, place = np.unique(np.array([*texts, ""], dtype=object).astype(str), return_inverse=True)
    return pd.Categorical.from_codes(place[codes], categories=pd.Index(kinds, dtype=str))
