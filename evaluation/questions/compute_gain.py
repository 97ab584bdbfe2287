"""How much compute is a recipe worth? Any number of arms against the first, with paired draws.

    a loss        gain = ((L_A - E) / (L_B - E))^(1 / gamma)    at matched params and tokens
    a fraction    gain = 10^(d / slope),  d = score of B - score of A, slope per decade of FLOPs

The gain is of the largest pairs, and its interval is to hold up to `target_flops`: where the gains
of single pairs grow along the ladder, it is as much wider as they will have grown by then.

"1.20x" means: A needs 1.20 times the compute to be where B is. E and gamma are those of A's own
front (predictors/loss/compute_law.py) and the slope is that of A near its top, so that a gain does
not depend on the budget; where A does not move with compute there is no gain to speak of.

Every draw weighs the matched scales anew (exponential multipliers, the same for all arms and
benchmarks), takes one E for each benchmark, and adds measurement noise: differences of two arms so
share what they have in common, and a recipe beside itself has a gain of 1 with a narrow interval.

Source: multiplier bootstrap (Rubin 1981, Annals of Statistics 9); scaling-law compute multipliers
    as in Ho et al. (2024, arXiv 2403.05812).
Fails when: arms were run at different scales, or differences turn over beyond the largest pair.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.classes.benchmark_trend import binomial_variance, measure_trend
from scalepredict.evaluation.questions.recipes import BANDWIDTH, TOLERANCE, match
from scalepredict.predictors.limits import MAX_FACTOR
from scalepredict.predictors.loss.compute_law import fit_compute_laws
from scalepredict.predictors.loss.envelope import FEWEST_RUNGS, envelope
from scalepredict.predictors.loss.priors import Priors
from scalepredict.predictors.metric_scale import LawKind, MetricScale, law_kind
from scalepredict.records.subset import known_names
from scalepredict.records.table import EvalTable, Floats, Ints, Unit
from scalepredict.records.text.counts import format_count

DRAWS = 2000
LOSS_NOISE = 0.001  # relative: repeats of a run differ by .01 to .08 % in the loss of a corpus
MOST_DECADES = 1.0  # of a gain; beyond, the curve of A says nothing
DRIFT, DRIFT_PAIRS = 0.05, 1.0  # of a log gain from scale to scale: so much, known as from one pair
HORIZON = float(np.log(10))  # e-folds beyond the largest pair that an interval of a gain is for
NOISE_PAIRS = 3.0  # that binomial noise counts for, beside what the differences of pairs scatter
GROWTH = 0.2  # of a gain, for each e-fold of compute: that much it may grow unseen
TREND_Z = 3.0  # a slope must be surer than that to divide by it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arms:
    """K arms beside the first one, on T benchmarks; R draws of each.

    Attributes:
        names: The arms; the first is the reference. Length K.
        units: The benchmarks, length T.
        decades: Decades of FLOPs from the largest pair to the target.
        n_pairs: Scales at which each arm matches the reference. Shape (K,).
        difference: Arm minus reference in the unit of the benchmark, of the matched scales;
            better is not always more. Shape (K, T).
        draws: The same, drawn. Shape (R, K, T).
        log_gain: Natural log of the compute that the arm is worth; NaN = there is no such thing.
            Shape (K, T).
        log_gain_draws: The same, drawn. Shape (R, K, T).
    """

    names: tuple[str, ...]
    units: tuple[Unit, ...]
    decades: float
    n_pairs: Ints
    difference: Floats
    draws: Floats
    log_gain: Floats
    log_gain_draws: Floats

    @property
    def p_better(self) -> Floats:
        """Probability that an arm is better than the reference, NaN = unknown. Shape (K, T)."""
        better = np.mean(self._merit() > 0, axis=0)
        return np.where(np.isnan(self.difference), np.nan, better)

    @property
    def p_best(self) -> Floats:
        """Probability that an arm is the best of those compared; NaN = it is not. Shape (K, T)."""
        merit = np.where(np.isnan(self._merit()), -np.inf, self._merit())
        best = np.argmax(merit, axis=1)
        share = np.stack([np.mean(best == k, axis=0) for k in range(len(self.names))])
        compared = np.isfinite(self.difference)
        compared[0] = compared[1:].any(axis=0)
        return np.where(compared, share, np.nan)

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Of the difference. Two (K, T)."""
        return _ends(self.draws, level)

    def gain_interval(self, level: float) -> tuple[Floats, Floats]:
        """Of the gain, as factors. Two (K, T)."""
        low, high = _ends(self.log_gain_draws, level)
        return np.exp(low), np.exp(high)

    def average_gain(self) -> tuple[Floats, Floats]:
        """Log gain averaged over the benchmarks that have one, (K,), and its draws, (R, K)."""
        known = np.isfinite(self.log_gain).all(axis=0)
        if not known.any():
            return np.full(len(self.names), np.nan), np.full(self.draws.shape[:2], np.nan)
        return self.log_gain[:, known].mean(axis=1), self.log_gain_draws[..., known].mean(axis=2)

    def _merit(self) -> Floats:
        worse = np.array(
            [u.measure is not None and u.measure.direction == "lower" for u in self.units]
        )
        return np.where(worse, -self.draws, self.draws)


