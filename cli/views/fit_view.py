"""How is a fit shown? One table for each family; the same numbers as rows and as a document."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from scalepredict.cli.schemas.fit_report_schema import FitReport, FittedBenchmark, SimplerDocument
from scalepredict.cli.schemas.schema_parts import EvidenceDocument, Number
from scalepredict.cli.views.marks import MARKS
from scalepredict.cli.views.own_units import direction_of, signed, unit_of, value
from scalepredict.cli.views.render import (
    MISSING,
    NOTE,
    Sheet,
    Sketch,
    percent,
    spoken,
)
from scalepredict.cli.views.sketch import own_sparkline, sparkline
from scalepredict.evaluation.backtest.auto import Choice
from scalepredict.evaluation.backtest.health import health
from scalepredict.evaluation.backtest.simpler_law import SimplerLaw
from scalepredict.evaluation.forecast.fit_summary import FamilySummary
from scalepredict.predictors.fit_families import Fit, FittedGroup
from scalepredict.predictors.law_tables import Detailed, Kind, LawTable
from scalepredict.predictors.store.fit_file import StoredFit
from scalepredict.predictors.store.json_codec import encode
from scalepredict.records.notes import told, without
from scalepredict.records.table import EvalTable, Floats
from scalepredict.records.text.counts import count_of, format_count
from scalepredict.records.units import column_document

FEW_FAMILIES = 6  # of one law; the tables of more are shown when asked for


def fit_sheets(
    fit: Fit, summaries: Sequence[FamilySummary], *, verbose: bool, ignored: Sequence[str] = ()
) -> list[Sheet]:
    """One table for each family; ``verbose`` adds how the classes were decided.

    A law of all families has a table of its own before them (loadings, with ``verbose`` all that
    it has), and its notes below that one.
    """
    if not fit.predictor.pools_families:
        return [_sheet(fit.predictor.name, summary, verbose, ignored) for summary in summaries]
    few = len(summaries) <= FEW_FAMILIES
    tail = () if verbose or few else (f"classes in each of {len(summaries)} families: add -v.",)
    sheets = [sheet for group in fit.groups for sheet in _law_sheets(group, verbose, ignored, tail)]
    shown = [replace(summary, notes=()) for summary in summaries] if verbose or few else []
    return [*sheets, *(_sheet(fit.predictor.name, summary, verbose, ignored) for summary in shown)]


def _law_sheets(
    group: FittedGroup, verbose: bool, ignored: Sequence[str], tail: tuple[str, ...]
) -> list[Sheet]:
    tables = group.law.details() if isinstance(group.law, Detailed) else ()
    shown = [_law_sheet(table) for table in (tables if verbose else tables[:1])]
    notes = spoken(without(told(group.law.notes()), ignored), each=verbose)
    return [replace(shown[0], notes=(*notes, *tail)), *shown[1:]] if shown else []


def _law_sheet(table: LawTable) -> Sheet:
    return Sheet(
        title=table.title,
        header=table.header,
        align="".join("l" if kind == Kind.TEXT else "r" for kind in table.kinds),
        rows=tuple(
            tuple(_law_cell(value, kind) for value, kind in zip(row, table.kinds, strict=True))
            for row in table.rows
        ),
    )


def _law_cell(value: str | float, kind: Kind) -> str:
    if isinstance(value, str):
        return value
    if not np.isfinite(value):
        return MISSING
    match kind:
        case Kind.SCORE:
            return percent(value)
        case Kind.COUNT:
            return format_count(value)
        case _:
            return f"{value:.2f}"


def fit_rows(summaries: Sequence[FamilySummary]) -> list[dict[str, object]]:
    """One row for each family and benchmark; scores are fractions."""
    return [
        {"family": summary.family, **row, "warnings": "; ".join(row["warnings"])}
        for summary in summaries
        for row in _benchmarks(summary)
    ]


def fit_document(
    stored: StoredFit, summaries: Sequence[FamilySummary], choice: Choice | None = None
) -> FitReport:
    """The document ``scalepredict.fit-report/1``."""
    fit, provenance = stored.fit, stored.provenance
    return {
        "schema": "scalepredict.fit-report/1",
        "predictor": fit.predictor.name,
        "auto": None if choice is None else _judged(choice.families),
        "settings": encode(fit.predictor, type(fit.predictor)),
        "provenance": {
            "version": provenance.version,
            "seed": provenance.seed,
            "inputs": [{"name": f.name, "sha256": f.sha256} for f in provenance.inputs],
            "options": provenance.choice.in_words(),
        },
        "families": [
            {
                "family": summary.family,
                "evidence": evidence_document(summary.evidence),
                "benchmarks": _benchmarks(summary),
                "warnings": [note.text for note in summary.warnings],
                "notes": [note.document() for note in (*summary.warnings, *summary.notes)],
                "noise_ratio": summary.noise_ratio,
                "simpler": _simpler(summary.simpler),
            }
            for summary in summaries
        ],
        "details": {
            table.name: [dict(zip(table.header, row, strict=True)) for row in table.rows]
            for group in fit.groups
            if isinstance(group.law, Detailed)
            for table in group.law.details()
        },
        "refused": dict(fit.refused),
        "notes": [note.document() for note in stored.notes],
    }


def _judged(families: Mapping[str, SimplerLaw | None]) -> dict[str, SimplerDocument | None]:
    return {family: _simpler(law) for family, law in families.items()}


def _simpler(law: SimplerLaw | None) -> SimplerDocument | None:
    if law is None:
        return None
    return {
        "predictor": law.name,
        "error": law.error,
        "default": law.default,
        "default_error": law.default_error,
    }


def evidence_document(evidence: EvalTable) -> EvidenceDocument:
    """What one family's law has seen: counts, and ranges [smallest, largest]."""
    return {
        "models": len({c.model for c in evidence.checkpoints}),
        "checkpoints": len(evidence.checkpoints),
        "params": _range(evidence.params),
        "tokens": _range(evidence.tokens),
        "flops": _range(evidence.flops),
    }


