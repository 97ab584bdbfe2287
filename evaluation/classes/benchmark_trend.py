"""Does a benchmark move with compute, beyond its noise? Level, slope and noise at the top.

With C training FLOPs and x = log10 C - max, for each benchmark:

- noise: Var(y) = phi p (1 - p) / n. phi comes from how
  far each score lies off the line between its neighbours in x (Gasser, Sroka and Jennen-Steinmetz
  1986, Biometrika 73), which lets a smooth curve of any shape pass; it is shrunk to the median of
  all benchmarks by a scaled inverse chi-square;
- slope: robust line (Huber's weights) with weights exp(x / 1 decade); its standard error is that
  of a linear estimator under the noise;
- level: mean with weights exp(x / 0.3 decades).
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from scalepredict.evaluation.classes.bigbench import breakthroughness, linearity
from scalepredict.predictors.limits import SCORE_CLIP
from scalepredict.predictors.numerics.rungs import rungs
from scalepredict.records.answers import answers
from scalepredict.records.table import Bools, EvalTable, Floats, Ints

SLOPE_DECADES, LEVEL_DECADES = 1.0, 0.3
PHI_PRIOR_DF, PHI_PRIOR_RANGE, PHI_RANGE = 4.0, (0.3, 30.0), (0.2, 300.0)
HUBER, HUBER_ROUNDS = 1.5, 8  # in robust standard deviations
HALF_NORMAL_MEDIAN = 0.6745  # median of |d| over the standard deviation of d
OUTLIER = 9.0  # squared standard deviations
MIN_SCORES = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trend:
    """Measures of T benchmarks, NaN where fewer than MIN_SCORES were measured. Shapes (T,).

    Attributes:
        n_scores: Checkpoints with a score.
        level: Score at the top, a fraction.
        level_se: Standard error of the level.
        slope: Score per decade of FLOPs near the top.
        z: Slope over its standard error.
        noise: Standard error of one score at the top, overdispersion included.
        phi: Variance of a score over the binomial one.
        linearity: BIG-bench linearity.
        breakthroughness: BIG-bench breakthroughness.
        step_z: Largest step between neighbours in FLOPs beyond the median step, over the larger of
            that step's binomial error and the typical step: breakthroughness that knows the noise.
    """

    n_scores: Floats
    level: Floats
    level_se: Floats
    slope: Floats
    z: Floats
    noise: Floats
    phi: Floats
    linearity: Floats
    breakthroughness: Floats
    step_z: Floats


def measure_trend(evidence: EvalTable) -> Trend:
    """Measure each unit of one family's evidence, whose checkpoints, if any, all have FLOPs."""
    table = evidence.take_rows(np.argsort(evidence.flops, kind="stable"))
    x = np.log10(table.flops) - np.log10(table.flops.max(initial=np.finfo(float).tiny))
    measured = np.isfinite(table.scores)
    variance = binomial_variance(table)
    raw, weight = np.full((2, len(table.units)), np.nan)
    for rows, columns in _patterns(measured):
        block = np.ix_(rows, columns)
        raw[columns], weight[columns] = _roughness(x[rows], table.scores[block], variance[block])
    phi = _shrunk(raw, weight)
    names = [field.name for field in fields(Trend)]
    result = {name: np.full(len(table.units), np.nan) for name in names}
    result["n_scores"], result["phi"] = measured.sum(axis=0).astype(float), phi
    for rows, columns in _patterns(measured):
        block = np.ix_(rows, columns)
        y = table.scores[block]
        values = _measures(x[rows], y, variance[block] * phi[columns])
        values["step_z"] = _largest_step(y, variance[block])
        for name, value in values.items():
            result[name][columns] = value
    return Trend(**result)


def _patterns(measured: Bools) -> Iterator[tuple[Ints, Ints]]:
    # Benchmarks that were measured on the same checkpoints are computed together.
    masks, number = np.unique(measured, axis=1, return_inverse=True)
    for i, mask in enumerate(masks.T):
        if mask.sum() >= MIN_SCORES:
            yield np.flatnonzero(mask), np.flatnonzero(number.ravel() == i)


def binomial_variance(table: EvalTable) -> Floats:
    """Variance of each score by its questions alone, without overdispersion. Shape (M, T)."""
    p = np.clip(table.scores, *SCORE_CLIP)
    variance: Floats = p * (1 - p) / answers(table).count
    return variance


