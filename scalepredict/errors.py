"""What can go wrong on purpose: every error that a user may see is one of these.

Each message is one sentence of fact that starts with where (file, row, benchmark) and holds the
value, then one of advice. The command line prints it and exits with 2; nothing else is caught.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches

LONGEST_WORD = 300  # longer ones are values that somebody pasted, not names to recognise
LONGEST_LINE = 2000


class ScalePredictError(Exception):
    """Base of all errors that scalepredict raises on purpose; what is too long to read is cut."""

    def __init__(self, message: str) -> None:
        lines = without_long_words(message).split("\n")
        super().__init__("\n".join(_cut(line, LONGEST_LINE) for line in lines))


class CountError(ScalePredictError):
    """A text is not a count such as 70B, 1.5T or 6e24."""


class RecordError(ScalePredictError):
    """A file cannot be read as records, or its records contradict each other."""


class ConfigError(ScalePredictError):
    """A configuration file (benchmarks, ladder, gate, calibration) is not understood."""


class RefusedError(ScalePredictError):
    """There is not enough evidence for the fit or the forecast that was asked for."""


class StorageError(ScalePredictError):
    """A stored fit cannot be read: missing, damaged or of another version."""


def without_long_words(text: str) -> str:
    """The text, with words that nobody reads cut and their length told."""
    return re.sub(rf"\S{{{LONGEST_WORD + 1},}}", lambda word: _cut(word[0], 80), text)


def _cut(text: str, length: int) -> str:
    if len(text) <= LONGEST_WORD or len(text) <= length:
        return text
    return f"{text[:length]}... ({len(text):,} characters)"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` (did you mean 'arc_easy'?)`` for the closest known word; empty if none is close."""
    by_fold = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_fold, n=1)
    return f" (did you mean {by_fold[close[0]]!r}?)" if close else ""