def compare_arms(
    table: EvalTable,
    names: Sequence[str],
    *,
    target_flops: float | None = None,
    tolerance: float = TOLERANCE,
    rng: np.random.Generator,
) -> Arms:
    """Compare families of one table with the first of them.

    Args:
        table: Benchmark values of all.
        names: Families; the first is the reference.
        target_flops: How far intervals of gains are to hold; by default up to ten times the FLOPs
            of the largest pair.
        tolerance: Decades of params and tokens within which two models match.
        rng: Draws multipliers and noise.

    Raises:
        RefusedError: A family is not there or is named twice, an arm matches the reference
            nowhere, or the target is beyond MAX_FACTOR times the largest pair.
    """
    known_names("family", names, table.families)
    if len(set(names)) < len(names) or len(names) < 2:
        raise RefusedError(
            f"arms {', '.join(names)}: give two different families or more, each once; the first "
            "is the reference."
        )
    family = np.array([c.family for c in table.checkpoints])
    tables = [table.take_rows(family == name) for name in names]
    reference = tables[0]
    scales = [_Scale.of(reference, t, unit, rng) for t, unit in enumerate(table.units)]
    multipliers = rng.exponential(size=(DRAWS, len(reference.checkpoints)))
    kernel = np.exp((np.log10(reference.flops) - np.log10(reference.flops.max())) / BANDWIDTH)
    reach = None if target_flops is None else float(np.log(target_flops))
    shape = (len(names), len(table.units))
    difference, log_gain = np.zeros(shape), np.zeros(shape)
    draws, gain_draws = np.zeros((DRAWS, *shape)), np.zeros((DRAWS, *shape))
    n_pairs = np.full(len(names), len(reference.checkpoints), dtype=np.intp)
    largest = 0.0
    for k, arm in enumerate(tables[1:], start=1):
        own, other = match(reference, arm, tolerance=tolerance)
        if not len(own):
            raise RefusedError(
                f"no model of {names[k]!r} is within a factor {10**tolerance:.2f} of one of "
                f"{names[0]!r} in params and tokens; run both recipes at the same scales, or "
                "match them by a larger factor (--within)."
            )
        n_pairs[k] = len(own)
        a, b = reference.take_rows(own), arm.take_rows(other)
        largest = max(largest, float(np.nanmax(a.flops)))
        weights = np.concatenate([kernel[None, own], multipliers[:, own] * kernel[own]])
        noise = np.concatenate([np.zeros((1, 2)), rng.standard_normal((DRAWS, 2))])
        variance = binomial_variance(a) + binomial_variance(b)
        for t, scale in enumerate(scales):
            pairs = (a.scores[:, t], b.scores[:, t], variance[:, t], np.log(a.flops), reach)
            d, g = scale.paired(*pairs, weights, noise)
            difference[k, t], draws[:, k, t] = d[0], d[1:]
            log_gain[k, t], gain_draws[:, k, t] = g[0], g[1:]
    return Arms(
        names=tuple(names),
        units=table.units,
        decades=_decades(target_flops, largest),
        n_pairs=n_pairs,
        difference=difference,
        draws=draws,
        log_gain=log_gain,
        log_gain_draws=gain_draws,
    )


