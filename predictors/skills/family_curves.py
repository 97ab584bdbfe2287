"""What if benchmarks share no skills? One curve of compute for each, at a level for each family.

    score_mj = curve_j(lines_j . x_m + intercept_fj),  x = (1, log10 N D, centred), and, where base
               and instruct models are told apart, both again times the side of the kind

with intercepts drawn towards zero, fitted for all benchmarks at once by damped Gauss-Newton; the
intercepts of a benchmark meet only their own models, so they are eliminated.

Source: the baseline "family intercept and log FLOPs" of Maia Polo et al. (2024, 2412.06540).
Departures: families share what they know; floor, top and power of a curve are drawn towards a
    plain sigmoid; the loss is robust.

Letters: M models (sorted by family), T benchmarks, F families, L = 2 or 4 columns of x,
G = L + 3 parameters of a benchmark.
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
        lines: Level, slope (logits per decade), and how both differ by kind. Shape (T, L).
        shape: Floor and top as logits in their bands, log power. Shape (T, 3).
        intercept: Shape (F, T).
        chance: Shape (T,).
    """

    lines: Floats
    shape: Floats
    intercept: Floats
    chance: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePenalties:
    """What departures cost, in squared score errors for one unit of each.

    Attributes:
        intercept: Logits of a family away from the average one.
        slope: Logits per decade, away from 1.
        kind: What base and instruct models differ by, in level and in logits per decade.
        shape: Floor, top and log power away from a plain sigmoid.
        bend: Score error at which the loss turns from square to absolute.
    """

    intercept: float = 3e-3
    slope: float = 1e-3
    kind: float = 3e-2
    shape: tuple[float, float, float] = (1e-3, 0.1, 3e-4)
    bend: float = 0.1


def curves_at(curves: FamilyCurves, family: Ints, x: Floats) -> Floats:
    """Scores of N models; family -1 is an average one. Shape (N, T).

    Args:
        curves: Fitted to T benchmarks.
        family: Number of each model's family. Shape (N,).
        x: Shape (N, L).
    """
    return curve(_index(curves, family, x), curves.shape, curves.chance)[0]


def fit_family_curves(
    scores: Floats,
    chance: Floats,
    family: Ints,
    x: Floats,
    apart: Bools,
    penalties: CurvePenalties,
) -> FamilyCurves:
    """Fit all benchmarks.

    Args:
        scores: Fractions, NaN = missing; every column holds a score. Shape (M, T).
        chance: Shape (T,).
        family: Number of each model's family, rising. Shape (M,).
        x: Shape (M, L).
        apart: Benchmarks on which kinds differ. Shape (T,).
        penalties: See `CurvePenalties`.
    """
    evidence = _Evidence(scores, family, x, apart, penalties)
    curves = _first(scores, chance, int(family[-1]) + 1, x.shape[1])
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


def _first(scores: Floats, chance: Floats, n_families: int, n_columns: int) -> FamilyCurves:
    measured = np.isfinite(scores)
    mean = np.where(measured, scores, 0.0).sum(axis=0) / measured.sum(axis=0)
    lines = np.tile(_straight(n_columns), (len(chance), 1))
    lines[:, 0] = logit(np.clip((mean - chance) / (1 - chance), *SCORE_CLIP))
    return FamilyCurves(
        lines=lines,
        shape=np.tile(SHAPE, (len(chance), 1)),
        intercept=np.zeros((n_families, len(chance))),
        chance=chance,
    )


def _straight(n_columns: int) -> Floats:
    # One logit a decade, for both kinds alike.
    return np.array([0.0, 1.0, 0.0, 0.0])[:n_columns]


def _index(curves: FamilyCurves, family: Ints, x: Floats) -> Floats:
    own = np.where((family >= 0)[:, None], curves.intercept[family], 0.0)
    return np.asarray(x @ curves.lines.T + own)


def _where(better: Bools, new: FamilyCurves, old: FamilyCurves) -> FamilyCurves:
    return replace(
        new,
        lines=np.where(better[:, None], new.lines, old.lines),
        shape=np.where(better[:, None], new.shape, old.shape),
        intercept=np.where(better, new.intercept, old.intercept),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Evidence:
    scores: Floats
    family: Ints
    x: Floats
    apart: Bools
    penalties: CurvePenalties

    def cost(self, curves: FamilyCurves) -> Floats:
        fitted = curves_at(curves, self.family, self.x)
        error = np.abs(np.where(np.isfinite(self.scores), fitted - self.scores, 0.0))
        bend, stiffness = self.penalties.bend, self._stiffness()
        loss = np.where(error <= bend, 0.5 * error**2, bend * (error - 0.5 * bend)).sum(axis=0)
        loss = loss + 0.5 * self.penalties.intercept * (curves.intercept**2).sum(axis=0)
        return np.asarray(loss + 0.5 * (self._away(curves) ** 2) @ stiffness)

    def stepped(self, curves: FamilyCurves, damping: Floats) -> FamilyCurves:
        fitted, by_index, by_shape = curve(
            _index(curves, self.family, self.x), curves.shape, curves.chance
        )
        error = np.where(np.isfinite(self.scores), fitted - self.scores, 0.0)
        weight = np.isfinite(self.scores) * (
            self.penalties.bend / np.maximum(np.abs(error), self.penalties.bend)
        )
        lines = by_index[:, :, None] * self.x[:, None, :]
        lines[:, ~self.apart, 2:] = 0.0
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
            lines=curves.lines + step[:, : -len(SHAPE)],
            shape=np.clip(curves.shape + step[:, -len(SHAPE) :], SHAPE - 4, SHAPE + 8),
            intercept=curves.intercept - drawn / family.T - np.einsum("tfg,tg->ft", ratio, step),
        )

    def _stiffness(self) -> Floats:
        of_kind = [self.penalties.kind] * (self.x.shape[1] - 2)
        held = [1e-9, self.penalties.slope, *of_kind]
        return np.array([*held, *self.penalties.shape])

    def _away(self, curves: FamilyCurves) -> Floats:
        lines = curves.lines - _straight(curves.lines.shape[1])
        lines[:, 0] = 0.0
        return np.concatenate([lines, curves.shape - SHAPE], axis=1)
