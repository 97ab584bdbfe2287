"""How does BIG-bench describe a curve of scores over sizes? By linearity and breakthroughness.

Source: Srivastava et al. 2022, 2206.04615, appendix B. With scores y in order of size, steps d and
I = sign(argmax y - argmin y) * (max y - min y),

    linearity L = I / sqrt(mean d^2),    breakthroughness B = I / sqrt(median d^2).

Fails when: scores are noisy (a flat noisy benchmark gets a moderate B), or sizes are few or
unevenly spaced; so these describe and decide nothing.
"""

import numpy as np

from scalepredict.records.table import Floats


def linearity(scores: Floats) -> Floats:
    """Linearity L of scores in order of size, shape (..., M) -> (...); 0 if flat."""
    return _ratio(_improvement(scores), np.sqrt((np.diff(scores) ** 2).mean(axis=-1)))


def breakthroughness(scores: Floats) -> Floats:
    """Breakthroughness B of scores in order of size, shape (..., M) -> (...); 0 if flat.

    Infinite where the median step is 0 and the scores are not flat.
    """
    return _ratio(_improvement(scores), np.sqrt(np.median(np.diff(scores) ** 2, axis=-1)))


def _improvement(scores: Floats) -> Floats:
    direction = np.sign(np.argmax(scores, axis=-1) - np.argmin(scores, axis=-1))
    result: Floats = direction * np.ptp(scores, axis=-1)
    return result


def _ratio(improvement: Floats, step: Floats) -> Floats:
    flat, stuck = improvement == 0, step == 0
    infinite = np.copysign(np.inf, improvement)
    ratio = improvement / np.where(stuck, 1.0, step)
    return np.where(flat, 0.0, np.where(stuck, infinite, ratio))