def _decades(target_flops: float | None, largest: float) -> float:
    if target_flops is None or target_flops <= largest:
        return 0.0
    if target_flops > MAX_FACTOR * largest:
        raise RefusedError(
            f"--flops {format_count(target_flops)}: beyond {MAX_FACTOR:g}x the largest pair "
            f"({format_count(largest)} FLOPs) no comparison was ever checked; ask for at most "
            f"{format_count(MAX_FACTOR * largest)}, or add larger models."
        )
    return float(np.log10(target_flops / largest))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scale:
    """How differences of one benchmark become compute. First the estimate, then the draws.

    Attributes:
        metric: None of a fraction.
        asymptote: E on the scale of the law. Shape (1 + R,).
        per_efold: What one e-fold of FLOPs brings to the reference: -gamma of log (L - E), or
            score. NaN = nothing that can be told from noise. Shape (1 + R,).
    """

    metric: MetricScale | None
    asymptote: Floats
    per_efold: Floats

    @classmethod
    def of(cls, reference: EvalTable, t: int, unit: Unit, rng: np.random.Generator) -> "_Scale":
        nothing = np.full(1 + DRAWS, np.nan)
        kind = law_kind(unit)
        if kind is LawKind.FALLING:
            metric = MetricScale.of(unit)
            y, x = metric.forward(reference.scores[:, t])[None], np.log(reference.flops)
            y = np.where(y > 0, y, np.nan)
            rungs = envelope(x, y)
            if rungs.sum() < FEWEST_RUNGS:
                return cls(metric=metric, asymptote=nothing, per_efold=nothing)
            given = metric.asymptote(unit.asymptote)
            laws = fit_compute_laws(x, y, rungs, Priors.of([given], np.fmin.reduce(y, axis=1)))
            total = np.cumsum(laws.weight[0])
            at = np.concatenate([[0.5], rng.uniform(size=DRAWS)]) * total[-1]
            node = np.minimum(np.searchsorted(total, at), len(total) - 1)
            slope = laws.slope[0, node]
            return cls(
                metric=metric,
                asymptote=laws.asymptote[0, node],
                per_efold=np.where(slope < 0, slope, np.nan),
            )
        if kind is LawKind.FRACTION:
            one = measure_trend(reference.take_units([t]))
            if not one.z[0] >= TREND_Z:
                return cls(metric=None, asymptote=nothing, per_efold=nothing)
            drawn = 1 + np.concatenate([[0.0], rng.standard_normal(DRAWS)]) / one.z[0]
            slope = one.slope[0] * np.maximum(drawn, 0.0) / np.log(10)
            return cls(metric=None, asymptote=nothing, per_efold=slope)
        return cls(metric=None, asymptote=nothing, per_efold=nothing)

    def paired(
        self,
        a: Floats,
        b: Floats,
        variance: Floats,
        log_flops: Floats,
        reach: float | None,
        weights: Floats,
        noise: Floats,
    ) -> tuple[Floats, Floats]:
        """Difference and log gain of B over A from matched values (M,). Two (1 + R,)."""
        known = np.isfinite(a) & np.isfinite(b)
        if not known.any():
            return np.full(len(weights), np.nan), np.full(len(weights), np.nan)
        a, b, x, w = a[known], b[known], log_flops[known], weights[:, known]
        w = w / w.sum(axis=1, keepdims=True)
        if self.metric is None:
            own = _own_noise(b - a, variance[known], w[0])
            error = np.sqrt((w**2 * own).sum(axis=1)) * noise[:, 0]
            difference = (w * (b - a)).sum(axis=1) + error
            with np.errstate(divide="ignore", invalid="ignore"):
                per_pair = (b - a) / self.per_efold[0]
                log_gain = difference / self.per_efold
                drift = _drift(per_pair, own / self.per_efold[0] ** 2, w[0], x, reach)
            return difference, _within_reach(log_gain + drift * noise[:, 1])
        low, high = self.metric.forward(a), self.metric.forward(b)
        relative = LOSS_NOISE * np.sqrt(2 * (w**2).sum(axis=1)) * noise[:, 0]
        difference = (w * (b - a)).sum(axis=1) + relative * np.abs(w @ a)
        with np.errstate(divide="ignore", invalid="ignore"):
            of_a, of_b = (np.log(y - self.asymptote[:, None]) for y in (low, high))
            share = 1 - self.asymptote / (w @ low)
            log_gain = ((w * (of_b - of_a)).sum(axis=1) + relative / share) / self.per_efold
            per_pair = (of_b[0] - of_a[0]) / self.per_efold[0]
            own = 2 * (LOSS_NOISE / (1 - self.asymptote[0] / low) / self.per_efold[0]) ** 2
            drift = _drift(per_pair, own, w[0], x, reach)
        return difference, _within_reach(log_gain + drift * noise[:, 1])


