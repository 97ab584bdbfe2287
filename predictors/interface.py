"""What does every method take and give? Predictor -> Law -> Forecast.

A predictor is a frozen dataclass of hyper-parameters; its ``fit`` reads a table of evidence and
returns a law, a frozen dataclass of fitted numbers that is stored as JSON; the law forecasts.
Methods are fitted jointly over all units of the table, because they pool across them.

Shapes: K targets, T units, M checkpoints of the evidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from scipy.special import ndtr, ndtri  # scipy.stats takes 0.5 s longer to import

from scalepredict.predictors.kinds import Kinds
from scalepredict.predictors.numerics.rungs import count_rungs, top_gap
from scalepredict.records.answers import answers
from scalepredict.records.notes import Note
from scalepredict.records.table import Bools, EvalTable, Floats, Ints, Unit, taken

# Probabilities of the quantiles that a forecast of a loss carries: dense enough that a line in
# normal quantiles between them is within a hundredth of the width.
PROBABILITIES: Floats = np.array(
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995]
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """The scales that are forecast.

    Attributes:
        family: Recipe of each target, length K.
        params: Parameters N (counts). Shape (K,).
        tokens: Tokens D (counts). Shape (K,).
        flops: Training FLOPs C, in the evidence's own accounting. Shape (K,).
        assumption: What was assumed to complete each target, length K; empty if nothing.
        known: Scores that the targets already have on some benchmarks, one row for each; read by
            methods that judge a model by what it can do. None if only the scale is known.
        unique_tokens: Distinct tokens of each training set (counts), NaN = unknown; None = unknown
            for all. Shape (K,).
        params_active: Parameters that one token uses (counts), NaN = all of them; None = all of all
            targets. Shape (K,).
        params_non_embedding: Parameters without embeddings (counts), NaN or None = unknown. (K,).
        tuned: Which are instruct models; None = not told: as their families. Shape (K,).
    """

    family: tuple[str, ...]
    params: Floats
    tokens: Floats
    flops: Floats
    assumption: tuple[str, ...]
    known: EvalTable | None = None
    unique_tokens: Floats | None = None
    params_active: Floats | None = None
    params_non_embedding: Floats | None = None
    tuned: Bools | None = None

    def __len__(self) -> int:
        return len(self.family)

    def take(self, k: int) -> Self:
        """One of the targets, by itself."""
        known = None if self.known is None else self.known.take_rows([k])
        return replace(taken(self, np.array([k]), shared=("known",)), known=known)

    @classmethod
    def of_table(cls, table: EvalTable) -> Self:
        """The scales of measured checkpoints, for a backtest."""
        return cls(
            family=tuple(c.family for c in table.checkpoints),
            params=table.params,
            tokens=table.tokens,
            flops=table.flops,
            assumption=("",) * len(table.checkpoints),
            unique_tokens=table.unique_tokens,
            params_active=table.params_active,
            params_non_embedding=table.params_non_embedding,
            tuned=Kinds.of(table.checkpoints).tuned,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frontier:
    """Where the evidence ends: what every law must remember of it.

    Attributes:
        units: The columns, length T.
        last: Score of the largest-FLOPs checkpoint that was measured on the unit, the mean of those
            of its very size (seeds). Shape (T,).
        n_items: Graded answers behind that score; NaN = unknown. Shape (T,).
        n_train: Scales with a score; those within 10 % of FLOPs count as one. Shape (T,).
        max_flops: Largest training FLOPs of the evidence; NaN if none is known.
        gap: Decades by which the largest of those scales stands off beyond the usual step. Shape
            (T,); None = not recorded.
    """

    units: tuple[Unit, ...]
    last: Floats
    n_items: Floats
    n_train: Floats
    max_flops: float
    gap: Floats | None = None

    @classmethod
    def of_table(cls, table: EvalTable) -> Self:
        """Read the large end of a table; ties go to the later row, unknown FLOPs are no end."""
        flops = np.where(np.isfinite(table.flops), table.flops, 0.0)
        order = np.argsort(flops, kind="stable")
        scores, n_items = table.scores[order], answers(table).known[order]
        measured = np.isfinite(scores)
        top = measured.shape[0] - 1 - np.argmax(measured[::-1], axis=0)
        columns = np.arange(len(table.units))
        sizes = np.nan_to_num(np.stack([table.params, table.tokens, table.flops])[:, order])
        seeds = measured & (sizes[:, :, None] == sizes[:, None, top]).all(axis=0)
        total = np.where(seeds, scores, 0.0).sum(axis=0)
        return cls(
            units=table.units,
            last=np.where(measured.any(axis=0), total / np.maximum(seeds.sum(axis=0), 1), np.nan),
            n_items=n_items[top, columns],
            n_train=count_rungs(table.flops, np.isfinite(table.scores)).astype(float),
            max_flops=float(np.max(flops)) or np.nan,
            gap=top_gap(flops, np.isfinite(table.scores)),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """A standardised distribution: quantiles of (score - point) / scale.

    Attributes:
        probability: Rising, inside (0, 1). Shape (Q,).
        quantile: Rising, in units of the scale. Shape (Q,).
    """

    probability: Floats
    quantile: Floats

    @classmethod
    def symmetric(cls, coverage: Floats, half_width: Floats) -> Self:
        """From half widths of central intervals, e.g. 0.5 -> .614, 0.9 -> 1.813. Shapes (Q,)."""
        tail = (1 - np.asarray(coverage, dtype=float)) / 2
        half = np.asarray(half_width, dtype=float)
        return cls(
            probability=np.concatenate([tail[::-1], [0.5], 1 - tail]),
            quantile=np.concatenate([-half[::-1], [0.0], half]),
        )

    def ppf(self, probability: float) -> float:
        """Quantile at a probability: linear between the knots in normal-quantile space."""
        z = float(ndtri(probability))
        return float(_line_through(z, ndtri(self.probability), self.quantile))

    def cdf(self, z: Floats) -> Floats:
        """Probability below z (in units of the scale); any shape."""
        result: Floats = ndtr(_line_through(z, self.quantile, ndtri(self.probability)))
        return result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecast:
    """Points and the components of their scale; quantiles once it is calibrated.

    Every array has shape (K, T) and is in fractions (variances in squared fractions).

    Attributes:
        targets: The K targets.
        units: The T units.
        point: Forecast score in [0, 1]; NaN where the fit was refused.
        last: Last measured score (Frontier.last).
        n_items: Graded answers behind a score; NaN = unknown.
        n_train: Scales behind the fit (Frontier.n_train).
        horizon: Decades of FLOPs from the largest evidence to the target (may be negative); 0
            where compute is not known.
        model_variance: The method's own variance of its curve at the target; 0 if it has none.
        overdispersion: Variance of a measurement over the binomial one (phi); 1 if not estimated.
        spread_weighted: Weighted variance of an ensemble's members; 0 without members.
        spread_equal: Plain variance of the members; 0 without members.
        failures: Why a unit has no forecast; None where it has one. Length T.
        scale: Scale S of the predictive distribution; None until calibrated.
        spread: Standardised predictive distribution; None until calibrated.
        quantiles: Quantiles at PROBABILITIES of metrics that are no fractions, in their own unit,
            shape (K, T, Q); NaN where ``scale`` and ``spread`` hold, None if they hold for all.
        share_of_asymptote: How much narrower an interval would be if the asymptote of a loss were
            known, a fraction; NaN where there is none, None if there is none at all.
        reference_weight: Share of the reference curve of public models in the point; None = of no
            unit.
        reference_variance: Variance of the next score about that curve; 0 where there is none.
        common_error: Correlation between units of the errors that the ladder made where it forecast
            its own upper rungs; NaN or None = not tried.
        gap: Decades by which the largest scale behind the fit stands off; None = unknown.
        exceedance: Probability by that curve of a score above chance by more than guessing
            explains; NaN where the curve does not say.
        disagreement: Squared difference of that curve and the method's own forecast; 0 where one of
            them is missing, None = of no unit.
    """

    targets: Targets
    units: tuple[Unit, ...]
    point: Floats
    last: Floats
    n_items: Floats
    n_train: Floats
    horizon: Floats
    model_variance: Floats
    overdispersion: Floats
    spread_weighted: Floats
    spread_equal: Floats
    failures: tuple[str | None, ...]
    scale: Floats | None = None
    spread: Spread | None = None
    quantiles: Floats | None = None
    share_of_asymptote: Floats | None = None
    reference_weight: Floats | None = None
    reference_variance: Floats | None = None
    exceedance: Floats | None = None
    common_error: Floats | None = None
    gap: Floats | None = None
    disagreement: Floats | None = None

    def quantile(self, probability: float) -> Floats:
        """Quantile of the next measured score; of fractions, clipped to [0, 1]. Shape (K, T).

        Raises:
            ValueError: The forecast is not calibrated.
        """
        scale, spread = self._calibrated()
        fraction = np.clip(self.point + scale * spread.ppf(probability), 0.0, 1.0)
        if self.quantiles is None:
            return fraction
        own = _between(float(ndtri(probability)), ndtri(PROBABILITIES), self.quantiles)
        return np.where(np.isnan(own), fraction, own)

    def interval(self, coverage: float) -> tuple[Floats, Floats]:
        """Central interval for the next measured score, clipped to [0, 1]. Two (K, T)."""
        tail = (1 - coverage) / 2
        return self.quantile(tail), self.quantile(1 - tail)

    def cdf(self, score: Floats) -> Floats:
        """Probability that the measured score is at or below ``score``, shape (K, T)."""
        scale, spread = self._calibrated()
        fraction = np.where(score >= 1.0, 1.0, spread.cdf((score - self.point) / scale))
        if self.quantiles is None:
            return fraction
        own = _cdf_between(score, self.quantiles, ndtri(PROBABILITIES))
        return np.where(np.isnan(own), fraction, own)

    def take_units(self, columns: Sequence[int] | Ints) -> "Forecast":
        """The forecast of the chosen units, in that order."""
        index = np.asarray(columns, dtype=int)
        chosen = self.with_arrays(lambda values: values[:, index])
        return replace(
            chosen,
            units=tuple(self.units[i] for i in index),
            failures=tuple(self.failures[i] for i in index),
        )

    def with_arrays(self, change: Callable[[Floats], Floats]) -> "Forecast":
        """The same forecast with every array (K, T, ...) changed alike."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        changed: dict[str, Any] = {
            n: change(a) for n, a in arrays.items() if isinstance(a, np.ndarray)
        }
        return replace(self, **changed)

    def calibrated(self, scale: Floats, spread: Spread) -> "Forecast":
        """The same forecast with its predictive distribution; ``scale`` has shape (K, T)."""
        return replace(self, scale=scale, spread=spread)

    def _calibrated(self) -> tuple[Floats, Spread]:
        if self.scale is None or self.spread is None:
            raise ValueError("this forecast is not calibrated yet")
        return self.scale, self.spread


