"""How is a forecast shown? One table for each family and target, made of views."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.cli.schemas.forecast_schema import TargetDocument
from scalepredict.cli.schemas.schema_parts import EvidenceDocument
from scalepredict.cli.views.fit_view import evidence_document
from scalepredict.cli.views.marks import MARKS
from scalepredict.cli.views.own_units import (
    FRACTION,
    direction_of,
    signed,
    unit_of,
    value,
    value_range,
)
from scalepredict.cli.views.render import (
    MISSING,
    NOTE,
    Format,
    Sheet,
    Sketch,
    percent,
    spoken,
)
from scalepredict.cli.views.sketch import (
    axis_header,
    axis_of,
    interval_bar,
    own_sparkline,
    sparkline,
)
from scalepredict.evaluation.classes.classes import Kind
from scalepredict.evaluation.forecast.forecasting import FamilyForecast
from scalepredict.evaluation.forecast.measured import Accuracy, Comparison
from scalepredict.evaluation.intervals.levels import Levels, percent_key
from scalepredict.evaluation.intervals.suite_averages import suites as suites_of
from scalepredict.predictors.interface import Forecast
from scalepredict.predictors.limits import MEASURABLE
from scalepredict.predictors.reference.fitted_reference import ReferenceUse
from scalepredict.records.document_parts import ColumnDocument
from scalepredict.records.notes import Note, noted
from scalepredict.records.subset import known_names
from scalepredict.records.text.counts import count_of, format_count
from scalepredict.records.units import column_document

APPROXIMATE = "intervals of averages are approximate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The forecast of one benchmark or suite; fractions, NaN where there is none.

    ``evidence`` holds the scores behind it, by growing compute; ``column`` says of a benchmark how
    it was measured.
    """

    name: str
    kind: Kind | None
    point: float
    interval: Mapping[float, tuple[float, float]]
    last: float
    chance: float
    p_above_chance: float
    upper: float
    warnings: tuple[Note, ...]
    unit: str = FRACTION
    direction: str = "higher"
    observed: float = np.nan
    error: float = np.nan
    evidence: tuple[float, ...] = ()
    column: ColumnDocument | None = None
    reference: ReferenceUse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The forecast of one family at one target."""

    predictor: str
    family: str
    title: str
    size: str
    target: TargetDocument
    evidence: EvidenceDocument
    benchmarks: tuple[Entry, ...]
    suites: tuple[Entry, ...]
    warnings: tuple[Note, ...]
    notes: tuple[Note, ...]
    levels: Levels
    measured_model: str
    accuracy: Accuracy | None


def make_views(
    predictor: str,
    family: FamilyForecast,
    comparison: Comparison | None,
    *,
    only: Sequence[str],
    levels: Levels,
) -> Iterator[View]:
    """One view for each target; ``only`` names the benchmarks to show, empty = all and suites.

    Raises:
        RefusedError: A named benchmark was not fitted.
    """
    names = [unit.shown for unit in family.forecast.units]
    known_names("benchmark", only, names)
    shown = np.flatnonzero([not only or name in only for name in names])
    for k, line in enumerate(family.target_lines):
        entries = _entries(family, comparison, k, levels)
        model = comparison.models[k] if comparison else ""
        yield View(
            predictor=predictor,
            family=family.family,
            title=f"{family.family}: {line}",
            size=f"{format_count(float(family.targets.params[k]))} params",
            target=_target(family, k) | ({"model": model} if model else {}),
            evidence=evidence_document(family.evidence),
            benchmarks=tuple(entries[t] for t in shown),
            suites=() if only else tuple(_suites(family, comparison, k, levels)),
            warnings=(*family.target_warnings[k], *(comparison.notes if comparison else ())),
            notes=family.notes,
            levels=levels,
            measured_model=model,
            accuracy=comparison.of_target(k, shown) if comparison and model else None,
        )


def shared_warnings(views: Sequence[View]) -> tuple[Note, ...]:
    """Warnings that hold for every one of several views, to be said once."""
    if len(views) < 2:
        return ()
    return tuple(note for note in views[0].warnings if all(note in v.warnings for v in views))


def forecast_sheet(view: View, form: Format) -> Sheet:
    """The table of a view; Markdown also carries the warnings, which else go to stderr."""
    measured, shown = view.accuracy is not None, view.levels.shown
    header = ["benchmark", "class", "last", "forecast", *map(_column, shown)]
    header += ["measured", "error"] if measured else []
    entries = (*view.benchmarks, *view.suites)
    rows = [_row(entry, shown, measured) for entry in entries]
    warnings = view.warnings if form == Format.MARKDOWN else ()
    return Sheet(
        title=view.title,
        header=(*header, NOTE),
        align="ll" + "r" * (len(header) - 2) + "l",
        rows=tuple(rows),
        notes=(*_accuracy_notes(view), *spoken(warnings)),
        sketches=_sketches(entries, shown),
        marks=tuple(MARKS[e.kind] if e.kind else None for e in entries),
    )


def _sketches(entries: Sequence[Entry], levels: Sequence[float]) -> tuple[Sketch, ...]:
    narrow, wide = levels[0], levels[-1]
    known = [e for e in entries if not np.isnan(e.point) and e.unit == FRACTION]
    low, high = axis_of([y for e in known for y in (*e.interval[wide], e.last)])
    lines = [
        sparkline(e.evidence, chance=e.chance) if e.unit == FRACTION else own_sparkline(e.evidence)
        for e in entries
    ]
    bars = [
        interval_bar(e.point, e.interval[wide], e.interval[narrow], last=e.last, low=low, high=high)
        if e.kind != Kind.AT_CHANCE and e.unit == FRACTION
        else ""
        for e in entries
    ]
    return (
        Sketch(header="evidence", cells=tuple(lines), after="class"),
        Sketch(header=axis_header(low, high), cells=tuple(bars), after=_column(wide)),
    )


def _target(family: FamilyForecast, k: int) -> TargetDocument:
    return {
        "params": float(family.targets.params[k]),
        "tokens": float(family.targets.tokens[k]),
        "flops": float(family.targets.flops[k]),
        "factor": float(family.factor[k]),
        "assumption": family.targets.assumption[k],
    }


def _entries(
    family: FamilyForecast, comparison: Comparison | None, k: int, levels: Levels
) -> list[Entry]:
    forecast, evidence = family.forecast, family.evidence
    bounds = _bounds(forecast, k, levels)
    rising = evidence.scores[np.argsort(evidence.flops, kind="stable")]
    return [
        Entry(
            name=unit.shown,
            column=column_document(unit),
            kind=family.classes.kinds[t],
            point=float(forecast.point[k, t]),
            interval=bounds[t],
            last=float(forecast.last[k, t]),
            chance=unit.chance,
            p_above_chance=float(family.p_above_chance[k, t]),
            upper=float(family.upper[k, t]),
            warnings=family.benchmark_warnings[t],
            observed=float(comparison.observed[k, t]) if comparison else np.nan,
            error=float(comparison.error[k, t]) if comparison else np.nan,
            evidence=tuple(rising[:, t].tolist()),
            reference=family.references[t] if family.references else None,
            unit=unit_of(unit),
            direction=direction_of(unit),
        )
        for t, unit in enumerate(forecast.units)
    ]


def _suites(
    family: FamilyForecast, comparison: Comparison | None, k: int, levels: Levels
) -> Iterator[Entry]:
    suites, bounds = family.suites, _bounds(family.suites, k, levels)
    members = suites_of(family.forecast.units)
    for s, unit in enumerate(suites.units):
        failure = suites.failures[s]
        observed = float(comparison.suites[k, s]) if comparison else np.nan
        yield Entry(
            name=unit.benchmark,
            kind=None,
            point=float(suites.point[k, s]),
            interval=bounds[s],
            last=float(suites.last[k, s]),
            chance=unit.chance,
            p_above_chance=np.nan,
            upper=np.nan,
            warnings=_average_doubts(family, members[unit.benchmark], unit.benchmark)
            if failure is None
            else (noted("not-forecast", failure, subject=unit.benchmark),),
            observed=observed,
            error=float(suites.point[k, s]) - observed,
            unit=unit_of(unit),
            direction=direction_of(unit),
        )


def _average_doubts(family: FamilyForecast, members: Sequence[int], suite: str) -> tuple[Note, ...]:
    approximate = noted("average-approximate", APPROXIMATE, subject=suite)
    unmeasurable = sum(family.classes.kinds[i] is Kind.AT_CHANCE for i in members)
    if 2 * unmeasurable <= len(members):
        return (approximate,)
    share = f"{unmeasurable} of {len(members)} benchmarks are at chance"
    text = f"{share}: when they rise is not in the interval"
    return (approximate, noted("average-at-chance", text, subject=suite))


def _bounds(forecast: Forecast, k: int, levels: Levels) -> list[dict[float, tuple[float, float]]]:
    ends = {c: forecast.interval(c) for c in levels.kept}
    return [
        {c: (float(low[k, i]), float(high[k, i])) for c, (low, high) in ends.items()}
        for i in range(len(forecast.units))
    ]


def _row(entry: Entry, shown: Sequence[float], measured: bool) -> tuple[str, ...]:
    unmeasurable = entry.kind == Kind.AT_CHANCE and not np.isnan(entry.point)
    ranges = [value_range(*entry.interval[c], entry.unit) for c in shown]
    if unmeasurable:
        # No confident curve: an upper bound instead of intervals around a point.
        ranges = [MISSING] * (len(shown) - 1) + [f"<= {percent(entry.upper)}"]
    observed = [value(entry.observed, entry.unit), signed(entry.error, entry.unit)]
    return (
        f"average of {entry.name}" if entry.kind is None else entry.name,
        "" if entry.kind is None else entry.kind.label,
        value(entry.last, entry.unit),
        value(entry.point, entry.unit),
        *ranges,
        *(observed if measured else ()),
        "; ".join(
            _with_probability(entry) if unmeasurable else (note.text for note in entry.warnings)
        ),
    )


def _column(level: float) -> str:
    return f"{percent_key(level)} %"


def _with_probability(entry: Entry) -> tuple[str, ...]:
    level = percent(entry.chance + MEASURABLE)
    probability = f"P(score > {level}) = {100 * entry.p_above_chance:.0f} %"
    return tuple(
        f"{note.text}: {probability}" if note.code == "at-chance" else note.text
        for note in entry.warnings
    )


def _accuracy_notes(view: View) -> tuple[str, ...]:
    found = view.accuracy
    if found is None:
        return ()
    of_own = (
        f"measured on {view.measured_model}: mean relative error "
        f"{percent(found.relative_error, digits=2)} % over {count_of(found.n_own, 'metric')} in "
        f"their own units; {found.n_own_inside} of {count_of(found.n_own, 'interval')} of 90 % "
        + ("holds" if found.n_own == 1 else "hold"),
    )
    if not found.n_benchmarks:
        return of_own if found.n_own else ()
    of_fractions = (
        f"measured on {view.measured_model}: mean absolute error "
        f"{percent(found.mean_absolute_error, digits=2)} points over "
        f"{count_of(found.n_benchmarks, 'benchmark')} (last value: "
        f"{percent(found.last_mean_absolute_error, digits=2)}); {found.n_inside} of "
        f"{count_of(found.n_benchmarks, 'interval')} of 90 % "
        + ("holds" if found.n_benchmarks == 1 else "hold"),
    )
    return (*of_fractions, *(of_own if found.n_own else ()))
