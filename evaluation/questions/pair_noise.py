"""How far do differences of two recipes move from one scale to the next? From all pairs of a table.

    (d_l - d_k)^2  has mean  phi_t (binomial_k + binomial_l) + drift_t |log10 C_l - log10 C_k|

for the differences d of any two families at matched scales k < l. One or two recipes cannot tell
how much a benchmark moves by format rather than skill; all recipes of a table together can.

Source: variance components by Fisher's scoring (Searle, Casella & McCulloch 1992), as for a random
    walk observed with noise (structural time series; Harvey 1989).
Departures: the components of a benchmark are drawn towards those of all benchmarks.

Letters: P pairs of families, Q moves, T benchmarks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import Floats

ROUNDS = 20
PRIOR_MOVES = 4.0  # pseudo-moves of all benchmarks behind the components of each
PRIOR_PHI, PRIOR_DRIFT = 1.0, 0.02**2  # and behind those of all: two points in a decade
PRIOR_COMMON = 10.0
LEAST_PHI = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Differences:
    """Differences of two families at M matched scales, ordered by FLOPs.

    Attributes:
        difference: Shape (M, T); NaN = not measured on both.
        binomial: Variance if questions were drawn anew. Shape (M, T).
        log_flops: Shape (M,).
    """

    difference: Floats
    binomial: Floats
    log_flops: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairNoise:
    """What moves differences.

    Attributes:
        phi: Noise over the binomial one. Shape (T,).
        drift: Squared score per decade. Shape (T,).
        moves: Independent moves that tell, about. Shape (T,).
    """

    phi: Floats
    drift: Floats
    moves: Floats


def pair_noise(
    pairs: Sequence[Differences], n_families: int, *, prior_drift: float = PRIOR_DRIFT
) -> PairNoise:
    """Estimate both components of every benchmark.

    Args:
        pairs: Of all families that have matched scales; at least one.
        n_families: That they come from.
        prior_drift: Squared score per decade, where the pairs cannot tell.
    """
    square, binomial, gap, weight = (
        np.concatenate(p) for p in zip(*map(_moves, pairs), strict=True)
    )
    weight = weight * 2 / max(n_families, 2)  # F families make F - 1 independent pairs
    phi, drift = _components(square, binomial, gap, weight)
    everything = [part.reshape(-1, 1) for part in (square, binomial, gap, weight)]
    common_phi, common_drift = (part[0] for part in _components(*everything))
    moves = weight.sum(axis=0)
    told = moves.sum()
    common_phi = (told * common_phi + PRIOR_COMMON * PRIOR_PHI) / (told + PRIOR_COMMON)
    common_drift = (told * common_drift + PRIOR_COMMON * prior_drift) / (told + PRIOR_COMMON)
    share = moves / (moves + PRIOR_MOVES)
    return PairNoise(
        phi=np.maximum(share * phi + (1 - share) * common_phi, LEAST_PHI),
        drift=share * drift + (1 - share) * common_drift,
        moves=moves,
    )


def error_variance(noise: PairNoise, weights: Floats, pair: Differences, decades: float) -> Floats:
    """Variance of a weighted mean difference as a forecast of one measured beyond. Shape (T,).

    Args:
        noise: Of the table.
        weights: Of the M scales, summing to 1 over those measured. Shape (M, T).
        pair: The differences that were averaged.
        decades: From the largest of them to the target.
    """
    back = pair.log_flops[-1] - pair.log_flops + decades
    shared = np.minimum(back[:, None], back)  # of a walk that starts at the target
    walked = np.einsum("kt,kl,lt->t", weights, shared, weights)
    own = (weights**2 * np.where(weights > 0, pair.binomial, 0.0)).sum(axis=0)
    return np.asarray(noise.drift * walked + noise.phi * own)


def _moves(pair: Differences) -> tuple[Floats, Floats, Floats, Floats]:
    # All moves between two scales of a pair; M scales tell about M - 1 of them apart.
    earlier, later = np.triu_indices(len(pair.log_flops), k=1)
    square = (pair.difference[later] - pair.difference[earlier]) ** 2
    known = np.isfinite(square)
    binomial = pair.binomial[later] + pair.binomial[earlier]
    gap = np.maximum(pair.log_flops[later] - pair.log_flops[earlier], 1e-3)
    scales = np.maximum(np.isfinite(pair.difference).sum(axis=0), 1)
    return (
        np.where(known, square, 0.0),
        np.where(known, binomial, 1.0),
        np.where(known, gap[:, None], 1.0),
        known * (2 / scales),
    )


def _components(
    square: Floats, binomial: Floats, gap: Floats, weight: Floats
) -> tuple[Floats, Floats]:
    # Maximum likelihood for square = (phi binomial + drift gap) chi^2_1, column by column, by
    # Fisher's scoring: least squares weighted by 1 / expected^2. What would be negative is zero.
    drift = (weight * square).sum(axis=0) / np.maximum((weight * gap).sum(axis=0), 1e-12)
    phi = np.ones(square.shape[1])
    for _ in range(ROUNDS):
        known = weight / np.maximum(phi * binomial + drift * gap, 1e-12) ** 2
        bb, bg, gg, bq, gq = (
            (known * one * other).sum(axis=0)
            for one, other in (
                (binomial, binomial),
                (binomial, gap),
                (gap, gap),
                (binomial, square),
                (gap, square),
            )
        )
        bb, gg = np.maximum(bb, 1e-300), np.maximum(gg, 1e-300)
        apart = np.maximum(np.maximum(bb * gg - bg**2, 1e-9 * bb * gg), 1e-300)
        phi, drift = (bq * gg - gq * bg) / apart, (gq * bb - bq * bg) / apart
        phi, drift = (
            np.where(drift < 0, bq / bb, np.maximum(phi, 0.0)),
            np.where(phi < 0, gq / gg, np.maximum(drift, 0.0)),
        )
    return phi, drift
