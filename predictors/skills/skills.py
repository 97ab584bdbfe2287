"""Latent skills: every family has its own level of a few skills, and all grow alike with scale.

    score = curve_benchmark(skills of the model),  skills = intercept_family + slope' z(N, D)

with z = (log N, log D, log N log D) and d = 2, 3, 4 skills, see skill_fit.py, averaged with curves
of compute at a level for each family and benchmark, see family_curves.py. Base and instruct models
of a family are two families, and the two kinds may start and grow apart (some benchmarks hardly
grow in base models).

Source: Maia Polo, Somerstep, Choshen, Sun & Yurochkin (2024, Sloth, 2412.06540).
Departures: a learned link is a monotone spline, in place of a network; family intercepts and
    loadings are drawn towards zero; the loss is square up to ten points of error; variants are
    averaged, weighted by how well families of which only the smallest model is known are forecast.
Fails when: a family changes its data on the way up; or only one family is recorded.

Letters: M models, T benchmarks, F families, d skills.
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Forecast, Frontier, Targets, make_forecast
from scalepredict.predictors.kinds import Kinds, family_of_target, sides
from scalepredict.predictors.law_tables import Kind, LawTable, loadings_table
from scalepredict.predictors.numerics.progress import counter
from scalepredict.predictors.pooled import FamilyEnds, unlearnable, varying
from scalepredict.predictors.skills.family_curves import CurvePenalties, FamilyCurves
from scalepredict.predictors.skills.rotation import readable_skills
from scalepredict.predictors.skills.skill_fit import Penalties, SkillData, Skills
from scalepredict.predictors.skills.skill_variants import (
    FOLDS,
    Choice,
    Variants,
    differing_kinds,
    fit_variants,
    held_out_errors,
)
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Bools, EvalTable, Floats, Ints
from scalepredict.records.text.counts import count_of, listed

FEWEST_SKILLS, MOST_SKILLS = 2, 4
FEWEST_MODELS, FEWEST_FAMILIES = 8, 3
AS_PUBLISHED = Penalties(
    intercept=1e-7,
    loading=1e-7,
    slope=1e-7,
    shape=(np.inf, np.inf, np.inf),
    link=np.inf,
    bend=0.01,
)  # plain sigmoids above chance, free family intercepts, smooth L1 loss with beta 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillLaws:
    """Fits skills to all families.

    Attributes:
        components: Number of skills d; None = average over 2 to 4 and curves without shared
            skills, by cross-validation.
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
        """Fit all variants.

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
        kinds = Kinds.of(used.checkpoints)
        standard = _Standard.of(used, kinds)
        data, order = _arranged(used, fitted, standard, kinds)
        choice = Choice(
            numbers=self._numbers(len(fitted)),
            penalties=self.penalties,
            own=CurvePenalties() if self.components is None else None,
        )
        step = counter(FOLDS * (1 + 2 * kinds.both) + 1)
        data = replace(data, apart=differing_kinds(data, choice, step))
        held = held_out_errors(data, choice, step)
        variants = fit_variants(data, choice)
        step()
        share = 1 / np.maximum(held.mean(axis=1), 1e-8)
        return SkillsLaw(
            frontier=Frontier.of_table(used),
            ends=FamilyEnds.of_table(used),
            fitted=fitted,
            families=_names(used, kinds),
            standard=standard,
            variants=variants.skills,
            own=variants.own,
            share=share / share.sum(),
            held_out=held,
            models=tuple(used.checkpoints[i].model for i in order),
            model_families=data.family,
            scale=data.scale,
            left_out=len(table.checkpoints) - len(used.checkpoints),
            apart=data.apart,
            kinds=replace(kinds, tuned=kinds.tuned[order]),
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
            return tuple(range(min(FEWEST_SKILLS, n_units), min(MOST_SKILLS, n_units) + 1))
        if not 1 <= self.components <= n_units:
            raise RefusedError(
                f"skills: {count_of(self.components, 'skill')} asked for; {n_units} benchmarks "
                f"carry 1 to {n_units}."
            )
        return (self.components,)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Standard:
    # How log10 params and log10 tokens are standardised; whether kinds are told apart.
    mean: Floats
    size: Floats
    apart: bool = False

    @classmethod
    def of(cls, table: EvalTable, kinds: Kinds) -> "_Standard":
        logs = np.log10(np.stack([table.params, table.tokens], axis=1))
        size = np.maximum(logs.std(axis=0), 1e-3)
        return cls(mean=logs.mean(axis=0), size=size, apart=kinds.both)

    def scale(self, params: Floats, tokens: Floats) -> Floats:
        x = (np.log10(np.stack([params, tokens], axis=1)) - self.mean) / self.size
        return np.concatenate([x, x[:, :1] * x[:, 1:]], axis=1)

    def lines(self, params: Floats, tokens: Floats, side: Floats) -> Floats:
        # log10 N D away from its mean, and a level.
        logs = np.log10(np.stack([params, tokens], axis=1))
        decades = (logs - self.mean).sum(axis=1)
        columns = [np.ones_like(decades), decades]
        if self.apart:
            columns += [side, side * decades]
        return np.stack(columns, axis=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkillsLaw:
    """Fitted skills. T benchmarks, of which T' are fitted; V variants.

    Attributes:
        frontier: Where the evidence ends.
        ends: Where that of each family ends.
        fitted: Columns that have curves. Shape (T',).
        families: Names, in the order of the intercepts.
        standard: How scales are standardised.
        variants: One fit for each number of skills.
        share: Weight of each variant; sums to 1. Shape (V,).
        held_out: Mean squared error on families of which only the smallest model was known.
            Shape (V, T').
        models: Names, sorted by family.
        model_families: Number of each one's family. Shape (M,).
        scale: z of each. Shape (M, 3).
        left_out: Models without params, tokens or scores.
        failures: Why a benchmark has no curve; None where it has one. Length T.
        own: Curves without shared skills, the last variant; None = not fitted.
        kinds: Base and instruct models of the evidence; None in fits of the first version.
        apart: Columns among the fitted on which they differ. Shape (T',).
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
    own: FamilyCurves | None = None
    kinds: Kinds | None = None
    apart: Bools | None = None

    def forecast(self, targets: Targets) -> Forecast:
        """Forecast from family, params and tokens; an unknown family is an average one.

        Raises:
            RefusedError: A target has no params or no tokens.
        """
        family, side = self._places(targets)
        scale = self.standard.scale(targets.params, targets.tokens)
        if not np.isfinite(scale).all():
            raise RefusedError(
                "skills: a target needs params and tokens. Give both, or a family whose ladder "
                "has a design to continue."
            )
        where = (family, scale, self.standard.lines(targets.params, targets.tokens, side))
        variants = Variants(skills=self.variants, own=self.own)
        points = variants.points(*where)
        mean = np.tensordot(self.share, points, axes=1)
        apart = (points - mean) ** 2 + self.held_out[:, None, :] + variants.scatter(*where)
        point = np.full((len(targets), len(self.frontier.units)), np.nan)
        variance = np.zeros_like(point)
        point[:, self.fitted] = mean
        variance[:, self.fitted] = np.tensordot(self.share, apart, axes=1)
        forecast = make_forecast(
            targets, self.frontier, point, model_variance=variance, failures=self.failures
        )
        return self.ends.beside(forecast)

    def _places(self, targets: Targets) -> tuple[Ints, Floats]:
        # Number of each target's family, -1 = unknown, and the side of its kind.
        number = {family: i for i, family in enumerate(self.families)}
        told = targets.tuned
        if self.kinds is None or told is None:
            told = np.zeros(len(targets), dtype=bool)
        pairs = zip(targets.family, told, strict=True)
        names = [family_of_target(name, own, self.families) for name, own in pairs]
        family = np.array([number.get(name, -1) for name in names], dtype=int)
        if self.kinds is not None:
            of_family = np.isin(family, self.model_families[self.kinds.tuned])
            told = np.where(family >= 0, of_family, told)
        return family, sides(told)

    @property
    def likeliest(self) -> Skills:
        """The skills, of whatever number, that count most."""
        return self.variants[int(np.argmax(self.share[: len(self.variants)]))]

    def notes(self) -> tuple[Note, ...]:
        """Numbers of skills and their weights, models left out."""
        names = [count_of(skills.loading.shape[1], "skill") for skills in self.variants]
        names += [] if self.own is None else ["curves of each benchmark alone"]
        shares = ", ".join(f"{n} {w:.0%}" for n, w in zip(names, self.share, strict=True))
        text = (
            f"skills: {len(self.models)} models of {len(self.families)} families; weights by "
            f"cross-validation over families: {shares}."
        )
        notes = [noted("skills", text)]
        if self.left_out:
            text = f"left out: {count_of(self.left_out, 'model')} without params, tokens or scores."
            notes.append(noted("models-left-out", text))
        notes += [] if self.kinds is None else self.kinds.notes()
        if self.apart is not None and self.apart.any():
            units = self.frontier.units
            named = [units[i].shown for i in self.fitted[self.apart]]
            text = (
                f"base and instruct models differ on {count_of(len(named), 'benchmark')} beyond "
                f"what families do, by held-out families: {listed(named, most=5)}."
            )
            notes.append(noted("kinds", text))
        notes += [
            noted("not-forecast", f"not forecast: {failure}")
            for failure in self.failures
            if failure
        ]
        return tuple(notes)

    def details(self) -> tuple[LawTable, ...]:
        """Loadings of the likeliest number of skills, rotated to be read, and family levels."""
        likely = self.likeliest
        theta = likely.intercept[self.model_families] + self.scale @ likely.slope
        read = readable_skills(likely.loading, theta, self.scale[:, :2].sum(axis=1))
        level = (likely.intercept - theta.mean(axis=0)) @ read.mixing
        numbered = [f"{i + 1}" for i in range(read.loading.shape[1])]
        units = [self.frontier.units[i] for i in self.fitted]
        held = np.sqrt(self.share @ self.held_out)
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


def _names(table: EvalTable, kinds: Kinds) -> tuple[str, ...]:
    return tuple(sorted(set(kinds.families(table.checkpoints))))


def _arranged(
    table: EvalTable, fitted: Ints, standard: _Standard, kinds: Kinds
) -> tuple[SkillData, Ints]:
    number = {family: i for i, family in enumerate(_names(table, kinds))}
    family = np.array([number[name] for name in kinds.families(table.checkpoints)], dtype=int)
    lines = standard.lines(table.params, table.tokens, sides(kinds.tuned))
    order = np.argsort(family, kind="stable")
    data = SkillData(
        scores=table.scores[order][:, fitted],
        chance=table.chance[fitted],
        scale=standard.scale(table.params, table.tokens)[order],
        family=family[order],
        lines=lines[order],
        apart=np.zeros(len(fitted), dtype=bool),
    )
    return data, order
