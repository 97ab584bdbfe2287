"""What does a capability space forecast? From known scores, or from family and compute.

    score = sigmoid link of the capabilities (capability_link.py), averaged with the completion of
            the model's card (model_card.py) where its known scores lie inside the evidence

Intervals are those of models left out at random for models of the evidence itself, whose other
scores shaped the completion. A model from elsewhere is seldom drawn at random (it is newer, or of
another lab): its intervals are those of forecasts of later models (the calibration that ships).
So are all beyond the most capable model of the evidence, where the link alone extrapolates.
"""

from dataclasses import dataclass, replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import (
    Forecast,
    Frontier,
    Targets,
    make_forecast,
)
from scalepredict.predictors.kinds import Kinds
from scalepredict.predictors.law_tables import LawTable, loadings_table
from scalepredict.predictors.observational.benchmark_axes import along, coordinates_of
from scalepredict.predictors.observational.capability_link import Links, apply_links
from scalepredict.predictors.observational.capability_tables import (
    links_table,
    models_table,
    reference_family,
)
from scalepredict.predictors.observational.compression import UNIT, compression
from scalepredict.predictors.observational.factor_model import FactorModel, posterior
from scalepredict.predictors.observational.family_trend import FamilyTrend
from scalepredict.predictors.observational.model_card import ModelCard
from scalepredict.predictors.pooled import FamilyEnds
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Bools, Floats, Ints, Unit
from scalepredict.records.text.counts import count_of, listed
from scalepredict.records.units import match

