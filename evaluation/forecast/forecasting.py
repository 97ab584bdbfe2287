"""What does a fit say about a scale? The calibrated forecast of each family, with its doubts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.classes.benchmark_trend import Trend
from scalepredict.evaluation.classes.classes import Classes, Kind, classify
from scalepredict.evaluation.forecast.doubts import aligned, benchmark_doubts
from scalepredict.evaluation.intervals.calibration import (
    Calibration,
    apply_calibration,
    calibration_notes,
)
from scalepredict.evaluation.intervals.suite_averages import suite_averages
from scalepredict.predictors.fit_families import Fit, FittedGroup
from scalepredict.predictors.interface import Forecast, Frontier, Law, Targets
from scalepredict.predictors.limits import MEASURABLE
from scalepredict.predictors.reference.fitted_reference import FittedReference, ReferenceUse
from scalepredict.predictors.scale.targets import (
    describe_target,
    factors,
    target_warnings,
)
from scalepredict.records.notes import Level, Note, told
from scalepredict.records.subset import known_names
from scalepredict.records.table import Bools, EvalTable, Floats
from scalepredict.records.text.counts import count_of, listed
from scalepredict.records.units import match

UPPER = 0.95  # probability below the upper bound of a benchmark at chance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FamilyForecast:
    """The forecast of one family at K targets for T benchmarks and S suites.

    Attributes:
        family: The recipe.
        evidence: Benchmark scores of the family that the law has seen.
        forecast: Calibrated, shape (K, T).
        suites: Calibrated averages, shape (K, S).
        classes: Predictability of the T benchmarks.
        factor: FLOPs of each target over the largest of the evidence. Shape (K,).
        p_above_chance: Probability of a score above chance + 5 points. Shape (K, T).
        upper: Score that is not exceeded with probability 95 %. Shape (K, T).
        benchmark_warnings: Doubts about each benchmark, length T.
        target_warnings: Doubts about each target, length K.
        target_lines: How each target was understood, length K.
        notes: What the law and its intervals assume.
        references: What public models did for each of the T benchmarks; None = nothing.
    """

    family: str
    evidence: EvalTable
    forecast: Forecast
    suites: Forecast
    classes: Classes
    factor: Floats
    p_above_chance: Floats
    upper: Floats
    benchmark_warnings: tuple[tuple[Note, ...], ...]
    target_warnings: tuple[tuple[Note, ...], ...]
    target_lines: tuple[str, ...]
    notes: tuple[Note, ...]
    references: tuple[ReferenceUse | None, ...] = ()

    @property
    def targets(self) -> Targets:
        """The K targets."""
        return self.forecast.targets


def forecast_families(
    fit: Fit,
    targets_of: Callable[[EvalTable], Targets],
    calibration: Calibration,
    *,
    families: Sequence[str] = (),
    among: Collection[str] | None = None,
) -> tuple[tuple[FamilyForecast, ...], Mapping[str, str]]:
    """Forecast each family of a fit, or the named ones; and why some have no forecast, by family.

    Args:
        fit: The laws.
        targets_of: The targets of a family, from its evidence.
        calibration: Makes the intervals.
        families: Names of the wanted families; empty = all.
        among: Families that are asked for if none is named; the others are passed over. None = all.

    Raises:
        RefusedError: A family is unknown, a named one has no forecast, or none has.
    """
    fitted = [(group, family) for group in fit.groups for family in group.families]
    known_names("family", families, [family for _, family in fitted] + list(fit.refused))
    refused = {family: why for family, why in fit.refused.items() if family in families}
    forecasts = []
    for group, family in fitted:
        if family not in (families or among or (family,)):
            continue
        try:
            targets = targets_of(known_compute(group, family))
        except RefusedError as reason:
            refused[family] = str(reason)
        else:
            forecasts.append(forecast_family(fit, group, targets, calibration))
    if among is not None and not (forecasts or refused):
        raise RefusedError(
            f"none of {count_of(len(fitted), 'family', 'families')} of the fit was measured; "
            f"measured are: {listed(tuple(among))}."
        )
    if refused and (families or not forecasts):
        raise RefusedError("\n".join(f"family {name!r}: {why}" for name, why in refused.items()))
    return tuple(forecasts), refused


def forecast_family(
    fit: Fit,
    group: FittedGroup,
    targets: Targets,
    calibration: Calibration,
) -> FamilyForecast:
    """Forecast, calibrate and judge one family."""
    evidence = known_compute(group, targets.family[0])
    places = range(len(targets))
    pooled = len(group.families) > 1  # then few models of the family's own are no doubt
    return judged(
        group,
        evidence,
        aligned(group.law.forecast(targets), evidence),
        calibration,
        factor=factors(targets, evidence),
        lines=tuple(describe_target(targets, i, evidence) for i in places),
        warnings=tuple(target_warnings(targets, i, evidence, pooled=pooled) for i in places),
        name=fit.predictor.name,
    )


def _references(law: Law, evidence: EvalTable) -> tuple[ReferenceUse | None, ...]:
    reference: FittedReference | None = getattr(law, "reference", None)
    frontier: Frontier | None = getattr(law, "frontier", None)
    alone: Bools | None = getattr(law, "reference_alone", None)
    if reference is None or frontier is None or alone is None:
        return (None,) * len(evidence.units)
    uses = reference.uses(alone)
    places = match(evidence.units, frontier.units, unknown="same")
    return tuple(uses[place] if place >= 0 else None for place in places)


def above_chance(forecast: Forecast, chance: Floats) -> Floats:
    """Probability of a score above chance by more than guessing explains. Shape (K, T).

    Where public models have a curve, its own probability counts with half its weight: alone it is
    too sure that a benchmark leaves chance.
    """
    own = 1 - forecast.cdf(np.broadcast_to(chance + MEASURABLE, forecast.point.shape))
    if forecast.exceedance is None or forecast.reference_weight is None:
        return own
    weight = np.where(np.isfinite(forecast.exceedance), forecast.reference_weight / 2, 0.0)
    return weight * np.nan_to_num(forecast.exceedance) + (1 - weight) * own


def known_compute(group: FittedGroup, family: str) -> EvalTable:
    """The evidence of one family whose FLOPs are known.

    Raises:
        RefusedError: None are.
    """
    evidence = group.evidence.of_family(family)
    known = np.isfinite(evidence.flops)
    if not known.any():
        raise RefusedError(
            f"the compute of none of its models ({len(known)}) is known, so none can be forecast "
            "from scale; forecast from scores with --capabilities-of or --known."
        )
    return evidence if known.all() else evidence.take_rows(known)


def _classes(group: FittedGroup, evidence: EvalTable) -> Classes:
    # A method that pools families needs no class of the family's own: where its scores are too few
    # for one, the class is that of all families together.
    own = classify(evidence)
    few = np.array([kind is Kind.TOO_FEW for kind in own.kinds])
    if len(evidence.families) > 1:
        return _of_pool(own)
    if len(group.families) == 1 or not few.any():
        return own
    known = group.evidence.take_rows(np.isfinite(group.evidence.flops))
    measured = [known.units.index(unit) for unit in evidence.units]  # of the family: not all are
    pool = _of_pool(classify(known.take_units(measured)))
    kinds = zip(own.kinds, pool.kinds, strict=True)
    measures = {
        field.name: np.where(few, getattr(pool.trend, field.name), getattr(own.trend, field.name))
        for field in fields(Trend)
    }
    return replace(
        own,
        kinds=tuple(shared if kind is Kind.TOO_FEW else kind for kind, shared in kinds),
        trend=Trend(**measures),
    )


def _of_pool(classes: Classes) -> Classes:
    # Families lie apart: their scatter around one trend is no noise of a benchmark.
    kinds = zip(classes.kinds, classes.trend.slope > 0, strict=True)
    apart = {Kind.NOISY: Kind.RISING, Kind.FLAT: Kind.RISING}
    return replace(classes, kinds=tuple(apart.get(k, k) if rises else k for k, rises in kinds))


def _doubts_of_law(
    notes: tuple[Note, ...], forecast: Forecast
) -> tuple[tuple[tuple[Note, ...], ...], tuple[Note, ...]]:
    # What the law warns of single benchmarks that it forecasts, and all else that it tells.
    own = {unit.shown: t for t, unit in enumerate(forecast.units) if forecast.failures[t] is None}
    doubts: list[list[Note]] = [[] for _ in forecast.units]
    rest = []
    for note in notes:
        if note.level == Level.WARNING and note.subject in own:
            doubts[own[note.subject]].append(note)
        else:
            rest.append(note)
    return tuple(map(tuple, doubts)), tuple(rest)


def judged(
    group: FittedGroup,
    evidence: EvalTable,
    raw: Forecast,
    calibration: Calibration,
    *,
    factor: Floats,
    lines: tuple[str, ...],
    warnings: tuple[tuple[Note, ...], ...],
    name: str,
) -> FamilyForecast:
    """Calibrate a forecast and judge it beside the evidence that its classes come from.

    ``name`` says whose errors its intervals come from.
    """
    forecast = apply_calibration(raw, calibration, name)
    classes = _classes(group, evidence)
    doubts, notes = _doubts_of_law(told(group.law.notes()), forecast)
    own = [unit.measure is not None for unit in evidence.units]
    chance = np.where(own, np.nan, evidence.chance)  # nobody guesses a loss
    references = _references(group.law, evidence)
    return FamilyForecast(
        family=raw.targets.family[0],
        evidence=evidence,
        forecast=forecast,
        suites=suite_averages(forecast, calibration, name),
        classes=classes,
        factor=factor,
        p_above_chance=above_chance(forecast, chance),
        upper=forecast.quantile(UPPER),
        benchmark_warnings=tuple(
            (*plain, *of_law)
            for plain, of_law in zip(
                benchmark_doubts(
                    classes, forecast.failures, forecast.share_of_asymptote, references
                ),
                doubts,
                strict=True,
            )
        ),
        target_warnings=warnings,
        target_lines=lines,
        notes=(*notes, *calibration_notes(forecast, calibration, name)),
        references=references,
    )
