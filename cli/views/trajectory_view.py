"""How is the forecast curve of a big run shown? A table of fractions, rows, and a part of JSON."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.cli.schemas.forecast_schema import Documents, StageDocument
from scalepredict.cli.views.own_units import unit_of, value, value_range
from scalepredict.cli.views.render import MISSING, Cell, Sheet
from scalepredict.evaluation.forecast.trajectory_ahead import Ahead
from scalepredict.evaluation.intervals.levels import Levels, percent_key
from scalepredict.predictors.interface import Forecast
from scalepredict.records.table import Unit
from scalepredict.records.text.counts import count_of

SHOWN = (0.1, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curves:
    """The forecast curves of one target."""

    title: str
    tokens: float
    ahead: Ahead


def trajectory_sheet(curves: Curves, levels: Levels, only: Sequence[str]) -> Sheet:
    """One row for each benchmark, the forecast and its widest shown interval at some fractions."""
    level = levels.shown[-1]
    at = [int(np.argmin(np.abs(curves.ahead.fractions - f))) for f in SHOWN]
    at = sorted(set(at))
    header = ("benchmark", *(f"{100 * curves.ahead.fractions[i]:.0f} %" for i in at))
    rows = tuple(
        (unit.shown, *(_cell(curves.ahead.forecasts[i], unit, level) for i in at))
        for unit in units_of(curves.ahead)
        if not only or unit.benchmark in only
    )
    return Sheet(
        title=f"{curves.title}: along its schedule, with {percent_key(level)} % intervals",
        header=header,
        align="l" + "r" * len(at),
        rows=rows,
        notes=(
            f"Laws of up to {count_of(int(max(curves.ahead.rungs)), 'run')} at the same fraction "
            "of their own schedules.",
        ),
    )


def trajectory_rows(curves: Curves, levels: Levels) -> list[dict[str, Cell]]:
    """Tidy rows: one for each benchmark and fraction."""
    return [
        {
            "target": curves.title,
            "benchmark": unit.shown,
            "fraction": point["fraction"],
            "tokens": point["tokens"],
            "forecast": point["forecast"],
            **{
                f"{end}_{name}": ends[i]
                for name, ends in point["interval"].items()
                for i, end in enumerate(("low", "high"))
            },
            "unit": unit_of(unit),
        }
        for unit in units_of(curves.ahead)
        for point in trajectory_document(curves, unit, levels)
    ]


def trajectory_document(curves: Curves, unit: Unit, levels: Levels) -> list[StageDocument]:
    """The curve of one benchmark, where there were rungs enough."""
    found: list[StageDocument] = []
    for fraction, forecast in zip(
        curves.ahead.fractions.tolist(), curves.ahead.forecasts, strict=True
    ):
        t = _column(forecast, unit)
        if forecast is None or t is None or np.isnan(forecast.point[0, t]):
            continue
        ends = {level: forecast.interval(level) for level in levels.kept}
        found.append(
            {
                "fraction": fraction,
                "tokens": fraction * curves.tokens,
                "forecast": float(forecast.point[0, t]),
                "interval": {
                    percent_key(level): [float(low[0, t]), float(high[0, t])]
                    for level, (low, high) in ends.items()
                },
            }
        )
    return found


def with_trajectories(document: Documents, curves: Sequence[Curves], levels: Levels) -> Documents:
    """The document of a forecast, or a list of them, with the curve of each benchmark."""
    several = document if isinstance(document, list) else [document]
    for one, each in zip(several, curves, strict=True):
        by_name = {unit.shown: unit for unit in units_of(each.ahead)}
        for entry in one["benchmarks"]:
            unit = by_name.get(entry["benchmark"])
            entry["trajectory"] = [] if unit is None else trajectory_document(each, unit, levels)
    return document


def units_of(ahead: Ahead) -> tuple[Unit, ...]:
    """The benchmarks of a curve, in the order of its end."""
    made = [forecast for forecast in ahead.forecasts if forecast is not None]
    return made[-1].units if made else ()


def _cell(forecast: Forecast | None, unit: Unit, level: float) -> str:
    t = _column(forecast, unit)
    if forecast is None or t is None or np.isnan(forecast.point[0, t]):
        return MISSING
    low, high = (float(end[0, t]) for end in forecast.interval(level))
    name = unit_of(unit)
    return f"{value(float(forecast.point[0, t]), name)} ({value_range(low, high, name)})"


def _column(forecast: Forecast | None, unit: Unit) -> int | None:
    if forecast is None or unit not in forecast.units:
        return None
    return forecast.units.index(unit)
