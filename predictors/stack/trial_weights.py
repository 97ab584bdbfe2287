"""How far is each member to be trusted? By how it forecasts the upper rungs from the lower ones.

    w_kt ~ prior_k e_kt^(-5 n),    e_kt = (n0 e_k + n e'_kt) / (n0 + n),    n rolling origins

Each member is fitted to the lower part of the evidence and forecasts the upper part (inner rolling
origins); e'_kt is its mean absolute error on unit t, in shares of the members' mean, and e_k the
same over all informative units. Weights fall with the error the faster the more origins there are;
without any they are the prior. Some members must earn their weight: they have none before
LEAST_ORIGINS origins.

The same trials say how far the benchmarks of a ladder miss together: the correlation of the errors
of the weighted mean.

Source: stacked generalisation (Wolpert 1992) over rolling origins (Tashman 2000); the power of n is
    that of a likelihood whose errors have one scale and n independent draws.
Fails when: the curve turns beyond the evidence; what forecast best inside may then be worst.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from scalepredict.predictors.limits import FEWEST_MODELS
from scalepredict.predictors.numerics.rungs import rungs
from scalepredict.predictors.scale.scale_evidence import Ladder, Scale
from scalepredict.predictors.stack.informative import informative
from scalepredict.records.table import Bools, Floats, Ints

INNER_ORIGINS = 4
INNER_TARGETS = 6
INNER_GAP = 1.3  # ratio of FLOPs between inner origins, and from an origin to its targets
NEAREST_ORIGINS = 8  # inner origins are spread over the last so many candidates
LEAST_ORIGINS = 2
POWER = 5.0  # of the inverse error, for each origin
PRIOR_ORIGINS = 6.0  # pseudo-origins that pull a unit's errors to the mean over informative units
NOISE_SHARE, NOISE_FLOOR = 0.3, 0.005  # what no member can be blamed for, added to all errors
MEASURED_SHARE = 0.8  # of the units, for the errors at one target to say what is common to them


class Forecasters(Protocol):
    """G fitted members."""

    def scores(self, scale: Scale) -> Floats:
        """Forecasts at K targets. Shape (G, K, T)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trials:
    """What forecasting the upper rungs from the lower ones has shown.

    Attributes:
        weights: Of G members on T units, columns summing to 1. Shape (G, T).
        origins: Rolling origins behind them; with 0 they are the prior.
        common_error: Correlation of the errors of the weighted mean between units; None = unknown.
    """

    weights: Floats
    origins: int
    common_error: float | None


def trial_weights(
    ladder: Ladder,
    fit: Callable[[Ladder], Forecasters],
    prior: Sequence[float],
    *,
    to_earn: Sequence[bool],
) -> Trials:
    """Weights of G members on T units, and how far the units miss together.

    Args:
        ladder: The evidence.
        fit: Fits the members to a part of it; always the same members in the same order.
        prior: What a member counts for before any trial, length G.
        to_earn: Which members must earn their weight, length G.
    """
    n_units = ladder.scores.shape[1]
    origins = tuple(_inner_origins(ladder.scale.flops))
    trials = [_errors(ladder, fit, *origin) for origin in origins]
    start = np.array(prior, dtype=float)[:, None]
    if len(origins) < LEAST_ORIGINS:
        start[list(to_earn)] = 0.0
    if not trials:
        weights = np.repeat(start / start.sum(), n_units, axis=1)
        return Trials(weights=weights, origins=0, common_error=None)
    telling = informative(np.log10(ladder.scale.flops), ladder.scores, ladder.n_items)
    error = _relative_errors(trials, telling)
    weight = start * (error / error.min(axis=0)) ** (-POWER * len(origins))
    weight /= weight.sum(axis=0)
    made = np.concatenate([(weight[:, None] * error).sum(axis=0) for error, _ in trials])
    return Trials(weights=weight, origins=len(origins), common_error=_correlation(made))


