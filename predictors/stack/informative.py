"""Which benchmarks say anything about shapes and slopes? Those whose scores follow scale.

    z = |b| sqrt(S_xx / max(1, chi^2 / (n - 2))),    informative: z >= 2.5

b is the slope of a line of the scores on the index x, weighted by binomial precisions; S_xx is the
weighted sum of squares of x, and chi^2 what the line leaves of n scores, where n is 5 or more. A
column that stays at chance, at 0 or at its ceiling is forecast like every other, but nothing is
learned from it about the others: what is pooled over benchmarks must not depend on how many idle
ones were measured beside them.

Source: weighted least squares with the larger of the binomial and the observed scatter.
Fails when: a benchmark of few questions rises by less than its noise; it is then taken for idle.
"""

import numpy as np

from scalepredict.records.table import Bools, Floats

LEAST_Z = 2.5
LEAST_FREEDOM = 3  # residuals behind a scatter; with fewer the binomial one stands alone
EDGE = 0.02  # binomial variances are read at mean scores inside [EDGE, 1 - EDGE]


def informative(x: Floats, scores: Floats, n_items: Floats) -> Bools:
    """Whether each unit follows the index. Shape (..., T).

    Args:
        x: Decades (of FLOPs, or effective ones), one or several indices. Shape (..., M).
        scores: Fractions, NaN = not measured. Shape (M, T).
        n_items: Graded answers behind each score. Shape (M, T).
    """
    measured = np.isfinite(scores)
    y = np.where(measured, scores, 0.0)
    n = measured.sum(axis=0)
    level = np.clip(y.sum(axis=0) / np.maximum(n, 1), EDGE, 1 - EDGE)
    weight = np.where(measured, n_items / (level * (1 - level)), 0.0)
    total = np.maximum(weight.sum(axis=0), 1e-300)
    dx = x[..., :, None] - ((x @ weight) / total)[..., None, :]
    dy = y - (weight * y).sum(axis=0) / total
    square = (weight * dx**2).sum(axis=-2)
    slope = (weight * dx * dy).sum(axis=-2) / np.where(square > 0, square, 1.0)
    left = (weight * (dy - slope[..., None, :] * dx) ** 2).sum(axis=-2)
    freedom = n - 2
    scatter = np.maximum(
        1.0, np.where(freedom >= LEAST_FREEDOM, left, 0.0) / np.maximum(freedom, 1)
    )
    follows: Bools = (n >= 3) & (slope**2 * square >= LEAST_Z**2 * scatter)
    return follows
