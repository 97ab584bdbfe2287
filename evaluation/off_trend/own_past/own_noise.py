"""How much do the checkpoints of this run scatter? Learned from its own earlier forecasts.

Every scale is a second moment with outliers cut at three standard deviations, shrunk to what ships:

    v <- (m * prior + sum of a * min(q, 9 * max(v, prior))) / (m + sum of a),   from v = prior

Nothing but the run itself and shipped constants is used: a run alone is judged like one of many.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from scalepredict.records.table import Bools, Floats

MIN_PHI = 0.1
MEMORY, MEMORY_OF_TAIL, MEMORY_OF_SHIFT = 8.0, 16.0, 20.0  # checkpoints
RUN_WORTH, OWN_WORTH, SHIFT_WORTH = 6.0, 6.0, 6.0  # pseudo-observations of the prior
MEMORY_OF_LAG, LAG_WORTH = 5.0, 2.0
LIKE_EIGHT = 8.0  # more benchmarks than this say no more about the noise of the run
MIN_SHIFT_VARIANCE = 0.5
MOST_LAG = 3.0  # standard deviations of a shift
TAILS = np.array([4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 30.0])
TAIL_OF_LABELS = 3.0
ROUNDS = 6
CLIP = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoisePriors:
    """What holds before a run tells; ``configs/gate.yaml`` holds the figures.

    Attributes:
        phi: Variance over the one for phi = 1. Below 1, because the same questions are asked at
            every checkpoint.
        phi_of_labels: The same for tasks on which a model may answer with one class.
        tail: Degrees of freedom of a benchmark.
        correlation: Of the residuals of two benchmarks.
    """

    phi: float
    phi_of_labels: float
    tail: float
    correlation: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Noise:
    """What a run's residuals say about its next one.

    Attributes:
        run: Variance of the run as a whole over the one for phi = 1.
        phi: The same by benchmark. Shape (T,).
        tail: Degrees of freedom of each benchmark. Shape (T,).
        shift: Standard deviation of the common shift.
        lag: Its recent mean, shrunk to zero: by how much forecasts have been too low.
    """

    run: float
    phi: Floats
    tail: Floats
    shift: float
    lag: float


def learn_noise(
    residuals: Floats, variances: Floats, *, labels: Bools, priors: NoisePriors
) -> Noise:
    """The noise of a run.

    Args:
        residuals: Score less forecast at earlier checkpoints, oldest first; NaN = none.
            Shape (K, T).
        variances: Of those, for phi = 1. Shape (K, T).
        labels: Tasks on which a model may answer with one class. Shape (T,).
        priors: What holds without evidence.
    """
    shipped, n = np.where(labels, priors.phi_of_labels, priors.phi), len(labels)
    known = np.isfinite(residuals)
    age = np.arange(len(residuals) - 1, -1, -1.0)[:, None]
    with np.errstate(invalid="ignore"):
        squared = np.where(known, residuals**2 / (variances * shipped), 0.0)
    weight = known * np.exp(-age / MEMORY)
    share = min(1.0, LIKE_EIGHT / max(n, 1))
    level = robust_scale(
        squared.reshape(-1, 1), share * weight.reshape(-1, 1), np.ones(1), RUN_WORTH
    )
    own = robust_scale(squared, weight, np.broadcast_to(level, n), OWN_WORTH)
    phi = np.maximum(MIN_PHI, shipped * own)
    with np.errstate(invalid="ignore"):
        z = np.where(known, residuals / np.sqrt(variances * phi), np.nan)
    tail = _tail(z[:, ~labels], np.exp(-age / MEMORY_OF_TAIL), priors.tail)
    shifts = common_shift(z, 1 / np.sqrt(np.where(known, variances, 1.0) * phi))
    seen, age = np.isfinite(shifts), age[:, 0]
    shifts = np.where(seen, shifts, 0.0)
    weight = seen * np.exp(-age / MEMORY_OF_SHIFT)
    # A forecast lags behind a run that rises faster than its curves: that is no scatter. (Where it
    # runs ahead of one that slows down, the scale stays wide.)
    steady = max(0.0, _mean(shifts, weight, SHIFT_WORTH))
    scale = robust_scale(
        ((shifts - steady) ** 2)[:, None],
        weight[:, None],
        np.full(1, 1 + priors.correlation * (n - 1)),
        SHIFT_WORTH,
    )
    return Noise(
        run=max(MIN_PHI, float(priors.phi * level[0])),
        phi=phi,
        tail=np.where(labels, TAIL_OF_LABELS, tail),
        shift=float(np.sqrt(max(MIN_SHIFT_VARIANCE, scale[0]))),
        lag=_mean(shifts, seen * np.exp(-age / MEMORY_OF_LAG), LAG_WORTH),
    )


def robust_scale(squared: Floats, weight: Floats, prior: Floats, worth: float) -> Floats:
    """Weighted second moment, cut at three standard deviations and shrunk. (K, T) -> (T,)."""
    scale = np.array(prior, dtype=float)
    total = worth + weight.sum(axis=0)
    for _ in range(ROUNDS):
        cut = np.minimum(squared, 9 * np.maximum(scale, prior))
        scale = (worth * prior + (weight * cut).sum(axis=0)) / total
    return scale


def common_shift(z: Floats, precision: Floats) -> Floats:
    """Precision-weighted mean of z clipped at 4, as a normal score; NaN are left out. (..., T)."""
    known = np.isfinite(z)
    weight = np.where(known, precision, 0.0)
    pull = np.where(known, np.clip(z, -CLIP, CLIP), 0.0)
    with np.errstate(invalid="ignore"):
        total: Floats = (weight * pull).sum(axis=-1) / np.sqrt((weight**2).sum(axis=-1))
    return total


def log_t(x: Floats, nu: float | Floats) -> Floats:
    """Logarithm of the density of Student's t with ``nu`` degrees of freedom; any shape."""
    constant = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu * np.pi)
    result: Floats = constant - (nu + 1) / 2 * np.log1p(x**2 / nu)
    return result


def _mean(shifts: Floats, weight: Floats, worth: float) -> float:
    cut = np.clip(shifts, -MOST_LAG, MOST_LAG)
    return float((weight * cut).sum() / (worth + weight.sum()))


def _tail(z: Floats, weight: Floats, shipped: float) -> float:
    # Harmonic mean over the posterior on a grid.
    known = np.isfinite(z)
    values = np.where(known, np.clip(z, -8.0, 8.0), 0.0)
    each = known * weight
    likelihood = np.array([(each * log_t(values, nu)).sum() for nu in TAILS])
    likelihood -= np.log(TAILS / shipped) ** 2
    posterior = np.exp(likelihood - likelihood.max())
    return float(posterior.sum() / (posterior / TAILS).sum())
