"""Which loss does a scale reach on the user's own corpus? A loss law with priors, for the index.

    L = E + A / N^alpha + B / D^beta,   or   L = E + G / C^gamma  where N or D does not vary

Fitted in log L with a soft-L1 loss at 0.5 %, and weak priors on exponents and entropy, because
an index must be monotone and calm beyond the evidence even with five checkpoints. loss_law.py has
the unbiased fit, with errors.

Source: Hoffmann et al. (2022, arXiv 2203.15556), objective in log L after Besiroglu et al. (2024,
    arXiv 2404.10102), who show why a scaled robust objective and several starts are needed.
"""

import numpy as np

from scalepredict.predictors.loss.index import LossSurface
from scalepredict.predictors.loss.loss_law import (
    CHINCHILLA,
    COMPUTE,
    LossForm,
    design_of,
    log_sizes_of,
    log_sum,
    surface_of,
)
from scalepredict.predictors.numerics.least_squares import SOFT_L1, best_of_starts
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.table import Floats, Ints

FEWEST_FOR_BOTH = 5  # losses for a law in N and D
LEAST_RANGE = 1.2  # ratio below which N or D counts as constant
LOSS_SCALE = 0.005  # residual of log L at which the soft-L1 loss begins to bend
EXPONENT = (0.35, 0.2)  # prior mean and deviation of alpha and beta
FLOPS_EXPONENT = (0.15, 0.1)  # those of gamma
ENTROPY_SHARE, ENTROPY_DEVIATION = 0.6, 0.5  # prior of log E, about log(0.6 least loss)
START_FACTORS = (1.0, 0.6, 1.5)  # of the prior exponents


def fit_surface(scale: Scale, loss: Floats) -> LossSurface | None:
    """Fit a loss law to the checkpoints that carry a loss (nats per token), shape (M,).

    Returns:
        None if fewer than three distinct scales carry a positive loss.
    """
    known = np.isfinite(loss) & (loss > 0)
    scale, loss = scale.take(np.flatnonzero(known)), loss[known]
    if len(np.unique(scale.flops)) < 3:
        return None
    varied = min(_range(scale.params), _range(scale.tokens)) >= LEAST_RANGE
    both = varied and len(loss) >= FEWEST_FOR_BOTH
    return _with_priors(CHINCHILLA if both else COMPUTE, scale, loss)


def _range(counts: Floats) -> float:
    return float(counts.max() / counts.min())


def _with_priors(form: LossForm, scale: Scale, loss: Floats) -> LossSurface:
    # Parameters: log E, log terms at the mean size, exponents. The prior of log terms is flat;
    # those of the rest are residuals in units of the loss scale, as the misfits are.
    log_sizes = log_sizes_of(form, scale)
    centre = log_sizes.mean(axis=1)
    design = design_of(form, log_sizes, centre)
    n_terms = len(centre)
    mean, deviation = FLOPS_EXPONENT if form.in_flops else EXPONENT
    log_entropy = np.log(ENTROPY_SHARE * loss.min())
    prior = np.r_[log_entropy, np.zeros(n_terms), np.full(n_terms, mean)]
    certainty = np.r_[1 / ENTROPY_DEVIATION, np.zeros(n_terms), np.full(n_terms, 1 / deviation)]
    strain = LOSS_SCALE * np.diag(certainty)
    first = np.log(np.maximum(loss.mean() - ENTROPY_SHARE * loss.min(), 0.05) / n_terms)
    starts = np.array(
        [[log_entropy, *[first] * n_terms, *[mean * factor] * n_terms] for factor in START_FACTORS]
    )

    def residuals(params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        del rows
        log_loss, slope = log_sum(params, design)
        steady = np.broadcast_to(strain, (len(params), *strain.shape))
        return (
            np.concatenate([log_loss - np.log(loss), (params - prior) @ strain], axis=1),
            np.concatenate([slope, steady], axis=1),
        )

    best = best_of_starts(residuals, starts, loss=SOFT_L1, loss_scale=LOSS_SCALE)
    return surface_of(form, best.solution.params[0], centre)
