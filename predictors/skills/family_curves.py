"""What if benchmarks share no skills? One curve of compute for each, at a level for each family.

    score_mj = curve_j(level_j + slope_j x_m + intercept_fj),  x = log10 N D, centred

with intercepts drawn towards zero, fitted for all benchmarks at once by damped Gauss-Newton; the
intercepts of a benchmark meet only their own models, so they are eliminated.

Source: the baseline "family intercept and log FLOPs" of Maia Polo et al. (2024, 2412.06540).
Departures: families share what they know; floor, top and power of a curve are drawn towards a
    plain sigmoid; the loss is robust.

Letters: M models (sorted by family), T benchmarks, F families, G = 5 parameters of a benchmark.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logit

from scalepredict.predictors.limits import SCORE_CLIP
from scalepredict.predictors.skills.skill_curves import SHAPE, curve
from scalepredict.records.table import Bools, Floats, Ints

MAX_STEPS, TOLERANCE = 40, 1e-5
MOST_DAMPING = 1e6
RIDGE = 1e-9  # of the mean curvature: models that all sit at a floor tell nothing of its level


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FamilyCurves:
    """Fitted parameters.

    Attributes:
        level: Shape (T,).
        slope: Logits per decade. Shape (T,).
        shape: Floor and top as logits in their bands, log power. Shape (T, 3).
        intercept: Shape (F, T).
        chance: Shape (T,).
    """

    level: Floats
    slope: Floats
    shape: Floats
    intercept: Floats
    chance: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePenalties:
    """What departures cost, in squared score errors for one unit of each.

    Attributes:
        intercept: Logits of a family away from the average one.
        slope: Logits per decade, away from 1.
        shape: Floor, top and log power away from a plain sigmoid.
        bend: Score error at which the loss turns from square to absolute.
    """

    intercept: float = 3e-3
    slope: float = 1e-3
    shape: tuple[float, float, float] = (1e-3, 0.1, 3e-4)
    bend: float = 0.1


def curves_at(curves: FamilyCurves, family: Ints, decades: Floats) -> Floats:
    """Scores of N models; family -1 is an average one. Shape (N, T).

    Args:
        curves: Fitted to T benchmarks.
        family: Number of each model's family. Shape (N,).
        decades: x of each. Shape (N,).
    """
    return curve(_index(curves, family, decades), curves.shape, curves.chance)[0]


def fit_family_curves(
    scores: Floats,
    chance: Floats,
    family: Ints,
    decades: Floats,
    penalties: CurvePenalties,
) -> FamilyCurves:
    """Fit all benchmarks.

    Args:
        scores: Fractions, NaN = missing; every column holds a score. Shape (M, T).
        chance: Shape (T,).
        family: Number of each model's family, rising. Shape (M,).
        decades: x of each model. Shape (M,).
        penalties: See `CurvePenalties`.
    """
    evidence = _Evidence(scores=scores, family=family, decades=decades, penalties=penalties)
    curves = _first(scores, chance, int(family[-1]) + 1)
    cost = evidence.cost(curves)
    damping = np.full(len(chance), 1e-2)
    for _ in range(MAX_STEPS):
        trial = evidence.stepped(curves, damping)
        new = evidence.cost(trial)
        better = new < cost
        curves = _where(better, trial, curves)
        settled = np.abs(cost - new) <= TOLERANCE * cost
        cost = np.where(better, new, cost)
        damping = np.where(better, np.maximum(damping / 5, 1e-7), damping * 5)
        if np.all(settled | (damping > MOST_DAMPING)):
            break
    return curves


def _first(scores: Floats, chance: Floats, n_families: int) -> FamilyCurves:
    measured = np.isfinite(scores)
    mean = np.where(measured, scores, 0.0).sum(axis=0) / measured.sum(axis=0)
    return FamilyCurves(
        level=logit(np.clip((mean - chance) / (1 - chance), *SCORE_CLIP)),
        slope=np.ones(len(chance)),
        shape=np.tile(SHAPE, (len(chance), 1)),
        intercept=np.zeros((n_families, len(chance))),
        chance=chance,
    )


def _index(curves: FamilyCurves, family: Ints, decades: Floats) -> Floats:
    own = np.where((family >= 0)[:, None], curves.intercept[family], 0.0)
    return np.asarray(curves.level + decades[:, None] * curves.slope + own)


def _where(better: Bools, new: FamilyCurves, old: FamilyCurves) -> FamilyCurves:
    return replace(
        new,
        level=np.where(better, new.level, old.level),
        slope=np.where(better, new.slope, old.slope),
        shape=np.where(better[:, None], new.shape, old.shape),
        intercept=np.where(better, new.intercept, old.intercept),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Evidence:
    scores: Floats
    family: Ints
    decades: Floats
    penalties: CurvePenalties

    def cost(self, curves: FamilyCurves) -> Floats:
        fitted = curves_at(curves, self.family, self.decades)
        error = np.abs(np.where(np.isfinite(self.scores), fitted - self.scores, 0.0))
        bend, stiffness = self.penalties.bend, self._stiffness()
        loss = np.where(error <= bend, 0.5 * error**2, bend * (error - 0.5 * bend)).sum(axis=0)
        loss = loss + 0.5 * self.penalties.intercept * (curves.intercept**2).sum(axis=0)
        return np.asarray(loss + 0.5 * (self._away(curves) ** 2) @ stiffness)

    def stepped(self, curves: FamilyCurves, damping: Floats) -> FamilyCurves:
        fitted, by_index, by_shape = curve(
            _index(curves, self.family, self.decades), curves.shape, curves.chance
        )
        error = np.where(np.isfinite(self.scores), fitted - self.scores, 0.0)
        weight = np.isfinite(self.scores) * (
            self.penalties.bend / np.maximum(np.abs(error), self.penalties.bend)
        )
        lines = (
            by_index[:, :, None]
            * np.stack([np.ones_like(self.decades), self.decades], axis=1)[:, None, :]
        )
        by_unit = np.concatenate([lines, by_shape], axis=2).swapaxes(0, 1)  # (T, M, G)
        weighted = (by_unit * weight.T[:, :, None]).swapaxes(1, 2)
        firsts = np.flatnonzero(np.diff(self.family, prepend=-1))
        stiffness = self._stiffness()
        own = weighted @ by_unit + np.diag(stiffness)
        pull = (weighted @ error.T[:, :, None])[:, :, 0] + stiffness * self._away(curves)
        cross = np.add.reduceat(weighted.swapaxes(1, 2) * by_index.T[:, :, None], firsts, axis=1)
        held = self.penalties.intercept
        family = np.add.reduceat(weight * by_index**2, firsts, axis=0).T + held  # (T, F)
        family = family * (1 + damping[:, None])
        drawn = np.add.reduceat(weight * error * by_index, firsts, axis=0) + held * curves.intercept
        own = own * (1 + damping[:, None, None] * np.eye(own.shape[1]))
        ratio = cross / family[:, :, None]
        schur = own - cross.swapaxes(1, 2) @ ratio
        right = pull - (ratio * drawn.T[:, :, None]).sum(axis=1)
        size = own.shape[1]
        trace = np.trace(schur, axis1=1, axis2=2)[:, None, None] / size
        ridge = (RIDGE * np.maximum(trace, RIDGE)) * np.eye(size)
        step = -np.linalg.solve(schur + ridge, right[:, :, None])[:, :, 0]
        return replace(
            curves,
            level=curves.level + step[:, 0],
            slope=curves.slope + step[:, 1],
            shape=np.clip(curves.shape + step[:, 2:], SHAPE - 4, SHAPE + 8),
            intercept=curves.intercept - drawn / family.T - np.einsum("tfg,tg->ft", ratio, step),
        )

    def _stiffness(self) -> Floats:
        return np.array([1e-9, self.penalties.slope, *self.penalties.shape])

    def _away(self, curves: FamilyCurves) -> Floats:
        line = np.stack([np.zeros_like(curves.level), curves.slope - 1], axis=1)
        return np.concatenate([line, curves.shape - SHAPE], axis=1)
