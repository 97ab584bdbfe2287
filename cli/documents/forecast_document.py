"""What does a forecast hold for programs? The same views as tidy rows and as documents."""

from collections.abc import Sequence

from scalepredict.cli.schemas.forecast_schema import (
    AskedDocument,
    Documents,
    ForecastDocument,
    ForecastEntry,
    ReferenceDocument,
)
from scalepredict.cli.views.forecast_view import Entry, View
from scalepredict.cli.views.render import Cell
from scalepredict.evaluation.intervals.levels import percent_key
from scalepredict.predictors.reference.fitted_reference import ReferenceUse
from scalepredict.records.document_parts import ColumnDocument, NoteDocument
from scalepredict.records.notes import Note


def forecast_rows(views: Sequence[View]) -> list[dict[str, Cell]]:
    """Tidy rows: one for each family, target and benchmark or suite; scores are fractions."""
    measured = any(view.accuracy is not None for view in views)
    named = any(view.measured_model for view in views)
    return [
        {
            "family": view.family,
            **({"model": view.measured_model} if named else {}),
            **{name: view.target[name] for name in ("params", "tokens", "flops", "factor")},
            **_flat(entry, is_suite, measured),
        }
        for view in views
        for is_suite, entries in ((False, view.benchmarks), (True, view.suites))
        for entry in entries
    ]


def documents(views: Sequence[View]) -> Documents:
    """The document ``scalepredict.forecast/2``, or a list of them if there are several views."""
    found = [_document(view) for view in views]
    return found[0] if len(found) == 1 else found


def _flat(entry: Entry, is_suite: bool, measured: bool) -> dict[str, Cell]:
    bounds: dict[str, Cell] = {}
    for level, (low, high) in entry.interval.items():
        bounds[f"low_{percent_key(level)}"] = low
        bounds[f"high_{percent_key(level)}"] = high
    truth: dict[str, Cell] = {"measured": entry.observed, "error": entry.error}
    return {
        "benchmark": entry.name,
        "is_suite": is_suite,
        "class": None if entry.kind is None else entry.kind.value,
        "last": entry.last,
        "forecast": entry.point,
        **bounds,
        "chance": entry.chance,
        "upper_95": entry.upper,
        "p_above_chance_5": entry.p_above_chance,
        **(truth if measured else {}),
        "unit": entry.unit,
        "warnings": "; ".join(_texts(entry.warnings)),
    }


def _document(view: View) -> ForecastDocument:
    found = view.accuracy
    measured = found is not None
    document: ForecastDocument = {
        "schema": "scalepredict.forecast/2",
        "predictor": view.predictor,
        "family": view.family,
        "target": view.target,
        "evidence": view.evidence,
        "benchmarks": [_item(entry, measured) for entry in view.benchmarks],
        "suites": [_item(entry, measured) for entry in view.suites],
        "warnings": _texts(view.warnings),
        "notes": _documents((*view.warnings, *view.notes)),
    }
    if found is not None:
        document["accuracy"] = {
            "model": view.measured_model,
            "benchmarks": found.n_benchmarks,
            "mean_absolute_error": found.mean_absolute_error,
            "last_mean_absolute_error": found.last_mean_absolute_error,
            "inside_90": found.n_inside,
            "own_metrics": found.n_own,
            "relative_error": found.relative_error,
            "own_inside_90": found.n_own_inside,
        }
    return document


def _item(entry: Entry, measured: bool) -> ForecastEntry:
    column: ColumnDocument = entry.column or {"benchmark": entry.name}
    asked: AskedDocument = {}
    if measured:
        asked = {"measured": entry.observed, "error": entry.error}
    return {
        **column,
        "unit": entry.unit,
        "direction": entry.direction,
        "class": None if entry.kind is None else entry.kind.value,
        "forecast": entry.point,
        "interval": {percent_key(c): list(ends) for c, ends in entry.interval.items()},
        "last": entry.last,
        "chance": entry.chance,
        "upper_95": entry.upper,
        "p_above_chance_5": entry.p_above_chance,
        "reference": None if entry.reference is None else _reference(entry.reference),
        "bend": None,
        "warnings": _texts(entry.warnings),
        "notes": _documents(entry.warnings),
        **asked,
    }


def _reference(use: ReferenceUse) -> ReferenceDocument:
    return {
        "labs": use.labs,
        "families": use.families,
        "level_sd": use.level_sd,
        "weight": use.weight,
    }


def _texts(notes: Sequence[Note]) -> list[str]:
    return [note.text for note in notes]


def _documents(notes: Sequence[Note]) -> list[NoteDocument]:
    return [note.document() for note in notes]
