"""How is a backtest shown? Tables for people; rows and summaries for programs."""

from collections.abc import Iterator, Sequence
from itertools import chain

from scalepredict.cli.schemas.backtest_schema import (
    BacktestFigures,
    BacktestRow,
    BacktestSummary,
    Part,
)
from scalepredict.cli.views.own_units import unit_of
from scalepredict.cli.views.render import (
    MISSING,
    Cell,
    Format,
    Sheet,
    csv_text,
    emit,
    json_text,
    percent,
    percent_range,
    signed_points,
    spoken,
    write_data,
)
from scalepredict.evaluation.backtest.backtest_report import BacktestReport
from scalepredict.evaluation.backtest.health import health
from scalepredict.evaluation.backtest.rolling_origin import Cell as BacktestCell
from scalepredict.evaluation.backtest.summary import Figure, SummaryRow
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.intervals.levels import CLAIM, percent_key
from scalepredict.records.notes import without
from scalepredict.records.text.counts import count_of

SCHEMA = "scalepredict.backtest/1"
MOST_REASONS = 10
WHOLE = "all"


def show(
    report: BacktestReport,
    calibration: Calibration,
    *,
    by: str,
    form: Format,
    ignored: Sequence[str] = (),
) -> None:
    """Write a report to stdout. ``by`` is factor, benchmark or family."""
    column = "factor_bin" if by == "factor" else by
    if form is Format.JSON:
        _stream_json(report, calibration, column)
        return
    sheets = list(summary_sheets(report, by=by, ignored=ignored))
    emit(form, sheets=sheets, rows=summary_rows(report, column), document=None)


def summary_sheets(
    report: BacktestReport, *, by: str, ignored: Sequence[str] = ()
) -> Iterator[Sheet]:
    """The summary, the noise floor, and what was not forecast."""
    if report.summary:
        yield _main_sheet(report, by, ignored)
    if report.own_metrics:
        yield _own_sheet(report, by)
    if report.floors:
        yield _floor_sheet(report, by)
    if report.failures:
        yield _failure_sheet(report)


def summary_rows(report: BacktestReport, column: str) -> list[dict[str, Cell]]:
    """One row for each method and part; ``column`` names the part."""
    return [_flat(row, column) for row in (*report.summary, *report.own_metrics)]


def rows_csv(report: BacktestReport) -> str:
    """Every forecast beside what was measured, as CSV."""
    return csv_text(flat_rows(report))


def flat_rows(report: BacktestReport) -> list[dict[str, object]]:
    """Every forecast beside what was measured, one row for each."""
    rows = []
    for row in forecast_rows(report):
        flat: dict[str, object] = {n: cell for n, cell in row.items() if n != "interval"}
        for level in map(percent_key, report.levels.kept):
            low, high = row["interval"].get(level, (None, None))
            flat |= {f"low_{level}": low, f"high_{level}": high}
        rows.append(flat)
    return rows


def forecast_rows(report: BacktestReport) -> Iterator[BacktestRow]:
    """One row for each method, origin, target and benchmark that was measured."""
    return chain.from_iterable(_rows_of(cell, report.levels.kept) for cell in report.cells)


def _rows_of(cell: BacktestCell, levels: Sequence[float]) -> Iterator[BacktestRow]:
    forecast = cell.forecast
    ends = {} if forecast is None else {c: forecast.interval(c) for c in levels}
    for k, (target, factor) in enumerate(zip(cell.targets, cell.factor, strict=True)):
        for t, unit in enumerate(cell.units):
            observed = float(cell.observed[k, t])
            if observed != observed:  # NaN: not measured
                continue
            point = float("nan") if forecast is None else float(forecast.point[k, t])
            yield {
                "predictor": cell.predictor,
                "family": cell.family,
                "benchmark": unit.shown,
                "unit": unit_of(unit),
                "model": target.model,
                "params": target.params,
                "tokens": target.tokens,
                "origin_flops": cell.origin_flops,
                "factor": float(factor),
                "n_train": cell.n_train,
                "observed": observed,
                "forecast": point,
                "interval": {
                    percent_key(c): [float(low[k, t]), float(high[k, t])]
                    for c, (low, high) in ends.items()
                    if point == point
                },
                "failure": cell.failure if forecast is None else forecast.failures[t],
            }


