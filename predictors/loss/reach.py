"""How far beyond its ladder is a target, in lengths of the ladder? Laws err more the less they saw.

    reach = (log of the target - log of the nearest end) / (log of the largest - of the smallest)

The largest of those in C, N and D, at most 4. What two sizes say of the exponent of N is little,
and nothing where all runs have one size. Of openlm8, 90 % intervals of the laws alone
held 90 % of losses within .15 lengths of the ladder, 76 % from .5 to 1, and 62 % beyond.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.predictors.loss.members import Sizes
from scalepredict.records.table import Floats

MOST = 4.0
WIDER = 0.1  # for each length


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reach:
    """Ends of a ladder: natural logs of FLOPs, params and tokens; NaN = not known. Shapes (3,)."""

    low: Floats
    high: Floats

    @classmethod
    def of(cls, sizes: Sizes) -> "Reach":
        """That of the runs of a ladder."""
        axes = _axes(sizes)
        return cls(low=axes.min(axis=1), high=axes.max(axis=1))

    def widening(self, sizes: Sizes) -> Floats:
        """By how much intervals are wider at K targets, 1 or more. Shape (K,)."""
        at, low, high = _axes(sizes), self.low[:, None], self.high[:, None]
        beyond = np.maximum(np.maximum(at - high, low - at), 0.0)
        length = np.maximum(high - low, np.finfo(float).tiny)
        lengths = np.fmin(np.fmax.reduce(np.minimum(beyond / length, MOST), axis=0), MOST)
        result: Floats = 1 + WIDER * np.nan_to_num(lengths)
        return result


def _axes(sizes: Sizes) -> Floats:
    return np.stack([sizes.flops, sizes.params, sizes.tokens])
