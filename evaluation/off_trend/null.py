"""How much do healthy checkpoints scatter? Learned from the user's other runs, or the defaults.

Every run is predicted one checkpoint ahead from its own past; the residuals of the *other* runs are
the null of the run that is judged. Runs of like size count most (a Gaussian kernel in ln(params):
small models are noisier), scales are medians so that a few broken checkpoints do not widen
the gate, and checkpoints that stand out are left out in a second pass. Few residuals are shrunk
towards the shipped defaults.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from scalepredict.evaluation.off_trend.global_test import (
    Direction,
    Noise,
    assess_all,
    common_shift,
    energy,
)
from scalepredict.records.table import Floats

SIZE_SCALE = 1.5  # ln(params): a model 4.5 times as large counts .6, one 20 times as large .13
PSEUDO_CHECKPOINTS = 10.0  # weight of the defaults, in checkpoints
MAD_TO_SD = 1.4826
MAD_EFFICIENCY = 0.37  # of the median absolute deviation, against the variance, for a normal
STANDS_OUT = 0.01  # p-value at which a checkpoint is left out of the null
TAILS = np.array([4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0])


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseDefaults:
    """Noise where other runs do not tell.

    Attributes:
        phi: Variance over the binomial one.
        tail: Degrees of freedom of z.
        correlation: Correlation of the residuals of two benchmarks.
        wander: Standard deviation of a trajectory around its line, a fraction per ln(tokens) left.
    """

    phi: float
    tail: float
    correlation: float
    wander: float


def learn_noise(
    z: Floats, precision: Floats, weight: Floats, *, defaults: NoiseDefaults, direction: Direction
) -> Noise:
    """Learn the null of T units from R checkpoints of other runs.

    Args:
        z: Residuals over their standard deviation for phi = 1; NaN = none. Shape (R, T).
        precision: One over that standard deviation. Shape (R, T).
        weight: Weight of each checkpoint. Shape (R,).
        defaults: What holds in absence of evidence.
        direction: Which deviations will count.
    """
    usable = np.isfinite(z).any(axis=1)
    z, precision, weight = z[usable], precision[usable], weight[usable]
    first = _estimate(z, precision, weight, defaults, direction)
    scale = np.sqrt(first.phi)
    p_value = assess_all(z / scale, precision / scale, first, direction)[0]
    healthy = p_value >= STANDS_OUT
    if healthy.all():
        return first
    return _estimate(z[healthy], precision[healthy], weight[healthy], defaults, direction)


def size_weight(log_params: Floats, own: float) -> Floats:
    """How much runs of other sizes count; 1 where a size is not recorded. Shape (R,)."""
    weight = np.exp(-0.5 * ((log_params - own) / SIZE_SCALE) ** 2)
    return np.where(np.isfinite(weight), weight, 1.0)


def _estimate(
    z: Floats, precision: Floats, weight: Floats, defaults: NoiseDefaults, direction: Direction
) -> Noise:
    n_units = z.shape[1]
    known = np.isfinite(z)
    n = np.array([_effective(weight[known[:, t]]) for t in range(n_units)])
    squared = np.array(
        [
            _scale(np.abs(z[known[:, t], t]), weight[known[:, t]]) ** 2 if n[t] else np.nan
            for t in range(n_units)
        ]
    )
    phi = _shrunk_phi(squared, n, defaults.phi)
    standard, precise = z / np.sqrt(phi), precision / np.sqrt(phi)
    default_shift, default_energy = _default_nulls(n_units, defaults, direction)
    return Noise(
        phi=phi,
        tail=_fit_tail(standard, weight, defaults.tail),
        shift=_centre_and_scale(common_shift(standard, precise), weight, default_shift),
        energy=_centre_and_scale(energy(standard, direction), weight, default_energy),
    )


def _scale(extent: Floats, weight: Floats) -> float:
    # The second scale binds where a benchmark mostly repeats one value and sometimes jumps (a model
    # that answers with a constant class); of normal residuals the first is always the larger.
    return max(
        MAD_TO_SD * _quantile(extent, weight, 0.5), 0.8 * _quantile(extent, weight, 0.95) / 1.96
    )


def _shrunk_phi(squared: Floats, n: Floats, default: float) -> Floats:
    # Two levels: the user's benchmarks share a level, which is itself shrunk to the default.
    seen = n > 0
    share = n.max(initial=0.0) / (n.max(initial=0.0) + PSEUDO_CHECKPOINTS)
    floor = 1e-3  # scores that never move (a benchmark at a constant class) have a MAD of zero
    level = np.log(np.maximum(squared[seen], floor)).mean() if seen.any() else 0.0
    prior = np.exp(share * level + (1 - share) * np.log(default))
    worth = MAD_EFFICIENCY * n
    total = worth * np.where(seen, squared, 0.0) + PSEUDO_CHECKPOINTS * prior
    result: Floats = total / (worth + PSEUDO_CHECKPOINTS)
    return result


def _default_nulls(
    n_units: int, defaults: NoiseDefaults, direction: Direction
) -> tuple[tuple[float, float], tuple[float, float]]:
    shift_scale = np.sqrt(1 + (n_units - 1) * defaults.correlation)
    # Moments of min(z, 0)^2 and z^2 for a standard normal: means 1/2 and 1, variances 5/4 and 2.
    mean, variance = (0.5, 1.25) if direction is Direction.LOW else (1.0, 2.0)
    return (0.0, float(shift_scale)), (mean, float(np.sqrt(variance / n_units)))


def _centre_and_scale(
    values: Floats, weight: Floats, default: tuple[float, float]
) -> tuple[float, float]:
    n = _effective(weight)
    if n == 0:
        return default
    centre = _quantile(values, weight, 0.5)
    mad = MAD_TO_SD * _quantile(np.abs(values - centre), weight, 0.5)
    sd = float(np.sqrt(np.average((values - centre) ** 2, weights=weight)))
    share = n / (n + PSEUDO_CHECKPOINTS)
    # .8: a standard deviation that a few broken checkpoints inflate does not rule by itself.
    variance = share * max(mad, 0.8 * sd) ** 2 + (1 - share) * default[1] ** 2
    return share * centre + (1 - share) * default[0], float(np.sqrt(variance))


def _fit_tail(z: Floats, weight: Floats, default: float) -> float:
    known = np.isfinite(z)
    values = np.clip(z[known], -8.0, 8.0)
    each = np.broadcast_to(weight[:, None], z.shape)[known]
    likelihood = np.array([(each * log_t(values, nu)).sum() for nu in TAILS])
    prior = np.full(1, PSEUDO_CHECKPOINTS) * 0.05 * np.log(TAILS / default) ** 2
    return float(TAILS[int(np.argmax(likelihood - prior))])


def log_t(x: Floats, nu: float) -> Floats:
    """Logarithm of the density of Student's t with ``nu`` degrees of freedom; any shape."""
    constant = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu * np.pi)
    result: Floats = constant - (nu + 1) / 2 * np.log1p(x**2 / nu)
    return result


def _quantile(values: Floats, weight: Floats, share: float) -> float:
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(cumulated, share * cumulated[-1])])


def _effective(weight: Floats) -> float:
    squares = float((weight**2).sum())
    return float(weight.sum()) ** 2 / squares if squares else 0.0