def _stream_json(report: BacktestReport, calibration: Calibration, column: str) -> None:
    # Row by row: a big backtest has a quarter of a million of them.
    write_data(f'{{\n  "schema": "{SCHEMA}",\n  "rows": [')
    for number, row in enumerate(forecast_rows(report)):
        write_data((",\n" if number else "\n") + json_text(row, indent=None))
    rest: BacktestFigures = {
        "summary": [_summary_document(row, column) for row in report.summary],
        "own_metrics": [_summary_document(row, column) for row in report.own_metrics],
        "suite_averages": [_summary_document(row, column) for row in report.averages],
        "noise_floor": [
            {
                **_part(column, row.part),
                "interpolation": row.interpolation,
                "checkpoints": row.checkpoints,
                "binomial": row.binomial,
            }
            for row in report.floors
        ],
        "failures": [
            {"predictor": f.predictor, "reason": f.reason, "n_forecasts": f.n_forecasts}
            for f in report.failures
        ],
        "noise_ratio": {**report.noise_ratio},
        "calibration": {"source": calibration.source, "provenance": dict(calibration.provenance)},
    }
    write_data("\n  ]," + json_text(rest)[1:] + "\n")


def _summary_document(row: SummaryRow, column: str) -> BacktestSummary:
    value = {name: figure.value for name, figure in row.figures.items()}
    return {
        "predictor": row.predictor,
        **_part(column, row.part),
        "mae": value["mae"],
        "median": value["median"],
        "bias": value["bias"],
        "max_error": value["max"],
        "coverage": {percent_key(level): f.value for level, f in row.coverage.items()},
        "width": {percent_key(level): f.value for level, f in row.width.items()},
        "width90": row.width[CLAIM].value,
        "wis": value["wis"],
        "skill": value["skill"],
        "bootstrap95": {name: [f.low, f.high] for name, f in row.by_name().items()},
        "n_series": row.n_series,
        "n_forecasts": row.n_forecasts,
        "refused": row.n_refused,
        "n_failed": row.n_refused,  # its name in version 0.1
    }


def _part(column: str, name: str) -> Part:
    match column:
        case "factor_bin":
            return {"factor_bin": name or None}
        case "benchmark":
            return {"benchmark": name or None}
        case _:
            return {"family": name or None}