def fitting_stream(rng: np.random.Generator | None) -> np.random.Generator:
    """What a fit draws from; without a generator of the caller's, one of a fixed seed."""
    return np.random.default_rng(0) if rng is None else rng


def named_streams(names: Sequence[str], rng: np.random.Generator) -> dict[str, np.random.Generator]:
    """A generator for each name, the same in whatever order the names come."""
    return dict(zip(sorted(names), rng.spawn(len(names)), strict=True))


def make_forecast(
    targets: Targets,
    frontier: Frontier,
    point: Floats,
    *,
    model_variance: Floats | float = 0.0,
    overdispersion: Floats | float = 1.0,
    spread_weighted: Floats | float = 0.0,
    spread_equal: Floats | float = 0.0,
    failures: tuple[str | None, ...] | None = None,
    quantiles: Floats | None = None,
    share_of_asymptote: Floats | None = None,
) -> Forecast:
    """Complete a forecast from the frontier of its evidence; arrays broadcast to (K, T).

    The point of a fraction is clipped to [0, 1]; one with quantiles of its own is no fraction.
    """
    shape = (len(targets), len(frontier.units))

    def full(value: Floats | float) -> Floats:
        return np.broadcast_to(np.asarray(value, dtype=float), shape).copy()

    horizon = np.nan_to_num(np.log10(targets.flops) - np.log10(frontier.max_flops))
    return Forecast(
        targets=targets,
        units=frontier.units,
        point=np.clip(full(point), 0.0, 1.0) if quantiles is None else full(point),
        last=full(frontier.last),
        n_items=full(frontier.n_items),
        n_train=full(frontier.n_train),
        horizon=full(horizon[:, None]),
        model_variance=full(model_variance),
        overdispersion=full(overdispersion),
        spread_weighted=full(spread_weighted),
        spread_equal=full(spread_equal),
        failures=failures or (None,) * len(frontier.units),
        quantiles=quantiles,
        share_of_asymptote=share_of_asymptote,
        gap=None if frontier.gap is None else full(frontier.gap),
    )


