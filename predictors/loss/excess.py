"""How is a loss distributed whose asymptote is unknown? A mixture over E of t in log (L - E).

Both laws of a loss give, for each value of E on a grid, where log (L - E) lies and how far it may
err. The mixture of these has no closed quantiles; it is stood for by POINTS quantiles of each t
distribution, whose weighted order gives them.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtrit

from scalepredict.predictors.interface import PROBABILITIES
from scalepredict.records.table import Floats

MEDIAN = 6  # place of the median among them
POINTS = 25  # of each t distribution
GOLDEN_RATIO = 0.6180339887498949  # its multiples, modulo 1, fill an interval evenly
REACH = 3.2  # normal quantile of the outermost bounds: 1 in 1400
CELLS = 4_000_000  # numbers that are sorted at once


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mixture:
    """Predictive distributions of K targets of T series, G values of E each.

    Attributes:
        weight: Of each value of E; sums to 1 over G. Shape (T, G).
        asymptote: The values of E. Shape (T, G).
        location: Of log (L - E). Shape (T, G, K).
        scale: Of log (L - E). Shape (T, G, K).
        freedom: Degrees of freedom of the t distribution. Shape (T,).
    """

    weight: Floats
    asymptote: Floats
    location: Floats
    scale: Floats
    freedom: Floats

    def quantiles(self, probabilities: Floats = PROBABILITIES) -> Floats:
        """The loss at some probabilities (Q,). Shape (T, K, Q)."""
        n_series, n_values, n_targets = self.location.shape
        result = np.empty((n_series, n_targets, len(probabilities)))
        at_once = max(1, CELLS // (n_series * n_values * POINTS))
        for start in range(0, n_targets, at_once):
            block = slice(start, start + at_once)
            result[:, block] = self._quantiles(block, probabilities)
        return result

    def share_of_asymptote(self) -> Floats:
        """How much narrower the distribution would be if E were known, a fraction. (T, K)."""
        weight = self.weight[:, :, None]
        excess = np.exp(self.location)
        middle = self.asymptote[:, :, None] + excess
        mean = (weight * middle).sum(axis=1, keepdims=True)
        between = (weight * (middle - mean) ** 2).sum(axis=1)
        within = (weight * (self.scale * excess) ** 2).sum(axis=1)
        total = between + within
        result: Floats = 1 - np.sqrt(within / np.where(total > 0, total, 1.0))
        return result

    def _quantiles(self, block: slice, probabilities: Floats) -> Floats:
        lower, width = _bins()
        # Each value of E reads every bin at another place, or values of E that are alike would
        # only count the same few points again.
        place = (np.arange(self.weight.shape[1]) * GOLDEN_RATIO + 0.5) % 1.0
        probability = lower + place[:, None] * width  # (G, P)
        z = stdtrit(self.freedom[:, None, None], probability)[:, :, None, :]
        log_excess = self.location[:, :, block, None] + self.scale[:, :, block, None] * z
        loss = self.asymptote[:, :, None, None] + np.exp(np.minimum(log_excess, 300.0))
        weight = np.broadcast_to(self.weight[:, :, None, None] * width, loss.shape)
        # (T, G, K, P) -> (T, K, G * P)
        shape = (loss.shape[0], loss.shape[2], -1)
        loss, weight = (np.moveaxis(v, 1, 2).reshape(shape) for v in (loss, weight))
        order = np.argsort(loss, axis=-1)
        loss = np.take_along_axis(loss, order, axis=-1)
        weight = np.take_along_axis(weight, order, axis=-1)
        # Values of E that are not allowed have no weight, and no place in the order either.
        middle = np.cumsum(weight, axis=-1) - weight / 2
        return np.stack([_value_at(loss, middle, p) for p in probabilities], axis=-1)


def _bins() -> tuple[Floats, Floats]:
    # Of equal width in normal quantiles: finer in the tails than bins of equal probability.
    bounds = ndtr(np.linspace(-REACH, REACH, POINTS + 1))
    bounds[0], bounds[-1] = 0.0, 1.0
    return bounds[:-1], np.diff(bounds)


def _value_at(loss: Floats, middle: Floats, probability: float) -> Floats:
    above = np.clip((middle < probability).sum(axis=-1), 1, middle.shape[-1] - 1)[..., None]
    low, high = (np.take_along_axis(loss, above - i, axis=-1)[..., 0] for i in (1, 0))
    at_low, at_high = (np.take_along_axis(middle, above - i, axis=-1)[..., 0] for i in (1, 0))
    share = (probability - at_low) / np.where(at_high > at_low, at_high - at_low, 1.0)
    result: Floats = low + np.clip(share, 0.0, 1.0) * (high - low)
    return result