LITTLE_EXPLAINED = 0.5
BELOW_CHANCE = 0.01  # a floor this far below the declared chance is told
# Shares of the models of the evidence that a target may surpass on a benchmark's own axis: to be
# forecast by the completion too, which knows no floor, and to err like models left out at random.
COMPLETED, JUDGED = 0.7, 0.9
# Variance of what a benchmark needs beside the capabilities, squared fractions, for later models
# less capable than that and beyond.
WITHIN, BEYOND = 0.02**2, 0.04**2
UNJUDGED_VARIANCE = 0.01  # of a completed score where too few cells tell its error: (10 points)^2


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
        card: Completion of cards; None in fits of the first version.
        kinds: Base and instruct models; None in fits of the first version.
        loss_range: Ends of the losses that are the last column of the space; None = they are not.
            Shape (2,).
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
    card: ModelCard | None = None
    kinds: Kinds | None = None
    loss_range: Floats | None = None

    def forecast(self, targets: Targets) -> Forecast:
        """Forecast from known scores where a target has them, else from family and compute.

        A benchmark's own known score is not used for its own forecast.

        Raises:
            RefusedError: A target has neither known scores nor known compute.
        """
        scores = self._known_scores(targets)
        placed = np.asarray(np.isfinite(scores[:, self.standard]).any(axis=1))
        told = placed if self.card is None else np.asarray(np.isfinite(scores).any(axis=1))
        self._refuse_unplaced(targets, told)
        coordinates, covariance, surpassed = self._of_targets(targets, scores, placed)
        point = np.full((len(targets), len(self.frontier.units)), np.nan)
        variance, spread = np.zeros_like(point), np.zeros_like(point)
        point[:, self.fitted], variance[:, self.fitted], spread[:, self.fitted] = apply_links(
            self.links, coordinates[:, self.fitted], covariance[:, self.fitted]
        )
        quantiles = None
        if self.card is not None and told.any():
            point[told & ~placed] = np.nan
            alone = told[:, None] & np.isnan(point)
            both = told[:, None] & (surpassed <= COMPLETED)
            point, own = self.card.forecast(scores, point, averaged=both)
            variance += np.where(surpassed <= JUDGED, WITHIN, BEYOND) * told[:, None]
            variance = np.where(alone, UNJUDGED_VARIANCE, variance)
            drawn = self._are_evidence(targets)[:, None]
            judged = alone | (told[:, None] & drawn & (surpassed <= JUDGED))
            quantiles = np.where(judged[..., None], own, np.nan)
        forecast = self.ends.beside(
            make_forecast(
                targets,
                self.frontier,
                np.clip(point, 0.0, 1.0),
                model_variance=variance,
                spread_weighted=spread,
                failures=_failures(self.failures, point),
                quantiles=quantiles,
            )
        )
        # What a target can do is known then, so neither compute nor a last score has a say.
        forecast = replace(
            forecast,
            last=np.where(told[:, None], forecast.point, forecast.last),
            horizon=np.where(told[:, None], 0.0, forecast.horizon),
        )
        if self.loss_range is None:
            return forecast
        return forecast.take_units(np.arange(len(self.frontier.units) - 1))

    def notes(self) -> tuple[Note, ...]:
        """Models left out, benchmarks that the space does not carry."""
        units = self.frontier.units
        text = (
            f"capability space: {count_of(self.coordinates.shape[1], 'component')} (forecasts use "
            f"{self._used()}) of {len(self.standard)} benchmarks "
            f"({unit_names(units, self.standard)}) over {len(self.models)} models explain "
            f"{self.space.explained.sum():.0%} of their variance."
        )
        notes = [noted("capabilities", text)]
        if self.left_out:
            text = (
                f"left out, with fewer than two of the standard benchmarks: "
                f"{count_of(len(self.left_out), 'model')}, {listed(self.left_out, most=5)}."
            )
            notes.append(noted("models-left-out", text))
        notes += [] if self.kinds is None else self.kinds.notes()
        unknown = int((~np.isfinite(self.flops)).sum())
        if unknown:
            text = (
                f"{count_of(unknown, 'model')} of unknown compute: in the space, not in the trends."
            )
            notes.append(noted("compute-unknown", text))
        without = " from scale" if self.card is not None else ""
        notes += [
            noted("not-forecast", f"not forecast{without}: {failure}")
            for failure in self.failures
            if failure
        ]
        if self.card is not None:
            text = (
                f"known scores: completion of the card counts {self.card.weight.mean():.0%} on "
                "average over benchmarks, capability links the rest, by models left out."
            )
            notes.append(noted("known-scores", text))
        low = self.links.floor
        below = np.flatnonzero(low < self.links.chance - BELOW_CHANCE)
        if below.size:
            named = [f"{units[self.fitted[i]].shown} {low[i]:.1%}" for i in below]
            text = (
                "scores below chance: the evidence puts the floor of "
                f"{count_of(below.size, 'benchmark')} below the declared chance level: "
                f"{listed(named, most=5)}."
            )
            notes.append(noted("floor-below-chance", text))
        notes += [
            noted(
                "little-explained",
                f"the capabilities explain only {max(share, 0):.0%} of its scores; what it needs "
                "may not be among the standard benchmarks.",
                subject=units[column].shown,
            )
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

    def _known_scores(self, targets: Targets) -> Floats:
        # In the columns of the evidence, NaN where there is none. A loss alone is no evidence of
        # what a model can do: compute tells more.
        scores = _aligned(targets, self.frontier.units)
        if self.loss_range is None or targets.known is None:
            return scores
        scored = np.isfinite(scores).any(axis=1)
        scores[:, -1] = np.where(scored, compression(targets.known, self.loss_range), np.nan)
        return scores

    def _are_evidence(self, targets: Targets) -> Bools:
        # Which targets are models of the evidence, by name. Shape (N,).
        evidence = {*self.models, *self.left_out}
        named = [] if targets.known is None else targets.known.checkpoints
        return np.array([c.model in evidence for c in named], dtype=bool)

    def _refuse_unplaced(self, targets: Targets, told: Bools) -> None:
        lost = ~told if self.trend is None else ~told & ~np.isfinite(targets.flops)
        if lost.any():
            scored = self.standard[[self.frontier.units[i] != UNIT for i in self.standard]]
            raise RefusedError(
                f"observational: {targets.family[int(np.argmax(lost))]!r}: a forecast needs scores "
                "of the target on other benchmarks (best: "
                f"{unit_names(self.frontier.units, scored)}) or its compute with evidence "
                "of known compute; there is neither."
            )

    def _of_targets(
        self, targets: Targets, scores: Floats, placed: Bools
    ) -> tuple[Floats, Floats, Floats]:
        # Capabilities along each benchmark's axes, their covariance, and the share of models of
        # the evidence that are less capable: (N, T, K), (N, T, K, K), (N, T).
        known = posterior(self.space, scores[:, self.standard])
        coordinates, covariance = coordinates_of(
            self.space, self.axes, scores, self.standard, known
        )
        silent = np.flatnonzero(~placed & np.isfinite(targets.flops))
        if self.trend is not None and silent.size:
            mean, variance = self.trend.capabilities(
                tuple(targets.family[i] for i in silent),
                targets.flops[silent],
                None if targets.tuned is None else targets.tuned[silent],
            )
            size = np.maximum(self.space.strength, 1e-6)
            spread = (variance / size**2)[:, :, None] * np.eye(len(size))
            coordinates[silent], covariance[silent] = along(
                self.axes, (mean / size)[:, None, :], spread[:, None]
            )
        evidence = self.coordinates / np.maximum(self.space.strength, 1e-6)
        own = evidence @ self.axes[:, :, 0].T
        surpassed = (own < coordinates[:, None, :, 0]).mean(axis=1)
        return coordinates, covariance, surpassed


def _failures(reasons: tuple[str | None, ...], point: Floats) -> tuple[str | None, ...]:
    # A benchmark without a link has a forecast for targets of known scores.
    lacking = np.asarray(np.isnan(point).any(axis=0))
    return tuple(why if lost else None for why, lost in zip(reasons, lacking, strict=True))


def unit_names(units: tuple[Unit, ...], columns: Ints) -> str:
    """Names of benchmarks, for a sentence."""
    return ", ".join(units[i].shown for i in columns)


def _aligned(targets: Targets, units: tuple[Unit, ...]) -> Floats:
    # Scores of the targets in the columns of the evidence, NaN where there is none.
    if targets.known is None:
        return np.full((len(targets), len(units)), np.nan)
    column = match(units, targets.known.units, unknown="any")
    return np.where(column >= 0, targets.known.scores[:, column], np.nan)
