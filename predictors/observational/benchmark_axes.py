"""Along which axes of a capability space does each benchmark read it? Turned towards itself.

    axes of benchmark t = principal axes of the loadings of the standard benchmarks, with the
                          loading of t counted `weight` times

so that the leading components are about what all benchmarks measure (weight 0), or about t.

Departure from Ruan, Maddison & Hashimoto (2024, 2405.10938), whose axes are the same for all: their
leading one or two components need not carry what a benchmark measures, and then forecast nothing.

Letters: M models, T benchmarks, S standard ones, K components.
"""

import numpy as np

from scalepredict.predictors.observational.factor_model import (
    FactorModel,
    Posterior,
    stable_signs,
    without_own_score,
)
from scalepredict.records.table import Floats, Ints

# Chosen on benchmarks of public models forecast from their others: one or two components must be
# about the benchmark itself, as far as the models tell where it points; three span the others too.
FEW, MOST_WEIGHT, MODELS_FOR_WEIGHT_1 = 2, 2.0, 18
WEIGHT_OF_MANY = 0.3
WEIGHT_OF_AVERAGE = 1.0  # where forecasts with 1, 2, ... components are averaged


def own_weight(components: int | None, n_models: int) -> float:
    """Weight of a benchmark's own loading when this many components are asked for (None = all)."""
    if components is None:
        return WEIGHT_OF_AVERAGE
    return min(MOST_WEIGHT, n_models / MODELS_FOR_WEIGHT_1) if components <= FEW else WEIGHT_OF_MANY


def benchmark_axes(
    space: FactorModel, scores: Floats, standard: Ints, known: Posterior, weight: float
) -> Floats:
    """From a model's theta to what each benchmark reads: coordinate_t = theta @ axes_t.

    Args:
        space: Fitted to the standard benchmarks.
        scores: Of all benchmarks, NaN = missing. Shape (M, T).
        standard: Columns that span the space. Shape (S,).
        known: What the standard scores tell of the models.
        weight: How often the loading of a benchmark counts for its own axes.

    Returns:
        Axes in falling order of what they explain, in units of the first. Shape (T, K, K).
    """
    n_units = scores.shape[1]
    rows = np.zeros((n_units, len(standard) + 1, space.loading.shape[1]))
    rows[:, :-1] = space.loading
    own = np.arange(len(standard))
    rows[standard, own] *= weight
    others = np.setdiff1d(np.arange(n_units), standard)
    rows[others, -1] = weight * _loadings(scores[:, others], known)
    _, size, axes = np.linalg.svd(rows, full_matrices=False)
    turned = axes.swapaxes(1, 2) * (size / np.maximum(size[:, :1], 1e-300))[:, None, :]
    signs = np.stack([stable_signs(one @ axis) for one, axis in zip(rows, turned, strict=True)])
    # Laid out as it will be when it is read from a file: sums then round alike.
    return np.ascontiguousarray(turned * signs[:, None, :])


def coordinates_of(
    space: FactorModel, axes: Floats, scores: Floats, standard: Ints, known: Posterior
) -> tuple[Floats, Floats]:
    """Capabilities along the axes of each benchmark, a standard one without its own score.

    Args:
        space: Fitted to the standard benchmarks.
        axes: Of ``benchmark_axes``. Shape (T, K, K).
        scores: Of all benchmarks, NaN = missing. Shape (M, T).
        standard: Columns that span the space. Shape (S,).
        known: What the standard scores tell of the models.

    Returns:
        Means (M, T, K) and covariances (M, T, K, K).
    """
    n_units = scores.shape[1]
    own = without_own_score(space, scores[:, standard], known)
    theta = np.repeat(known.theta[:, None, :], n_units, axis=1)
    covariance = np.repeat(known.covariance[:, None], n_units, axis=1)
    theta[:, standard], covariance[:, standard] = own.theta, own.covariance
    return along(axes, theta, covariance)


def along(axes: Floats, theta: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Means (M, T or 1, K) and covariances (M, T or 1, K, K) of theta along axes (T, K, K)."""
    return (
        np.asarray((theta[:, :, None, :] @ axes)[:, :, 0, :]),
        np.asarray(axes.swapaxes(1, 2) @ covariance @ axes),
    )


def _loadings(scores: Floats, known: Posterior) -> Floats:
    # Regression on capabilities that are known with an error, worth one model before any score.
    measured = np.isfinite(scores)
    count = np.maximum(measured.sum(axis=0), 1)
    centred = np.where(measured, scores - np.where(measured, scores, 0.0).sum(axis=0) / count, 0.0)
    theta = known.theta - (measured.T @ known.theta / count[:, None])[:, None, :]  # (T, M, K)
    theta = theta * measured.T[:, :, None]
    moment = np.einsum("tmk,tml->tkl", theta, theta)
    moment += np.einsum("mt,mkl->tkl", measured.astype(float), known.covariance)
    moment += np.eye(theta.shape[2])
    pull = np.einsum("tmk,mt->tk", theta, centred)
    return np.asarray(np.linalg.solve(moment, pull[:, :, None])[:, :, 0])
