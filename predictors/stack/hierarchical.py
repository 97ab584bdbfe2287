"""Hierarchical curves: every benchmark has its own S-curve; level and slope are pooled over all.

    score = floor + (1 - floor) * Q(a_t + b_t x),    (a_t, b_t) ~ N(mu, Sigma)

x is an index in effective decades (index.py). Q is the logistic function, or the Gompertz curve
Q = exp(-exp(-z)), for which -log Q is exponential in x. A second hypothesis for each benchmark is
that it does not move at all, b ~ N(0, 0.05^2); the forecast is the mixture of both.
The noise is binomial times phi_t, estimated and pooled too, since benchmarks with label bias
scatter far more than their number of questions says; the prior odds of the second hypothesis grow
with phi_t. Near checkpoints count more than far ones. What is pooled (mu, Sigma, prior odds, the
centre of phi) is learned for informative benchmarks (informative.py) from their like alone, and for
the others from all.

Source: empirical Bayes with Laplace evidences (Gelman et al., Bayesian Data Analysis, 3rd ed.,
    chapters 5 and 13), fitted by EM.
Fails when: a benchmark leaves its own curve, e.g. starts to rise beyond all evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from scalepredict.predictors.limits import SCORE_CLIP
from scalepredict.predictors.numerics.least_squares import least_squares
from scalepredict.predictors.stack.informative import informative
from scalepredict.predictors.stack.shrinkage import Shrinkage
from scalepredict.records.table import Bools, Floats, Ints

DECAY = 0.5  # decades of distance over which the weight of a checkpoint falls to 1/e
LEAST_WEIGHT = 1e-3
LEAST_VARIANCE = 2e-6  # of a score: a benchmark of 10,000 questions is not exact to 1e-4
ROUNDS = 8
STEPS, STEPS_BETWEEN = 40, 6  # of least squares in the last round, and in those before it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HierarchicalCurves:
    """Fitted curves of T units; z = level + slope * x.

    Attributes:
        gompertz: Whether Q is the Gompertz curve; logistic otherwise.
        floor: Lower asymptotes, fractions. Shape (T,).
        rising: (level, slope) of the rising curves. Shape (T, 2).
        rising_covariance: Their posterior covariance. Shape (T, 2, 2).
        flat: (level, slope) under the hypothesis that the unit does not move. Shape (T, 2).
        flat_covariance: Its posterior covariance. Shape (T, 2, 2).
        flat_probability: Posterior probability of that hypothesis. Shape (T,).
        overdispersion: Variance of a score over the binomial one (phi). Shape (T,).
    """

    gompertz: bool
    floor: Floats
    rising: Floats
    rising_covariance: Floats
    flat: Floats
    flat_covariance: Floats
    flat_probability: Floats
    overdispersion: Floats

    def scores(self, x: Floats) -> tuple[Floats, Floats]:
        """Expected scores and their variance at x, shape (K,). Two arrays of shape (K, T)."""
        up, up_variance = self._curve(x, self.rising, self.rising_covariance)
        flat, flat_variance = self._curve(x, self.flat, self.flat_covariance)
        share = self.flat_probability
        mean = (1 - share) * up + share * flat
        within = (1 - share) * up_variance + share * flat_variance
        between = share * (1 - share) * (up - flat) ** 2
        return mean, within + between

    def log_likelihood(self, weight: Floats, shrinkage: Shrinkage) -> Floats:
        """How well each curve fits, up to a constant of the evidence; phi is integrated out. (T,).

        Args:
            weight: The weights that they were fitted with. Shape (M, T).
            shrinkage: The prior that they were fitted with.
        """
        result: Floats = (
            -0.5 * (shrinkage.noise_strength + weight.sum(axis=0)) * np.log(self.overdispersion)
        )
        return result

    def _curve(self, x: Floats, params: Floats, covariance: Floats) -> tuple[Floats, Floats]:
        z = params[:, 0] + params[:, 1] * x[:, None]
        value, rise = _link(z, np.asarray(self.gompertz))
        design = np.stack([np.ones_like(x), x], axis=1)
        variance = np.einsum("kp,tpq,kq->kt", design, covariance, design)
        span = 1 - self.floor
        return self.floor + span * value, (span * rise) ** 2 * variance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveSetting:
    """One joint fit of all units: an index and a shape.

    Attributes:
        x: Effective decades, 0 at the top. Shape (M,).
        weight: Weights of the scores, see ``recency``. Shape (M, T).
        gompertz: Gompertz curves instead of logistic ones.
    """

    x: Floats
    weight: Floats
    gompertz: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Evidence:
    # G fits by T units by M checkpoints. Missing scores have weight 0.
    x: Floats  # (G, 1, M)
    y: Floats  # (T, M)
    weight: Floats  # (G, T, M)
    n_items: Floats  # (T, M)
    floor: Floats  # (T, 1)
    gompertz: Bools  # (G, 1, 1)
    informative: Bools  # (G, T)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Prior:
    mean: Floats  # (G, T, 2)
    covariance: Floats  # (G, T, 2, 2)
    flat_share: Floats  # (G, T)


def fit_curves(
    settings: Sequence[CurveSetting],
    scores: Floats,
    *,
    n_items: Floats,
    floor: Floats,
    shrinkage: Shrinkage,
) -> tuple[HierarchicalCurves, ...]:
    """Fit all units jointly, once for each of G settings; the fits step together but do not mix.

    Args:
        settings: Indices and shapes, length G.
        scores: Fractions, NaN = not measured. Shape (M, T).
        n_items: Graded answers behind each score. Shape (M, T).
        floor: Lower asymptotes. Shape (T,).
        shrinkage: What they are drawn to.
    """
    measured = np.isfinite(scores)
    gompertz = np.array([setting.gompertz for setting in settings])
    x = np.stack([setting.x for setting in settings])
    evidence = _Evidence(
        x=x[:, None, :],
        y=np.where(measured, scores, 0.5).T,
        weight=np.stack([np.where(measured, setting.weight, 0.0).T for setting in settings]),
        n_items=n_items.T,
        floor=floor[:, None],
        gompertz=gompertz[:, None, None],
        informative=informative(x, scores, n_items),
    )
    n_units = scores.shape[1]
    start = np.where(gompertz[:, None], shrinkage.gompertz, shrinkage.logistic)
    prior = _Prior(
        mean=np.repeat(start[:, None], n_units, axis=1),
        covariance=np.tile(shrinkage.covariance, (len(settings), n_units, 1, 1)),
        flat_share=np.full((len(settings), n_units), 0.2),
    )
    both = np.stack([start, start * [1.0, 0.0]], axis=1)[:, :, None, :]
    both = np.tile(both, (1, 1, n_units, 1))
    phi = np.ones((len(settings), n_units))
    expected = np.broadcast_to(evidence.y, evidence.weight.shape)
    for left in reversed(range(ROUNDS)):
        variance = phi[:, :, None] * _binomial(expected, evidence.n_items)
        both, covariance, log_evidence = _most_probable(
            evidence,
            variance,
            prior,
            both,
            flat_slope=shrinkage.flat_slope,
            max_steps=STEPS_BETWEEN if left else STEPS,
        )
        share = _flat_share(log_evidence, prior.flat_share, phi)
        expected = _mixture(evidence, both, share)
        phi = _overdispersion(evidence, expected, strength=shrinkage.noise_strength)
        prior = _hyper_priors(
            both[:, 0], covariance[:, 0], share, start, evidence.informative, shrinkage
        )
    return tuple(
        HierarchicalCurves(
            gompertz=setting.gompertz,
            floor=floor,
            rising=both[g, 0],
            rising_covariance=covariance[g, 0],
            flat=both[g, 1],
            flat_covariance=covariance[g, 1],
            flat_probability=share[g],
            overdispersion=phi[g],
        )
        for g, setting in enumerate(settings)
    )


def recency(x: Floats, flops: Floats, measured: Bools, *, decay: float = DECAY) -> Floats:
    """Weights that fall with the distance from the largest measured checkpoint of each unit.

    The distance is the greater of the effective decades and half the decades of FLOPs, so that
    a tiny model that saw very many tokens is still far.

    Args:
        x: Effective decades. Shape (M,).
        flops: Training FLOPs. Shape (M,).
        measured: Which scores exist. Shape (M, T).
        decay: Decades over which a weight falls to 1/e.

    Returns:
        Shape (M, T); 0 where nothing was measured.
    """
    decades = np.log10(flops)
    behind = np.maximum(-x, 0.5 * (decades.max() - decades))[:, None]
    nearest = np.min(np.where(measured, behind, np.inf), axis=0)
    with np.errstate(invalid="ignore"):
        weight = np.maximum(np.exp(-(behind - nearest) / decay), LEAST_WEIGHT)
    return np.where(measured, weight, 0.0)


def _link(z: Floats, gompertz: Bools) -> tuple[Floats, Floats]:
    # Q and dQ/dz. Beyond 30 both are 0 or 1 to the bit, or their exponential overflows.
    decay = np.exp(-np.clip(z, -30.0, 30.0))
    value = np.where(gompertz, np.exp(-decay), 1 / (1 + decay))
    return value, value * np.where(gompertz, decay, 1 - value)


def _binomial(p: Floats, n_items: Floats) -> Floats:
    inside = np.clip(p, *SCORE_CLIP)
    return np.maximum(inside * (1 - inside) / n_items, LEAST_VARIANCE)


def _most_probable(
    evidence: _Evidence,
    variance: Floats,
    prior: _Prior,
    start: Floats,
    *,
    flat_slope: float,
    max_steps: int,
) -> tuple[Floats, Floats, Floats]:
    # MAP estimates (G, 2, T, 2), Laplace covariances (G, 2, T, 2, 2) and log evidences (G, 2, T);
    # the second axis is the hypothesis, rising or flat.
    shape = start.shape[:3]
    flat_covariance = np.zeros_like(prior.covariance)
    flat_covariance[..., 0, 0] = prior.covariance[..., 0, 0]
    flat_covariance[..., 1, 1] = flat_slope**2
    factor = np.linalg.cholesky(np.stack([prior.covariance, flat_covariance], axis=1))

    def each(values: Floats, *tail: int) -> Floats:
        return np.broadcast_to(values, (*shape, *tail)).reshape(-1, *tail)

    n = variance.shape[2]
    root = each(np.asarray(np.linalg.inv(factor), dtype=np.float64), 2, 2)
    mean = each(np.stack([prior.mean, prior.mean * [1.0, 0.0]], axis=1), 2)
    x = each(evidence.x[:, None], n)
    span = each(1 - evidence.floor, 1)
    gap = each(evidence.y - evidence.floor, n)
    precision = each(np.sqrt(evidence.weight / variance)[:, None], n)
    gompertz = np.broadcast_to(evidence.gompertz, shape).reshape(-1, 1)

    def residuals(params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        here, near = x[rows], precision[rows]
        value, rise = _link(params[:, :1] + params[:, 1:] * here, gompertz[rows])
        misfit = near * (span[rows] * value - gap[rows])
        slope = near * span[rows] * rise
        strain = (root[rows] @ (params - mean[rows])[:, :, None])[:, :, 0]
        jacobian = np.concatenate([np.stack([slope, slope * here], axis=2), root[rows]], axis=1)
        return np.concatenate([misfit, strain], axis=1), jacobian

    solution = least_squares(
        residuals, start.reshape(-1, 2), max_steps=max_steps, max_step=3.0, tolerance=1e-6
    )
    log_evidence = (
        np.log(root[:, 0, 0] * root[:, 1, 1])
        - solution.cost
        - 0.5 * np.linalg.slogdet(solution.curvature)[1]
    )
    covariance = np.asarray(np.linalg.inv(solution.curvature), dtype=np.float64)
    return (
        solution.params.reshape(*shape, 2),
        covariance.reshape(*shape, 2, 2),
        np.asarray(log_evidence.reshape(shape), dtype=np.float64),
    )


def _flat_share(log_evidence: Floats, share: Floats, phi: Floats) -> Floats:
    # Prior odds grow with phi: scores that scatter far beyond binomial noise come mostly from label
    # bias and answer format, and such benchmarks seldom rise with scale.
    odds = np.log(share) - np.log1p(-share) + np.log(phi)
    probability: Floats = expit(log_evidence[:, 1] - log_evidence[:, 0] + odds)
    return probability


def _mixture(evidence: _Evidence, both: Floats, share: Floats) -> Floats:
    z = both[..., :1] + both[..., 1:] * evidence.x[:, None]
    value, _ = _link(z, evidence.gompertz[:, None])
    mixed = value[:, 0] + share[:, :, None] * (value[:, 1] - value[:, 0])
    return evidence.floor + (1 - evidence.floor) * mixed


def _overdispersion(evidence: _Evidence, expected: Floats, *, strength: float) -> Floats:
    # Scaled inverse chi-squared with so many degrees of freedom around the median.
    misfit = evidence.weight * (evidence.y - expected) ** 2
    square = (misfit / _binomial(expected, evidence.n_items)).sum(axis=2)
    weight = evidence.weight.sum(axis=2)
    raw = np.where(weight > 0, square / np.maximum(weight, 1e-9), np.nan)
    centre = np.where(
        evidence.informative, _median(raw, evidence.informative), _median(raw, weight > 0)
    )
    pull = strength * np.clip(centre, 0.3, 30.0)
    phi: Floats = np.clip((pull + square) / (strength + weight), 0.2, 200.0)
    return phi


def _median(values: Floats, among: Bools) -> Floats:
    # By row, shape (G, 1); 1 where there is none. NaNs are sorted to the end: a tenth of the time
    # of np.nanmedian.
    found = np.where(among, values, np.nan)
    found[~among.any(axis=1)] = 1.0
    found = np.sort(found, axis=1)
    count = np.isfinite(found).sum(axis=1, keepdims=True)
    either = np.concatenate([(count - 1) // 2, count // 2], axis=1)
    middle: Floats = np.take_along_axis(found, either, axis=1).mean(axis=1, keepdims=True)
    return middle


def _hyper_priors(
    rising: Floats,
    covariance: Floats,
    share: Floats,
    start: Floats,
    telling: Bools,
    shrinkage: Shrinkage,
) -> _Prior:
    own = _hyper_prior(rising, covariance, share, start, telling, shrinkage)
    common = _hyper_prior(rising, covariance, share, start, np.ones_like(telling), shrinkage)
    return _Prior(
        mean=np.where(telling[:, :, None], own.mean, common.mean),
        covariance=np.where(telling[:, :, None, None], own.covariance, common.covariance),
        flat_share=np.where(telling, own.flat_share, common.flat_share),
    )


def _hyper_prior(
    rising: Floats,
    covariance: Floats,
    share: Floats,
    start: Floats,
    among: Bools,
    shrinkage: Shrinkage,
) -> _Prior:
    # One for all units, as the chosen ones have it.
    weight = among * (1 - share)
    total = weight.sum(axis=1)
    mean = shrinkage.mean_strength * start + np.einsum("gt,gtp->gp", weight, rising)
    mean /= (shrinkage.mean_strength + total)[:, None]
    off = rising - mean[:, None]
    scatter = np.einsum("gt,gtp,gtq->gpq", weight, off, off)
    scatter += np.einsum("gt,gtpq->gpq", weight, covariance)
    strength = shrinkage.covariance_strength
    scatter = (strength * shrinkage.covariance + scatter) / (strength + total)[:, None, None]
    flat_share = ((among * share).sum(axis=1) + 1) / (among.sum(axis=1) + 5)
    return _Prior(
        mean=mean[:, None],
        covariance=scatter[:, None],
        flat_share=np.clip(flat_share, 0.02, 0.8)[:, None],
    )
