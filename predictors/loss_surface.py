"""Which loss does a scale reach on the user's own corpus? A loss law with priors, for the index.

    L = E + A / N^alpha + B / D^beta,   or   L = E + G / C^gamma  where N or D does not vary

Fitted in log L with a soft-L1 loss at 0.5 %, and weak priors on exponents and entropy, because
an index must be monotone and calm beyond the evidence even with five checkpoints. The method
`loss_law` is the place for an unbiased fit with errors.

Source: Hoffmann et al. (2022, arXiv 2203.15556), objective in log L after Besiroglu et al. (2024,
    arXiv 2404.10102), who show why a scaled robust objective and several starts are needed.
"""

import numpy as np

from scalepredict.predictors.index import LossSurface
from scalepredict.predictors.ladder import Scale
from scalepredict.predictors.least_squares import SOFT_L1, best_of_starts
from scalepredict.records.table import Floats, Ints

FEWEST_FOR_BOTH = 5  # losses for a law in N and D
LEAST_RANGE = 1.2  # ratio below which N or D counts as constant
LOSS_SCALE = 0.005  # residual of log L at which the soft-L1 loss begins to bend
EXPONENT, EXPONENT_DEVIATION = 0.35, 0.2  # prior of alpha and beta
FLOPS_EXPONENT, FLOPS_EXPONENT_DEVIATION = 0.15, 0.1  # prior of gamma
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
    if varied and len(loss) >= FEWEST_FOR_BOTH:
        sizes = np.stack([scale.params, scale.tokens])
        entropy, coefficient, exponent = _fit_terms(
            sizes, loss, mean=EXPONENT, deviation=EXPONENT_DEVIATION
        )
        return LossSurface(
            entropy=entropy,
            params_coefficient=float(coefficient[0]),
            params_exponent=float(exponent[0]),
            tokens_coefficient=float(coefficient[1]),
            tokens_exponent=float(exponent[1]),
        )
    entropy, coefficient, exponent = _fit_terms(
        scale.flops[None], loss, mean=FLOPS_EXPONENT, deviation=FLOPS_EXPONENT_DEVIATION
    )
    return LossSurface(
        entropy=entropy,
        flops_coefficient=float(coefficient[0]),
        flops_exponent=float(exponent[0]),
    )


def _range(counts: Floats) -> float:
    return float(counts.max() / counts.min())


def _fit_terms(
    sizes: Floats, loss: Floats, *, mean: float, deviation: float
) -> tuple[float, Floats, Floats]:
    # sizes (J, M) for J terms. Parameters: log E, then the log of each term at the mean size, then
    # its exponent. Residuals of the priors are in units of the loss scale, as those of the losses.
    n_terms = len(sizes)
    log_size = np.log(sizes)
    centre = log_size.mean(axis=1)
    away = (log_size - centre[:, None])[None]
    prior_entropy = np.log(ENTROPY_SHARE * loss.min())
    first = np.log(np.maximum(loss.mean() - ENTROPY_SHARE * loss.min(), 0.05) / n_terms)
    starts = np.array(
        [
            [prior_entropy, *[first] * n_terms, *[mean * factor] * n_terms]
            for factor in START_FACTORS
        ]
    )
    in_entropy = np.zeros((1, 1 + 2 * n_terms))
    in_entropy[0, 0] = LOSS_SCALE / ENTROPY_DEVIATION
    in_exponent = np.zeros((n_terms, 1 + 2 * n_terms))
    in_exponent[:, 1 + n_terms :] = np.eye(n_terms) * LOSS_SCALE / deviation
    strain = np.concatenate([in_entropy, in_exponent])
    prior = np.r_[prior_entropy, np.zeros(n_terms), np.full(n_terms, mean)]

    def residuals(params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        del rows
        exponent = params[:, 1 + n_terms :, None]
        log_term = params[:, 1 : 1 + n_terms, None] - exponent * away
        log_entropy = np.broadcast_to(params[:, :1, None], log_term[:, :1].shape)
        every = np.concatenate([log_entropy, log_term], axis=1)
        most = every.max(axis=1, keepdims=True)
        share = np.exp(every - most)
        total = share.sum(axis=1, keepdims=True)
        share = share / total
        misfit = (most + np.log(total))[:, 0] - np.log(loss)
        slope = np.concatenate([share, -share[:, 1:] * away], axis=1).swapaxes(1, 2)
        tension = (params - prior) @ strain.T
        steady = np.broadcast_to(strain, (len(params), *strain.shape))
        return np.concatenate([misfit, tension], axis=1), np.concatenate([slope, steady], axis=1)

    best = best_of_starts(residuals, starts, loss=SOFT_L1, loss_scale=LOSS_SCALE).solution.params[0]
    exponent = best[1 + n_terms :]
    coefficient = np.exp(best[1 : 1 + n_terms] + exponent * centre)
    return float(np.exp(best[0])), coefficient, exponent
