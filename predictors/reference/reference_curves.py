"""Where does a ladder run on the curve of a known benchmark? A logistic with a public prior.

    score = g + (1 - g) sigmoid(a + b x),    (a, b) ~ N(mu, Sigma)
    x = 11.325 ln( 1.1619 / (.8 + R(N, D)) ),    R = 406.4 N^-.34 + 410.7 D^-.28

The index x is absolute, nothing in it is fitted: 0 at 7B parameters and 1T tokens, and near there
about one unit per 0.9 decades of compute. The minimum is that of

    1/2 sum_i w_i (y_i - p_i)^2 / v_i + 1/2 ((a, b) - mu)' Sigma^-1 ((a, b) - mu)
    v_i = max(p_i (1 - p_i), .01) / min(n_i, 3000) + .008^2 + (tau J_i)^2,    J = (1 - g) q (1 - q)

with the variance v held fixed inside a step and renewed after it. The weights w_i of a ladder sum
to 1 where it has left chance, those of the public families are 1 each.

Source: constants of R are Hoffmann et al. (2022, arXiv 2203.15556); the entropy of .8 in place of
    1.69 forecasts public families better. Gauss-Newton with Levenberg's damping (1944).
Fails when: the recipe changes the answer format, which a curve in N and D cannot know.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from scalepredict.predictors.loss.index import HOFFMANN
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.table import Bools, Floats, Ints, taken

SURFACE = replace(HOFFMANN, entropy=0.8)
ORIGIN = Scale(params=np.array([7e9]), tokens=np.array([1e12]), flops=np.array([4.2e22]))
AT_ORIGIN = float(SURFACE.loss(ORIGIN)[0])
PER_LOG = 20 * AT_ORIGIN / float(HOFFMANN.loss(ORIGIN)[0])
DECAY = 0.5  # decades of FLOPs over which the weight of a checkpoint falls to 1/e
LEAST_WEIGHT = 0.01
LEAST_BINOMIAL = 0.01  # of p (1 - p)
MOST_ITEMS = 3000.0  # more questions make no score more exact: runs differ
RUN_NOISE = 0.008  # standard deviation of a score that no number of questions removes
MAX_STEP = 2.0
MAX_STEPS = 200
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Priors:
    """What is known of P curves before a score is seen.

    Attributes:
        floor: Lower asymptotes g, fractions. Shape (P,).
        mean: (level, slope). Shape (P, 2).
        covariance: Of level and slope between families. Shape (P, 2, 2).
        scatter: Deviation tau of a model from the curve of its family, in logits. Shape (P,).
    """

    floor: Floats
    mean: Floats
    covariance: Floats
    scatter: Floats

    def take(self, index: Ints) -> "Priors":
        """The chosen curves."""
        return taken(self, index)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """R scores and the curve that each belongs to; every array has shape (R,).

    Attributes:
        curve: Number of the curve.
        x: Absolute index.
        y: Scores, fractions.
        n_items: Graded answers behind each score.
        weight: Weight of each score.
    """

    curve: Ints
    x: Floats
    y: Floats
    n_items: Floats
    weight: Floats


def absolute_index(scale: Scale) -> Floats:
    """The index x of each scale; 0 at 7B parameters and 1T tokens. Shape (M,)."""
    x: Floats = PER_LOG * np.log(AT_ORIGIN / SURFACE.loss(scale))
    return x


def ladder_weights(curve: Ints, flops: Floats, guessing: Bools) -> Floats:
    """Weights of R scores on their P curves. Shape (R,).

    They fall with the decades of FLOPs below the largest checkpoint of the curve. However many,
    the scores of one ladder share what their curve misses, so that together they count as one;
    but each that is still at chance counts.

    Args:
        curve: Number of each score's curve. Shape (R,).
        flops: Training FLOPs. Shape (R,).
        guessing: Which curves the ladder has not left chance on. Shape (P,).
    """
    n_curves = len(guessing)
    decades = np.log10(flops)
    top = np.full(n_curves, -np.inf)
    np.maximum.at(top, curve, decades)
    weight = np.maximum(np.exp((decades - top[curve]) / DECAY), LEAST_WEIGHT)
    together = np.where(guessing, 1.0, curve_sums(curve, weight, n_curves))
    return np.asarray(weight / together[curve])


def fit_with_priors(
    measured: Measured,
    priors: Priors,
    start: Floats | None = None,
    *,
    max_steps: int = MAX_STEPS,
) -> tuple[Floats, Floats]:
    """Most probable (level, slope) of P curves and their covariances.

    Args:
        measured: The scores of all curves.
        priors: One for each curve.
        start: Where to begin, by default the prior means. Shape (P, 2).
        max_steps: Fewer than it takes leave the result short of the minimum.

    Returns:
        Shapes (P, 2) and (P, 2, 2). A curve without a score stays at its prior.
    """
    certainty = np.asarray(np.linalg.inv(priors.covariance), dtype=np.float64)
    params = (priors.mean if start is None else start).copy()
    damping = np.full(len(params), 1e-3)
    open_ = np.arange(len(params))
    for _ in range(max_steps):
        rows = np.isin(measured.curve, open_) if len(open_) < len(params) else slice(None)
        number = np.full(len(params), -1)
        number[open_] = np.arange(len(open_))
        part = Measured(
            curve=number[measured.curve[rows]],
            x=measured.x[rows],
            y=measured.y[rows],
            n_items=measured.n_items[rows],
            weight=measured.weight[rows],
        )
        prior, sure, here = priors.take(open_), certainty[open_], params[open_]
        slope, curvature, variance = _normal_equations(part, prior, sure, here)
        raised = curvature * (1 + damping[open_, None, None] * np.eye(2))
        step = np.linalg.solve(raised, slope[:, :, None])[:, :, 0]
        length = np.abs(step).max(axis=1)
        step *= np.minimum(1.0, MAX_STEP / np.maximum(length, 1e-300))[:, None]
        better = _cost(part, prior, sure, here + step, variance) <= _cost(
            part, prior, sure, here, variance
        )
        params[open_] = np.where(better[:, None], here + step, here)
        damping[open_] = np.where(better, damping[open_] / 10, damping[open_] * 10)
        stuck = damping[open_] > 1e12
        open_ = open_[~((better & (length < TOLERANCE)) | stuck)]
        if not len(open_):
            break
    _, curvature, _ = _normal_equations(measured, priors, certainty, params)
    return params, np.asarray(np.linalg.inv(curvature), dtype=np.float64)


def curve_value(params: Floats, floor: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Scores and their derivatives J by the logit; arrays broadcast, params of shape (..., 2)."""
    q = expit(params[..., 0] + params[..., 1] * x)
    return floor + (1 - floor) * q, (1 - floor) * q * (1 - q)


