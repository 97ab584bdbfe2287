"""How are counts such as 70B, 1.5T or 6e24 read and written, and many names told in a few?"""

import math
import re
from collections.abc import Sequence

from scalepredict.errors import CountError

LONGEST_POWER = 6  # characters of an exponent; Python reads no numbers of thousands of digits
_SUFFIX = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12, "p": 1e15, "e": 1e18}
_COUNT = re.compile(
    r"\+?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d[\d_]*(?:\.\d*)?|\.\d+)"
    r"(?P<power>[eE][+-]?\d+)?\s*(?P<suffix>[kKmMbBgGtTpPE]?)"
)


def parse_count(value: str | float) -> float:
    """Read a positive count: ``70B``, ``1.5T``, ``410M``, ``6e24``, ``1,000`` or ``1_000``.

    Raises:
        CountError: The value is no count, not finite, or not above zero.
    """
    if isinstance(value, bool):
        raise CountError(f"{value} is not a count; write it like 70B, 1.5T or 6e24.")
    if isinstance(value, str):
        match = _COUNT.fullmatch(value.strip())
        if match is None:
            kind = "a positive count" if value.strip().startswith("-") else "a count"
            raise CountError(f"{value!r} is not {kind}; write it like 70B, 1.5T or 6e24.")
        if len(match["power"] or "") > LONGEST_POWER:
            raise CountError(f"{value!r} is beyond all counts; write it like 70B, 1.5T or 6e24.")
        digits = match["number"].replace(",", "").replace("_", "")
        # One conversion of one decimal text, so that 1.1B is exactly 1.1e9.
        power = int((match["power"] or "e0")[1:]) + round(
            math.log10(_SUFFIX[match["suffix"].lower()])
        )
        number = float(f"{digits}e{power}")
    else:
        number = float(value)
    if not (math.isfinite(number) and number > 0):
        raise CountError(f"{value!r} is not a positive count; write it like 70B, 1.5T or 6e24.")
    return number


def format_count(value: float, *, digits: int = 3) -> str:
    """Write a count for people: ``6.9B``, ``300B``, ``1.24e22`` (above a thousand trillions)."""
    rounded = float(f"{value:.{digits}g}")
    for suffix, unit in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3), ("", 1.0)):
        if unit <= rounded < 1e15:
            return f"{rounded / unit:.{max(digits, 15)}g}{suffix}"
    return f"{value:.{digits}g}".replace("e+", "e")


def count_of(count: int, one: str, many: str | None = None) -> str:
    """A count with its words: ``1 model``, ``2 models``; ``1 model has``, ``2 models have``.

    Args:
        count: How many.
        one: The words after 1.
        many: The words after any other count; ``one`` with an s if not given.
    """
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def listed(names: Sequence[str], *, most: int = 8) -> str:
    """The first names, and how many more there are: ``a, b and 3 more``."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
