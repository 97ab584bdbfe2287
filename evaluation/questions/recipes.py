"""Which of two recipes is better, benchmark by benchmark? Paired differences at matched scale.

    d_m = score of A - score of B, for each pair of models m of like params and tokens
    d   = sum_m w_m d_m / sum_m w_m,   w_m = exp(log10 C_m / 0.5)

Two independent forecasts carry the errors of two fits; a difference at matched (N, D) carries
neither, because what both recipes share cancels. Large pairs count most (half a decade of FLOPs
less is a factor e less weight). Benchmarks share a suite-level mean towards which noisy differences
are shrunk (empirical Bayes; DerSimonian & Laird 1986, doi:10.1016/0197-2456(86)90046-2, for the
variance between benchmarks).

Assumes: a difference that holds at the matched scales goes on; how much the differences of each
benchmark move, by noise and with scale, is estimated from all pairs of the table (pair_noise.py).
Fails when: recipes were run at different scales (then there are no pairs, and it refuses).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.special import stdtr, stdtrit

from scalepredict.errors import RefusedError
from scalepredict.evaluation.classes.benchmark_trend import binomial_variance
from scalepredict.evaluation.questions.pair_noise import Differences, error_variance, pair_noise
from scalepredict.records.subset import known_names
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Ints

BANDWIDTH = 0.5  # decades of FLOPs
SUITE_DRIFT = 0.03**2  # squared score per decade of an average, where a table cannot tell: recipes
# that are better on average move apart with scale
FREEDOM = 5.0  # of Student's t: recipes part by more than their table shows once in a while
TOLERANCE = 0.1  # decades of params and of tokens within which two models match


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Differences of recipe A from recipe B; positive: A is better. T benchmarks.

    Attributes:
        first: Recipe A.
        second: Recipe B.
        pairs: Matched models of A and B, from small to large.
        benchmarks: Names, length T.
        difference: Expected difference at the target, a fraction. Shape (T,).
        sd: Standard deviation of the difference that one measurement of each recipe would show
            there: of the estimate, of the drift to the target, and of measuring. Shape (T,).
        raw: The weighted mean before shrinking. Shape (T,).
        largest: Difference of the largest pair that was measured on the benchmark. Shape (T,).
        n_pairs: Pairs measured on the benchmark. Shape (T,).
        suite_difference: Expected difference of the average over all benchmarks.
        suite_sd: Its standard deviation, as above.
        decades: Decades of FLOPs from the largest pair to the target.
        unmatched: Models of either recipe without a partner.
    """

    first: str
    second: str
    pairs: tuple[tuple[Checkpoint, Checkpoint], ...]
    benchmarks: tuple[str, ...]
    difference: Floats
    sd: Floats
    raw: Floats
    largest: Floats
    n_pairs: Floats
    suite_difference: float
    suite_sd: float
    decades: float
    unmatched: tuple[Checkpoint, ...]

    @property
    def probability(self) -> Floats:
        """Probability that A will be measured to score higher. Shape (T,)."""
        return np.asarray(stdtr(FREEDOM, self.difference / self.sd))

    @property
    def suite_probability(self) -> float:
        """Probability that A will be measured to be higher on average over all benchmarks."""
        return float(stdtr(FREEDOM, self.suite_difference / self.suite_sd))

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Central intervals of the measured differences. Two of shape (T,)."""
        half = stdtrit(FREEDOM, (1 + level) / 2) * self.sd
        return self.difference - half, self.difference + half

    def suite_interval(self, level: float) -> tuple[float, float]:
        """The same of the average over all benchmarks."""
        half = float(stdtrit(FREEDOM, (1 + level) / 2)) * self.suite_sd
        return self.suite_difference - half, self.suite_difference + half


def compare(
    table: EvalTable,
    first: str,
    second: str,
    *,
    target_flops: float | None = None,
    tolerance: float = TOLERANCE,
) -> Comparison:
    """Compare two recipes of one table.

    Args:
        table: Benchmark scores of both.
        first: Family A.
        second: Family B.
        target_flops: Training FLOPs at which the question is asked; by default, and at least, those
            of the largest pair.
        tolerance: Decades of params and tokens within which two models match.

    Raises:
        RefusedError: A family is not there or is both, or no two models match.
    """
    known_names("family", (first, second), table.families)
    if first == second:
        raise RefusedError(f"{first!r} is compared with itself; give two different families.")
    family = np.array([c.family for c in table.checkpoints])
    a, b = table.take_rows(family == first), table.take_rows(family == second)
    rows_a, rows_b = match(a, b, tolerance=tolerance)
    if not len(rows_a):
        raise RefusedError(
            f"no model of {first!r} is within a factor {10**tolerance:.2f} of one of {second!r} in "
            "params and tokens; run both recipes at the same scales, or match them by a larger "
            "factor (--within)."
        )
    pair = _differences(a.take_rows(rows_a), b.take_rows(rows_b))
    both = np.flatnonzero(np.isfinite(pair.difference).any(axis=0))
    if not len(both):
        raise RefusedError(
            f"{first!r} and {second!r} share no benchmark at a matched scale; measure both on the "
            "same benchmarks."
        )
    pair = _columns(pair, both)
    decades = max(0.0, np.log10(target_flops) - pair.log_flops[-1]) if target_flops else 0.0
    everything = _all_pairs(table, both, tolerance)
    noise = pair_noise(everything, len(table.families))
    weights = _weights(pair)
    raw = (weights * np.nan_to_num(pair.difference)).sum(axis=0)
    error = error_variance(noise, weights, pair, decades)
    sampling = (weights**2 * np.where(weights > 0, pair.binomial, 0.0)).sum(axis=0) * noise.phi
    shrunk, shrunk_variance = shrink(raw, sampling)
    again = noise.phi * _largest(pair.binomial, pair)
    return Comparison(
        first=first,
        second=second,
        pairs=tuple(
            (a.checkpoints[i], b.checkpoints[j]) for i, j in zip(rows_a, rows_b, strict=True)
        ),
        benchmarks=tuple(table.units[i].shown for i in both),
        difference=shrunk,
        sd=np.sqrt(shrunk_variance + (error - sampling) + again),
        raw=raw,
        largest=_largest(pair.difference, pair),
        n_pairs=np.isfinite(pair.difference).sum(axis=0).astype(float),
        suite_difference=float(raw.mean()),
        suite_sd=_suite_sd(everything, pair, decades, len(table.families)),
        decades=decades,
        unmatched=_others(a, rows_a) + _others(b, rows_b),
    )


def match(a: EvalTable, b: EvalTable, *, tolerance: float = TOLERANCE) -> tuple[Ints, Ints]:
    """Rows of each table that lie at one scale: nearest first, each model once.

    Returns:
        Two (M,), ordered by training FLOPs.
    """
    apart = np.maximum(
        np.abs(np.log10(a.params)[:, None] - np.log10(b.params)),
        np.abs(np.log10(a.tokens)[:, None] - np.log10(b.tokens)),
    )
    pairs: list[tuple[int, int]] = []
    for place in np.argsort(apart, axis=None, kind="stable"):
        i, j = (int(k) for k in np.unravel_index(place, apart.shape))
        if not apart[i, j] <= tolerance:
            break
        if all(i != row_a and j != row_b for row_a, row_b in pairs):
            pairs.append((i, j))
    pairs.sort(key=lambda pair: float(a.flops[pair[0]]))
    rows = np.array(pairs, dtype=int).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def shrink(raw: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Posterior mean and variance of differences that scatter around one suite-level mean.

    Args:
        raw: Differences. Shape (T,).
        variance: Their sampling variances. Shape (T,).
    """
    if len(raw) < 3:  # no scatter to learn from
        return raw, variance
    precision = 1 / variance
    mean = precision @ raw / precision.sum()
    excess = precision @ (raw - mean) ** 2 - (len(raw) - 1)
    between = max(0.0, excess / (precision.sum() - (precision @ precision) / precision.sum()))
    weight = between / (between + variance)
    total = 1 / (between + variance)
    mean = total @ raw / total.sum()
    # The mean is itself uncertain; what is shrunk towards it inherits that.
    return weight * raw + (1 - weight) * mean, weight * variance + (1 - weight) ** 2 / total.sum()


