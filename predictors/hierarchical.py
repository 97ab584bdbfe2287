"""Hierarchical curves: every benchmark has its own S-curve; level and slope are pooled over all.

    score = floor + (1 - floor) * Q(a_t + b_t x),    (a_t, b_t) ~ N(mu, Sigma)

x is an index in effective decades (index.py). Q is the logistic function, or the Gompertz curve
Q = exp(-exp(-z)), for which -log Q is exponential in x. A second hypothesis for each benchmark is
that it does not move at all, b ~ N(0, 0.05^2); the forecast is the mixture of both.
The noise is binomial times phi_t, estimated and pooled too, since benchmarks with label bias
scatter far more than their number of questions says; the prior odds of the second hypothesis grow
with phi_t. Near checkpoints count more than far ones.

Source: empirical Bayes with Laplace evidences (Gelman et al., Bayesian Data Analysis, 3rd ed.,
    chapters 5 and 13), fitted by EM.
Fails when: a benchmark leaves its own curve, e.g. starts to rise beyond all evidence.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from scalepredict.predictors.least_squares import least_squares
from scalepredict.records.table import Bools, Floats, Ints

HALF_LIFE = 0.5  # decades of distance over which the weight of a checkpoint falls to 1/e
LEAST_WEIGHT = 1e-3
LEAST_VARIANCE = 2e-6  # of a score: a benchmark of 10,000 questions is not exact to 1e-4
EDGE = 0.02  # binomial variances are read at scores inside [EDGE, 1 - EDGE]
FLAT_DEVIATION = 0.05  # prior slope of a benchmark that does not move (per decade)
ROUNDS = 8
FEWEST_TO_POOL = 4  # below, the hyper-prior stays where it starts
PRIOR_UNITS = 2.0  # pseudo-benchmarks behind the prior mean
PRIOR_FREEDOM = 5.0  # pseudo-benchmarks behind the prior covariance
PRIOR_COVARIANCE = np.array([[4.0, 0.0], [0.0, 0.16]])
LOGISTIC_MEAN = np.array([-1.0, 0.5])
GOMPERTZ_MEAN = np.array([-0.27, 0.35])
PHI_FREEDOM = 2.0


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

    def _curve(self, x: Floats, params: Floats, covariance: Floats) -> tuple[Floats, Floats]:
        z = params[:, 0] + params[:, 1] * x[:, None]
        value, rise = _link(z, gompertz=self.gompertz)
        design = np.stack([np.ones_like(x), x], axis=1)
        variance = np.einsum("kp,tpq,kq->kt", design, covariance, design)
        span = 1 - self.floor
        return self.floor + span * value, (span * rise) ** 2 * variance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Evidence:
    # Transposed to units first, because the batch of problems leads. Missing scores: weight 0.
    x: Floats  # (T, M) or (1, M)
    y: Floats  # (T, M)
    weight: Floats  # (T, M)
    n_items: Floats  # (T, M)
    floor: Floats  # (T,)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Prior:
    mean: Floats  # (2,)
    covariance: Floats  # (2, 2)
    flat_share: float


def fit_curves(
    x: Floats,
    scores: Floats,
    *,
    n_items: Floats,
    floor: Floats,
    weight: Floats,
    gompertz: bool,
) -> HierarchicalCurves:
    """Fit all units jointly.

    Args:
        x: Effective decades, 0 at the top. Shape (M,).
        scores: Fractions, NaN = not measured. Shape (M, T).
        n_items: Graded answers behind each score. Shape (M, T).
        floor: Lower asymptotes. Shape (T,).
        weight: Weights of the scores, see ``recency``. Shape (M, T).
        gompertz: Use the Gompertz curve instead of the logistic one.
    """
    measured = np.isfinite(scores)
    evidence = _Evidence(
        x=x[None, :],
        y=np.where(measured, scores, 0.5).T,
        weight=np.where(measured, weight, 0.0).T,
        n_items=n_items.T,
        floor=floor,
    )
    start_mean = GOMPERTZ_MEAN if gompertz else LOGISTIC_MEAN
    prior = _Prior(mean=start_mean, covariance=PRIOR_COVARIANCE, flat_share=0.2)
    n_units = scores.shape[1]
    pools = n_units >= FEWEST_TO_POOL
    phi = np.ones(n_units)
    expected = evidence.y
    both = np.tile(start_mean, (2 * n_units, 1))
    both[n_units:, 1] = 0.0
    for _ in range(ROUNDS):
        variance = phi[:, None] * _binomial(expected, evidence.n_items)
        both, covariance, log_evidence = _most_probable(evidence, variance, prior, both, gompertz)
        share = _flat_share(log_evidence, prior.flat_share, phi)
        expected = _mixture(evidence, both, share, gompertz)
        phi = _overdispersion(evidence, expected)
        if pools:
            prior = _hyper_prior(both[:n_units], covariance[:n_units], share, start_mean)
    return HierarchicalCurves(
        gompertz=gompertz,
        floor=floor,
        rising=both[:n_units],
        rising_covariance=covariance[:n_units],
        flat=both[n_units:],
        flat_covariance=covariance[n_units:],
        flat_probability=share,
        overdispersion=phi,
    )


def recency(x: Floats, flops: Floats, measured: Bools) -> Floats:
    """Weights that fall with the distance from the largest measured checkpoint of each unit.

    The distance is the greater of the effective decades and half the decades of FLOPs, so that
    a tiny model that saw very many tokens is still far.

    Args:
        x: Effective decades. Shape (M,).
        flops: Training FLOPs. Shape (M,).
        measured: Which scores exist. Shape (M, T).

    Returns:
        Shape (M, T); 0 where nothing was measured.
    """
    decades = np.log10(flops)
    behind = np.maximum(-x, 0.5 * (decades.max() - decades))[:, None]
    nearest = np.min(np.where(measured, behind, np.inf), axis=0)
    with np.errstate(invalid="ignore"):
        weight = np.maximum(np.exp(-(behind - nearest) / HALF_LIFE), LEAST_WEIGHT)
    return np.where(measured, weight, 0.0)


def _link(z: Floats, *, gompertz: bool) -> tuple[Floats, Floats]:
    if gompertz:
        decay = np.exp(-np.clip(z, -30.0, 30.0))  # e^30: -log Q of a score that is 0 to the bit
        value = np.exp(-decay)
        return value, decay * value
    value = expit(z)
    return value, value * (1 - value)


def _binomial(p: Floats, n_items: Floats) -> Floats:
    inside = np.clip(p, EDGE, 1 - EDGE)
    return np.maximum(inside * (1 - inside) / n_items, LEAST_VARIANCE)


def _most_probable(
    evidence: _Evidence, variance: Floats, prior: _Prior, start: Floats, gompertz: bool
) -> tuple[Floats, Floats, Floats]:
    # MAP estimates, Laplace covariances and log evidences of both hypotheses: the first T rows
    # of the batch are the rising curves, the last T the flat ones.
    n_units = len(evidence.y)
    flat_covariance = np.diag([prior.covariance[0, 0], FLAT_DEVIATION**2])
    mean = np.repeat([prior.mean, [prior.mean[0], 0.0]], n_units, axis=0)
    root = np.repeat(
        [
            np.linalg.inv(np.linalg.cholesky(prior.covariance)),
            np.linalg.inv(np.linalg.cholesky(flat_covariance)),
        ],
        n_units,
        axis=0,
    )
    x = evidence.x
    y = np.tile(evidence.y, (2, 1))
    precision = np.tile(np.sqrt(evidence.weight / variance), (2, 1))
    low = np.tile(evidence.floor, 2)[:, None]

    def residuals(params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        value, rise = _link(params[:, :1] + params[:, 1:] * x, gompertz=gompertz)
        misfit = precision[rows] * (low[rows] + (1 - low[rows]) * value - y[rows])
        slope = precision[rows] * (1 - low[rows]) * rise
        strain = (root[rows] @ (params - mean[rows])[:, :, None])[:, :, 0]
        jacobian = np.concatenate([np.stack([slope, slope * x], axis=2), root[rows]], axis=1)
        return np.concatenate([misfit, strain], axis=1), jacobian

    solution = least_squares(residuals, start, max_steps=40, max_step=3.0, tolerance=1e-6)
    hessian = solution.curvature
    log_evidence: Floats = (
        -solution.cost
        + np.log(np.abs(root[:, 0, 0] * root[:, 1, 1]))
        - 0.5 * np.linalg.slogdet(hessian)[1]
    )
    covariance = np.asarray(np.linalg.inv(hessian), dtype=np.float64)
    return solution.params, covariance, log_evidence


def _flat_share(log_evidence: Floats, share: float, phi: Floats) -> Floats:
    # Prior odds grow with phi: scores that scatter far beyond binomial noise come mostly from label
    # bias and answer format, and such benchmarks seldom rise with scale.
    rising, flat = np.split(log_evidence, 2)
    odds = np.log(share) - np.log1p(-share) + np.log(phi)
    probability: Floats = expit(flat - rising + odds)
    return probability


def _mixture(evidence: _Evidence, both: Floats, share: Floats, gompertz: bool) -> Floats:
    value, _ = _link(both[:, :1] + both[:, 1:] * evidence.x, gompertz=gompertz)
    rising, flat = np.split(value, 2)
    mixed = rising + share[:, None] * (flat - rising)
    return evidence.floor[:, None] + (1 - evidence.floor)[:, None] * mixed


def _overdispersion(evidence: _Evidence, expected: Floats) -> Floats:
    # Scaled inverse chi-squared with 4 degrees of freedom around the median over the units.
    ratio = evidence.weight * (evidence.y - expected) ** 2
    square = (ratio / _binomial(expected, evidence.n_items)).sum(axis=1)
    weight = evidence.weight.sum(axis=1)
    raw = square / np.maximum(weight, 1e-9)
    centre = np.clip(np.median(raw[weight > 0]), 0.3, 30.0) if (weight > 0).any() else 1.0
    phi: Floats = np.clip((PHI_FREEDOM * centre + square) / (PHI_FREEDOM + weight), 0.2, 200.0)
    return phi


def _hyper_prior(rising: Floats, covariance: Floats, share: Floats, start: Floats) -> _Prior:
    weight = 1 - share
    total = weight.sum()
    mean = (PRIOR_UNITS * start + weight @ rising) / (PRIOR_UNITS + total)
    off = rising - mean
    scatter = np.einsum("t,tp,tq->pq", weight, off, off) + np.einsum(
        "t,tpq->pq", weight, covariance
    )
    return _Prior(
        mean=mean,
        covariance=(PRIOR_FREEDOM * PRIOR_COVARIANCE + scatter) / (PRIOR_FREEDOM + total),
        flat_share=float(np.clip((share.sum() + 1) / (len(share) + 5), 0.02, 0.8)),
    )
