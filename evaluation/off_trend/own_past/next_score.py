"""What should this run score next, judged by its own past alone? Three curves and their mixture.

    y = c + s * u,  u = (1 - exp(-beta * d)) / beta,  d = ln(D / D_next),  beta = 0 (u = d), .5, 1

A line in ln(D) and two curves that slow down as D^-beta, each fitted to the recent past by
weighted least squares (weights exp(-age / 4)). The slopes of all benchmarks are one population,

    s_i ~ N(m, spread^2),  spread by moments (DerSimonian, Laird 1986),  m shrunk towards zero by
    the positive-part James-Stein factor max(0, 1 - 1/F) (Efron, Morris 1973),

and each is shrunk towards m as far as its own error asks. The curves are weighed by how well they
forecast earlier checkpoints, once for all benchmarks of the run; their disagreement is the
uncertainty of the curvature. Variances are for phi = 1, binomial sampling and a wander that no
number of questions removes (own_noise.py learns phi).
Only checkpoints within the last factor of ten in tokens count: before that training is a
different regime.
Fails when: scores jump between two checkpoints (a change of the learning rate).
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import Bools, Floats

BETAS = np.array([0.0, 0.5, 1.0])
PRIOR = np.array([0.35, 0.40, 0.25])  # of the curves; beta -1 and 2 forecast worse on all files
AGE_SCALE = 4.0  # scores of a benchmark
RECENT_SCALE = 1.5  # the same, for the level of the last few
MAX_AGE = 30  # scores; older ones have a weight below 1e-3
MIN_POINTS = 3
WINDOW = np.log(10.0)
WANDER = 0.005  # half a point
SAME_PLACE = 1e-12  # variance of u below which checkpoints are at one place: no slope
LEARNING = 0.5  # of the log-likelihood of earlier forecasts: they are not independent


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NextScore:
    """The next score of T benchmarks before it is measured; NaN where the past is too short.

    Attributes:
        expected: Mean of the mixture. Shape (T,).
        variance: Of the next measurement for phi = 1. Shape (T,).
        bend: Variance between the curves. Shape (T,).
        recent: Level of the last few scores. Shape (T,).
        by_curve: Forecast of each curve. Shape (3, T).
    """

    expected: Floats
    variance: Floats
    bend: Floats
    recent: Floats
    by_curve: Floats


def predict_next(
    log_tokens: Floats,
    scores: Floats,
    *,
    at: float,
    noise: Floats,
    phi: float,
    evidence: Floats,
    bounded: Bools,
) -> NextScore:
    """Continue a run to its next checkpoint.

    Args:
        log_tokens: Places of the past checkpoints, oldest first. Shape (K,).
        scores: Their scores, larger is better; NaN = not measured. Shape (K, T).
        at: Place of the next checkpoint, ln(tokens).
        noise: Answers behind the next score; for unbounded metrics the variance of one. Shape (T,).
        phi: Variance of the run's checkpoints over the one for phi = 1.
        evidence: Log-likelihood of each curve at earlier checkpoints. Shape (3,).
        bounded: Which metrics are fractions. Shape (T,).
    """
    near = log_tokens >= at - WINDOW
    ages, y = ages_of(scores[near])
    enough = np.isfinite(ages).sum(axis=0) >= MIN_POINTS
    weight = np.exp(-ages / AGE_SCALE)  # exp(-inf) = 0 where not measured
    d = (log_tokens[near] - at)[None, :, None]
    beta = BETAS[:, None, None]
    u = np.where(beta > 0, -np.expm1(-beta * d) / np.where(beta > 0, beta, 1.0), d)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = weight.sum(axis=0)
        level = (weight * y).sum(axis=0) / total
        centre = (weight * u).sum(axis=1) / total
        pull = weight * (u - centre[:, None])
        spread = (pull * (u - centre[:, None])).sum(axis=1)
        unit = base_variance(level, noise, bounded) * (pull**2).sum(axis=1) / spread**2
        sloping = enough & (spread > SAME_PLACE * total)
        slope, of_slope = _shrunk((pull * y).sum(axis=1) / spread, phi * unit, sloping)
        by_curve = level - slope * centre
        by_curve = np.where(bounded, np.clip(by_curve, 0.0, 1.0), by_curve)
        of_level = 1 + (weight**2).sum(axis=0) / total**2
        variances = base_variance(by_curve, noise, bounded) * of_level + of_slope / phi * centre**2
        close = np.exp(-ages / RECENT_SCALE)
        recent = (close * y).sum(axis=0) / close.sum(axis=0)
    share = PRIOR * np.exp(LEARNING * (evidence - evidence.max()))
    share /= share.sum()
    expected = np.where(enough, share @ by_curve, np.nan)
    return NextScore(
        expected=expected,
        variance=np.where(enough, share @ variances, np.nan),
        bend=share @ (by_curve - expected) ** 2,
        recent=recent,
        by_curve=by_curve,
    )


def _shrunk(slope: Floats, variance: Floats, sloping: Bools) -> tuple[Floats, Floats]:
    # Posterior means and variances of the slopes of T benchmarks, for each curve; (3, T). The
    # slope is zero where all checkpoints are at one place.
    slope, variance = np.where(sloping, slope, 0.0), np.where(sloping, variance, np.inf)
    n = sloping.sum(axis=1, keepdims=True)
    mean, precision = _weighted(slope, 1 / variance)
    excess = (((slope - mean) ** 2) / variance).sum(axis=1, keepdims=True) - (n - 1)
    room = precision - (variance**-2).sum(axis=1, keepdims=True) / precision
    between = np.where(room > 0, np.maximum(0.0, excess / np.where(room > 0, room, 1.0)), 0.0)
    mean, precision = _weighted(slope, 1 / (variance + between))
    kept = np.maximum(0.0, np.nan_to_num(1 - 1 / (precision * mean**2)))
    own = between / (variance + between)
    posterior = np.where(sloping, kept * mean + own * (slope - kept * mean), 0.0)
    left = own * np.where(sloping, variance, 0.0) + ((1 - own) * kept) ** 2 / precision
    return posterior, np.where(sloping, left, 0.0)


def _weighted(values: Floats, weight: Floats) -> tuple[Floats, Floats]:
    # Weighted mean, and the sum of the weights; (3, 1).
    precision = weight.sum(axis=1, keepdims=True)
    return np.nan_to_num((weight * values).sum(axis=1, keepdims=True) / precision), precision


def ages_of(scores: Floats) -> tuple[Floats, Floats]:
    """Age of each score among those of its benchmark, 1 = newest; infinite where none counts.

    Returns:
        Ages and the scores with 0 where none counts. Two of shape (K, T).
    """
    known = np.isfinite(scores)
    ages = np.cumsum(known[::-1], axis=0)[::-1].astype(float)
    counts = known & (ages <= MAX_AGE)
    return np.where(counts, ages, np.inf), np.where(counts, scores, 0.0)


def base_variance(level: Floats, noise: Floats, bounded: Bools) -> Floats:
    """Variance of one measurement for phi = 1 (Agresti and Coull 1998: never zero)."""
    # A correlation may lie below 0: it scatters like a fraction near 0.
    p = (np.clip(level, 0.0, 1.0) * noise + 1) / (noise + 2)
    result: Floats = np.where(bounded, p * (1 - p) / noise + WANDER**2, noise)
    return result
