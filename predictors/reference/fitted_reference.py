"""Where does this ladder run on each reference curve? The fitted part, for an ensemble to hold."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr

from scalepredict.predictors.interface import Frontier, Targets
from scalepredict.predictors.limits import MEASURABLE
from scalepredict.predictors.reference.reference_curves import (
    Measured,
    absolute_index,
    curve_value,
    fit_with_priors,
    ladder_weights,
    measurement_variance,
)
from scalepredict.predictors.reference.reference_table import reference_table
from scalepredict.predictors.reference.served import (
    labs_of,
    language_models,
    language_scales,
    named_labs,
    table_places,
    unfit_ladder,
)
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.answers import answers
from scalepredict.records.table import ASSUMED_ITEMS, Bools, EvalTable, Floats

QUADRATURE = 25  # nodes of Gauss and Hermite
SURER = 0.7  # of the link's deviation: scatter and posterior both hold the spread between models
# Deviations of a score from its curve. Accuracies of public ladders lie within 4, except where tiny
# models answer boolq with one class.
FARTHEST = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceUse:
    """What public models did for one benchmark.

    Attributes:
        labs: Labs behind the curve.
        families: Families behind it.
        level_sd: The ladder's level in standard deviations between families, from their mean.
        weight: Share of the curve in the forecast.
    """

    labs: int
    families: int
    level_sd: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedReference:
    """Reference curves drawn to the ladder's own scores, T units; unserved ones are NaN.

    Attributes:
        weight: Share of the curve in the default's forecast; 0 = not served. Shape (T,).
        timing: Whether the curve says when the unit leaves chance. Shape (T,).
        floor: Lower asymptotes, fractions. Shape (T,).
        params: (level, slope) on the absolute index. Shape (T, 2).
        covariance: Their posterior covariance. Shape (T, 2, 2).
        scatter: Deviation of a model from its family's curve, in logits. Shape (T,).
        level_sd: The ladder's level at its largest checkpoint, in standard deviations between
            public families, from their mean. Shape (T,).
        labs: Labs behind each curve. Shape (T,).
        families: Families behind each curve. Shape (T,).
        reasons: Why a unit is not served; empty where it is. Length T.
        without: Labs that took no part.
        public_mean: (level, slope) of the mean public family. Shape (T, 2).
        public_covariance: Of level and slope between public families. Shape (T, 2, 2).
        left_out: Checkpoints of the ladder without the scales of language models; no curve was
            drawn to them.
    """

    weight: Floats
    timing: Bools
    floor: Floats
    params: Floats
    covariance: Floats
    scatter: Floats
    level_sd: Floats
    labs: Floats
    families: Floats
    reasons: tuple[str, ...]
    without: tuple[str, ...]
    public_mean: Floats
    public_covariance: Floats
    left_out: int = 0

    def uses(self, alone: Bools) -> tuple[ReferenceUse | None, ...]:
        """What stands behind each unit; None = no curve.

        Args:
            alone: Units that nothing else forecasts. Shape (T,).
        """
        figures = zip(
            self.labs, self.families, self.level_sd, self.weight, alone,
            strict=True,
        )  # fmt: skip
        return tuple(
            ReferenceUse(
                labs=int(labs),
                families=int(families),
                level_sd=float(level),
                weight=1.0 if only else float(weight),
            )
            if weight > 0
            else None
            for labs, families, level, weight, only in figures
        )

    @property
    def served(self) -> Bools:
        """Which units have a curve. Shape (T,)."""
        return np.asarray(self.weight > 0)

    def scores(self, targets: Targets) -> Floats:
        """Score on the curve; NaN where unserved, or no language model's scale. Shape (K, T)."""
        value, _ = curve_value(self.params, self.floor, self._index(targets))
        return value

    def variance(self, targets: Targets, n_items: Floats, *, alone: Bools) -> Floats:
        """Variance of the next measured score about the curve. Shape (K, T).

        A score near its floor may rise by far more than it can fall, so that where a ladder stands
        beside the curve the deviation of the link is pushed through it; its slope at the forecast
        held better where the curve stands alone.

        Args:
            targets: What is asked for.
            n_items: Graded answers behind a score; NaN = unknown. Shape (T,).
            alone: Units that nothing else forecasts. Shape (T,).
        """
        x = self._index(targets)
        value, rise = curve_value(self.params, self.floor, x)
        drawn, weights = self._drawn(x, 1.0)
        pushed = np.tensordot(weights, (drawn - value) ** 2, axes=1)
        about = np.where(alone, self._link_variance(x) * rise**2, pushed)
        return np.asarray(about + measurement_variance(value, _known(n_items)))

    def public_band(self, targets: Targets, *, sd: float = 1.0) -> tuple[Floats, Floats]:
        """Where two of three public families lie, whatever the ladder scores. Two (K, T).

        Args:
            targets: What is asked for.
            sd: Half the width of the band, in standard deviations between families.
        """
        x = self._index(targets)
        v = self.public_covariance
        between = np.sqrt(v[:, 0, 0] + 2 * x * v[:, 0, 1] + x**2 * v[:, 1, 1])
        link = self.public_mean[:, 0] + self.public_mean[:, 1] * x
        low, high = (expit(link + side * between) for side in (-sd, sd))
        return self.floor + (1 - self.floor) * low, self.floor + (1 - self.floor) * high

    def exceedance(self, targets: Targets, score: Floats, n_items: Floats) -> Floats:
        """Probability that the next measured score is above ``score``, (T,). Shape (K, T)."""
        p, weights = self._drawn(self._index(targets), SURER)
        z = (p - score) / np.sqrt(measurement_variance(p, _known(n_items)))
        return np.asarray(np.tensordot(weights, ndtr(z), axes=1))

    def _index(self, targets: Targets) -> Floats:
        x = absolute_index(Scale.of_targets(targets))
        known = language_scales(targets.params, targets.tokens, targets.flops)
        return np.where(known, x, np.nan)[:, None]

    def _drawn(self, x: Floats, share: float) -> tuple[Floats, Floats]:
        # Scores (Q, K, T) with a share of the link's deviation, and their probabilities (Q,).
        nodes, weights = np.polynomial.hermite_e.hermegauss(QUADRATURE)
        link = self.params[:, 0] + self.params[:, 1] * x
        drawn = link + share * np.sqrt(self._link_variance(x)) * nodes[:, None, None]
        return self.floor + (1 - self.floor) * expit(drawn), weights / weights.sum()

    def _link_variance(self, x: Floats) -> Floats:
        v = self.covariance
        spread = v[:, 0, 0] + 2 * x * v[:, 0, 1] + x**2 * v[:, 1, 1]
        return np.asarray(spread + self.scatter**2)


