"""Does a benchmark at chance stay there? The share of the forecast that says it does.

    r = o exp(-X / 2) / (1 + o exp(-X / 2)),    X = max(z_slope, 0)^2 + max(z_level, 0)^2,    o = 3
    forecast = r L + (1 - r) forecast of the curves

L is the weighted mean score, z_slope and z_level say how far slope and level are above none and
above chance in standard errors. Most benchmarks that look like guessing go on doing so, and the
pooled slope of the others would lift them all.

Source: two hypotheses weighed by a Bayes factor of their best points (Kass and Raftery 1995, JASA
    90(430)), with prior odds o.
Fails when: a benchmark emerges without any sign below.
"""

import numpy as np

from scalepredict.predictors.scale.scale_evidence import Ladder
from scalepredict.records.table import Floats

ODDS = 3.0
DECAY = 1.0  # decades of FLOPs over which the weight of a checkpoint falls to 1/e
LEAST_OVERDISPERSION = 0.5
EDGE = 0.02  # binomial variances are read at levels inside [EDGE, 1 - EDGE]


def staying_share(ladder: Ladder, overdispersion: Floats) -> tuple[Floats, Floats]:
    """Shares r and levels L of T units; r is 0 where chance is 0 or nothing was measured.

    Args:
        ladder: The evidence.
        overdispersion: Variance of a score over the binomial one. Shape (T,).
    """
    measured = np.isfinite(ladder.scores)
    decades = np.log10(ladder.scale.flops)[:, None]
    top = np.max(np.where(measured, decades, -np.inf), axis=0, initial=-300.0)
    weight = np.where(measured, np.exp(-(top - decades) / DECAY), 0.0)
    mass = np.maximum(weight.sum(axis=0), 1e-300)
    y = np.where(measured, ladder.scores, 0.0)
    level = (weight * y).sum(axis=0) / mass
    inside = np.clip(level, EDGE, 1 - EDGE)
    phi = np.maximum(overdispersion, LEAST_OVERDISPERSION)
    variance = phi * inside * (1 - inside) / ladder.n_items
    level_variance = (weight**2 * variance).sum(axis=0) / mass**2
    x = decades - (weight * decades).sum(axis=0) / mass
    square = np.maximum((weight * x**2).sum(axis=0), 1e-12)
    slope = (weight * x * y).sum(axis=0) / square
    slope_variance = ((weight * x) ** 2 * variance).sum(axis=0) / square**2
    z_slope = slope / np.sqrt(np.maximum(slope_variance, 1e-300))
    z_level = (level - ladder.chance) / np.sqrt(np.maximum(level_variance, 1e-300))
    evidence = np.maximum(z_slope, 0) ** 2 + np.maximum(z_level, 0) ** 2
    odds = ODDS * np.exp(-np.minimum(evidence, 500.0) / 2)
    guessed = (ladder.chance > 0) & measured.any(axis=0)
    return np.where(guessed, odds / (1 + odds), 0.0), level
