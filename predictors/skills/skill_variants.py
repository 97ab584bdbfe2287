"""Which model of families and benchmarks forecasts best? Several are fitted, and weighted.

Shared skills with learned links for d = 2, 3, 4, and curves without shared skills; each counts as
1 / (mean squared error on families of which only the smallest model was known).

Letters: M models, T benchmarks, F families, V variants (numbers of skills, then own curves).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from scalepredict.predictors.skills.family_curves import (
    CurvePenalties,
    FamilyCurves,
    curves_at,
    fit_family_curves,
)
from scalepredict.predictors.skills.skill_fit import (
    TOLERANCE,
    Penalties,
    SkillData,
    Skills,
    fit_link,
    fit_skills,
    skill_curve,
)
from scalepredict.records.table import Bools, Floats, Ints

FOLDS, FOLD_TOLERANCE = 4, 1e-3
ENOUGH_SCORES = 3000  # held out; further folds would not move the weights
PRIOR_SCORES = 5  # a benchmark with few held-out scores takes part of its error from the others
KIND_GAIN = 0.8  # of the squared error, that kinds must come below to differ on a benchmark
STEP = 1e-4  # of finite differences


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is fitted.

    Attributes:
        numbers: Numbers of skills.
        penalties: Of skills and their curves; a finite ``link`` learns one for each benchmark.
        own: Of curves without shared skills; None = without them.
    """

    numbers: tuple[int, ...]
    penalties: Penalties
    own: CurvePenalties | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Variants:
    """Fitted variants: one for each number of skills, and curves without any; None = not asked."""

    skills: tuple[Skills, ...]
    own: FamilyCurves | None

    def points(self, family: Ints, scale: Floats, lines: Floats) -> Floats:
        """Scores of N models; family -1 is an average one. Shape (V, N, T).

        Args:
            family: Shape (N,).
            scale: z. Shape (N, 3).
            lines: x of curves without shared skills. Shape (N, 2 + H).
        """
        kind = lines[:, 2:]
        thetas = [_theta(skills, family, scale) for skills in self.skills]
        pairs = zip(self.skills, thetas, strict=True)
        points = [skill_curve(skills, theta, kind) for skills, theta in pairs]
        if self.own is not None:
            points.append(curves_at(self.own, family, lines))
        return np.stack(points)

    def scatter(self, family: Ints, scale: Floats, lines: Floats) -> Floats:
        """Variance of families around the average one, where the family is -1. Shape (V, N, T)."""
        spread = [_scatter_of_skills(one, family, scale, lines[:, 2:]) for one in self.skills]
        if self.own is not None:
            raised = replace(self.own, lines=self.own.lines + STEP * np.eye(lines.shape[1])[0])
            there = curves_at(raised, family, lines) - curves_at(self.own, family, lines)
            spread.append((there / STEP) ** 2 * self.own.intercept.var(axis=0))
        return np.where((family >= 0)[None, :, None], 0.0, np.stack(spread))


def fit_variants(data: SkillData, choice: Choice, *, tolerance: float = TOLERANCE) -> Variants:
    """Fit all variants.

    Args:
        data: Evidence; every row and column holds a score.
        choice: What is fitted.
        tolerance: Relative gain of a step below which a fit is done.
    """
    skills = [fit_skills(data, d, choice.penalties, tolerance=tolerance) for d in choice.numbers]
    if np.isfinite(choice.penalties.link):
        skills = [fit_link(data, one, choice.penalties, tolerance=tolerance) for one in skills]
    own = None
    if choice.own is not None:
        own = fit_family_curves(
            data.scores, data.chance, data.family, data.lines, data.apart, choice.own
        )
    return Variants(skills=tuple(skills), own=own)


def differing_kinds(data: SkillData, choice: Choice, step: Callable[[], None]) -> Bools:
    """Benchmarks on which base and instruct models differ, by errors on held-out families. (T,).

    Judged by one number of skills with plain curves, and by curves without shared skills.

    Args:
        data: Evidence.
        choice: What is fitted.
        step: Called with each of 2 * FOLDS folds.
    """
    none = np.zeros(len(data.chance), dtype=bool)
    if not data.kind.shape[1]:
        return none
    plain = replace(choice.penalties, link=np.inf)
    middle = choice.numbers[len(choice.numbers) // 2]
    quick = replace(choice, numbers=(middle,), penalties=plain)
    alike, differing = (
        held_out_errors(replace(data, apart=apart), quick, step).mean(axis=0)
        for apart in (none, ~none)
    )
    return np.asarray(differing < KIND_GAIN * alike)


def held_out_errors(
    data: SkillData,
    choice: Choice,
    step: Callable[[], None] = lambda: None,
) -> Floats:
    """Mean squared errors when families in turn are known by their smallest model only. (V, T).

    Args:
        data: Evidence.
        choice: What is fitted.
        step: Called with each of FOLDS folds.
    """
    by_size = np.lexsort((data.lines[:, 1], data.family))
    firsts = np.flatnonzero(np.diff(data.family, prepend=-1))
    smallest = np.zeros(len(data.family), dtype=bool)
    smallest[by_size[firsts]] = True
    n_variants = len(choice.numbers) + (choice.own is not None)
    error = np.zeros((n_variants, data.scores.shape[1]))
    count = np.zeros(data.scores.shape[1])
    for fold in range(FOLDS):
        hidden = (data.family % FOLDS == fold) & ~smallest
        tested = hidden[:, None] & data.measured
        step()
        if count.sum() > ENOUGH_SCORES or not hidden.any():
            continue
        columns = data.measured[~hidden].any(axis=0)
        fitted = fit_variants(
            replace(
                data,
                scores=data.scores[~hidden][:, columns],
                chance=data.chance[columns],
                scale=data.scale[~hidden],
                family=data.family[~hidden],
                lines=data.lines[~hidden],
                apart=data.apart[columns],
            ),
            choice,
            tolerance=FOLD_TOLERANCE,
        )
        points = fitted.points(data.family, data.scale, data.lines)
        missed = np.where(tested[:, columns], points - data.scores[:, columns], 0.0)
        error[:, columns] += (missed**2).sum(axis=1)
        count[columns] += tested[:, columns].sum(axis=0)
    pooled = error.sum(axis=1, keepdims=True) / max(float(count.sum()), 1.0)
    return np.asarray((error + PRIOR_SCORES * pooled) / (count + PRIOR_SCORES))


def _theta(skills: Skills, family: Ints, scale: Floats) -> Floats:
    own = np.where((family >= 0)[:, None], skills.intercept[family], 0.0)
    return np.asarray(own + scale @ skills.slope)


def _scatter_of_skills(skills: Skills, family: Ints, scale: Floats, kind: Floats) -> Floats:
    # A family never seen may lie anywhere among the families: the spread of their intercepts.
    theta = _theta(skills, family, scale)
    point = skill_curve(skills, theta, kind)
    d = skills.slope.shape[1]
    scatter = np.cov(skills.intercept.T, bias=True).reshape(d, d)
    slope = np.stack(
        [(skill_curve(skills, theta + STEP * axis, kind) - point) / STEP for axis in np.eye(d)],
        axis=2,
    )
    return np.asarray(np.einsum("ktd,de,kte->kt", slope, scatter, slope))
