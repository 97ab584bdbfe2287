"""Which few capabilities lie behind many scores? Probabilistic PCA of a table with missing cells.

    score_mj = mean_j + loading_j . theta_m + noise_mj
    theta_m ~ N(0, 1),  noise_mj ~ N(0, noise_j)

Source: Tipping & Bishop (1999, doi:10.1111/1467-9868.00196), fitted by expectation-maximisation
    with absent cells left out of the likelihood (Ghahramani & Hinton 1996, CRG-TR-96-1).
Departures: the noise of a benchmark is its own, drawn towards the common one as if NOISE_PRIOR_ROWS
    further models had shown that: few models give shared noise (PCA), many give factor analysis.
Fails when: a benchmark is not linear in the capabilities over the range of the models (the link of
    `capability_link.py` bends it again), or two kinds of score share a column.

Letters: M models, T benchmarks, K components, P patterns of measured benchmarks.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import Bools, Floats, Ints

NOISE_PRIOR_ROWS = 100.0
NOISE_FLOOR = 4e-4  # (2 points)^2: what another prompt or harness moves a score by
MAX_ROUNDS, TOLERANCE = 300, 1e-5  # tolerance on the relative change of the noise
SIGN_TIE = 0.8  # loadings of at least this share of the largest one compete for the sign


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FactorModel:
    """A fitted space; components are principal axes, in falling order of explained variance.

    Attributes:
        mean: Mean score, a fraction. Shape (T,).
        loading: Change of the score with one standard deviation of each component. Shape (T, K).
        noise: Variance of what the components do not explain, squared fractions. Shape (T,).
    """

    mean: Floats
    loading: Floats
    noise: Floats

    @property
    def strength(self) -> Floats:
        """Standard deviation of each component over that of the first. Shape (K,)."""
        size = np.linalg.norm(self.loading, axis=0)
        return np.asarray(size / max(float(size[0]), 1e-300))

    @property
    def explained(self) -> Floats:
        """Share of the variance of all benchmarks that each component explains. Shape (K,)."""
        variance = (self.loading**2).sum(axis=0)
        return np.asarray(variance / (variance.sum() + self.noise.sum()))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Posterior:
    """What is known of the capabilities of M models, in standard deviations of the space.

    Attributes:
        theta: Posterior mean. Shape (M, K).
        covariance: Posterior covariance. Shape (M, K, K).
    """

    theta: Floats
    covariance: Floats


def fit_factors(scores: Floats, n_components: int) -> FactorModel:
    """Fit the space.

    Args:
        scores: Fractions, NaN = missing; every row and every column has a score. Shape (M, T).
        n_components: K, at most T.
    """
    measured = np.isfinite(scores)
    count = measured.sum(axis=0)
    mean = np.where(measured, scores, 0.0).sum(axis=0) / count
    centred = np.where(measured, scores - mean, 0.0)
    _, size, axes = np.linalg.svd(centred, full_matrices=False)
    loading = axes[:n_components].T * size[:n_components] / np.sqrt(len(scores))
    rest = max(float((size[n_components:] ** 2).sum()), 1e-3 * float((size**2).sum()))
    noise = np.full(scores.shape[1], max(rest / measured.sum(), NOISE_FLOOR))
    patterns, pattern = np.unique(measured, axis=0, return_inverse=True)
    pattern = pattern.reshape(-1)
    rows = np.bincount(pattern, minlength=len(patterns)).astype(float)

    for _ in range(MAX_ROUNDS):
        seen = np.where(measured, scores - mean, 0.0)
        spread = _covariances(loading, noise, patterns)
        theta = _means(seen, loading, noise, spread, pattern)
        loading, noise_now = _maximise(seen, theta, spread, patterns, pattern, rows, count)
        mean = mean + np.where(measured, seen - theta @ loading.T, 0.0).sum(axis=0) / count
        change = float(np.max(np.abs(noise_now / noise - 1)))
        noise = noise_now
        if change < TOLERANCE:
            break
    return FactorModel(mean=mean, loading=_principal(loading), noise=noise)


def posterior(model: FactorModel, scores: Floats) -> Posterior:
    """Capabilities given the measured scores; nothing measured gives the prior. Shape (M, T)."""
    measured = np.isfinite(scores)
    seen = np.where(measured, scores - model.mean, 0.0)
    patterns, pattern = np.unique(measured, axis=0, return_inverse=True)
    pattern = pattern.reshape(-1)
    spread = _covariances(model.loading, model.noise, patterns)
    theta = _means(seen, model.loading, model.noise, spread, pattern)
    return Posterior(theta=theta, covariance=spread[pattern])


def without_own_score(model: FactorModel, scores: Floats, known: Posterior) -> Posterior:
    """Capabilities as they would be known without the score that is to be explained by them.

    A regression of a benchmark on capabilities that its own score went into flatters itself.

    Returns:
        Leave-one-benchmark-out posteriors; a theta of shape (M, T, K), covariance (M, T, K, K).
    """
    measured = np.isfinite(scores)
    gain = known.covariance @ model.loading.T  # (M, K, T)
    gain = gain.swapaxes(1, 2)  # (M, T, K)
    left = model.noise - np.einsum("mtk,tk->mt", gain, model.loading)
    share = np.where(measured, 1 / np.maximum(left, 1e-3 * model.noise), 0.0)
    seen = np.where(measured, scores - model.mean, 0.0)
    own = np.einsum("tk,mk->mt", model.loading, known.theta) - seen
    theta = known.theta[:, None, :] + gain * (share * own)[:, :, None]
    covariance = known.covariance[:, None] + share[:, :, None, None] * (
        gain[:, :, :, None] * gain[:, :, None, :]
    )
    return Posterior(theta=theta, covariance=covariance)


def _covariances(loading: Floats, noise: Floats, patterns: Bools) -> Floats:
    precision = np.einsum("pt,tk,tl->pkl", patterns / noise, loading, loading, optimize=True)
    inverse: Floats = np.linalg.inv(precision + np.eye(loading.shape[1]))
    return inverse


def _means(seen: Floats, loading: Floats, noise: Floats, spread: Floats, pattern: Ints) -> Floats:
    pull = (seen / noise) @ loading
    means: Floats = np.einsum("mkl,ml->mk", spread[pattern], pull)
    return means


def _maximise(
    seen: Floats,
    theta: Floats,
    spread: Floats,
    patterns: Bools,
    pattern: Ints,
    rows: Floats,
    count: Floats,
) -> tuple[Floats, Floats]:
    measured = patterns[pattern].astype(float)
    within = np.einsum("pt,p,pkl->tkl", patterns.astype(float), rows, spread, optimize=True)
    outer = theta[:, :, None] * theta[:, None, :]
    second = within + np.tensordot(measured.T, outer, axes=1)
    loading = np.linalg.solve(second, (seen.T @ theta)[:, :, None])[:, :, 0]
    misfit = ((seen - measured * (theta @ loading.T)) ** 2).sum(axis=0)
    misfit = misfit + np.einsum("tk,tkl,tl->t", loading, within, loading)
    common = misfit.sum() / count.sum()
    noise = (misfit + NOISE_PRIOR_ROWS * common) / (count + NOISE_PRIOR_ROWS)
    return loading, np.maximum(noise, NOISE_FLOOR)


def _principal(loading: Floats) -> Floats:
    axes, size, _ = np.linalg.svd(loading, full_matrices=False)
    return np.asarray(axes * size * stable_signs(axes))


def stable_signs(loading: Floats) -> Floats:
    """Signs that make the first benchmark among those with large loadings positive. Shape (K,).

    The sign of a component is arbitrary. Taking that of the single largest loading would flip it
    when two loadings of opposite sign are nearly equal; the first of them in the order of the
    table does not depend on which is larger by a hair.

    Args:
        loading: Shape (T, K).
    """
    size = np.abs(loading)
    first = np.argmax(size >= SIGN_TIE * size.max(axis=0), axis=0)
    picked = loading[first, np.arange(loading.shape[1])]
    return np.where(picked < 0, -1.0, 1.0)
