"""How good is a forecast once the score was measured? One function for each proper score.

All take arrays that broadcast, in fractions, and return one value for each forecast; averaging is
left to the caller (summary.py), who knows what belongs together. Lower is better, except where
said otherwise.
"""

from collections.abc import Mapping

import numpy as np

from scalepredict.records.table import Bools, Floats

Interval = tuple[Floats, Floats]  # lower and upper end


def absolute_error(observed: Floats, point: Floats) -> Floats:
    """Distance of the forecast from the measured score, |y - m|."""
    return np.abs(observed - point)


def pinball_loss(observed: Floats, quantile: Floats, probability: float) -> Floats:
    """Loss that is least, on average, at the true quantile of that probability.

        (y - q) * tau          if y >= q
        (q - y) * (1 - tau)    if y < q

    Source: Koenker & Bassett 1978, Econometrica 46(1), doi:10.2307/1913643.
    """
    excess = observed - quantile
    return np.maximum(probability * excess, (probability - 1) * excess)


def interval_score(observed: Floats, interval: Interval, coverage: float) -> Floats:
    """Width of a central interval, and a penalty for what falls outside.

        (u - l) + 2/alpha (l - y)+ + 2/alpha (y - u)+,  alpha = 1 - coverage

    Source: Gneiting & Raftery 2007, JASA 102(477), doi:10.1198/016214506000001437, section 6.2.
    """
    low, high = interval
    outside = np.maximum(low - observed, 0) + np.maximum(observed - high, 0)
    return (high - low) + 2 / (1 - coverage) * outside


def weighted_interval_score(
    observed: Floats, median: Floats, intervals: Mapping[float, Interval]
) -> Floats:
    """Interval scores and the error of the median in one figure, in units of the score.

        1 / (K + 1/2) * (|y - m| / 2 + sum_k alpha_k / 2 * IS_k)

    It tends to the continuous ranked probability score as central intervals are added.

    Source: Bracher, Ray, Gneiting & Reich 2021, PLoS Comput Biol 17(2),
        doi:10.1371/journal.pcbi.1008618.

    Args:
        observed: Measured scores.
        median: Medians of the forecasts.
        intervals: Central intervals by coverage; K of them.
    """
    total = absolute_error(observed, median) / 2
    for coverage, interval in intervals.items():
        total = total + (1 - coverage) / 2 * interval_score(observed, interval, coverage)
    return total / (len(intervals) + 0.5)


def covered(observed: Floats, interval: Interval) -> Bools:
    """Whether the measured score lies in the interval, ends included (more is not better:
    the share should be the coverage).
    """  # noqa: D205
    low, high = interval
    return np.asarray((low <= observed) & (observed <= high))


def probability_integral_transform(below: Floats, at_or_below: Floats) -> Floats:
    """Where in its distribution the measured score fell; uniform if the forecast is calibrated.

        (F(y-) + F(y)) / 2

    The mean of both limits, because a forecast that is clipped to [0, 1] has mass at its ends.

    Source: Dawid 1984, JRSS A 147(2), doi:10.2307/2981683; for mass points Czado, Gneiting &
        Held 2009, Biometrics 65(4), doi:10.1111/j.1541-0420.2009.01191.x.

    Args:
        below: Forecast probability of a score below the measured one, F(y-).
        at_or_below: Forecast probability of a score at or below it, F(y).
    """
    return (below + at_or_below) / 2


def skill(error: float, reference_error: float) -> float:
    """Error as a share of the reference's on the same targets; below 1 is better than it."""
    return error / reference_error if reference_error > 0 else float("nan")