def _differences(a: EvalTable, b: EvalTable) -> Differences:
    return Differences(
        difference=a.scores - b.scores,
        binomial=binomial_variance(a) + binomial_variance(b),
        log_flops=(np.log10(a.flops) + np.log10(b.flops)) / 2,
    )


def _columns(pair: Differences, columns: Ints) -> Differences:
    return replace(pair, difference=pair.difference[:, columns], binomial=pair.binomial[:, columns])


def _all_pairs(table: EvalTable, columns: Ints, tolerance: float) -> list[Differences]:
    # Of every two families that have matched scales.
    family_of = np.array([c.family for c in table.checkpoints])
    own = [table.take_rows(family_of == family) for family in table.families]
    found = []
    for a, b in combinations(own, 2):
        rows_a, rows_b = match(a, b, tolerance=tolerance)
        if len(rows_a):
            pair = _differences(a.take_rows(rows_a), b.take_rows(rows_b))
            found.append(_columns(pair, columns))
    return found


def _weights(pair: Differences) -> Floats:
    kernel = np.exp((pair.log_flops - pair.log_flops[-1]) / BANDWIDTH)
    weights = np.where(np.isfinite(pair.difference), kernel[:, None], 0.0)
    return np.asarray(weights / weights.sum(axis=0))


def _largest(values: Floats, pair: Differences) -> Floats:
    measured = np.isfinite(pair.difference)
    top = len(measured) - 1 - np.argmax(measured[::-1], axis=0)
    return np.asarray(values[top, np.arange(measured.shape[1])])


def _suite_sd(
    everything: Sequence[Differences], pair: Differences, decades: float, n_families: int
) -> float:
    # The average over the benchmarks is a column of its own, with a noise and drift of its own.
    averages = [_average(one) for one in everything]
    noise = pair_noise(averages, n_families, prior_drift=SUITE_DRIFT)
    own = _average(pair)
    error = error_variance(noise, _weights(own), own, decades)
    return float(np.sqrt(error + noise.phi * _largest(own.binomial, own))[0])


def _average(pair: Differences) -> Differences:
    # Over the benchmarks of a scale; one that lacks some is as uncertain as those it has.
    measured = np.isfinite(pair.difference)
    count = np.maximum(measured.sum(axis=1, keepdims=True), 1)
    mean = np.where(measured, pair.difference, 0.0).sum(axis=1, keepdims=True) / count
    binomial = np.where(measured, pair.binomial, 0.0).sum(axis=1, keepdims=True) / count**2
    return replace(
        pair,
        difference=np.where(measured.any(axis=1, keepdims=True), mean, np.nan),
        binomial=np.maximum(binomial, 1e-12),
    )


def _others(table: EvalTable, rows: Ints) -> tuple[Checkpoint, ...]:
    return tuple(c for i, c in enumerate(table.checkpoints) if i not in rows)