def measurement_variance(score: Floats, n_items: Floats) -> Floats:
    """Variance of a measured score about its family's curve, without tau; any shape."""
    binomial = np.maximum(score * (1 - score), LEAST_BINOMIAL)
    result: Floats = binomial / np.minimum(n_items, MOST_ITEMS) + RUN_NOISE**2
    return result


def curve_sums(curve: Ints, values: Floats, n_curves: int) -> Floats:
    """Sums of R values over the rows of each curve. Shape (n_curves,)."""
    return np.bincount(curve, weights=values, minlength=n_curves).astype(np.float64)


def _normal_equations(
    measured: Measured, priors: Priors, certainty: Floats, params: Floats
) -> tuple[Floats, Floats, Floats]:
    # Downhill slope (P, 2), curvature (P, 2, 2) and the variances of the scores (R,).
    at, n = measured.curve, len(params)
    p, rise = curve_value(params[at], priors.floor[at], measured.x)
    variance = measurement_variance(p, measured.n_items) + (priors.scatter[at] * rise) ** 2
    pull = measured.weight * rise * (measured.y - p) / variance
    stiff = measured.weight * rise**2 / variance
    sums = [curve_sums(at, v * measured.x**k, n) for v, k in ((stiff, 0), (stiff, 1), (stiff, 2))]
    curvature = certainty + np.stack([sums[0], sums[1], sums[1], sums[2]], axis=1).reshape(n, 2, 2)
    slope = np.stack([curve_sums(at, pull, n), curve_sums(at, pull * measured.x, n)], axis=1)
    slope += (certainty @ (priors.mean - params)[:, :, None])[:, :, 0]
    return slope, curvature, variance


def _cost(
    measured: Measured, priors: Priors, certainty: Floats, params: Floats, variance: Floats
) -> Floats:
    at = measured.curve
    p, _ = curve_value(params[at], priors.floor[at], measured.x)
    misfit = curve_sums(at, measured.weight * (measured.y - p) ** 2 / variance, len(params))
    off = params - priors.mean
    return np.asarray(0.5 * (misfit + np.einsum("pi,pij,pj->p", off, certainty, off)))