class Law(Protocol):
    """A fitted result: a frozen dataclass of numbers that can be stored as JSON."""

    def forecast(self, targets: Targets) -> Forecast:
        """Forecast every unit at every target. Draws nothing."""
        ...

    def notes(self) -> Sequence[Note | str]:
        """What the user must know: members used, rows left out, bounds that bind.

        A sentence counts as a note without a code.
        """
        ...


class Predictor(Protocol):
    """An unfitted method: a frozen dataclass of hyper-parameters."""

    name: ClassVar[str]
    pools_families: ClassVar[bool]  # fitted once over all families, or family by family
    reads_tasks: ClassVar[bool]  # wants tasks and questions, or benchmark scores only
    needs_compute: ClassVar[bool]  # checkpoints of unknown scale are of no use to it
    reads_known_scores: ClassVar[bool]  # forecasts a target from its scores on other benchmarks

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> Law:
        """Fit all units of the table jointly.

        Args:
            table: The evidence.
            rng: For methods that draw; None = one of a fixed seed.

        Raises:
            RefusedError: The evidence does not carry this method at all.
        """
        ...


def _between(z: float, knots: Floats, quantiles: Floats) -> Floats:
    # At one normal quantile of every cell, (K, T, Q) -> (K, T); linear beyond the knots as well.
    i = int(np.clip(np.searchsorted(knots, z) - 1, 0, len(knots) - 2))
    share = (z - knots[i]) / (knots[i + 1] - knots[i])
    result: Floats = quantiles[..., i] + share * (quantiles[..., i + 1] - quantiles[..., i])
    return result


def _cdf_between(score: Floats, quantiles: Floats, knots: Floats) -> Floats:
    i = np.clip((quantiles < score[..., None]).sum(axis=-1) - 1, 0, len(knots) - 2)
    low, high = (np.take_along_axis(quantiles, i[..., None] + k, -1)[..., 0] for k in (0, 1))
    share = (score - low) / np.where(high > low, high - low, np.finfo(float).tiny)
    result: Floats = ndtr(knots[i] + share * (knots[i + 1] - knots[i]))
    return result


def _line_through(x: Floats | float, knots_x: Floats, knots_y: Floats) -> Floats:
    # Piecewise linear, going on beyond the outer knots with the outer slopes.
    i = np.clip(np.searchsorted(knots_x, x) - 1, 0, len(knots_x) - 2)
    slope = (knots_y[i + 1] - knots_y[i]) / (knots_x[i + 1] - knots_x[i])
    result: Floats = knots_y[i] + slope * (np.asarray(x) - knots_x[i])
    return result
