"""Does the run rise as fast as its curves let expect? One share for all its benchmarks, learned.

    e' = e + pace * g,   g = e - level of the last few scores
    pace = sum(w g r) / (1 / PACE_SD^2 + sum(w g^2)),   w = exp(-age / 6) / variance

r is the score less the forecast of the curves alone, cut at three standard deviations: this is the
posterior mean of a regression of r on g through the origin with prior N(0, PACE_SD^2). The slopes
of the curves are shrunk, and no curve speeds up, so a run that goes on rising leaves them behind at
every checkpoint, and a fall hides in the distance; one that saturates falls short of all of them.
As the expected rise ends, so does what the pace adds.
Fails when: the pace changes at once (a constant run that follows a steep one).
"""

from dataclasses import replace

import numpy as np

from scalepredict.evaluation.off_trend.own_past.next_score import NextScore
from scalepredict.records.table import Bools, Floats

PACE_SD = 0.5
MEMORY_OF_PACE = 6.0  # checkpoints
SLOWEST, FASTEST = -1.0, 1.5  # -1: nothing of the expected rise is left
LIKE_EIGHT = 8.0  # more benchmarks than this say no more about what they have in common
CUT = 3.0  # standard deviations


def learn_pace(residuals: Floats, variances: Floats, *, gains: Floats, paces: Floats) -> float:
    """The share by which the rise that the curves expect is changed.

    Args:
        residuals: Score less what was expected at earlier checkpoints, oldest first; NaN = none.
            Shape (K, G).
        variances: Of those. Shape (K, G).
        gains: Rise that the curves expected at each. Shape (K, G).
        paces: The share that was added there. Shape (K,).
    """
    known = np.isfinite(residuals)
    if not known.any():
        return 0.0
    sd = np.sqrt(np.where(known, variances, 1.0))
    missed = np.where(known, residuals + paces[:, None] * gains, 0.0)
    missed = np.clip(missed, -CUT * sd, CUT * sd)
    age = np.arange(len(residuals) - 1, -1, -1.0)[:, None]
    weight = known * np.exp(-age / MEMORY_OF_PACE) / sd**2
    weight *= min(1.0, LIKE_EIGHT / known.any(axis=0).sum())
    pace = (weight * gains * missed).sum() / (PACE_SD**-2 + (weight * gains**2).sum())
    return float(np.clip(pace, SLOWEST, FASTEST))


def expected_gain(forecast: NextScore, groups: Bools) -> Floats:
    """Rise since the last few scores that the curves expect, by group of siblings. (G,)."""
    rise = np.nan_to_num(forecast.expected - forecast.recent)
    return np.asarray((groups @ rise) / groups.sum(axis=1))


def at_pace(forecast: NextScore, pace: float, bounded: Bools, ceiling: Floats) -> NextScore:
    """The forecast with that share of its rise added.

    Fractions end at 0 and 1; and what goes beyond the ceiling, to which the run has not come yet,
    ends there.
    """
    expected = forecast.expected + pace * (forecast.expected - forecast.recent)
    expected = np.minimum(expected, np.maximum(ceiling, forecast.recent))
    return replace(forecast, expected=np.where(bounded, np.clip(expected, 0.0, 1.0), expected))
