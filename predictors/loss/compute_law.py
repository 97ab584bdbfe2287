"""Which loss does compute reach along the front? E + A C^-gamma, with E integrated over its prior.

    log (L - E) = level - gamma (log C - centre) + noise,    log E ~ N(log .6 L_min, .25^2)

For each E on a grid the rest is a straight line, fitted by least squares with weights that halve
every 4x below the last rung; how well it fits weighs that E. The forecast is the mixture over E of
Student's t with n_eff - 2 degrees of freedom (and two of a prior of the noise), wider by a drift
beyond the last rung that grows as a random walk in log C.

Source: the power law with offset of Kaplan et al. (2020, arXiv 2001.08361) and Hoffmann et al.
    (2022, 2203.15556); that E is hardly identified by small runs: Besiroglu et al. (2024,
    2404.10102).
Departures: E is integrated, not fitted. Beside it a free fit errs half as much again at 32x, and
    one with E pinned at .6 L_min half as much again at 2x. The fit of the line counts as if its
    form erred by 1.5 %, which keeps a smooth ladder from being sure of an E close to its least
    loss.
Fails when: runs are far above the front (envelope.py takes it first), or recipes change.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.predictors.loss.excess import Mixture
from scalepredict.predictors.loss.priors import HIGHEST, Priors
from scalepredict.records.table import Bools, Floats

HALVING = 4.0  # of compute: weights halve so far below the last rung
FEWEST_TO_WEIGH = 5  # with fewer rungs all count alike: two of them are spent on the line
NOISE = (2.0, 0.002)  # degrees of freedom and relative size of the prior of the noise
FORM = (4.0, 0.015)  # the same of the misfit of the form, where values of E are weighed
EXPONENT = (0.15, 1.0)  # median of gamma, and deviation of its log: weak
DRIFT = 0.002  # relative, for each square root of an e-fold of compute beyond the last rung


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComputeLaws:
    """Lines in log C of T series, for G values of E each.

    Attributes:
        asymptote: Values of E. Shape (T, G).
        weight: Their weights. Shape (T, G).
        level: log (L - E) at ``centre``. Shape (T, G).
        slope: Of log (L - E) in log C, -gamma. Shape (T, G).
        noise: Relative standard deviation of a loss. Shape (T, G).
        level_error: Relative error of the level for noise 1. Shape (T, G).
        slope_error: Relative error of the slope for noise 1, at mean excess. Shape (T, G).
        centre: Weighted mean of log C. Shape (T,).
        last: log C of the last rung. Shape (T,).
        freedom: Degrees of freedom. Shape (T,).
    """

    asymptote: Floats
    weight: Floats
    level: Floats
    slope: Floats
    noise: Floats
    level_error: Floats
    slope_error: Floats
    centre: Floats
    last: Floats
    freedom: Floats

    def at(self, log_flops: Floats) -> Mixture:
        """The distribution of the loss at each of K computes, (K,) or (T, K)."""
        x = np.broadcast_to(log_flops, (len(self.centre), np.shape(log_flops)[-1]))
        away = (x - self.centre[:, None])[:, None, :]
        location = self.level[:, :, None] + self.slope[:, :, None] * away
        share = share_of_excess(location, self.asymptote[:, :, None])
        beyond = np.maximum(x - self.last[:, None], 0.0)[:, None, :]
        line = self.level_error[:, :, None] ** 2 + (self.slope_error[:, :, None] * away) ** 2
        variance = self.noise[:, :, None] ** 2 * (line + share**-2) + DRIFT**2 * beyond * share**-2
        return Mixture(
            weight=self.weight,
            asymptote=self.asymptote,
            location=location,
            scale=np.sqrt(variance),
            freedom=self.freedom,
        )


def fit_compute_laws(log_flops: Floats, loss: Floats, rungs: Bools, priors: Priors) -> ComputeLaws:
    """Fit each of T series along its rungs.

    Args:
        log_flops: Natural log of training FLOPs. Shape (M,).
        loss: Losses, NaN = not measured. Shape (T, M).
        rungs: Which runs are fitted. Shape (T, M).
        priors: Of E.
    """
    last = np.where(rungs, log_flops, -np.inf).max(axis=1)
    weights = recency(log_flops, rungs, last)
    total = weights.sum(axis=1)
    effective = total**2 / (weights**2).sum(axis=1)
    observed = np.where(rungs, loss, 1.0)
    asymptote = priors.nodes()
    allowed = asymptote < HIGHEST * np.where(rungs, loss, np.inf).min(axis=1)[:, None]
    excess = np.where(allowed[:, :, None], observed[:, None, :] - asymptote[:, :, None], 1.0)
    excess = np.where(rungs[:, None, :], excess, 1.0)
    y, w = np.log(excess), weights[:, None, :]
    centre = (weights * log_flops).sum(axis=1) / total
    x = (log_flops - centre[:, None])[:, None, :]
    spread = (weights * x[:, 0] ** 2).sum(axis=1)
    level = (w * y).sum(axis=2) / total[:, None]
    slope = np.minimum((w * x * y).sum(axis=2) / spread[:, None], 0.0)
    residual = y - level[:, :, None] - slope[:, :, None] * x
    relative = excess / observed[:, None, :]  # of log (L - E) to log L
    per_weight = (effective / total)[:, None]
    misfit = (w * (residual * relative) ** 2).sum(axis=2) * per_weight
    spare = np.maximum(effective - 2, 0.0)
    freedom = NOISE[0] + spare
    mean_share = np.sqrt((w * relative**2).sum(axis=2) / total[:, None])
    return ComputeLaws(
        asymptote=asymptote,
        weight=weights_of(misfit, spare, allowed, extra=_log_prior(slope)),
        level=level,
        slope=slope,
        noise=np.sqrt((NOISE[0] * NOISE[1] ** 2 + misfit) / freedom[:, None]),
        level_error=1 / (mean_share * np.sqrt(effective)[:, None]),
        slope_error=1 / (mean_share * np.sqrt(spread * effective / total)[:, None]),
        centre=centre,
        last=last,
        freedom=freedom,
    )


def recency(log_flops: Floats, rungs: Bools, last: Floats) -> Floats:
    """Weights of the runs of each series, which halve every 4x below the last. Shape (T, M)."""
    below = np.maximum(last[:, None] - log_flops, 0.0)
    weights = 0.5 ** (below / np.log(HALVING))
    few = rungs.sum(axis=1, keepdims=True) < FEWEST_TO_WEIGH
    return np.where(rungs, np.where(few, 1.0, weights), 0.0)


def weights_of(
    misfit: Floats, spare: Floats, allowed: Bools, *, extra: Floats | float = 0.0
) -> Floats:
    """Weights of values of E by how well their laws fit. Shape (T, G).

    Args:
        misfit: Summed squares of relative residuals, as of n_eff runs. Shape (T, G).
        spare: Degrees of freedom that the fit leaves. Shape (T,).
        allowed: Which values lie below every loss. Shape (T, G).
        extra: Logs of other priors. Shape (T, G).
    """
    freedom, size = FORM
    log_weight = -(freedom + spare)[:, None] / 2 * np.log(freedom * size**2 + misfit) + extra
    log_weight = np.where(allowed, log_weight, -np.inf)
    most = log_weight.max(axis=1, keepdims=True)
    weight = np.exp(log_weight - np.where(np.isfinite(most), most, 0.0))
    total = weight.sum(axis=1, keepdims=True)
    result: Floats = weight / np.where(total > 0, total, 1.0)
    return result


def share_of_excess(location: Floats, asymptote: Floats) -> Floats:
    """(L - E) / L, which turns relative errors of L into those of log (L - E); any shape."""
    excess = np.exp(location)
    result: Floats = excess / (excess + asymptote)
    return result


def _log_prior(slope: Floats) -> Floats:
    median, deviation = EXPONENT
    away = (np.log(np.maximum(-slope, 1e-3)) - np.log(median)) / deviation
    result: Floats = -(away**2) / 2
    return result
