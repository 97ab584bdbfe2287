"""Capability space: scores of many families lie near few dimensions, and those give the others.

    score of a benchmark = sigmoid link of the model's capabilities (capability_link.py)
    capabilities = from the model's own scores on standard benchmarks (factor_model.py), or
                   log-linear in compute with a line for each family (family_trend.py)

Source: Ruan, Maddison & Hashimoto (2024, 2405.10938).
Departures: probabilistic PCA instead of mean-filling; numbers of components are averaged by their
    rolling-origin error unless one is asked for, and each benchmark has axes of its own
    (benchmark_axes.py); families share their trends; models without known compute stay in.
Fails when: a benchmark needs what the standard ones do not measure (low ``explained``), or a family
    mixes data recipes.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Forecast, Frontier, Targets, make_forecast
from scalepredict.predictors.law_tables import LawTable, loadings_table
from scalepredict.predictors.observational.benchmark_axes import (
    along,
    benchmark_axes,
    coordinates_of,
    own_weight,
)
from scalepredict.predictors.observational.capability_link import (
    Links,
    apply_links,
    fit_links,
    variants_up_to,
)
from scalepredict.predictors.observational.capability_tables import (
    links_table,
    models_table,
    reference_family,
)
from scalepredict.predictors.observational.factor_model import (
    FactorModel,
    Posterior,
    fit_factors,
    posterior,
)
from scalepredict.predictors.observational.family_trend import FamilyTrend, fit_family_trend
from scalepredict.predictors.pooled import FamilyEnds, unlearnable, varying
from scalepredict.records.subset import known_names
from scalepredict.records.table import Bools, EvalTable, Floats, Ints, Unit
from scalepredict.records.text.counts import count_of, listed
from scalepredict.records.units import match

MOST_COMPONENTS = 5
ROWS_PER_COMPONENT = 3
FEWEST_MODELS = 10  # fewer span no space that holds for the next one
FEWEST_SCORES = 6  # of a benchmark, to be explained by the space
STANDARD_SHARE = 0.5  # a benchmark is standard if it is measured on this share of the models that
# the most measured one has; below, it is explained by the space but does not shape it
LITTLE_EXPLAINED = 0.5
BELOW_CHANCE = 0.01  # a floor this far below the declared chance is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Observational:
    """Fits one capability space to all families.

    Attributes:
        components: Number of leading components that forecasts use; None = average over 2, 3, ...
            by rolling-origin error. The space itself has as many as the models carry.
        standard: Benchmarks that span the space; empty = those measured on most models.
    """

    name: ClassVar[str] = "observational"
    pools_families: ClassVar[bool] = True
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = False
    reads_known_scores: ClassVar[bool] = True
    components: int | None = None
    standard: tuple[str, ...] = ()

    def fit(
        self, table: EvalTable, *, rng: np.random.Generator | None = None
    ) -> "ObservationalLaw":
        """Fit space, links and family trends.

        Raises:
            RefusedError: Fewer than two standard benchmarks that vary, too few models with two of
                them, or too few scores of every benchmark; or ``standard`` names a benchmark that
                is not there.
        """
        del rng
        varied = varying(table.scores)
        standard = self._standard(table, varied)
        shared = np.isfinite(table.scores[:, standard]).sum(axis=1) >= 2
        if shared.sum() < FEWEST_MODELS:
            raise RefusedError(
                f"observational: {count_of(int(shared.sum()), 'model has', 'models have')} two or "
                f"more of the standard benchmarks ({_names(table.units, standard)}), at least "
                f"{FEWEST_MODELS} are needed. Add models, or choose other standard benchmarks."
            )
        used = table.take_rows(shared)
        n_components = self._n_components(len(used.checkpoints), len(standard))
        space = fit_factors(used.scores[:, standard], n_components)
        known = posterior(space, used.scores[:, standard])
        axes = benchmark_axes(
            space, used.scores, standard, known, own_weight(self.components, len(used.checkpoints))
        )
        coordinates = coordinates_of(space, axes, used.scores, standard, known)[0]
        counted = np.isfinite(used.scores).sum(axis=0)
        fitted = np.flatnonzero(varied & (counted >= FEWEST_SCORES))
        if not len(fitted):
            raise RefusedError(
                f"observational: no benchmark is measured on {FEWEST_SCORES} of the "
                f"{len(used.checkpoints)} models (the most: {counted.max()}). Add scores."
            )
        variants = (
            (self.components,)
            if self.components
            else variants_up_to(n_components, int(counted[fitted].min()))
        )
        links = fit_links(
            coordinates[:, fitted], used.scores[:, fitted], used.chance[fitted], variants
        )
        return ObservationalLaw(
            frontier=Frontier.of_table(used),
            ends=FamilyEnds.of_table(used),
            standard=standard,
            fitted=fitted,
            space=space,
            axes=axes,
            links=links,
            trend=_trend(space, known, used),
            models=tuple(c.model for c in used.checkpoints),
            families=tuple(c.family for c in used.checkpoints),
            flops=used.flops,
            coordinates=known.theta * space.strength,
            left_out=tuple(
                c.model for c, kept in zip(table.checkpoints, shared, strict=True) if not kept
            ),
            failures=unlearnable(
                used.units, fitted, counted, fewest=FEWEST_SCORES, of="of the space"
            ),
        )

    def _standard(self, table: EvalTable, varied: Bools) -> Ints:
        names = [unit.shown for unit in table.units]
        known_names("standard benchmark", self.standard, names)
        counted = np.isfinite(table.scores).sum(axis=0)
        if self.standard:
            wanted = np.array([name in self.standard for name in names], dtype=bool)
        else:
            wanted = counted >= STANDARD_SHARE * counted.max()
        standard = np.flatnonzero(wanted & varied)
        if len(standard) < 2:
            raise RefusedError(
                f"observational: {len(standard)} of {count_of(len(names), 'benchmark')} measured "
                "on enough models with scores that vary; a space needs at least two. Add standard "
                "benchmarks."
            )
        return standard

    def _n_components(self, n_models: int, n_standard: int) -> int:
        most = max(min(MOST_COMPONENTS, n_standard - 1, n_models // ROWS_PER_COMPONENT), 1)
        if self.components is None:
            return most
        if not 1 <= self.components <= most:
            raise RefusedError(
                f"observational: {count_of(self.components, 'component')} asked for; {n_models} "
                f"models and {n_standard} standard benchmarks carry 1 to {most}."
            )
        return most


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ObservationalLaw:
    """A fitted space. T benchmarks, of which T' have a link; M models; K components.

    Attributes:
        frontier: Where the evidence ends.
        ends: Where that of each family ends.
        standard: Columns that span the space.
        fitted: Columns that have a link. Shape (T',).
        space: Loadings and noise of the standard benchmarks.
        axes: What each benchmark reads of the space. Shape (T, K, K).
        links: Curves of the fitted columns.
        trend: Capabilities against compute; None if no model has known compute.
        models: Names of the models that were fitted, length M.
        families: Their families, length M.
        flops: Their compute, NaN = unknown. Shape (M,).
        coordinates: Their capabilities, in standard deviations of the first component. (M, K).
        left_out: Models with fewer than two standard scores.
        failures: Why a benchmark has no link; None where it has one. Length T.
    """

    frontier: Frontier
    ends: FamilyEnds
    standard: Ints
    fitted: Ints
    space: FactorModel
    axes: Floats
    links: Links
    trend: FamilyTrend | None
    models: tuple[str, ...]
    families: tuple[str, ...]
    flops: Floats
    coordinates: Floats
    left_out: tuple[str, ...]
    failures: tuple[str | None, ...]

    def forecast(self, targets: Targets) -> Forecast:
        """Forecast from known scores where a target has them, else from family and compute.

        A benchmark's own known score is not used for its own forecast.

        Raises:
            RefusedError: A target has neither known standard scores nor known compute.
        """
        scores = _aligned(targets, self.frontier.units)
        told = np.asarray(np.isfinite(scores[:, self.standard]).any(axis=1))
        coordinates, covariance = self._of_targets(targets, scores, told)
        point = np.full((len(targets), len(self.frontier.units)), np.nan)
        variance, spread = np.zeros_like(point), np.zeros_like(point)
        point[:, self.fitted], variance[:, self.fitted], spread[:, self.fitted] = apply_links(
            self.links, coordinates[:, self.fitted], covariance[:, self.fitted]
        )
        forecast = self.ends.beside(
            make_forecast(
                targets,
                self.frontier,
                point,
                model_variance=variance,
                spread_weighted=spread,
                failures=self.failures,
            )
        )
        # What a target can do is known then, so neither compute nor a last score has a say.
        return replace(
            forecast,
            last=np.where(told[:, None], forecast.point, forecast.last),
            horizon=np.where(told[:, None], 0.0, forecast.horizon),
        )

    def notes(self) -> tuple[str, ...]:
        """Models left out, benchmarks that the space does not carry."""
        units = self.frontier.units
        notes = [
            f"capability space: {count_of(self.coordinates.shape[1], 'component')} (forecasts use "
            f"{self._used()}) of {len(self.standard)} benchmarks ({_names(units, self.standard)}) "
            f"over {len(self.models)} models explain {self.space.explained.sum():.0%} of their "
            "variance."
        ]
        if self.left_out:
            notes.append(
                f"left out, with fewer than two of the standard benchmarks: "
                f"{count_of(len(self.left_out), 'model')}, {listed(self.left_out, most=5)}."
            )
        unknown = int((~np.isfinite(self.flops)).sum())
        if unknown:
            notes.append(
                f"{count_of(unknown, 'model')} of unknown compute: in the space, not in the trends."
            )
        notes += [f"not forecast: {failure}" for failure in self.failures if failure]
        low = self.links.floor
        below = np.flatnonzero(low < self.links.chance - BELOW_CHANCE)
        if below.size:
            named = [f"{units[self.fitted[i]].benchmark} {low[i]:.1%}" for i in below]
            notes.append(
                "scores below chance: the evidence puts the floor of "
                f"{count_of(below.size, 'benchmark')} below the declared chance level: "
                f"{listed(named, most=5)}."
            )
        notes += [
            f"{units[column].shown!r}: the capabilities explain only {max(share, 0):.0%} of "
            "its scores; what it needs may not be among the standard benchmarks."
            for column, share in zip(self.fitted, self.links.explained, strict=True)
            if share < LITTLE_EXPLAINED
        ]
        return tuple(notes)

    def details(self) -> tuple[LawTable, ...]:
        """Loadings; how each benchmark follows; capabilities and efficiency of each model."""
        units = self.frontier.units
        used = self._used()
        loadings = loadings_table(
            [units[i] for i in self.standard],
            self.space.loading[:, :used],
            np.sqrt(self.space.noise),
            self.space.explained[:used],
            what="change of the score with one standard deviation of a component, in points",
        )
        reference = reference_family(self.families, self.flops)
        equivalent = (
            self.trend.equivalent_flops(self.coordinates, reference)
            if self.trend is not None and reference is not None
            else np.full(len(self.models), np.nan)
        )
        return (
            loadings,
            links_table([units[i] for i in self.fitted], self.links, used),
            models_table(
                tuple(zip(self.models, self.families, strict=True)),
                self.flops,
                equivalent,
                self.coordinates[:, :used],
                reference=reference,
            ),
        )

    def _used(self) -> int:
        # Components that some forecast reads; weights of the others are held at zero.
        return int(np.any(self.links.params[:, :, 3:] != 0, axis=(0, 1)).sum())

    def _of_targets(self, targets: Targets, scores: Floats, told: Bools) -> tuple[Floats, Floats]:
        known = posterior(self.space, scores[:, self.standard])
        coordinates, covariance = coordinates_of(
            self.space, self.axes, scores, self.standard, known
        )
        silent = np.flatnonzero(~told)
        lost = silent if self.trend is None else silent[~np.isfinite(targets.flops[silent])]
        if lost.size:
            raise RefusedError(
                f"observational: {targets.family[lost[0]]!r}: a forecast needs scores of the "
                f"target on standard benchmarks ({_names(self.frontier.units, self.standard)}) "
                "or its compute with evidence of known compute; there is neither."
            )
        if self.trend is not None and silent.size:
            mean, variance = self.trend.capabilities(
                tuple(targets.family[i] for i in silent), targets.flops[silent]
            )
            size = np.maximum(self.space.strength, 1e-6)
            spread = (variance / size**2)[:, :, None] * np.eye(len(size))
            coordinates[silent], covariance[silent] = along(
                self.axes, (mean / size)[:, None, :], spread[:, None]
            )
        return coordinates, covariance


def _names(units: tuple[Unit, ...], columns: Ints) -> str:
    return ", ".join(units[i].shown for i in columns)


def _trend(space: FactorModel, known: Posterior, table: EvalTable) -> FamilyTrend | None:
    measured = np.isfinite(table.flops)
    if not measured.any():
        return None
    families = [c.family for c in table.checkpoints]
    return fit_family_trend(
        (known.theta * space.strength)[measured],
        table.flops[measured],
        tuple(families[i] for i in np.flatnonzero(measured)),
    )


def _aligned(targets: Targets, units: tuple[Unit, ...]) -> Floats:
    # Scores of the targets in the columns of the evidence, NaN where there is none.
    if targets.known is None:
        return np.full((len(targets), len(units)), np.nan)
    column = match(units, targets.known.units, unknown="any")
    return np.where(column >= 0, targets.known.scores[:, column], np.nan)
