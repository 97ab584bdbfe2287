"""Which way is better? Scores turned so that more is better, with what one measurement scatters.

A fraction stays as it is and scatters like its number of answers. A metric without bounds, of which
less is better, becomes -ln(value): its fluctuations are relative ones. What one measurement of it
scatters is not known from a count of answers, so a shipped figure holds until the run tells.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.records.answers import answers
from scalepredict.records.table import Bools, EvalTable, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quality:
    """M checkpoints on T benchmarks.

    Attributes:
        scores: More is better; NaN = not measured. Shape (M, T).
        noise: Answers behind a fraction; variance of one measurement of other metrics.
            Shape (M, T).
        bounded: Which benchmarks are fractions. Shape (T,).
        chance: Score of a guesser; minus infinity where there is none. Shape (T,).
    """

    scores: Floats
    noise: Floats
    bounded: Bools
    chance: Floats

    def recorded(self, columns: Ints, values: Floats) -> Floats:
        """Values of some benchmarks as records hold them; fractions end at 0 and 1. (..., T)."""
        with np.errstate(over="ignore"):
            turned = np.exp(-values)
        result: Floats = np.where(self.bounded[columns], np.clip(values, 0.0, 1.0), turned)
        return result


def quality_of(table: EvalTable) -> tuple[Quality, tuple[str, ...]]:
    """The scores of a table, and the benchmarks whose number of answers was assumed."""
    behind = answers(table)
    assumed = dict.fromkeys(table.units[t].benchmark for t in np.flatnonzero(behind.assumed))
    quality = Quality(
        scores=table.scores,
        noise=behind.count,
        bounded=np.ones(len(table.units), dtype=bool),
        chance=table.chance,
    )
    return quality, tuple(assumed)
