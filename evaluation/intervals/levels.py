"""At which levels are intervals shown, stored and judged? The one list of them.

A level is the share of measured scores that an interval is meant to hold: a fraction inside (0, 1).
Documents name it in percent (``percent_key``).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError

ALWAYS = (0.5, 0.8, 0.9, 0.95)  # every document holds these, so that programs can rely on them
SCORED = (
    0.5,
    0.8,
    0.9,
)  # of the weighted interval score: a fixed set, or scores cannot be compared
CLAIM = 0.9  # counted where one figure tells whether forecasts held
KNOTS = np.array([0.5, 0.8, 0.9, 0.95, 0.99])  # at which a calibration learns widths


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels that tables show, by default 50, 80 and 90 %; rising, without repetition."""

    shown: tuple[float, ...] = (0.5, 0.8, 0.9)

    @classmethod
    def of(cls, asked: Iterable[float]) -> "Levels":
        """Those asked for, or the default ones if none is.

        Raises:
            RefusedError: A level is not inside (0, 1).
        """
        levels = sorted(set(asked))
        for level in levels:
            if not 0 < level < 1:
                raise RefusedError(
                    f"level {level:g} of an interval is not between 0 and 1; write 0.9 for 90 %."
                )
        return cls(tuple(levels)) if levels else cls()

    @property
    def kept(self) -> tuple[float, ...]:
        """Those that documents hold: the shown ones and ``ALWAYS``; rising."""
        return tuple(sorted({*self.shown, *ALWAYS}))


DEFAULT_LEVELS = Levels()
CLAIMED = Levels((CLAIM,))


def percent_key(level: float) -> str:
    """The name of a level in documents and columns: ``90``, ``99.5``."""
    return f"{100 * level:g}"