def fit_reference(table: EvalTable, *, without: Collection[str] = ()) -> FittedReference:
    """Draw the reference curve of every served column of one family's table.

    Args:
        table: Evidence; a column that is not served, or whose largest checkpoint lies FARTHEST
            away, or a ladder that cannot be, gets no curve and the reason.
        without: Names of labs to leave out besides those that the ladder itself may come from.

    Raises:
        RefusedError: No lab goes by a name in ``without``.
    """
    known = reference_table(labs_of(table) | named_labs(without))
    unfit = unfit_ladder(table)
    told = language_models(table) | bool(unfit)
    table = table.take_rows(np.flatnonzero(told))
    places = table_places(table.units, known)
    place, reasons = places.row, places.reasons
    measured = np.isfinite(table.scores)
    if unfit:
        place = np.full_like(place, -1)
        reasons = tuple(reason or unfit for reason in reasons)
    served = (place >= 0) & measured.any(axis=0)
    priors = known.priors.take(np.where(served, place, 0))
    x = absolute_index(Scale.of_table(table))
    row, column = np.nonzero(measured & served)
    end = np.argmax(np.where(measured, table.flops[:, None], 0.0), axis=0)
    largest, last = x[end], Frontier.of_table(table).last
    guessing = last < known.chance[place] + MEASURABLE
    params, covariance = fit_with_priors(
        Measured(
            curve=column,
            x=x[row],
            y=table.scores[row, column],
            n_items=answers(table).count[row, column],
            weight=ladder_weights(column, table.flops[row], guessing),
        ),
        priors,
    )
    weight = np.where(guessing, places.weight_at_chance, places.weight)
    design = np.stack([np.ones_like(largest), largest], axis=1)
    off = ((params - priors.mean) * design).sum(axis=1)
    between = np.sqrt(np.einsum("ti,tij,tj->t", design, priors.covariance, design))
    value, rise = curve_value(params, priors.floor, largest)
    answered = answers(table).count[end, np.arange(len(end))]
    noise = measurement_variance(value, answered) + (priors.scatter * rise) ** 2
    away = (last - value) / np.sqrt(noise)
    strange = served & (np.abs(away) > FARTHEST)
    served = served & ~strange
    reasons = tuple(
        f"the ladder's scores lie {sd:+.0f} sd away from them: measured otherwise" if odd else why
        for why, odd, sd in zip(reasons, strange, away, strict=True)
    )

    def only(values: Floats) -> Floats:
        shape = (len(served),) + (1,) * (values.ndim - 1)
        return np.where(served.reshape(shape), values, np.nan)

    return FittedReference(
        weight=np.where(served, weight, 0.0),
        timing=served & places.timing,
        floor=only(priors.floor),
        params=only(params),
        covariance=only(covariance),
        scatter=only(priors.scatter),
        level_sd=only(off / between),
        labs=only(known.labs[place].astype(float)),
        families=only(known.families[place].astype(float)),
        reasons=reasons,
        without=known.without,
        public_mean=only(priors.mean),
        public_covariance=only(priors.covariance),
        left_out=int((~told).sum()),
    )


def _known(n_items: Floats) -> Floats:
    return np.where(np.isfinite(n_items), n_items, ASSUMED_ITEMS)
