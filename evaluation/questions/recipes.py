"""Which of two recipes is better, benchmark by benchmark? Paired differences at matched scale.

    d_m = score of A - score of B, for each pair of models m of like params and tokens
    d   = sum_m w_m d_m / sum_m w_m,   w_m = exp(log10 C_m / 0.5)

Two independent forecasts carry the errors of two fits; a difference at matched (N, D) carries
neither, because what both recipes share cancels. Large pairs count most (half a decade of FLOPs
less is a factor e less weight). Benchmarks share a suite-level mean towards which noisy differences
are shrunk (empirical Bayes; DerSimonian & Laird 1986, doi:10.1016/0197-2456(86)90046-2, for the
variance between benchmarks).

Assumes: a difference that holds at the matched scales goes on; how much differences drift with
scale is estimated from the pairs themselves and widens the answer beyond them.
Fails when: recipes were run at different scales (then there are no pairs, and it refuses).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from scalepredict.errors import RefusedError
from scalepredict.evaluation.classes.benchmark_trend import binomial_variance
from scalepredict.evaluation.intervals.calibration import suite_variance
from scalepredict.records.subset import known_names
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Ints

BANDWIDTH = 0.5  # decades of FLOPs
TOLERANCE = 0.1  # decades of params and of tokens within which two models match
PRIOR_FREEDOM = 4.0  # pseudo-pairs behind an overdispersion of 1
OVERDISPERSION_CLIP = (0.3, 30.0)
SUITE_SHARE = 0.2  # of the variance, common to the benchmarks of one pair (calibration.yaml)
DRIFT = 0.02**2  # squared score per decade, where the pairs cannot tell: two points in a decade
DRIFT_FREEDOM = 10.0  # pseudo-observations behind it


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
        return np.asarray(ndtr(self.difference / self.sd))

    @property
    def suite_probability(self) -> float:
        """Probability that A will be measured to be higher on average over all benchmarks."""
        return float(ndtr(self.suite_difference / self.suite_sd))


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
        RefusedError: A family is not there, or no two models match.
    """
    known_names("family", (first, second), table.families)
    family = np.array([c.family for c in table.checkpoints])
    a, b = table.take_rows(family == first), table.take_rows(family == second)
    rows_a, rows_b = match(a, b, tolerance=tolerance)
    if not len(rows_a):
        raise RefusedError(
            f"no model of {first!r} is within a factor {10**tolerance:.2f} of one of {second!r} in "
            "params and tokens; run both recipes at the same scales, or match them by a larger "
            "factor (--within)."
        )
    pair = _Pairs.of(a.take_rows(rows_a), b.take_rows(rows_b))
    both = np.flatnonzero(np.isfinite(pair.difference).any(axis=0))
    if not len(both):
        raise RefusedError(
            f"{first!r} and {second!r} share no benchmark at a matched scale; measure both on the "
            "same benchmarks."
        )
    pair = pair.take(both)
    decades = max(0.0, np.log10(target_flops) - pair.log_flops[-1]) if target_flops else 0.0
    raw, variance = pair.weighted_mean()
    shrunk, shrunk_variance = shrink(raw, variance)
    ahead = pair.drift() * decades + pair.measurement()
    suite = suite_variance(np.sqrt(variance + ahead)[None], [list(range(len(both)))], SUITE_SHARE)
    return Comparison(
        first=first,
        second=second,
        pairs=tuple(
            (a.checkpoints[i], b.checkpoints[j]) for i, j in zip(rows_a, rows_b, strict=True)
        ),
        benchmarks=tuple(table.units[i].shown for i in both),
        difference=shrunk,
        sd=np.sqrt(shrunk_variance + ahead),
        raw=raw,
        largest=pair.largest(),
        n_pairs=np.isfinite(pair.difference).sum(axis=0).astype(float),
        suite_difference=float(raw.mean()),
        suite_sd=float(np.sqrt(suite[0, 0])),
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pairs:
    """Differences of matched models, ordered by FLOPs.

    Attributes:
        difference: A minus B. Shape (M, T).
        binomial: Variance of a difference if questions were drawn anew. Shape (M, T).
        log_flops: log10 of the geometric mean of the two FLOPs. Shape (M,).
    """

    difference: Floats
    binomial: Floats
    log_flops: Floats

    @classmethod
    def of(cls, a: EvalTable, b: EvalTable) -> "_Pairs":
        binomial = np.zeros(a.scores.shape)
        for table in (a, b):
            binomial = binomial + binomial_variance(table)
        return cls(
            difference=a.scores - b.scores,
            binomial=binomial,
            log_flops=(np.log10(a.flops) + np.log10(b.flops)) / 2,
        )

    def take(self, columns: Ints) -> "_Pairs":
        return _Pairs(
            difference=self.difference[:, columns],
            binomial=self.binomial[:, columns],
            log_flops=self.log_flops,
        )

    def largest(self) -> Floats:
        measured = np.isfinite(self.difference)
        top = len(measured) - 1 - np.argmax(measured[::-1], axis=0)
        return np.asarray(self.difference[top, np.arange(measured.shape[1])])

    def weighted_mean(self) -> tuple[Floats, Floats]:
        """Kernel-weighted differences and their variances. Two (T,)."""
        weights = self._weights()
        mean = (weights * self._known(self.difference)).sum(axis=0) / weights.sum(axis=0)
        variance = self._overdispersion(mean) * self.binomial
        return mean, (weights**2 * self._known(variance)).sum(axis=0) / weights.sum(axis=0) ** 2

    def measurement(self) -> Floats:
        """Variance of one more measured difference, at the largest pair's scores. Shape (T,)."""
        mean, _ = self.weighted_mean()
        measured = np.isfinite(self.difference)
        top = len(measured) - 1 - np.argmax(measured[::-1], axis=0)
        binomial = self.binomial[top, np.arange(measured.shape[1])]
        return np.asarray(self._overdispersion(mean) * binomial)

    def drift(self) -> float:
        """Squared score per decade by which a difference moves beyond its noise."""
        mean, _ = self.weighted_mean()
        noise = self._overdispersion(mean) * self.binomial
        step = np.diff(self.log_flops)[:, None]
        moved = np.diff(self.difference, axis=0) ** 2 - noise[1:] - noise[:-1]
        known = np.isfinite(moved) & (step > 0)
        wander = float(np.where(known, moved, 0.0).sum())
        way = float(np.where(known, step, 0.0).sum())
        return max(0.0, wander + DRIFT * DRIFT_FREEDOM) / (way + DRIFT_FREEDOM)

    def _weights(self) -> Floats:
        kernel = np.exp((self.log_flops - self.log_flops[-1]) / BANDWIDTH)
        return np.where(np.isfinite(self.difference), kernel[:, None], 0.0)

    def _known(self, values: Floats) -> Floats:
        return np.where(np.isfinite(self.difference), values, 0.0)

    def _overdispersion(self, mean: Floats) -> Floats:
        """Scatter of the pairs around their mean over the binomial one. Shape (T,)."""
        weights = self._weights()
        share = weights / weights.max(axis=0)
        z2 = self._known((self.difference - mean) ** 2 / self.binomial)
        freedom = np.maximum(share.sum(axis=0) - 1, 0)
        phi = (PRIOR_FREEDOM + (share * z2).sum(axis=0)) / (PRIOR_FREEDOM + freedom)
        return np.asarray(np.clip(phi, *OVERDISPERSION_CLIP))


def _others(table: EvalTable, rows: Ints) -> tuple[Checkpoint, ...]:
    return tuple(c for i, c in enumerate(table.checkpoints) if i not in rows)
