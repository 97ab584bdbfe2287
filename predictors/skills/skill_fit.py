"""How are skills, their growth and all curves fitted together? Gauss-Newton on an arrow.

    score_mj = floor_j + (top_j - floor_j) * sigmoid(loading_j . theta_m + level_j) ** power_j
    theta_m = intercept_family(m) + slope' z_m,  z = (log N, log D, log N log D), standardised

Minimises a robust sum over cells plus quadratic penalties (family intercepts around zero, loadings,
slopes, and the shape of the curves around a plain sigmoid). A family's intercept meets only its own
models, so intercepts are eliminated block by block and the rest is one small dense system.

Source: the model of Maia Polo et al. (2024, Sloth, 2412.06540); Levenberg-Marquardt with Schur
    complement as in bundle adjustment (Triggs et al. 1999); robust weights by reweighting.

Letters: M models (sorted by family), T benchmarks, F families, d skills, S = 3 shape parameters,
q = d + 1 + S parameters of a benchmark, G = T q + 3 d global parameters.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit

from scalepredict.predictors.limits import SCORE_CLIP
from scalepredict.records.table import Bools, Floats, Ints

MAX_STEPS, TOLERANCE = 60, 1e-5
BAND = 0.2  # a floor is at most this far above chance, a top this far below 1
SHAPE = np.array([-3.0, -5.0, 0.0])  # floor, top (logits in their bands), log power: a sigmoid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkillData:
    """Evidence, sorted by family.

    Attributes:
        scores: Fractions, NaN = missing. Shape (M, T).
        chance: Shape (T,).
        scale: z of each model, standardised. Shape (M, 3).
        family: Number of each model's family, rising. Shape (M,).
    """

    scores: Floats
    chance: Floats
    scale: Floats
    family: Ints

    @property
    def measured(self) -> Bools:
        """Which cells hold a score. Shape (M, T)."""
        return np.isfinite(self.scores)


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalties:
    """What departures cost, in squared score errors for one unit of each.

    Attributes:
        intercept: Skill of a family away from the average family.
        loading: Loading of a benchmark on a skill.
        slope: Growth of a skill with one standard deviation of z.
        shape: Floor, top and log power away from SHAPE; infinite = held.
        bend: Score error at which the loss turns from square to absolute.
    """

    intercept: float = 1e-2
    loading: float = 3e-3
    slope: float = 1e-4
    shape: tuple[float, float, float] = (1e-3, 0.1, 3e-4)
    bend: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Skills:
    """Fitted parameters.

    Attributes:
        loading: Shape (T, d).
        level: Shape (T,).
        shape: Floor and top as logits in their bands, log power. Shape (T, S).
        slope: Growth of each skill with z. Shape (3, d).
        intercept: Shape (F, d).
        chance: Shape (T,).
    """

    loading: Floats
    level: Floats
    shape: Floats
    slope: Floats
    intercept: Floats
    chance: Floats


def skill_curve(skills: Skills, theta: Floats) -> Floats:
    """Scores at skills; shapes (..., d) -> (..., T)."""
    index = theta @ skills.loading.T + skills.level
    return _curve(index, skills.shape, skills.chance)[0]


def fit_skills(
    data: SkillData, n_skills: int, penalties: Penalties, *, tolerance: float = TOLERANCE
) -> Skills:
    """Fit all parameters at once.

    Args:
        data: Evidence; every row and column holds a score.
        n_skills: d.
        penalties: See `Penalties`.
        tolerance: Relative gain of a step below which the fit is done.
    """
    skills = first_skills(data, n_skills)
    firsts = np.flatnonzero(np.diff(data.family, prepend=-1))
    damping = 1e-2
    cost = _cost(data, skills, penalties)
    for _ in range(MAX_STEPS):
        system = normal_equations(data, skills, penalties, firsts)
        gained = 0.0
        for _ in range(8):
            trial = _moved(skills, *_solve(system, damping))
            new = _cost(data, trial, penalties)
            gained = cost - new
            if gained > 0:
                skills, cost, damping = trial, new, max(damping / 5, 1e-7)
                break
            damping *= 5
        if gained <= tolerance * cost:
            break
    return skills


def first_skills(data: SkillData, n_skills: int) -> Skills:
    """A start: principal components of the logits, regressed on z and family."""
    measured = data.measured
    share = np.where(measured, (data.scores - data.chance) / (1 - data.chance), 0.5)
    index = logit(np.clip(share, *SCORE_CLIP))
    level = np.where(measured, index, 0).sum(axis=0) / measured.sum(axis=0)
    centred = np.where(measured, index - level, 0.0)
    for _ in range(20):
        left, size, axes = np.linalg.svd(centred, full_matrices=False)
        low_rank = (left[:, :n_skills] * size[:n_skills]) @ axes[:n_skills]
        centred = np.where(measured, index - level, low_rank)
    unit = size[0] / np.sqrt(len(centred))
    theta = left[:, :n_skills] * size[:n_skills] / unit
    n_families = int(data.family[-1]) + 1
    firsts = np.flatnonzero(np.diff(data.family, prepend=-1))
    models = np.bincount(data.family)[:, None] + 0.3  # a family of few models is drawn to zero
    slope = np.zeros((3, n_skills))
    intercept = np.zeros((n_families, n_skills))
    for _ in range(20):
        rest = theta - data.scale @ slope
        intercept = np.add.reduceat(rest, firsts, axis=0) / models
        square = data.scale.T @ data.scale + 1e-3 * np.eye(3)
        slope = np.linalg.solve(square, data.scale.T @ (theta - intercept[data.family]))
    return Skills(
        loading=axes[:n_skills].T * unit,
        level=level,
        shape=np.tile(SHAPE, (len(level), 1)),
        slope=slope,
        intercept=intercept,
        chance=data.chance,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrow:
    """Gradient and curvature; g = global (benchmarks, then slopes), f = one family's intercept.

    Attributes:
        gradient: Shape (G,).
        family_gradient: Shape (F, d).
        curvature: Shape (G, G).
        cross: Shape (F, G, d).
        family_curvature: Shape (F, d, d).
    """

    gradient: Floats
    family_gradient: Floats
    curvature: Floats
    cross: Floats
    family_curvature: Floats


def normal_equations(data: SkillData, skills: Skills, penalties: Penalties, firsts: Ints) -> Arrow:
    """Gauss-Newton equations at ``skills``; ``firsts`` is the first row of each family."""
    d = skills.loading.shape[1]
    theta = skills.intercept[data.family] + data.scale @ skills.slope
    curve, slope, by_shape = _curve(
        theta @ skills.loading.T + skills.level, skills.shape, skills.chance
    )
    error = np.where(data.measured, curve - data.scores, 0.0)
    weight = data.measured * _weight(error, penalties.bend)
    ones = np.ones((len(theta), 1))
    by_unit = np.concatenate(
        [slope[:, :, None] * np.concatenate([theta, ones], axis=1)[:, None, :], by_shape], axis=2
    )
    by_skill = slope[:, :, None] * skills.loading
    pull = weight * error
    own = np.einsum("mt,mtp,mtr->tpr", weight, by_unit, by_unit, optimize=True)
    weighted = weight[:, :, None] * by_skill
    mixed = by_unit[:, :, :, None] * weighted[:, :, None, :]
    person = np.einsum("mta,mtb->mab", weighted, by_skill)
    person_pull = np.einsum("mt,mta->ma", pull, by_skill)
    gradient = np.concatenate(
        [
            np.einsum("mt,mtq->tq", pull, by_unit).reshape(-1),
            (data.scale.T @ person_pull).reshape(-1),
        ]
    )
    family_gradient = np.add.reduceat(person_pull, firsts, axis=0)
    stiffness, departure = _penalised(skills, penalties)
    curvature = _global_curvature(own, mixed, person, data.scale)
    curvature[np.diag_indices_from(curvature)] += stiffness
    return Arrow(
        gradient=gradient + stiffness * departure,
        family_gradient=family_gradient + penalties.intercept * skills.intercept,
        curvature=curvature,
        cross=_cross_curvature(mixed, person, data.scale, firsts),
        family_curvature=np.add.reduceat(person, firsts, axis=0) + penalties.intercept * np.eye(d),
    )


def _global_curvature(own: Floats, mixed: Floats, person: Floats, scale: Floats) -> Floats:
    # Blocks of benchmarks (T, q, q) on the diagonal, then slopes; (G, G).
    (n_units, q, _), d = own.shape, person.shape[1]
    edge = n_units * q
    curvature = np.zeros((edge + 3 * d, edge + 3 * d))
    block = np.arange(edge).reshape(n_units, q)
    curvature[block[:, :, None], block[:, None, :]] = own
    across = np.einsum("mi,mtqa->tqia", scale, mixed, optimize=True).reshape(edge, 3 * d)
    curvature[:edge, edge:], curvature[edge:, :edge] = across, across.T
    square = np.einsum("mi,mj,mab->iajb", scale, scale, person, optimize=True)
    curvature[edge:, edge:] = square.reshape(3 * d, 3 * d)
    return curvature


def _cross_curvature(mixed: Floats, person: Floats, scale: Floats, firsts: Ints) -> Floats:
    # What each family's intercept shares with benchmarks, then with slopes; (F, G, d).
    outer = scale[:, :, None, None] * person[:, None]
    shape = len(firsts), -1, person.shape[1]
    of_units, of_slopes = (np.add.reduceat(part, firsts, axis=0) for part in (mixed, outer))
    return np.concatenate([of_units.reshape(shape), of_slopes.reshape(shape)], axis=1)


def _solve(system: Arrow, damping: float) -> tuple[Floats, Floats]:
    n_global, d = len(system.gradient), system.family_gradient.shape[1]
    family = system.family_curvature + damping * (
        np.eye(d) * np.diagonal(system.family_curvature, axis1=1, axis2=2)[:, :, None]
    )
    ratio = np.linalg.solve(family, system.cross.swapaxes(1, 2))
    schur = system.curvature + damping * np.diag(np.diag(system.curvature))
    schur = schur - np.tensordot(system.cross, ratio, axes=([0, 2], [0, 1]))
    own = np.linalg.solve(family, system.family_gradient[:, :, None])[:, :, 0]
    right = system.gradient - np.tensordot(system.cross, own, axes=([0, 2], [0, 1]))
    # The rotation of the skills is free but for the penalties: a trace of ridge keeps it solvable.
    step = -np.linalg.solve(schur + 1e-9 * np.trace(schur) / n_global * np.eye(n_global), right)
    return step, -own - ratio @ step


def _moved(skills: Skills, step: Floats, family_step: Floats) -> Skills:
    n_units, d = skills.loading.shape
    units = step[: n_units * (d + 1 + 3)].reshape(n_units, -1)
    return replace(
        skills,
        loading=skills.loading + units[:, :d],
        level=skills.level + units[:, d],
        shape=np.clip(skills.shape + units[:, d + 1 :], SHAPE - 4, SHAPE + 8),
        slope=skills.slope + step[n_units * (d + 1 + 3) :].reshape(3, d),
        intercept=skills.intercept + family_step,
    )


def _penalised(skills: Skills, penalties: Penalties) -> tuple[Floats, Floats]:
    n_units, d = skills.loading.shape
    shape = np.array([min(cost, 1e6) for cost in penalties.shape])
    units = np.concatenate([np.full(d, penalties.loading), [0.0], shape])
    away = np.concatenate([skills.loading, np.zeros((n_units, 1)), skills.shape - SHAPE], axis=1)
    stiffness = np.concatenate([np.tile(units, n_units), np.full(3 * d, penalties.slope)])
    return stiffness, np.concatenate([away.reshape(-1), skills.slope.reshape(-1)])


def _cost(data: SkillData, skills: Skills, penalties: Penalties) -> float:
    theta = skills.intercept[data.family] + data.scale @ skills.slope
    curve = skill_curve(skills, theta)
    error = np.abs(np.where(data.measured, curve - data.scores, 0.0))
    bend = penalties.bend
    loss = np.where(error <= bend, 0.5 * error**2, bend * (error - 0.5 * bend))
    stiffness, departure = _penalised(skills, penalties)
    cost = loss.sum() + 0.5 * (stiffness * departure**2).sum()
    return float(cost + 0.5 * penalties.intercept * (skills.intercept**2).sum())


def _weight(error: Floats, bend: float) -> Floats:
    return bend / np.maximum(np.abs(error), bend)


def _curve(index: Floats, shape: Floats, chance: Floats) -> tuple[Floats, Floats, Floats]:
    # The curve, its derivative by the index, and by the shape parameters (..., T, S).
    room = (1 - chance) * BAND
    inside = expit(shape[:, :2])
    floor, top = chance + room * inside[:, 0], 1 - room * inside[:, 1]
    power = np.exp(shape[:, 2])
    share = np.maximum(expit(index), 1e-12)
    risen = share**power
    height = top - floor
    by_band = room[:, None] * inside * (1 - inside)
    by_shape = np.stack(
        [
            (1 - risen) * by_band[:, 0],
            -risen * by_band[:, 1],
            height * risen * power * np.log(share),
        ],
        axis=-1,
    )
    return floor + height * risen, height * power * risen * (1 - share), by_shape
