"""Local line: near the top of the evidence -log(1 - score) is a straight line in the index.

    z = -log(1 - score) = level_t + slope_t * (x - centre_t),    slope_t ~ N(m, tau^2)

A weighted line through the nearest checkpoints (weights fall by 1/e per 0.4 decades), its slope
shrunk to those of the other informative benchmarks (informative.py), or to none if it is not one
of them. No shape is assumed beyond that, so it is good where curves are odd, and short-sighted
where they bend.

Source: normal hierarchical model, EM (Gelman et al., Bayesian Data Analysis, 3rd ed., ch. 5).
Fails when: the curve bends inside the horizon.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.predictors.stack.informative import informative
from scalepredict.records.table import Bools, Floats

DECAY = 0.4  # decades over which the weight of a checkpoint falls to 1/e
HIGHEST = 0.99  # scores above have no usable -log(1 - score)
SURELY = 1 - 1e-9  # but one that does not move may lie there
PSEUDO_SCORES = 2.0  # scores with binomial noise that steady the residual variance
ROUNDS = 30
IDLE_SPREAD = 0.03  # sigma^2: benchmarks that do not follow scale move by 0.17 per decade


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalLines:
    """Fitted lines of T units in z = -log(1 - score); each array has shape (T,)."""

    centre: Floats
    level: Floats
    slope: Floats

    def scores(self, x: Floats) -> Floats:
        """Expected scores at x, shape (K,). Shape (K, T)."""
        z = self.level + self.slope * (x[:, None] - self.centre)
        return np.clip(-np.expm1(-z), 0.0, 1.0)


def fit_lines(x: Floats, scores: Floats, *, n_items: Floats) -> LocalLines:
    """Fit all units jointly.

    Args:
        x: Decades (of FLOPs, or effective ones). Shape (M,).
        scores: Fractions, NaN = not measured. Shape (M, T).
        n_items: Graded answers behind each score. Shape (M, T).
    """
    measured = np.isfinite(scores)
    p = np.minimum(np.where(measured, scores, 0.0), HIGHEST)
    z = -np.log1p(-p)
    reach = np.max(np.where(measured, x[:, None], -np.inf), axis=0)
    with np.errstate(invalid="ignore"):
        weight = np.where(measured, np.exp(-np.maximum(reach - x[:, None], 0.0) / DECAY), 0.0)
    total = np.maximum(weight.sum(axis=0), 1e-300)
    centre = (weight * x[:, None]).sum(axis=0) / total
    level = (weight * z).sum(axis=0) / total
    dx = x[:, None] - centre
    square = (weight * dx**2).sum(axis=0)
    own = (weight * dx * z).sum(axis=0) / np.where(square > 0, square, 1.0)
    residual = (weight * (z - level - own * dx) ** 2).sum(axis=0) / total
    binomial = (weight * np.maximum(p, 1 / n_items) / (n_items * (1 - p))).sum(axis=0) / total
    n = total**2 / np.maximum((weight**2).sum(axis=0), 1e-300)  # effective number (Kish 1965)
    noise = (n * residual + PSEUDO_SCORES * binomial) / (np.maximum(n - 2, 0.0) + PSEUDO_SCORES)
    # A unit measured at one place only, or nowhere, has no slope of its own.
    known = square > 1e-12
    variance = noise * (weight**2 * dx**2).sum(axis=0) / np.where(known, square, 1.0) ** 2
    telling = known & informative(x, scores, n_items)
    precision = np.where(known, 1 / np.where(known, variance, 1.0), 0.0)
    return LocalLines(centre=centre, level=level, slope=_shrunk(own, precision, telling))


def flat_lines(flops: Floats, scores: Floats) -> LocalLines:
    """Lines without slope through the mean score of the largest checkpoints of each unit.

    Args:
        flops: Training FLOPs. Shape (M,).
        scores: Fractions, NaN = not measured. Shape (M, T).
    """
    measured = np.isfinite(scores)
    by_flops = np.where(measured, flops[:, None], 0.0)
    top = measured & (by_flops == by_flops.max(axis=0))
    total = np.where(top, scores, 0.0).sum(axis=0)
    last = np.minimum(total / np.maximum(top.sum(axis=0), 1), SURELY)
    flat = np.zeros(scores.shape[1])
    return LocalLines(centre=flat, level=-np.log1p(-last), slope=flat)


def _shrunk(own: Floats, precision: Floats, telling: Bools) -> Floats:
    # EM for slope_t ~ N(m, tau^2) of telling units, N(0, sigma^2) of the others. Units without a
    # slope of their own have precision 0.
    slope = precision * own / (precision + 1 / IDLE_SPREAD)
    if not telling.any():
        return slope
    own, precision = own[telling], precision[telling]
    mean = float(own.mean())
    spread = float(own.var()) + 1e-4
    for _ in range(ROUNDS):
        variance = 1 / (precision + 1 / spread)
        pulled = variance * (precision * own + mean / spread)
        mean = float(pulled.mean())
        spread = max(float(np.mean((pulled - mean) ** 2 + variance)), 1e-8)
    slope[telling] = pulled
    return slope
