"""What must a user be told? Notes: a code that stays, a level, what it is about, and a sentence.

A program tells notes apart by their codes; the words may change with any version. Whoever makes a
new kind of note adds its code here, and what it means: the page that lists them is made from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a note matters: ``warning`` = a number may be off, ``note`` = good to know."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


CODES: dict[str, str] = {
    "below-chance": "Scores clearly below the score of a guesser: a wrong chance level, key or "
    "unit.",
    "constant-column": "An unknown benchmark has one value throughout: a setting, perhaps.",
    "copied-rows": "Two checkpoints have the same scores: a copy, not two measurements.",
    "incomplete-tasks": "A benchmark's score is an average over part of its tasks.",
    "mean-column": "A benchmark is the mean of the others, so it is counted twice.",
    "mixed-units": "Some checkpoints seem to be in fractions where others are in percent.",
    "negative-loss": "A loss is negative: perhaps a log-likelihood.",
    "odd-flops": "FLOPs that contradict 6 x params x tokens.",
    "small-family": "A family has too few models with FLOPs to be fitted alone.",
    "small-size": "Parameters or tokens so few that a unit may be missing.",
    "told": "A sentence of a fit file of version 0.1 or of a plug-in, which had no codes.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing that a user must know.

    Attributes:
        code: What kind of note it is, one of ``CODES``.
        level: How much it matters: ``note``, ``warning`` or ``error``.
        subject: What it is about, such as a benchmark, a model or a file; empty = the whole.
        text: A sentence for people, which names the subject itself where that is needed.
    """

    code: str
    level: str
    subject: str
    text: str

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"{self.code!r} is no code of a note; records/notes.py lists them")
        Level(self.level)

    def __str__(self) -> str:
        return self.text


def told(sentences: Iterable[str]) -> tuple[Note, ...]:
    """Notes of sentences that came without a code."""
    return tuple(Note(code="told", level=Level.NOTE, subject="", text=text) for text in sentences)


def without(notes: Iterable[Note], ignored: Iterable[str]) -> tuple[Note, ...]:
    """The notes whose code is not ignored."""
    unwanted = frozenset(ignored)
    return tuple(note for note in notes if note.code not in unwanted)
