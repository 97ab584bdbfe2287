"""What would a model card say where it is empty? Low-rank completion of a table of scores.

    z_mj = centre + level_m + level_j + theta_m . loading_j,  z = standardised logit of the score

for ranks 1, 2 and 3, whose average is the forecast. It needs no standard set of benchmarks, and
forecasts every benchmark that some model was measured on.

Source: the completion of BenchPress (2026, arXiv 2606.24020): ridge, by alternating least squares.
Departures: three ranks are averaged, each started from principal components instead of ten random
    starts of rank 2; a cell is forecast without its own score in closed form.
Fails when: scores are missing because they would be low.

Letters: M models, N targets, T benchmarks, r rank.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from scalepredict.records.table import Floats

RANKS = (1, 2, 3)
CLIP = (0.005, 0.995)  # scores of 0 and 1 have no logit
RIDGE = 0.1  # squared standard deviations of a benchmark that a coefficient of 1 costs
MAX_SWEEPS, TOLERANCE = 40, 1e-3  # change of a completed cell, in standard deviations


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LowRank:
    """A fitted completion of one rank; shapes (T,) and (T, r)."""

    centre: float
    level: Floats
    loading: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Completion:
    """Completions of several ranks.

    Attributes:
        mean: Of the logits of each benchmark; NaN = never measured. Shape (T,).
        size: Their standard deviation. Shape (T,).
        ranks: One for each rank.
    """

    mean: Floats
    size: Floats
    ranks: tuple[LowRank, ...]


def fit_completion(scores: Floats) -> Completion:
    """Fit all ranks.

    Args:
        scores: Fractions, NaN = missing. Shape (M, T).
    """
    logits = logit(np.clip(scores, *CLIP))
    measured = np.isfinite(logits)
    count = measured.sum(axis=0)
    some = np.maximum(count, 1)
    mean = np.where(measured, logits, 0.0).sum(axis=0) / some
    size = np.sqrt((np.where(measured, logits - mean, 0.0) ** 2).sum(axis=0) / some)
    size = np.where(size > 1e-6, size, 1.0)
    table = np.where(measured, (logits - mean) / size, 0.0)
    used = measured.astype(float)
    ranks = [rank for rank in RANKS if rank < min(table.shape)] or [1]
    return Completion(
        mean=np.where(count > 0, mean, np.nan),
        size=size,
        ranks=tuple(_alternating(table, used, rank) for rank in ranks),
    )


def complete(completion: Completion, scores: Floats) -> tuple[Floats, Floats]:
    """Scores of N targets on all benchmarks, each without its own known score.

    A target without any known score is an average model; a benchmark that was never measured is
    NaN.

    Args:
        completion: Fitted to other models, or to these.
        scores: Known scores, NaN = unknown. Shape (N, T).

    Returns:
        The scores, and how uncertain the few known ones leave them: standard deviation over that
        of a model known on every benchmark. Two of shape (N, T).
    """
    logits = (logit(np.clip(scores, *CLIP)) - completion.mean) / completion.size
    used = np.isfinite(logits).astype(float)
    table = np.where(used > 0, logits, 0.0)
    average, doubt = np.mean([_rows(rank, table, used) for rank in completion.ranks], axis=0)
    return expit(completion.mean + completion.size * average), np.sqrt(1 + doubt)


def _alternating(table: Floats, used: Floats, rank: int) -> LowRank:
    # Per model on [1, loading], per benchmark on [1, theta]; the centre is the mean residual.
    n_models, n_units = table.shape
    own = table.sum(axis=1) / (used.sum(axis=1) + 1)
    _, size, axes = np.linalg.svd(used * (table - own[:, None]), full_matrices=False)
    level, loading, centre = np.zeros(n_units), axes[:rank].T * np.sqrt(size[:rank]), 0.0
    before = np.zeros_like(table)
    for _ in range(MAX_SWEEPS):
        design = np.concatenate([np.ones((n_units, 1)), loading], axis=1)
        of_model = _ridge(used, design, used * (table - centre - level))
        rows = np.concatenate([np.ones((n_models, 1)), of_model[:, 1:]], axis=1)
        of_unit = _ridge(used.T, rows, (used * (table - centre - of_model[:, :1])).T)
        level, loading = of_unit[:, 0], of_unit[:, 1:]
        there = of_model[:, :1] + level + of_model[:, 1:] @ loading.T
        centre = float((used * (table - there)).sum() / max(used.sum(), 1.0))
        moved = float(np.max(np.abs(there - before), initial=0.0))
        before = there
        if moved < TOLERANCE:
            break
    return LowRank(centre=centre, level=level, loading=loading)


def _ridge(used: Floats, design: Floats, pull: Floats) -> Floats:
    # Ridge regressions of the rows of (n, m) on a design (m, p), over the cells that are used.
    p = design.shape[1]
    outer = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    square = (used @ outer).reshape(len(used), p, p) + RIDGE * np.eye(p)
    return np.asarray(np.linalg.solve(square, (pull @ design)[:, :, None])[:, :, 0])


def _rows(rank: LowRank, table: Floats, used: Floats) -> tuple[Floats, Floats]:
    # Standardised logits of N targets, and their variance over the noise's. Leaving a cell out of
    # a ridge has a closed form.
    design = np.concatenate([np.ones((table.shape[1], 1)), rank.loading], axis=1)
    pull = used * (table - rank.centre - rank.level)
    p = design.shape[1]
    outer = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    inverse = np.linalg.inv((used @ outer).reshape(len(used), p, p) + RIDGE * np.eye(p))
    spread = design @ inverse  # (N, T, p)
    fitted = np.einsum("ntp,np->nt", spread, pull @ design)
    doubt = np.einsum("ntp,tp->nt", spread, design)
    leverage = used * doubt
    points = rank.centre + rank.level + (fitted - leverage * pull) / (1 - leverage)
    return points, doubt / (1 - leverage)