def _roughness(x: Floats, y: Floats, variance: Floats) -> tuple[Floats, Floats]:
    # Second differences over neighbours: phi and the effective number of its terms.
    before, after = x[1:-1] - x[:-2], x[2:] - x[1:-1]
    span = before + after
    left = np.where(span > 0, after / np.where(span > 0, span, 1.0), 0.5)[:, None]
    off = y[1:-1] - left * y[:-2] - (1 - left) * y[2:]
    expected = variance[1:-1] + left**2 * variance[:-2] + (1 - left) ** 2 * variance[2:]
    weight = np.exp(x[1:-1] / SLOPE_DECADES)[:, None]
    squares = off**2 / expected
    typical = np.maximum(np.median(squares, axis=0) / HALF_NORMAL_MEDIAN**2, 1.0)
    # One failed run makes three large differences; it must not pass for noise of all runs.
    phi = (weight * np.minimum(squares, OUTLIER * typical)).sum(axis=0) / weight.sum()
    return phi, np.full(phi.shape, weight.sum() ** 2 / (weight**2).sum())


def _shrunk(raw: Floats, weight: Floats) -> Floats:
    known = np.isfinite(raw)
    # The median of a mean of squares lies below its expectation (Wilson and Hilferty 1931).
    fair = raw[known] / (1 - 2 / (9 * weight[known])) ** 3
    centre = np.clip(np.median(fair), *PHI_PRIOR_RANGE) if known.any() else 1.0
    weight, raw = np.where(known, weight, 0.0), np.where(known, raw, 0.0)
    phi = (PHI_PRIOR_DF * centre + weight * raw) / (PHI_PRIOR_DF + weight)
    return np.clip(phi, *PHI_RANGE)


def _measures(x: Floats, y: Floats, variance: Floats) -> dict[str, Floats]:
    slope, slope_se = _robust_slope(x, y, variance)
    z = np.full_like(slope, np.nan)  # scales that are one have no slope
    np.divide(slope, slope_se, out=z, where=slope_se > 0)
    top = np.exp((x - x[-1]) / LEVEL_DECADES)[:, None]
    top = top / top.sum()
    return {
        "level": (top * y).sum(axis=0),
        "level_se": np.sqrt((top**2 * variance).sum(axis=0)),
        "slope": slope,
        "z": z,
        "noise": np.sqrt((top * variance).sum(axis=0)),
        "linearity": linearity(y.T),
        "breakthroughness": breakthroughness(y.T),
    }


def _largest_step(y: Floats, variance: Floats) -> Floats:
    # The overdispersion phi is no use here: one real jump would count as noise and hide itself.
    steps = np.abs(np.diff(y, axis=0))
    typical = np.median(steps, axis=0) / HALF_NORMAL_MEDIAN
    error = np.maximum(np.sqrt(variance[1:] + variance[:-1]), typical)
    result: Floats = ((steps - np.median(steps, axis=0)) / error).max(axis=0)
    return result


def _robust_slope(x: Floats, y: Floats, variance: Floats) -> tuple[Floats, Floats]:
    # Iteratively reweighted least squares, all benchmarks at once.
    if len(np.unique(rungs(10**x))) == 1:
        x = np.full_like(x, x[-1])  # one compute, rounding apart
    recency = np.exp((x - x[-1]) / SLOPE_DECADES)[:, None]
    weight = np.broadcast_to(recency, y.shape)
    for _ in range(HUBER_ROUNDS):
        total = weight.sum(axis=0)
        centre, level = (weight * x[:, None]).sum(axis=0) / total, (weight * y).sum(axis=0) / total
        from_centre = x[:, None] - centre
        leverage = weight * from_centre / _positive((weight * from_centre**2).sum(axis=0))
        slope = (leverage * y).sum(axis=0)
        residual = np.abs(y - level - slope * from_centre) / np.sqrt(variance)
        scale = np.maximum(np.median(residual, axis=0) / HALF_NORMAL_MEDIAN, 1.0)
        weight = recency * np.minimum(1.0, HUBER * scale / np.maximum(residual, 1e-12))
    return slope, np.sqrt((leverage**2 * variance).sum(axis=0))


def _positive(value: Floats) -> Floats:
    # All scores at one compute: no slope, rather than a division by zero.
    return np.where(value > 0, value, np.inf)