def _own_noise(difference: Floats, variance: Floats, weights: Floats) -> Floats:
    # Two recipes answer the same questions, so that much of the noise of their scores is common: it
    # is no more than their differences scatter, as far as pairs enough tell that. (M,).
    freedom = 1 / (weights @ weights) - 1
    usual = weights @ variance
    if not (freedom > 0 and usual > 0):
        return variance
    square = weights @ (difference - weights @ difference) ** 2 * (freedom + 1)
    share = (NOISE_PAIRS + min(square / usual, freedom)) / (NOISE_PAIRS + freedom)
    return np.asarray(share * variance)


def _drift(
    per_pair: Floats, noise: Floats, weights: Floats, log_flops: Floats, reach: float | None
) -> float:
    # Gains of single scales scatter around their mean by more than their noise (a variance); the
    # next scale will too. Where they grow along the ladder, they go on to as far as `reach`, a log
    # of FLOPs.
    mean = weights @ per_pair
    freedom = 1 / (weights @ weights) - 1
    square = (weights @ (per_pair - mean) ** 2) * (freedom + 1) - (weights @ noise) * freedom
    square = np.maximum(square, 0.0)
    scatter = (DRIFT_PAIRS * DRIFT**2 + square) / (DRIFT_PAIRS + freedom)
    away = log_flops - weights @ log_flops
    spread = weights @ away**2
    growth = (GROWTH * mean) ** 2
    if spread > 0 and freedom > 1:
        slope = (weights @ (away * per_pair)) / spread
        left = weights @ (per_pair - mean - slope * away) ** 2
        growth = max(slope**2 - left / (freedom * spread), growth)
    top = log_flops.max() + HORIZON if reach is None else max(reach, log_flops.max())
    return float(np.sqrt(scatter + growth * (top - weights @ log_flops) ** 2))


def _within_reach(log_gain: Floats) -> Floats:
    most = np.log(10) * MOST_DECADES
    if not abs(log_gain[0]) <= most:
        return np.full_like(log_gain, np.nan)
    # A draw whose E lies above what was measured says "more than can be told".
    return np.clip(np.where(np.isnan(log_gain), most * np.sign(log_gain[0]), log_gain), -most, most)


def _ends(draws: Floats, level: float) -> tuple[Floats, Floats]:
    tail = (1 - level) / 2
    unknown = np.isnan(draws).any(axis=0)
    low, high = np.quantile(np.nan_to_num(draws), [tail, 1 - tail], axis=0)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)
