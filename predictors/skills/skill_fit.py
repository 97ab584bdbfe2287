"""How are skills, their growth and all curves fitted together? Gauss-Newton on an arrow.

    score_mj = curve_j(loading_j . theta_m + level_j), see skill_curves.py
    theta_m = intercept_family(m) + slope' z_m,  z = (log N, log D, log N log D), standardised,
              and, where base and instruct models are told apart, their side and side times scale

Minimises a robust sum over cells plus quadratic penalties (family intercepts around zero, loadings,
slopes, and the shape of the curves around a plain sigmoid). A learned link continues from the fit
with sigmoids: its weights are further parameters of each benchmark.

Source: the model of Maia Polo et al. (2024, Sloth, 2412.06540); Levenberg-Marquardt with robust
    weights by reweighting.

Letters: M models (sorted by family), T benchmarks, F families, d skills, S shape parameters,
H = 0 or 2 columns of kind, q = d + 1 + H + S parameters of a benchmark.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logit

from scalepredict.predictors.limits import SCORE_CLIP
from scalepredict.predictors.skills.skill_arrow import Arrow, Steps
from scalepredict.predictors.skills.skill_curves import (
    MOST_WEIGHT,
    N_SPLINES,
    SHAPE,
    curve,
    link_roughness,
)
from scalepredict.records.table import Bools, Floats, Ints

MAX_STEPS, TOLERANCE = 60, 1e-4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkillData:
    """Evidence, sorted by family.

    Attributes:
        scores: Fractions, NaN = missing. Shape (M, T).
        chance: Shape (T,).
        scale: z of each model, standardised. Shape (M, 3).
        family: Number of each model's family, rising. Shape (M,).
        lines: What curves without shared skills are linear in, kind last. Shape (M, 2 + H).
        apart: Benchmarks on which kinds differ. Shape (T,).
    """

    scores: Floats
    chance: Floats
    scale: Floats
    family: Ints
    lines: Floats
    apart: Bools

    @property
    def kind(self) -> Floats:
        """Side of each model's kind, and that times its log N D. Shape (M, H)."""
        return self.lines[:, 2:]

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
        kind: What base and instruct models differ by on a benchmark, in logits and per decade.
        shape: Floor, top and log power away from SHAPE; infinite = held.
        link: Second differences of the log weights of a learned link; infinite = none is learned.
        bend: Score error at which the loss turns from square to absolute.
    """

    intercept: float = 1e-1
    loading: float = 3e-3
    slope: float = 1e-4
    kind: float = 3e-2
    shape: tuple[float, float, float] = (1e-3, 0.1, 3e-4)
    link: float = 1e-4
    bend: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Skills:
    """Fitted parameters.

    Attributes:
        loading: Shape (T, d).
        level: Shape (T,).
        shape: Of the curves, see ``skill_curves.curve``. Shape (T, S).
        slope: Growth of each skill with z. Shape (3, d).
        intercept: Shape (F, d).
        chance: Shape (T,).
        tilt: What the kind of a model adds; None = nothing. Shape (T, H).
    """

    loading: Floats
    level: Floats
    shape: Floats
    slope: Floats
    intercept: Floats
    chance: Floats
    tilt: Floats | None = None

    def index(self, theta: Floats, kind: Floats) -> Floats:
        """What curves are read at; shapes (..., d), (..., H) -> (..., T)."""
        index = theta @ self.loading.T + self.level
        return index if self.tilt is None else index + kind @ self.tilt.T


def skill_curve(skills: Skills, theta: Floats, kind: Floats) -> Floats:
    """Scores at skills, of models of a kind; shapes (..., d), (..., H) -> (..., T)."""
    return curve(skills.index(theta, kind), skills.shape, skills.chance)[0]


def fit_skills(
    data: SkillData, n_skills: int, penalties: Penalties, *, tolerance: float = TOLERANCE
) -> Skills:
    """Fit all parameters at once, with sigmoids to a power.

    Args:
        data: Evidence; every row and column holds a score.
        n_skills: d.
        penalties: See `Penalties`.
        tolerance: Relative gain of a step below which the fit is done.
    """
    return _descend(data, first_skills(data, n_skills), penalties, tolerance)


def fit_link(
    data: SkillData, skills: Skills, penalties: Penalties, *, tolerance: float = TOLERANCE
) -> Skills:
    """Continue from a fit with sigmoids: every benchmark learns a monotone link of its own."""
    straight = np.zeros((len(skills.level), N_SPLINES))
    start = replace(skills, shape=np.concatenate([skills.shape, straight], axis=1))
    return _descend(data, start, penalties, tolerance)


def _descend(data: SkillData, skills: Skills, penalties: Penalties, tolerance: float) -> Skills:
    firsts = np.flatnonzero(np.diff(data.family, prepend=-1))
    damping = 1e-2
    cost = _cost(data, skills, penalties)
    for _ in range(MAX_STEPS):
        system = normal_equations(data, skills, penalties, firsts)
        gained = 0.0
        for _ in range(8):
            trial = _moved(skills, system.step(damping))
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
        tilt=np.zeros((len(level), data.kind.shape[1])),
    )


def normal_equations(data: SkillData, skills: Skills, penalties: Penalties, firsts: Ints) -> Arrow:
    """Gauss-Newton equations at ``skills``; ``firsts`` is the first row of each family."""
    d = skills.loading.shape[1]
    theta = skills.intercept[data.family] + data.scale @ skills.slope
    fitted, slope, by_shape = curve(skills.index(theta, data.kind), skills.shape, skills.chance)
    error = np.where(data.measured, fitted - data.scores, 0.0)
    weight = data.measured * _weight(error, penalties.bend)
    linear = np.concatenate([theta, np.ones((len(theta), 1)), data.kind], axis=1)
    by_unit = np.concatenate([slope[:, :, None] * linear[:, None, :], by_shape], axis=2)
    by_unit[:, ~data.apart, d + 1 : d + 1 + data.kind.shape[1]] = 0.0
    by_skill = slope[:, :, None] * skills.loading
    pull = weight * error
    weighted = weight[:, :, None] * by_skill
    mixed = by_unit[:, :, :, None] * weighted[:, :, None, :]
    person = weighted.swapaxes(1, 2) @ by_skill
    person_pull = np.einsum("mt,mta->ma", pull, by_skill)
    stiffness, departure = _penalised(skills, penalties)
    by_benchmark = by_unit.swapaxes(0, 1)
    own = (by_benchmark * weight.T[:, :, None]).swapaxes(1, 2) @ by_benchmark
    pushed = np.einsum("mt,mtq->tq", pull, by_unit) + departure @ stiffness
    n_units, q = pushed.shape
    outer = data.scale[:, :, None, None] * person[:, None]  # (M, 3, d, d)
    across = data.scale.T @ mixed.reshape(len(theta), -1)
    square = data.scale.T @ outer.reshape(len(theta), -1)  # (3, 3 d d): slopes i, j, skills a, b
    return Arrow(
        gradient=Steps(
            unit=pushed,
            family=np.add.reduceat(person_pull, firsts, axis=0)
            + penalties.intercept * skills.intercept,
            slope=data.scale.T @ person_pull + penalties.slope * skills.slope,
        ),
        unit=own + stiffness,
        family=np.add.reduceat(person, firsts, axis=0) + penalties.intercept * np.eye(d),
        slope=square.reshape(3, 3, d, d).transpose(0, 2, 1, 3).reshape(3 * d, 3 * d)
        + penalties.slope * np.eye(3 * d),
        family_unit=np.add.reduceat(mixed, firsts, axis=0),
        unit_slope=across.reshape(3, n_units, q, d).transpose(1, 2, 0, 3).reshape(n_units, q, -1),
        family_slope=np.add.reduceat(outer, firsts, axis=0)
        .transpose(0, 2, 1, 3)
        .reshape(len(firsts), d, 3 * d),
    )


def _moved(skills: Skills, step: Steps) -> Skills:
    d, tilt = skills.loading.shape[1], _tilt(skills)
    first = d + 1 + tilt.shape[1]
    shape = skills.shape + step.unit[:, first:]
    shape[:, :3] = np.clip(shape[:, :3], SHAPE - 4, SHAPE + 8)
    shape[:, 3:] = np.clip(shape[:, 3:], -MOST_WEIGHT, MOST_WEIGHT)
    return replace(
        skills,
        loading=skills.loading + step.unit[:, :d],
        level=skills.level + step.unit[:, d],
        tilt=tilt + step.unit[:, d + 1 : first],
        shape=shape,
        slope=skills.slope + step.slope,
        intercept=skills.intercept + step.family,
    )


def _penalised(skills: Skills, penalties: Penalties) -> tuple[Floats, Floats]:
    # What departures of a benchmark cost (q, q), and the departures (T, q).
    n_units, d = skills.loading.shape
    tilt, away = _tilt(skills), skills.shape[:, :3] - SHAPE
    shape = [min(cost, 1e6) for cost in penalties.shape]
    diagonal = [*[penalties.loading] * d, 0.0, *[penalties.kind] * tilt.shape[1], *shape]
    first = len(diagonal)
    stiffness = np.zeros((first + skills.shape.shape[1] - 3,) * 2)
    stiffness[np.arange(first), np.arange(first)] = diagonal
    if skills.shape.shape[1] > 3:
        stiffness[first:, first:] = penalties.link * link_roughness()
    departures = [skills.loading, np.zeros((n_units, 1)), tilt, away, skills.shape[:, 3:]]
    return stiffness, np.concatenate(departures, axis=1)


def _tilt(skills: Skills) -> Floats:
    return np.empty((len(skills.level), 0)) if skills.tilt is None else skills.tilt


def _cost(data: SkillData, skills: Skills, penalties: Penalties) -> float:
    theta = skills.intercept[data.family] + data.scale @ skills.slope
    error = np.abs(
        np.where(data.measured, skill_curve(skills, theta, data.kind) - data.scores, 0.0)
    )
    bend = penalties.bend
    loss = np.where(error <= bend, 0.5 * error**2, bend * (error - 0.5 * bend))
    stiffness, departure = _penalised(skills, penalties)
    cost = loss.sum() + 0.5 * ((departure @ stiffness) * departure).sum()
    cost += 0.5 * penalties.slope * (skills.slope**2).sum()
    return float(cost + 0.5 * penalties.intercept * (skills.intercept**2).sum())


def _weight(error: Floats, bend: float) -> Floats:
    return bend / np.maximum(np.abs(error), bend)
