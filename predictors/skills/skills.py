"""Latent skills: every family has its own level of a few skills, and all grow alike with scale.

    score = curve_benchmark(skills of the model),  skills = intercept_family + slope' z(N, D)

with z = (log N, log D, log N log D) and d = 1, 2, ... skills, see skill_fit.py.

Source: Maia Polo, Somerstep, Choshen, Sun & Yurochkin (2024, Sloth, 2412.06540).
Departures: curves are sigmoids to a power with a floor and a top of their own, in place of a
    network; family intercepts and loadings are drawn towards zero; the loss is square up to ten
    points of error; numbers of skills are averaged, weighted by how well families of which only the
    smallest model is known are forecast.
Fails when: a family changes its data on the way up; or only one family is recorded.

Letters: M models, T benchmarks, F families, d skills.
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Forecast, Frontier, Targets, make_forecast
from scalepredict.predictors.law_tables import Kind, LawTable, loadings_table
from scalepredict.predictors.pooled import FamilyEnds, unlearnable, varying
from scalepredict.predictors.skills.rotation import readable_skills
from scalepredict.predictors.skills.skill_fit import (
    Penalties,
    SkillData,
    Skills,
    fit_skills,
    skill_curve,
)
from scalepredict.records.table import EvalTable, Floats, Ints
from scalepredict.records.text.counts import count_of

MOST_SKILLS = 4
FEWEST_MODELS, FEWEST_FAMILIES = 8, 3
FOLDS, FOLD_TOLERANCE = 4, 1e-4
ENOUGH_SCORES = 3000  # held out; further folds would not move the weights
AS_PUBLISHED = Penalties(
    intercept=1e-7, loading=1e-7, slope=1e-7, shape=(np.inf, np.inf, np.inf), bend=0.01
)  # plain sigmoids above chance, free family intercepts, smooth L1 loss with beta 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillLaws:
    """Fits skills to all families.

    Attributes:
        components: Number of skills d; None = average over 1 to 4, by cross-validation.
        penalties: What departures from the average family and a plain sigmoid cost.
    """

    name: ClassVar[str] = "skills"
    pools_families: ClassVar[bool] = True
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False
    components: int | None = None
    penalties: Penalties = field(default_factory=Penalties)

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> "SkillsLaw":
        """Fit all numbers of skills.

        Raises:
            RefusedError: Fewer than FEWEST_MODELS models with known params and tokens, or of
                fewer than FEWEST_FAMILIES families; or more skills than benchmarks.
        """
        del rng
        rows = np.isfinite(table.params) & np.isfinite(table.tokens)
        rows &= np.isfinite(table.scores).any(axis=1)
        used = table.take_rows(rows)
        counted = np.isfinite(used.scores).sum(axis=0)
        fitted = np.flatnonzero(varying(used.scores) & (counted >= FEWEST_MODELS))
        rows[rows] = np.isfinite(used.scores[:, fitted]).any(axis=1)
        used = table.take_rows(rows)
        if len(used.checkpoints) < FEWEST_MODELS or len(used.families) < FEWEST_FAMILIES:
            raise RefusedError(
                f"skills: {count_of(len(used.checkpoints), 'model')} of "
                f"{count_of(len(used.families), 'family', 'families')} with params, tokens and a "
                f"score; {FEWEST_MODELS} models of {FEWEST_FAMILIES} families are needed. Add "
                "public models of other families, or use the predictor stack."
            )
        standard = _Standard.of(used)
        data, order = _arranged(used, fitted, standard)
        numbers = self._numbers(len(fitted))
        laws = tuple(fit_skills(data, d, self.penalties) for d in numbers)
        held = _held_out_errors(data, (used.params * used.tokens)[order], numbers, self.penalties)
        share = 1 / np.maximum(held.mean(axis=1), 1e-8)
        return SkillsLaw(
            frontier=Frontier.of_table(used),
            ends=FamilyEnds.of_table(used),
            fitted=fitted,
            families=tuple(sorted(used.families)),
            standard=standard,
            variants=laws,
            share=share / share.sum(),
            held_out=held,
            models=tuple(used.checkpoints[i].model for i in order),
            model_families=data.family,
            scale=data.scale,
            left_out=len(table.checkpoints) - len(used.checkpoints),
            failures=unlearnable(
                used.units,
                fitted,
                counted,
                fewest=FEWEST_MODELS,
                of="with params and tokens",
            ),
        )

    def _numbers(self, n_units: int) -> tuple[int, ...]:
        if self.components is None:
            return tuple(range(1, min(MOST_SKILLS, n_units) + 1))
        if not 1 <= self.components <= n_units:
            raise RefusedError(
                f"skills: {count_of(self.components, 'skill')} asked for; {n_units} benchmarks "
                f"carry 1 to {n_units}."
            )
        return (self.components,)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Standard:
    # How log10 params and log10 tokens are standardised.
    mean: Floats
    size: Floats

    @classmethod
    def of(cls, table: EvalTable) -> "_Standard":
        logs = np.log10(np.stack([table.params, table.tokens], axis=1))
        return cls(mean=logs.mean(axis=0), size=np.maximum(logs.std(axis=0), 1e-3))

    def scale(self, params: Floats, tokens: Floats) -> Floats:
        x = (np.log10(np.stack([params, tokens], axis=1)) - self.mean) / self.size
        return np.concatenate([x, x[:, :1] * x[:, 1:]], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkillsLaw:
    """Fitted skills. T benchmarks, of which T' are fitted; V numbers of skills.

    Attributes:
        frontier: Where the evidence ends.
        ends: Where that of each family ends.
        fitted: Columns that have curves. Shape (T',).
        families: Names, in the order of the intercepts.
        standard: How scales are standardised.
        variants: One fit for each number of skills, length V.
        share: Weight of each variant; sums to 1. Shape (V,).
        held_out: Mean squared error on families of which only the smallest model was known.
            Shape (V, T').
        models: Names, sorted by family.
        model_families: Number of each one's family. Shape (M,).
        scale: z of each. Shape (M, 3).
        left_out: Models without params, tokens or scores.
        failures: Why a benchmark has no curve; None where it has one. Length T.
    """

    frontier: Frontier
    ends: FamilyEnds
    fitted: Ints
    families: tuple[str, ...]
    standard: _Standard
    variants: tuple[Skills, ...]
    share: Floats
    held_out: Floats
    models: tuple[str, ...]
    model_families: Ints
    scale: Floats
    left_out: int
    failures: tuple[str | None, ...]

    def forecast(self, targets: Targets) -> Forecast:
        """Forecast from family, params and tokens; an unknown family is an average one.

        Raises:
            RefusedError: A target has no params or no tokens.
        """
        scale = self.standard.scale(targets.params, targets.tokens)
        if not np.isfinite(scale).all():
            raise RefusedError(
                "skills: a target needs params and tokens. Give both, or a family whose ladder "
                "has a design to continue."
            )
        number = {family: i for i, family in enumerate(self.families)}
        family = np.array([number.get(name, -1) for name in targets.family], dtype=int)
        points, spreads = zip(
            *(_of_variant(skills, family, scale) for skills in self.variants), strict=True
        )
        mean = np.tensordot(self.share, np.stack(points), axes=1)
        apart = (np.stack(points) - mean) ** 2 + self.held_out[:, None, :] + np.stack(spreads)
        point = np.full((len(targets), len(self.frontier.units)), np.nan)
        variance = np.zeros_like(point)
        point[:, self.fitted] = mean
        variance[:, self.fitted] = np.tensordot(self.share, apart, axes=1)
        forecast = make_forecast(
            targets, self.frontier, point, model_variance=variance, failures=self.failures
        )
        return self.ends.beside(forecast)

    def notes(self) -> tuple[str, ...]:
        """Numbers of skills and their weights, models left out."""
        shares = ", ".join(
            f"{skills.loading.shape[1]}: {weight:.0%}"
            for skills, weight in zip(self.variants, self.share, strict=True)
        )
        notes = [
            f"skills: {len(self.models)} models of {len(self.families)} families; weights of "
            f"numbers of skills by cross-validation over families: {shares}."
        ]
        if self.left_out:
            notes.append(
                f"left out: {count_of(self.left_out, 'model')} without params, tokens or scores."
            )
        notes += [f"not forecast: {failure}" for failure in self.failures if failure]
        return tuple(notes)

    def details(self) -> tuple[LawTable, ...]:
        """Loadings of the likeliest number of skills, rotated to be read, and family levels."""
        likely = self.variants[int(np.argmax(self.share))]
        theta = likely.intercept[self.model_families] + self.scale @ likely.slope
        read = readable_skills(likely.loading, theta, self.scale[:, :2].sum(axis=1))
        level = (likely.intercept - theta.mean(axis=0)) @ read.mixing
        numbered = [f"{i + 1}" for i in range(read.loading.shape[1])]
        units = [self.frontier.units[i] for i in self.fitted]
        held = np.sqrt(self.held_out[int(np.argmax(self.share))])
        loadings = loadings_table(
            units,
            read.loading,
            held,
            read.share,
            kind=Kind.NUMBER,
            what="logits of a benchmark for one standard deviation of a skill",
        )
        families = LawTable(
            name="families",
            title="families: level of each skill at the scale of the average model",
            header=("family", *numbered),
            kinds=(Kind.TEXT, *[Kind.NUMBER] * len(numbered)),
            rows=tuple(
                (name, *map(float, row)) for name, row in zip(self.families, level, strict=True)
            ),
        )
        return (loadings, families)


def _of_variant(skills: Skills, family: Ints, scale: Floats) -> tuple[Floats, Floats]:
    known = (family >= 0)[:, None]
    theta = np.where(known, skills.intercept[family], 0.0) + scale @ skills.slope
    point = skill_curve(skills, theta)
    # A family never seen may lie anywhere among the families: the spread of their intercepts.
    scatter = np.cov(skills.intercept.T, bias=True).reshape(skills.intercept.shape[1], -1)
    step = 1e-4
    slope = np.stack(
        [
            (skill_curve(skills, theta + step * axis) - point) / step
            for axis in np.eye(skills.slope.shape[1])
        ],
        axis=2,
    )
    variance = np.einsum("ktd,de,kte->kt", slope, scatter, slope)
    return point, np.where(known, 0.0, variance)


def _arranged(table: EvalTable, fitted: Ints, standard: _Standard) -> tuple[SkillData, Ints]:
    number = {family: i for i, family in enumerate(sorted(table.families))}
    family = np.array([number[c.family] for c in table.checkpoints], dtype=int)
    order = np.argsort(family, kind="stable")
    data = SkillData(
        scores=table.scores[order][:, fitted],
        chance=table.chance[fitted],
        scale=standard.scale(table.params, table.tokens)[order],
        family=family[order],
    )
    return data, order


def _held_out_errors(
    data: SkillData, size: Floats, numbers: tuple[int, ...], penalties: Penalties
) -> Floats:
    # Mean squared errors (V, T): families in turn are known by their smallest model only.
    by_size = np.lexsort((size, data.family))
    firsts = np.flatnonzero(np.diff(data.family, prepend=-1))
    smallest = np.zeros(len(size), dtype=bool)
    smallest[by_size[firsts]] = True
    error = np.zeros((len(numbers), data.scores.shape[1]))
    count = np.zeros(data.scores.shape[1])
    for fold in range(FOLDS):
        hidden = (data.family % FOLDS == fold) & ~smallest
        kept = replace(
            data,
            scores=data.scores[~hidden],
            scale=data.scale[~hidden],
            family=data.family[~hidden],
        )
        tested = hidden[:, None] & data.measured
        if count.sum() > ENOUGH_SCORES:
            break
        if not hidden.any() or not kept.measured.any(axis=0).all():
            continue
        count += tested.sum(axis=0)
        for v, d in enumerate(numbers):
            skills = fit_skills(kept, d, penalties, tolerance=FOLD_TOLERANCE)
            theta = skills.intercept[data.family] + data.scale @ skills.slope
            missed = np.where(tested, skill_curve(skills, theta) - data.scores, 0.0)
            error[v] += (missed**2).sum(axis=0)
    total = max(float(count.sum()), 1.0)
    pooled = error.sum(axis=1, keepdims=True) / total
    # A benchmark with few held-out scores takes part of its error from the others.
    return np.asarray((error + 5 * pooled) / (count + 5))
