"""By how much must the quantiles of losses be stretched for their intervals to hold?

The quantiles that a law gives know its own errors: the noise, the asymptote, a drift. What recipes
do beyond it is learned from ladders that were measured afterwards: one factor, by which quantiles
are moved away from their median, so that 90 % intervals hold 90 %.
"""

from collections.abc import Sequence

import numpy as np

from scalepredict.evaluation.intervals.levels import CLAIM
from scalepredict.predictors.interface import PROBABILITIES
from scalepredict.records.table import Floats

LEAST = 0.9  # sources that happen to be easy make no interval much narrower than its own law


def needed_stretch(quantiles: Floats, observed: Floats, level: float = CLAIM) -> Floats:
    """The stretch at which the interval of a level would just hold each loss. Shape (K, T).

    Args:
        quantiles: At PROBABILITIES. Shape (K, T, Q).
        observed: Measured values, NaN = none. Shape (K, T).
        level: Of the interval; its ends are among PROBABILITIES.
    """
    low, middle, high = (
        quantiles[..., int(np.argmin(np.abs(PROBABILITIES - p)))]
        for p in ((1 - level) / 2, 0.5, (1 + level) / 2)
    )
    away = observed - middle
    half = np.where(away < 0, low - middle, high - middle)
    flat = np.where(away == 0, 0.0, np.inf)
    result: Floats = np.where(half == 0, flat, away / np.where(half == 0, 1.0, half))
    return np.where(np.isfinite(observed), result, np.nan)


def fit_stretch(needed: Sequence[Floats]) -> float:
    """The stretch at which 90 % intervals hold 90 % of the losses, sources counting alike.

    Args:
        needed: What each loss of each source needs (``needed_stretch``), (R,) each.
    """
    known = [source[np.isfinite(source)] for source in needed]
    known = [source for source in known if len(source)]
    if not known:
        return 1.0
    size = np.concatenate(known)
    weight = np.concatenate([np.full(len(s), 1 / (len(s) * len(known))) for s in known])
    order = np.argsort(size, kind="stable")
    reached = int(np.searchsorted(np.cumsum(weight[order]), CLAIM))
    return max(float(size[order][min(reached, len(size) - 1)]), LEAST)