def _flat(row: SummaryRow, column: str) -> dict[str, Cell]:
    cells: dict[str, Cell] = {"predictor": row.predictor, column: row.part or WHOLE}
    for name, figure in row.by_name().items():
        cells |= {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
    return cells | {
        "n_series": row.n_series,
        "n_forecasts": row.n_forecasts,
        "refused": row.n_refused,
        "n_failed": row.n_refused,  # its name in version 0.1
    }


def _main_sheet(report: BacktestReport, by: str, ignored: Sequence[str]) -> Sheet:
    floors = {row.part: row.interpolation for row in report.floors}
    averages = {(row.predictor, row.part): row for row in report.averages}
    shown = report.levels.shown
    lines = []
    for row in report.summary:
        f = row.figures
        average = averages.get((row.predictor, row.part))
        lines.append(
            (
                row.predictor,
                row.part or WHOLE,
                percent(f["mae"].value, digits=2),
                _range(f["mae"]),
                percent(floors.get(row.part, float("nan")), digits=2),
                percent(f["median"].value, digits=2),
                percent(f["max"].value),
                signed_points(f["bias"].value),
                *(percent(row.coverage[level].value, digits=0) for level in shown),
                percent(row.width[shown[-1]].value),
                percent(f["wis"].value, digits=2),
                _ratio(f["skill"].value),
                MISSING
                if f["skill"].low != f["skill"].low
                else f"{f['skill'].low:.2f} to {f['skill'].high:.2f}",
                MISSING if average is None else percent(average.figures["mae"].value, digits=2),
                MISSING
                if average is None
                else percent(average.coverage[shown[-1]].value, digits=0),
                f"{row.n_forecasts}",
                f"{row.n_refused}",
            )
        )
    widest = percent_key(shown[-1])
    header = (
        *("predictor", by, "MAE", "(95 %)", "floor", "median", "max", "bias"),
        *(f"in {percent_key(level)}" for level in shown),
        *(f"width {widest}", "WIS", "skill", "(95 %)", "suite MAE", f"suite in {widest}"),
        *("forecasts", "refused"),
    )
    return Sheet(
        title="Backtest: errors in points (percent of score), shares in percent",
        header=header,
        align="ll" + "r" * (len(header) - 2),
        rows=tuple(lines),
        notes=_notes(report, ignored),
    )


def _own_sheet(report: BacktestReport, by: str) -> Sheet:
    shown = report.levels.shown
    header = (
        *("predictor", by, "mean", "median", "max", "bias"),
        *(f"in {percent_key(level)}" for level in shown),
        *(f"width {percent_key(shown[-1])}", "skill", "forecasts", "refused"),
    )
    rows = tuple(
        (
            row.predictor,
            row.part or WHOLE,
            *(percent(row.figures[name].value, digits=2) for name in ("mae", "median", "max")),
            signed_points(row.figures["bias"].value, digits=2),
            *(percent(row.coverage[level].value, digits=0) for level in shown),
            percent(row.width[shown[-1]].value),
            _ratio(row.figures["skill"].value),
            f"{row.n_forecasts}",
            f"{row.n_refused}",
        )
        for row in report.own_metrics
    )
    return Sheet(
        title="Losses and other metrics in their own unit: errors in percent of what was measured",
        header=header,
        align="ll" + "r" * (len(header) - 2),
        rows=rows,
        notes=(
            "Every method but last, trend, power_law and nd_law forecasts these by the same "
            "default. skill: mean error over that of the last value.",
        ),
    )


def _notes(report: BacktestReport, ignored: Sequence[str]) -> tuple[str, ...]:
    series = len({cell.series for cell in report.cells})
    narrow = percent_key(report.levels.shown[0])
    notes = [
        "Figures are over the scores that every method forecasts, but for methods that refuse more "
        "than half of them; refused: scores that the method did not forecast.",
        "Each mean runs over benchmarks, targets, origins and families in turn, with equal "
        "weights. skill: MAE over that of the last value (below 1 is better). "
        f"in {narrow}: share of {narrow} % intervals that held.",
        "suite: average of all benchmarks of a target; its intervals are approximate.",
        f"(95 %): bootstrap over {count_of(series, 'family', 'families')}"
        + (
            "; one family has no such interval."
            if series == 1
            else "; with so few it is too narrow."
            if series < 10
            else "."
        ),
    ]
    for name, ratio in list(report.noise_ratio.items())[:1]:
        notes += spoken(without(health(name, ratio), ignored))
    return tuple(notes)


def _floor_sheet(report: BacktestReport, by: str) -> Sheet:
    return Sheet(
        title="Noise floor: mean absolute error in points that noise alone leaves",
        header=(by, "interpolation", "checkpoints", "binomial"),
        align="lrrr",
        rows=tuple(
            (
                row.part or WHOLE,
                percent(row.interpolation, digits=2),
                percent(row.checkpoints, digits=2),
                percent(row.binomial, digits=2),
            )
            for row in report.floors
        ),
        notes=(
            "interpolation: left-out models forecast from models on both sides. checkpoints: a run "
            "around the line of its late checkpoints. binomial: that many questions drawn anew.",
        ),
    )


def _failure_sheet(report: BacktestReport) -> Sheet:
    shown = report.failures[:MOST_REASONS]
    more = report.failures[MOST_REASONS:]
    rest = sum(failure.n_forecasts for failure in more)
    return Sheet(
        title="Forecasts that a method did not make",
        header=("predictor", "forecasts", "reason"),
        align="lrl",
        rows=tuple((f.predictor, f"{f.n_forecasts}", _first_line(f.reason)) for f in shown),
        notes=(f"and {rest} more for {count_of(len(more), 'other reason')}: see --json.",)
        if more
        else (),
    )


def _first_line(reason: str) -> str:
    first, *others = reason.splitlines()
    return f"{first} (and {len(others)} more like it)" if others else first


def _range(figure: Figure) -> str:
    return percent_range(figure.low, figure.high)


def _ratio(value: float) -> str:
    return MISSING if value != value else f"{value:.3f}"
