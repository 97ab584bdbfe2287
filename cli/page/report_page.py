"""What stands on the page of a report, in what order? Numbers first, then why to believe them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.cli.page.html import bullets, page, picture, section, table, text
from scalepredict.cli.page.plan_section import Planned, plan_section
from scalepredict.cli.views.backtest_view import summary_sheets
from scalepredict.cli.views.fit_view import describe_evidence
from scalepredict.cli.views.forecast_view import View, forecast_sheet, make_views
from scalepredict.cli.views.own_units import value
from scalepredict.cli.views.render import Format, Sheet, percent, spoken
from scalepredict.evaluation.backtest.backtest_report import BacktestReport
from scalepredict.evaluation.classes.classes import Kind
from scalepredict.evaluation.forecast.forecasting import FamilyForecast
from scalepredict.evaluation.forecast.measured import Comparison
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.intervals.levels import Levels, percent_key
from scalepredict.predictors.store.fit_file import StoredFit
from scalepredict.records.notes import Note, noted

_HOPELESS = (Kind.AT_CHANCE, Kind.FLAT, Kind.NOISY, Kind.INVERSE, Kind.TOO_FEW)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """What is reported.

    Attributes:
        stored: The fit file.
        constants: Interval constants.
        forecasts: Each family at its targets.
        refused: Why a family has no forecast.
        past: Backtest on the evidence; None if it is too small.
        why_no_past: Why.
        comparisons: Measured scores beside each forecast; None without any.
        unmeasured: Why a forecast has none although records were given.
        only: Benchmarks to show; empty = all.
        plots: Whether to draw.
        command: The command line that writes this page.
        levels: Of the intervals.
        planned: The next run of each family, or why there is none; None = not asked.
    """

    stored: StoredFit
    constants: Calibration
    forecasts: Sequence[FamilyForecast]
    refused: Mapping[str, str]
    past: BacktestReport | None
    why_no_past: str
    comparisons: Sequence[Comparison | None]
    unmeasured: Sequence[Note]
    only: tuple[str, ...]
    plots: bool
    command: str
    levels: Levels
    planned: Mapping[str, Planned | str] | None = None


def report_page(subject: Subject) -> str:
    """The whole page; reruns give the same bytes."""
    names = ", ".join(forecast.family for forecast in subject.forecasts)
    title = f"Forecast of {names} by {subject.stored.fit.predictor.name}"
    body = [f"<h1>{text(title)}</h1>\n"]
    counter = iter(range(1, 10**6))
    for forecast, comparison in zip(subject.forecasts, subject.comparisons, strict=True):
        name = subject.stored.fit.predictor.name
        for k, view in enumerate(
            make_views(name, forecast, comparison, only=subject.only, levels=subject.levels)
        ):
            body += _of_target(subject, forecast, view, k, counter)
    if subject.planned is not None:
        body.append(plan_section(subject.planned, plots=subject.plots))
    body += [_backtest(subject), _assumed(subject), _provenance(subject)]
    return page(title=title, body="".join(body))


def _of_target(
    subject: Subject, forecast: FamilyForecast, view: View, k: int, counter: Iterator[int]
) -> Iterator[str]:
    evidence = describe_evidence(forecast.evidence)
    yield f"<p class=lead>{text(view.title)}. Evidence: {text(evidence)}.</p>\n"
    yield _cards(view)
    if view.warnings:
        yield bullets(list(map(str, view.warnings)))
    sheet = forecast_sheet(view, Format.TABLE)
    yield section("Forecast", table(_without_title(sheet)))
    if subject.plots:
        yield section(
            "Evidence and forecast",
            *_figures(subject, forecast, view, k, counter),
        )
    yield section("What cannot be predicted, and why", _hopeless(view))


def _cards(view: View) -> str:
    shown = [entry for entry in view.benchmarks if not np.isnan(entry.point)]
    good = [entry for entry in shown if entry.kind not in _HOPELESS]
    cards = [
        (f"{view.target['factor']:.3g}x", "compute of the target over the largest evidence"),
        (f"{len(good)} of {len(view.benchmarks)}", "benchmarks with a trend to extrapolate"),
    ]
    widest = view.levels.shown[-1]
    name = percent_key(widest)
    for suite in [suite for suite in view.suites if not np.isnan(suite.point)][:3]:
        low, high = suite.interval[widest]
        cards.append(
            (
                percent(suite.point),
                f"average of {suite.name}, {name} %: {percent(low)} to {percent(high)}",
            )
        )
    if view.accuracy is not None and view.accuracy.n_benchmarks:
        error = percent(view.accuracy.mean_absolute_error, digits=2)
        cards.append((error, f"points off on average, measured on {view.measured_model}"))
    inner = "".join(
        f"<div class=card><b>{text(a)}</b><span>{text(b)}</span></div>\n" for a, b in cards
    )
    return f"<div class=cards>\n{inner}</div>\n"


def _key(levels: Sequence[float], *, chance: bool, public: bool) -> str:
    shades = np.interp(np.linspace(0, 1, len(levels)), [0, 0.5, 1], [0.55, 0.35, 0.18])
    bands = "".join(
        f'<span><i style="background:var(--fan);opacity:{shade:.2g}"></i>'
        f"{percent_key(level)} %</span>"
        for level, shade in zip(levels, shades.tolist(), strict=True)
    )
    families = (
        '<span><i style="background:var(--muted);opacity:.15"></i>2 of 3 public families</span>'
    )
    return (
        '<p class=key><span><i style="background:var(--ink);border-radius:50%;width:.5rem;'
        'height:.5rem"></i>measured</span><span><i style="background:var(--fan);height:.15rem;'
        f'vertical-align:.2rem"></i>fit and forecast</span>{bands}<span>'
        '<i style="background:var(--target);width:.55rem;height:.55rem;transform:rotate(45deg)">'
        f"</i>target</span>{families if public else ''}<span>{'dotted: chance; ' if chance else ''}"
        "top axis: parameters; bottom axis: training FLOPs</span></p>\n"
    )


def _figures(
    subject: Subject, forecast: FamilyForecast, view: View, k: int, counter: Iterator[int]
) -> tuple[str, str]:
    # What the marks are, and the pictures.
    # Imported here: a report without plots must not need matplotlib.
    from scalepredict.cli.figures.forecast_fan import Panel, small_figure
    from scalepredict.cli.figures.style import axis_name, figure_bytes, house_style
    from scalepredict.evaluation.forecast.path import path_to

    way = path_to(subject.stored.fit, forecast, subject.constants, index=k)
    wanted = {entry.name: entry for entry in view.benchmarks}
    parts = []
    with house_style():
        for column, unit in enumerate(forecast.forecast.units):
            if unit.shown not in wanted:
                continue
            figure, spots = small_figure(Panel(path=way, column=column, levels=subject.levels))
            svg = figure_bytes(figure, ".svg")
            kind = wanted[unit.shown].kind
            label = kind.label if kind else ""
            caption = ", ".join(filter(None, (label, axis_name(unit))))
            parts.append(
                f'<figure data-class="{label}"><h3>{text(unit.shown)}</h3>'
                f"<figcaption>{text(caption)}</figcaption>"
                f"{picture(svg, number=next(counter), label=unit.shown, spots=spots)}</figure>\n"
            )
    key = _key(
        subject.levels.shown,
        chance=any(unit.measure is None for unit in forecast.forecast.units),
        public=way.public is not None,
    )
    return key, f"<div class=figures>\n{''.join(parts)}</div>\n"


def _hopeless(view: View) -> str:
    rows = tuple(
        (
            entry.name,
            entry.kind.label,
            value(entry.last, entry.unit),
            "; ".join(note.text for note in entry.warnings),
        )
        for entry in view.benchmarks
        if entry.kind in _HOPELESS or np.isnan(entry.point)
        if entry.kind is not None
    )
    if not rows:
        return "<p>Every benchmark shows a trend.</p>\n"
    header = ("benchmark", "class", "last", "why")
    return table(Sheet(header=header, align="llrl", rows=rows))


def _backtest(subject: Subject) -> str:
    heading = "Did past forecasts hold? A backtest on the evidence"
    if subject.past is None:
        return section(heading, f"<p>{text(subject.why_no_past)}</p>\n")
    parts = [table(_without_title(sheet)) for sheet in summary_sheets(subject.past, by="factor")]
    if subject.plots and subject.past.summary:
        from scalepredict.cli.figures.coverage_chart import coverage_figure
        from scalepredict.cli.figures.style import figure_bytes, house_style

        with house_style():
            svg = figure_bytes(coverage_figure(subject.past.summary, subject.levels), ".svg")
        drawing = picture(svg, number=0, label="calibration, and error by factor")
        parts.append(f'<figure style="max-width:46rem">{drawing}</figure>\n')
    return section(heading, *parts)


def _assumed(subject: Subject) -> str:
    notes = [*subject.unmeasured, *subject.stored.notes]
    notes += [
        noted("family-refused", f"family {name!r} has no forecast: {why}")
        for name, why in subject.refused.items()
    ]
    notes += [note for forecast in subject.forecasts for note in forecast.notes]
    return section("What was assumed and left out", bullets(spoken(notes)))


def _provenance(subject: Subject) -> str:
    provenance = subject.stored.provenance
    lines = [f"scalepredict {provenance.version}, seed {provenance.seed}"]
    lines += [f"{file.name} (sha256 {file.sha256 or 'unknown'})" for file in provenance.inputs]
    lines += [f"{name}: {value}" for name, value in provenance.choice.in_words().items()]
    command = f"<pre>{text(subject.command)}</pre>\n"
    return section("Where this comes from", bullets(lines), "<p>This page again:</p>\n", command)


def _without_title(sheet: Sheet) -> Sheet:
    return Sheet(header=sheet.header, align=sheet.align, rows=sheet.rows, notes=sheet.notes)
