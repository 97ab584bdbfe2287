"""Which models are instruction-tuned? By the column `kind`, else by words in their names.

Base and instruct models of one origin are different families: what one learns says little of the
other, and some benchmarks (following of instructions) hardly grow in base models at all.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Bools, Checkpoint, Floats
from scalepredict.records.text.counts import count_of

BASE = ("base", "pretrained")
INSTRUCT = " [instruct]"
_TUNED = re.compile(r"(?<![a-z])(?:instruct|chat|it|sft|dpo|rlhf)(?![a-z])", re.IGNORECASE)


def tuned(checkpoint: Checkpoint) -> bool:
    """Whether a model looks instruction-tuned; the column goes before the names."""
    # "it" may be the name of a language.
    if checkpoint.kind:
        return checkpoint.kind.casefold() not in BASE
    return any(map(_TUNED.search, (checkpoint.model, checkpoint.family)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kinds:
    """Base and instruct models among M.

    Attributes:
        tuned: Which are instruct models. Shape (M,).
        told: Models whose records tell their kind.
    """

    tuned: Bools
    told: int

    @classmethod
    def of(cls, checkpoints: Sequence[Checkpoint]) -> "Kinds":
        """Tell them apart."""
        return cls(
            tuned=np.array([tuned(c) for c in checkpoints], dtype=bool),
            told=sum(bool(c.kind) for c in checkpoints),
        )

    @property
    def both(self) -> bool:
        """Whether there are models of both kinds."""
        return bool(self.tuned.any() and not self.tuned.all())

    def notes(self) -> tuple[Note, ...]:
        """How many there are, where there are both."""
        if not self.both:
            return ()
        n, by_name = len(self.tuned), len(self.tuned) - self.told
        told = f"the column kind tells {self.told}" if self.told else ""
        named = f"names tell {by_name}" if by_name else ""
        text = (
            f"{int(self.tuned.sum())} of {count_of(n, 'model')} are instruct models, which are "
            f"apart from base models ({'; '.join(filter(None, (told, named)))})."
        )
        return (noted("kinds", text),)

    def families(self, checkpoints: Sequence[Checkpoint]) -> tuple[str, ...]:
        """Family of each model, where instruct models of a mixed family are one of their own."""
        names = np.array([c.family for c in checkpoints])
        mixed = set(names[self.tuned]) & set(names[~self.tuned])
        return tuple(
            f"{name}{INSTRUCT}" if own and name in mixed else str(name)
            for name, own in zip(names, self.tuned, strict=True)
        )


def family_of_target(family: str, is_tuned: bool, known: Sequence[str]) -> str:
    """The family that a target continues, among those of `Kinds.families`."""
    own = f"{family}{INSTRUCT}"
    return own if is_tuned and own in known else family


def sides(is_tuned: Bools) -> Floats:
    """Half for instruct models, minus half for base models. Shape (M,)."""
    return np.where(is_tuned, 0.5, -0.5)