def _correlation(error: Floats) -> float | None:
    # Of errors (K, T) between units, NaN = not measured; from the mean square of their mean.
    known = np.isfinite(error)
    n = known.sum(axis=1)
    told = (n >= 2) & (n >= MEASURED_SHARE * error.shape[1])
    known, n, error = known[told], n[told], np.where(known, error, 0.0)[told]
    square = (error**2).sum(axis=1) / np.maximum(n, 1)
    total = square.sum()
    if not total > 0:
        return None
    common = ((error.sum(axis=1) / n) ** 2 - square / n) / (1 - 1 / n)
    return float(np.clip(common.sum() / total, 0.0, 1.0))


def _relative_errors(trials: Sequence[tuple[Floats, Floats]], telling: Bools) -> Floats:
    noise = np.stack([noise for _, noise in trials])
    tried = np.isfinite(noise)
    n = tried.sum(axis=0)
    once = np.maximum(n, 1)
    size = np.stack([_mean_size(error) for error, _ in trials])
    error = np.where(tried[:, None, :], size, 0.0).sum(axis=0) / once
    noise = np.where(tried, noise, 0.0).sum(axis=0) / once
    blame = error + NOISE_SHARE * (noise + NOISE_FLOOR)
    common = telling & (n > 0)
    pooled = blame[:, common].mean(axis=1) if common.any() else np.ones(len(blame))
    # A unit that does not follow scale is not told by the others what forecasts it best.
    shared = np.where(telling, (pooled / pooled.mean())[:, None], 1.0)
    relative: Floats = (PRIOR_ORIGINS * shared + n * blame / blame.mean(axis=0)) / (
        PRIOR_ORIGINS + n
    )
    return relative


def _errors(
    ladder: Ladder, fit: Callable[[Ladder], Forecasters], evidence: Ints, held_out: Ints
) -> tuple[Floats, Floats]:
    # Errors (G, K, T) and mean binomial standard errors (T,); NaN = nothing held out.
    scores = fit(ladder.take(evidence)).scores(ladder.scale.take(held_out))
    truth, n_items = ladder.scores[held_out], ladder.n_items[held_out]
    measured = np.isfinite(truth) & np.isfinite(ladder.scores[evidence]).any(axis=0)
    count = np.where(measured.any(axis=0), measured.sum(axis=0), np.nan)
    y = np.where(measured, truth, 0.5)
    noise = np.sqrt(np.clip(y * (1 - y), 0.02, None) / n_items)
    error: Floats = np.where(measured, scores - y, np.nan)
    return error, np.where(measured, noise, 0.0).sum(axis=0) / count


def _mean_size(error: Floats) -> Floats:
    # Mean absolute errors: (G, K, T) -> (G, T).
    known = np.isfinite(error)
    total = np.where(known, np.abs(error), 0.0).sum(axis=1)
    return np.asarray(total / np.maximum(known.sum(axis=1), 1))


def _inner_origins(flops: Floats) -> Iterator[tuple[Ints, Ints]]:
    # Rows of the evidence and of the held-out targets, the largest origin first.
    candidates: list[float] = []
    rung = rungs(flops)
    for cutoff in np.unique(flops)[::-1]:
        enough = rung[flops <= cutoff].max() + 1 >= FEWEST_MODELS
        beyond = (flops > INNER_GAP * cutoff).any()
        if enough and beyond and (not candidates or candidates[-1] >= INNER_GAP * cutoff):
            candidates.append(float(cutoff))
    nearest = np.array(candidates[:NEAREST_ORIGINS])
    for cutoff in nearest[_spread(len(nearest), INNER_ORIGINS)]:
        above = np.flatnonzero(flops > INNER_GAP * cutoff)
        above = above[np.argsort(flops[above], kind="stable")]
        yield np.flatnonzero(flops <= cutoff), above[_spread(len(above), INNER_TARGETS)]


def _spread(n: int, most: int) -> Ints:
    # Indices of at most so many of n, both ends among them.
    return np.linspace(0, n - 1, min(n, most)).round().astype(np.intp)