def describe_evidence(evidence: EvalTable) -> str:
    """The same in a line."""
    models = len({c.model for c in evidence.checkpoints})
    n = len(evidence.checkpoints)
    of = f"{n} checkpoints of " if n > models else ""
    spans = [
        f"{_span(evidence.params)} params",
        f"{_span(evidence.tokens)} tokens",
        f"{_span(evidence.flops)} FLOPs",
    ]
    return f"{of}{count_of(models, 'model')}, {', '.join(spans)}"


def _sheet(predictor: str, summary: FamilySummary, verbose: bool, ignored: Sequence[str]) -> Sheet:
    trend = summary.classes.trend
    header = ["benchmark", "class", "scores", "last", "per decade", "noise", "fit error"]
    extra = ["chance", "z", "phi", "linearity", "breakthroughness", "step z"] if verbose else []
    rows = []
    for i, unit in enumerate(summary.classes.units):
        row = [
            unit.shown,
            summary.classes.kinds[i].label,
            f"{trend.n_scores[i]:.0f}",
            value(summary.last[i], unit_of(unit)),
            signed(trend.slope[i], unit_of(unit)),
            value(trend.noise[i], unit_of(unit)),
            value(summary.fit_error[i], unit_of(unit)),
        ]
        if verbose:
            chance = percent(unit.chance) + ("?" if unit.chance_assumed else "")
            row += ["-" if unit.measure else chance]
            row += [_number(values[i]) for values in (trend.z, trend.phi, trend.linearity)]
            row += [_number(trend.breakthroughness[i]), _number(trend.step_z[i])]
        rows.append((*row, "; ".join(note.text for note in summary.doubts[i])))
    return Sheet(
        title=f"{summary.family}: {predictor} on {describe_evidence(summary.evidence)}",
        header=(*header, *extra, NOTE),
        align="ll" + "r" * (len(header) + len(extra) - 2) + "l",
        rows=tuple(rows),
        notes=(
            *spoken(summary.notes, each=verbose),
            *spoken(without(health(predictor, summary.noise_ratio), ignored), each=verbose),
        ),
        sketches=(Sketch(header="evidence", cells=_sparklines(summary), after="scores"),),
        marks=tuple(MARKS[kind] for kind in summary.classes.kinds),
    )


def _sparklines(summary: FamilySummary) -> tuple[str, ...]:
    evidence = summary.evidence
    rising = evidence.scores[np.argsort(evidence.flops, kind="stable")]
    return tuple(
        sparkline(scores.tolist(), chance=unit.chance)
        if unit.measure is None
        else own_sparkline(scores.tolist())
        for scores, unit in zip(rising.T, evidence.units, strict=True)
    )


def _benchmarks(summary: FamilySummary) -> list[FittedBenchmark]:
    trend = summary.classes.trend
    return [
        {
            **column_document(unit),
            "unit": unit_of(unit),
            "direction": direction_of(unit),
            "class": summary.classes.kinds[i].value,
            "scores": int(trend.n_scores[i]),
            "last": float(summary.last[i]),
            "chance": unit.chance,
            "chance_assumed": unit.chance_assumed,
            "level": float(trend.level[i]),
            "slope_per_decade": float(trend.slope[i]),
            "trend_z": float(trend.z[i]),
            "noise": float(trend.noise[i]),
            "phi": float(trend.phi[i]),
            "fit_error": float(summary.fit_error[i]),
            "linearity": float(trend.linearity[i]),
            "breakthroughness": float(trend.breakthroughness[i]),
            "step_z": float(trend.step_z[i]),
            "warnings": [note.text for note in summary.doubts[i]],
            "notes": [note.document() for note in summary.doubts[i]],
        }
        for i, unit in enumerate(summary.classes.units)
    ]


def _range(values: Floats) -> list[Number]:
    # Models known by their scores alone may all hide their compute: then nothing has a range.
    return [float(values.min()), float(values.max())] if len(values) else [np.nan, np.nan]


def _span(values: Floats) -> str:
    low, high = format_count(float(values.min())), format_count(float(values.max()))
    return low if low == high else f"{low} to {high}"


def _number(value: np.float64) -> str:
    return "-" if np.isnan(value) else "inf" if np.isinf(value) else f"{value:.1f}"
