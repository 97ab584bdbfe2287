"""Did the forecast hold? Forecasts beside scores that were measured at the same scale."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.forecast.forecasting import FamilyForecast
from scalepredict.evaluation.intervals.levels import CLAIM
from scalepredict.evaluation.intervals.suite_averages import suite_means, suites
from scalepredict.predictors.interface import Targets
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.evidence import CheckpointChoice, select_evidence
from scalepredict.records.notes import Note, noted
from scalepredict.records.subset import known_names
from scalepredict.records.table import Bools, EvalTable, Floats, Ints, Unit
from scalepredict.records.text.counts import format_count
from scalepredict.records.units import how_measured, match

NEAR = 1.10  # "12B" and 11.8B params are the same target


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Forecast and measured scores of one family at K targets for T benchmarks.

    Attributes:
        models: The measured checkpoint of each target; empty if there is none. Length K.
        observed: Measured scores, NaN where there is none. Shape (K, T).
        error: Forecast minus measured. Shape (K, T).
        last_error: Last value of the evidence minus measured: what no forecast costs. Shape (K, T).
        inside: 1 where the 90 % interval holds the measured score, else 0; NaN as ``observed``.
            Shape (K, T).
        suites: Measured averages of the suites of the forecast; NaN where one of their benchmarks
            was not measured. Shape (K, S).
        own: Which benchmarks are no fractions and keep their own unit. Shape (T,).
        notes: Of benchmarks that were measured in another way than the fit's.
    """

    models: tuple[str, ...]
    observed: Floats
    error: Floats
    last_error: Floats
    inside: Floats
    suites: Floats
    own: Bools
    notes: tuple[Note, ...] = ()

    def of_target(self, index: int, columns: Ints) -> "Accuracy":
        """The accuracy at one target, over those of the columns that were measured and forecast."""
        compared = columns[np.isfinite(self.inside[index, columns])]
        known, own = compared[~self.own[compared]], compared[self.own[compared]]
        relative = np.abs(self.error[index, own] / self.observed[index, own])
        return Accuracy(
            n_benchmarks=len(known),
            mean_absolute_error=_mean(np.abs(self.error[index, known])),
            last_mean_absolute_error=_mean(np.abs(self.last_error[index, known])),
            n_inside=int(self.inside[index, known].sum()),
            n_own=len(own),
            relative_error=_mean(relative),
            n_own_inside=int(self.inside[index, own].sum()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How far a forecast was off at one target.

    Attributes:
        n_benchmarks: Benchmarks that were measured and forecast.
        mean_absolute_error: Of the forecast, a fraction.
        last_mean_absolute_error: Of the last value of the evidence, a fraction.
        n_inside: Benchmarks whose 90 % interval holds the measured score.
        n_own: Metrics that are no fractions, such as losses, that were measured and forecast.
        relative_error: Mean absolute error of these, as a share of what was measured.
        n_own_inside: Those whose 90 % interval holds.
    """

    n_benchmarks: int
    mean_absolute_error: float
    last_mean_absolute_error: float
    n_inside: int
    n_own: int = 0
    relative_error: float = np.nan
    n_own_inside: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """Records to compare with, chosen as the evidence of the fit was.

    Attributes:
        records: Checkpoints of any role; anchors are not compared.
        choice: Which checkpoints of each model.
        phases: Phases of the schedule; None = any.
    """

    records: EvalTable
    choice: CheckpointChoice
    phases: frozenset[str] | None

    def checkpoints(self, family: str) -> EvalTable:
        """Benchmark scores of one family.

        Raises:
            RefusedError: The records do not hold the family.
        """
        chosen = self.all_checkpoints(needs_compute=True)
        known_names("measured family", [family], chosen.families)
        return chosen.of_family(family)

    def all_checkpoints(self, *, needs_compute: bool) -> EvalTable:
        """Benchmark scores of all families, with or without checkpoints of unknown compute."""
        as_fit = [
            c if c.role == "anchor" else replace(c, role="fit") for c in self.records.checkpoints
        ]
        table = replace(self.records, checkpoints=tuple(as_fit))
        chosen = select_evidence(
            table, choice=self.choice, phases=self.phases, needs_compute=needs_compute
        )
        return to_benchmarks(chosen.table)

    def beyond(self, evidence: EvalTable) -> Targets:
        """The scales of the measured checkpoints with more FLOPs than all evidence of the family.

        Raises:
            RefusedError: There are none.
        """
        family = evidence.families[0]
        table = self.checkpoints(family)
        beyond = np.flatnonzero(table.flops > evidence.flops.max())
        if not len(beyond):
            raise RefusedError(
                f"no measured checkpoint of family {family!r} is larger than the evidence; give a "
                "target with --params, or fit with --up-to-params."
            )
        return Targets.of_table(
            table.take_rows(beyond[np.argsort(table.flops[beyond], kind="stable")])
        )


def compare(family: FamilyForecast, measured: EvalTable) -> Comparison:
    """Find the measured checkpoint of each target and compare.

    Raises:
        RefusedError: No target has a measured checkpoint within 10 % of its params and tokens, or
            none of its benchmarks was measured by the metric and shots of the fit.
    """
    rows = [_nearest(family.targets, k, measured) for k in range(len(family.targets))]
    if all(row is None for row in rows):
        raise RefusedError(_nothing_near(family.targets, measured))
    column = match(family.forecast.units, measured.units, unknown="any")
    otherwise = _measured_otherwise(family.forecast.units, measured.units, column)
    if otherwise and (column < 0).all():
        raise RefusedError(
            f"nothing to compare: {'; '.join(otherwise)}. Give records of the metric and shots of "
            "the fit, or fit by theirs with --metric and --shots."
        )
    found = np.array([row is not None for row in rows])
    index = np.array([row or 0 for row in rows])
    scores = measured.scores[np.ix_(index, column)]
    models = tuple("" if row is None else measured.checkpoints[row].model for row in rows)
    compared = beside(family, np.where(found[:, None] & (column >= 0), scores, np.nan), models)
    notes = (noted("not-compared", f"not compared: {each}.") for each in otherwise)
    return replace(compared, notes=tuple(notes))


def beside(family: FamilyForecast, observed: Floats, models: tuple[str, ...]) -> Comparison:
    """Measured scores of shape (K, T) beside the forecast; NaN = not measured."""
    low, high = family.forecast.interval(CLAIM)
    holds = np.where((low <= observed) & (observed <= high), 1.0, 0.0)
    known = np.isfinite(observed) & np.isfinite(family.forecast.point)
    return Comparison(
        models=models,
        observed=observed,
        error=family.forecast.point - observed,
        last_error=family.forecast.last - observed,
        inside=np.where(known, holds, np.nan),
        suites=suite_means(observed, suites(family.forecast.units).values()),
        own=np.array([unit.measure is not None for unit in family.forecast.units], dtype=bool),
    )


def _measured_otherwise(
    units: Sequence[Unit], measured: Sequence[Unit], column: Ints
) -> tuple[str, ...]:
    # Benchmarks of the forecast that were measured by other metrics or shots only.
    ways: dict[str, list[str]] = {}
    for unit in measured:
        ways.setdefault(unit.benchmark, []).append(how_measured(unit))
    return tuple(
        f"{unit.benchmark!r} is measured as {' and '.join(ways[unit.benchmark])}, and the fit is "
        f"of {how_measured(unit)}"
        for unit, place in zip(units, column, strict=True)
        if place < 0 and unit.benchmark in ways
    )


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else np.nan


def _distance(targets: Targets, index: int, measured: EvalTable) -> Floats:
    # The larger of the two log ratios, of params and of tokens.
    params = np.abs(np.log(measured.params / targets.params[index]))
    tokens = np.abs(np.log(measured.tokens / targets.tokens[index]))
    result: Floats = np.maximum(params, tokens)
    return result


def _nearest(targets: Targets, index: int, measured: EvalTable) -> int | None:
    distance = _distance(targets, index, measured)
    row = int(np.argmin(distance))
    return row if distance[row] <= np.log(NEAR) else None


def _nothing_near(targets: Targets, measured: EvalTable) -> str:
    nearest = measured.checkpoints[int(np.argmin(_distance(targets, 0, measured)))]
    return (
        f"no measured checkpoint of family {targets.family[0]!r} has params and tokens within 10 % "
        f"of {format_count(targets.params[0])} and {format_count(targets.tokens[0])}; the nearest "
        f"is {nearest.model} ({format_count(nearest.params or 0)} params, "
        f"{format_count(nearest.tokens or 0)} tokens)."
    )
