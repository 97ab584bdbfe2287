"""How does the pass rate of a cluster grow with compute? The COD performance law, batched.

    y(C) = g + (1 - g) exp(-a C^-b - c),    C in units of 1e18 FLOPs

Source: Eq. 4 of Xu et al. 2025 (COD, 2502.17262): answer loss a C^-b + c, chance level g.
Departures: weighted by the noise of each mean; fitted in a = exp(level) at the geometric mean of
    the evidence, which is less correlated with b; every cluster, start and resample in one batch.
    Beside the paper's test of what can be extrapolated, whose ``a > 1`` depends on the unit of
    compute, there is one in scores (see ``kinds``).
Fails when: the members of a cluster are not alike; the law holds for a mean loss, the data are
    a mean of exp(-loss).
"""

from typing import NamedTuple

import numpy as np

from scalepredict.predictors.numerics.least_squares import best_of_starts
from scalepredict.records.table import Bools, Floats, Ints

COMPUTE_UNIT = 1e18  # FLOPs; the paper's thresholds hold in this unit
MODEL_NOISE = 0.01  # sd of a mean of one half between models, beyond sampling; a fraction
FREE_CEILING_MODELS = 6  # with fewer models g is the declared chance and c is 0
EXTRAPOLATABLE, NON_EXTRAPOLATABLE, NON_EMERGENT = range(3)
KINDS = ("extrapolatable", "non-extrapolatable", "non-emergent")

MIN_RISE = 0.03  # of a curve over the evidence; a fraction,
MIN_GAIN = 0.2  # or a share of its best mean, where that is less (graded probabilities)
MAX_CEILING_LOSS = 1.0  # c: the curve ends below g + 0.37 (1 - g)

_LOWER = (-15.0, 1e-3, 0.0, 0.0)
_UPPER = (12.0, 3.0, 5.0, 0.1)  # the last is added to the declared chance
_START_LEVEL = (-1.5, 0.0, 1.5)
_START_POWER = (0.1, 0.3, 0.6)


class ClusterCurves(NamedTuple):
    """Parameters of B curves.

    Attributes:
        params: level = log a at the centre, b, c, g. Shape (..., 4).
        center: Natural log of the centre of compute in COMPUTE_UNIT.
    """

    params: Floats
    center: float

    @property
    def a(self) -> Floats:
        """Parameter a with C in units of 1e18 FLOPs. Shape (...)."""
        result: Floats = np.exp(self.params[..., 0] + self.params[..., 1] * self.center)
        return result

    def at(self, flops: Floats) -> Floats:
        """Pass rates at training FLOPs of shape (K,). Shape (..., K)."""
        x = np.log(flops / COMPUTE_UNIT) - self.center
        return _curve(self.params, x)[0]


def fit_curves(
    rates: Floats, noise: Floats, *, flops: Floats, chance: float, start: Floats | None = None
) -> ClusterCurves:
    """Least squares in units of the noise.

    Args:
        rates: Mean pass rates. Shape (B, d).
        noise: Their standard deviations, above 0. Shape (B, d).
        flops: Training FLOPs of the models. Shape (d,).
        chance: Declared chance level of the questions.
        start: One start for each curve, shape (B, 4); several fixed starts if not given.
    """
    center = float(np.log(flops / COMPUTE_UNIT).mean())
    x = np.log(flops / COMPUTE_UNIT) - center
    lower = np.array(_LOWER)
    upper = np.array(_UPPER) + np.array([0.0, 0.0, 0.0, chance])
    if len(flops) < FREE_CEILING_MODELS:
        lower[2:] = [0.0, chance]
        upper[2:] = [1e-9, chance + 1e-9]
    starts = _starts(chance)[None] if start is None else start[:, None]

    def residuals(params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        value, slope = _curve(params, x)
        return (value - rates[rows]) / noise[rows], slope / noise[rows][..., None]

    found = best_of_starts(
        residuals,
        np.broadcast_to(starts, (len(rates), *starts.shape[1:])),
        lower=lower,
        upper=upper,
        tolerance=1e-6,
    )
    return ClusterCurves(found.solution.params, center)


def passes_paper_rule(curves: ClusterCurves) -> Bools:
    """A > 1, b > 0.1 and 0 <= c < 1, with C in units of 1e18 FLOPs. Shape (B,)."""
    rule: Bools = (curves.a > 1) & (curves.params[..., 1] > 0.1) & (curves.params[..., 2] < 1)
    return rule


def kinds(curves: ClusterCurves, rates: Floats, noise: Floats, *, flops: Floats) -> Ints:
    """What can be extrapolated, judged in scores and so in no unit of compute.

    A cluster is extrapolatable if its curve rises over the evidence by MIN_RISE, or by MIN_GAIN of
    its best mean, and by two standard errors of its noisiest mean, and if its ceiling loss c is
    below 1. Otherwise it is non-emergent if its means are alike within that bound and not above
    one half, and non-extrapolatable (saturated, falling, low ceiling) if not.

    Args:
        curves: B curves.
        rates: Mean pass rates. Shape (B, d).
        noise: Their standard deviations. Shape (B, d).
        flops: Training FLOPs, rising. Shape (d,).

    Returns:
        EXTRAPOLATABLE, NON_EXTRAPOLATABLE or NON_EMERGENT. Shape (B,).
    """
    rise = np.minimum(MIN_RISE, MIN_GAIN * rates.max(axis=1))
    least = np.maximum(rise, 2 * noise.max(axis=1))
    ends = curves.at(flops[[0, -1]])
    rises = (ends[:, 1] - ends[:, 0] > least) & (curves.params[:, 2] < MAX_CEILING_LOSS)
    solved = rates.min(axis=1) > 0.5
    dormant = (rates.max(axis=1) - rates.min(axis=1) <= least) & ~solved
    return np.where(
        rises, EXTRAPOLATABLE, np.where(dormant, NON_EMERGENT, NON_EXTRAPOLATABLE)
    ).astype(np.intp)


def _starts(chance: float) -> Floats:
    grid = [(level, power, 0.05, chance) for level in _START_LEVEL for power in _START_POWER]
    return np.array(grid)


def _curve(params: Floats, x: Floats) -> tuple[Floats, Floats]:
    # Values (..., d) and derivatives (..., d, 4) of the law at centred log compute.
    level, power, ceiling_loss, chance = (params[..., i, None] for i in range(4))
    loss = np.exp(np.clip(level - power * x, -40, 40))
    answered = np.exp(-loss - ceiling_loss)
    rise = (1 - chance) * answered
    slope = np.stack([-rise * loss, rise * loss * x, -rise, 1 - answered], axis=-1)
    return chance + rise, slope
