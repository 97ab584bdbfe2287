"""Which loss do N parameters and D tokens reach? E + A N^-alpha + B D^-beta, with priors.

    L = E + A N^-alpha + B D^-beta,    A, B >= 0
    log E as in priors.py,  log alpha ~ N(log .34, .3^2),  log beta ~ N(log .30, .3^2)

E, alpha and beta lie on a grid; A and B follow for all its points at once by non-negative least
squares of relative residuals, with weights that halve every 4x below the largest run. What stands
for the grid is NODES of its points, drawn evenly by their weights.

Source: Hoffmann et al. (2022, arXiv 2203.15556), approach 3. Separable least squares: Golub and
    Pereyra (1973, SIAM J. Numer. Anal. 10).
Departures: E and the exponents are integrated over priors rather than fitted (a free fit errs a
    third more on any run of a grid).
Fails when: D/N hardly varies, width and depth vary at fixed N, or data is repeated beyond four
    epochs; and it forecasts too high a loss for efficient runs, so a law in C serves the front.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from scalepredict.predictors.loss.compute_law import DRIFT, NOISE, recency, weights_of
from scalepredict.predictors.loss.excess import Mixture
from scalepredict.predictors.loss.priors import HIGHEST, Priors
from scalepredict.records.table import Bools, Floats, Ints

ALPHA, BETA = (0.34, 0.3), (0.30, 0.3)  # median, and deviation of the log
ENTROPIES, EXPONENTS = 21, 11  # points of the grid for E and for each exponent
NODES = 64  # points that stand for the grid
MOST_SHIFT = np.log(64.0)  # of N at equal compute, where the best split is looked for
PARAMETERS = 4.0  # that the data is asked for: A, B, and half of each of E, alpha and beta, about


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SizesLaws:
    """Laws of N and D of T series, G points of equal weight each.

    Attributes:
        asymptote: E. Shape (T, G).
        params_term: A at the largest N. Shape (T, G).
        tokens_term: B at the largest D. Shape (T, G).
        alpha: Exponent of N. Shape (T, G).
        beta: Exponent of D. Shape (T, G).
        noise: Relative standard deviation of a loss. Shape (T, G).
        covariance: Of A, B for noise 1: variances and covariance. Shape (T, G, 3).
        largest: Logs of the largest N and D. Shape (2,).
        last: Largest log C of each series. Shape (T,).
        freedom: Degrees of freedom. Shape (T,).
    """

    asymptote: Floats
    params_term: Floats
    tokens_term: Floats
    alpha: Floats
    beta: Floats
    noise: Floats
    covariance: Floats
    largest: Floats
    last: Floats
    freedom: Floats

    def at(self, log_params: Floats, log_tokens: Floats, log_flops: Floats) -> Mixture:
        """The distribution of the loss at K scales, each (K,)."""
        first = np.exp(-self.alpha[:, :, None] * (log_params - self.largest[0]))
        second = np.exp(-self.beta[:, :, None] * (log_tokens - self.largest[1]))
        excess = self.params_term[:, :, None] * first + self.tokens_term[:, :, None] * second
        excess = np.maximum(excess, np.finfo(float).tiny)
        loss = self.asymptote[:, :, None] + excess
        of_first, of_second, joint = (self.covariance[:, :, None, i] for i in range(3))
        of_terms = first**2 * of_first + second**2 * of_second + 2 * first * second * joint
        beyond = np.maximum(log_flops - self.last[:, None], 0.0)[:, None, :]
        relative = self.noise[:, :, None] ** 2 * (1 + of_terms / loss**2) + DRIFT**2 * beyond
        return Mixture(
            weight=np.full(self.asymptote.shape, 1 / self.asymptote.shape[1]),
            asymptote=self.asymptote,
            location=np.log(excess),
            scale=np.sqrt(relative) * loss / excess,
            freedom=self.freedom,
        )

    def above_best(self, log_params: Floats, log_tokens: Floats) -> Floats:
        """How far each of K sizes lies above the best split of its compute, in log L. (T, K)."""
        at = (self.params_term[..., None], self.tokens_term[..., None])
        alpha, beta = self.alpha[..., None], self.beta[..., None]
        first = at[0] * np.exp(-alpha * (log_params - self.largest[0]))
        second = at[1] * np.exp(-beta * (log_tokens - self.largest[1]))
        tiny = np.finfo(float).tiny
        # N e^r and D e^-r cost the same; the loss is least where both terms fall alike.
        best = np.log(np.maximum(alpha * first, tiny) / np.maximum(beta * second, tiny))
        r = np.clip(best / (alpha + beta), -MOST_SHIFT, MOST_SHIFT)
        least = first * np.exp(-alpha * r) + second * np.exp(beta * r)
        asymptote = self.asymptote[..., None]
        above: Floats = np.log((asymptote + first + second) / (asymptote + least)).mean(axis=1)
        return above


def fit_sizes_laws(
    log_params: Floats,
    log_tokens: Floats,
    log_flops: Floats,
    loss: Floats,
    priors: Priors,
    *,
    closeness: Floats | float = 1.0,
) -> SizesLaws:
    """Fit each of T series to all its runs.

    Args:
        log_params: Natural log of parameters N. Shape (M,).
        log_tokens: Natural log of tokens D, in fresh ones. Shape (M,).
        log_flops: Natural log of training FLOPs. Shape (M,).
        loss: Losses, NaN = not measured. Shape (T, M).
        priors: Of E.
        closeness: Further weights of the runs, 0 to 1. Shape (T, M).
    """
    measured = np.isfinite(loss)
    last = np.where(measured, log_flops, -np.inf).max(axis=1)
    weights = recency(log_flops, measured, last) * closeness
    effective = weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)
    observed = np.where(measured, loss, 1.0)
    # Of relative residuals, scaled so that they count as n_eff runs.
    weights = weights * (effective / weights.sum(axis=1))[:, None] / observed**2
    largest = np.array([log_params.max(), log_tokens.max()])
    alphas, betas = _exponents(*ALPHA), _exponents(*BETA)
    first = np.exp(-alphas[:, None] * (log_params - largest[0]))
    second = np.exp(-betas[:, None] * (log_tokens - largest[1]))
    asymptote = priors.nodes(ENTROPIES)
    least = np.where(measured, loss, np.inf).min(axis=1)
    allowed = np.broadcast_to(
        (asymptote < HIGHEST * least[:, None])[:, :, None, None],
        (*asymptote.shape, EXPONENTS, EXPONENTS),
    )
    sums = _sums(weights, observed, asymptote, first, second)
    a, b, misfit = _non_negative(*sums)
    spare = np.maximum(effective - PARAMETERS, 0.0)
    flat = (len(loss), -1)
    weight = weights_of(np.maximum(misfit, 0.0).reshape(flat), spare, allowed.reshape(flat))
    chosen = _evenly(weight)
    e, i, j = np.unravel_index(chosen, (ENTROPIES, EXPONENTS, EXPONENTS))
    rows = np.arange(len(loss))[:, None]
    found = np.maximum(misfit[rows, e, i, j], 0.0)
    freedom = NOISE[0] + spare
    return SizesLaws(
        asymptote=asymptote[rows, e],
        params_term=a[rows, e, i, j],
        tokens_term=b[rows, e, i, j],
        alpha=alphas[i],
        beta=betas[j],
        noise=np.sqrt((NOISE[0] * NOISE[1] ** 2 + found) / freedom[:, None]),
        covariance=_covariance(
            sums[0][rows, 0, i, 0],
            sums[1][rows, 0, 0, j],
            sums[2][rows, 0, i, j],
            a[rows, e, i, j] > 0,
            b[rows, e, i, j] > 0,
        ),
        largest=largest,
        last=last,
        freedom=freedom,
    )


def _exponents(median: float, deviation: float) -> Floats:
    z = ndtri((np.arange(EXPONENTS) + 0.5) / EXPONENTS)
    result: Floats = median * np.exp(deviation * z)
    return result


def _sums(
    weights: Floats, observed: Floats, asymptote: Floats, first: Floats, second: Floats
) -> tuple[Floats, ...]:
    # Of products of the two features and of what they have to explain; they broadcast to the grid
    # (T, E, alpha, beta), which no run is ever written out on.
    excess = observed[:, None, :] - asymptote[:, :, None]
    weighted = weights[:, None, :] * excess
    return (
        (weights @ (first**2).T)[:, None, :, None],
        (weights @ (second**2).T)[:, None, None, :],
        np.einsum("tm,am,bm->tab", weights, first, second)[:, None],
        (weighted @ first.T)[:, :, :, None],
        (weighted @ second.T)[:, :, None, :],
        (weighted * excess).sum(axis=2)[:, :, None, None],
    )


def _non_negative(
    aa: Floats, bb: Floats, ab: Floats, ay: Floats, by: Floats, yy: Floats
) -> tuple[Floats, Floats, Floats]:
    # Two unknowns: both free, or one of them zero (Lawson and Hanson 1974, by hand).
    determinant = np.maximum(aa * bb - ab**2, 1e-12 * aa * bb)
    a, b = (bb * ay - ab * by) / determinant, (aa * by - ab * ay) / determinant
    alone_a, alone_b = np.maximum(ay / aa, 0.0), np.maximum(by / bb, 0.0)
    a_is_better = alone_a * ay >= alone_b * by
    inside = (a >= 0) & (b >= 0)
    a = np.where(inside, a, np.where(a_is_better, alone_a, 0.0))
    b = np.where(inside, b, np.where(a_is_better, 0.0, alone_b))
    return a, b, yy - a * ay - b * by


def _evenly(weight: Floats) -> Ints:
    # Systematic sampling at the middles of NODES equal steps of the summed weights.
    total = np.cumsum(weight, axis=1)
    wanted = (np.arange(NODES) + 0.5) / NODES * total[:, -1:]
    place = [np.searchsorted(row, at) for row, at in zip(total, wanted, strict=True)]
    chosen: Ints = np.minimum(np.array(place, dtype=np.intp), weight.shape[1] - 1)
    return chosen


def _covariance(aa: Floats, bb: Floats, ab: Floats, has_a: Bools, has_b: Bools) -> Floats:
    both = has_a & has_b
    determinant = np.maximum(aa * bb - ab**2, 1e-12 * aa * bb)
    of_a = np.where(both, bb / determinant, np.where(has_a, 1 / aa, 0.0))
    of_b = np.where(both, aa / determinant, np.where(has_b, 1 / bb, 0.0))
    joint = np.where(both, -ab / determinant, 0.0)
    return np.stack([of_a, of_b, joint], axis=-1)
