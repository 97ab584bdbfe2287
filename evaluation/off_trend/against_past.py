"""What should this run score next, judged by its own past alone?

    score(x) = level + shrunk slope * (x - centre),  x = ln(tokens)

with weights exp(-age / 2.5), age in checkpoints, and the slope shrunk towards zero by the
positive-part James-Stein factor max(0, 1 - 1/F), F = slope^2 / its variance (Efron, Morris 1973).
The variance of the next *measurement* is

    phi * p (1 - p) / n * (1 + var_level + shrink^2 * var_slope * (x - centre)^2)

with phi, the noise of a checkpoint over binomial sampling, learned elsewhere (noise.py).
Only checkpoints within the last factor of ten in tokens count: before that training is a
different regime.
Fails when: scores still rise steeply and checkpoints are few, so that a line cannot follow.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import Floats

AGE_SCALE = 2.5  # checkpoints; one-step error on Pythia: 1.5 -> .735, 2.5 -> .723, 4 -> .741 points
MAX_AGE = 30  # checkpoints; older ones have a weight below 1e-5
MIN_POINTS = 4
SAME_PLACE = 1e-6  # variance of ln(tokens) below which checkpoints are at one place: no slope
WINDOW = np.log(10.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OneStep:
    """The next score of T units before it is measured; NaN where the past is too short.

    Attributes:
        expected: Predicted score, a fraction. Shape (T,).
        variance: Variance of the next measurement for phi = 1, squared fractions. Shape (T,).
    """

    expected: Floats
    variance: Floats


def predict_next(
    log_tokens: Floats, scores: Floats, ages: Floats, *, at: float, n_items: Floats
) -> OneStep:
    """Continue the line of a run to the next checkpoint.

    Args:
        log_tokens: Places of the past checkpoints. Shape (K,).
        scores: Their scores; NaN = not measured. Shape (K, T).
        ages: Checkpoints between each of them and the next one, from 1. Shape (K,).
        at: Place of the next checkpoint, ln(tokens).
        n_items: Answers behind the next score. Shape (T,).
    """
    recent = (log_tokens >= at - WINDOW) & (ages <= MAX_AGE)
    x, y = log_tokens[recent, None], scores[recent]
    known = np.isfinite(y)
    enough = known.sum(axis=0) >= MIN_POINTS
    weight = np.where(known, np.exp(-ages[recent, None] / AGE_SCALE), 0.0)
    y = np.where(known, y, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = weight.sum(axis=0)
        centre, level = (weight * x).sum(axis=0) / total, (weight * y).sum(axis=0) / total
        offset = x - centre
        spread = (weight * offset**2).sum(axis=0)
        apart = spread > SAME_PLACE * total
        slope = np.where(apart, (weight * offset * y).sum(axis=0) / spread, 0.0)
        var_level = (weight**2).sum(axis=0) / total**2
        var_slope = (weight**2 * offset**2).sum(axis=0) / spread**2
        shrink = np.maximum(0.0, 1 - binomial(level, n_items) * var_slope / slope**2)
        # No slope: constant scores, or checkpoints all at one place.
        flat = (slope == 0) | ~np.isfinite(shrink)
        shrink, var_slope = np.where(flat, 0.0, shrink), np.where(flat, 0.0, var_slope)
        ahead = at - centre
        expected = np.clip(level + shrink * slope * ahead, 0.0, 1.0)
        variance = binomial(expected, n_items) * (1 + var_level + shrink**2 * var_slope * ahead**2)
    return OneStep(
        expected=np.where(enough, expected, np.nan), variance=np.where(enough, variance, np.nan)
    )


def binomial(p: Floats, n_items: Floats) -> Floats:
    """Sampling variance of a share of n answers, never zero (Agresti and Coull 1998)."""
    shrunk = (np.maximum(p, 0.0) * n_items + 1) / (n_items + 2)
    result: Floats = shrunk * (1 - shrunk) / n_items
    return result
