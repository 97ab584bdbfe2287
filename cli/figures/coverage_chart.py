"""Did past forecasts hold? Coverage against its nominal rate, and error by how far was forecast."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scalepredict.cli.figures.style import FAN, GRID, INK, MUTED, SERIES, new_figure
from scalepredict.evaluation.backtest.outcomes import FACTOR_BINS
from scalepredict.evaluation.backtest.summary import SummaryRow
from scalepredict.evaluation.intervals.levels import Levels


def coverage_figure(rows: Sequence[SummaryRow], levels: Levels) -> Any:
    """Two panels from the summary of a backtest by factor: calibration, and error by factor.

    Args:
        rows: Rows of every method by factor bin, and over everything (part empty).
        levels: Those that are shown.
    """
    figure = new_figure(7.4, 3.4)
    calibration, errors = figure.subplots(1, 2, width_ratios=(1, 1.25))
    methods = list(dict.fromkeys(row.predictor for row in rows))
    colours = dict(zip(methods, _colours(len(methods)), strict=True))
    whole = [row for row in rows if not row.part]
    _calibration(calibration, whole, levels.shown, colours)
    _errors(errors, [row for row in rows if row.part], colours)
    drawn = [axis.get_legend_handles_labels() for axis in (errors, calibration)]
    handles, labels = ([item for parts in drawn for item in parts[i]] for i in (0, 1))
    figure.legend(
        handles, labels, loc="outside lower center", ncols=min(len(labels), 6), labelcolor=INK
    )
    return figure


def _calibration(
    axis: Any, rows: Sequence[SummaryRow], levels: Sequence[float], colours: dict[str, str]
) -> None:
    nominal = [100 * level for level in levels]
    start = min(40.0, nominal[0] - 10)
    axis.plot(
        [start, 100],
        [start, 100],
        color=MUTED,
        linewidth=0.8,
        linestyle=(0, (4, 2)),
        label="as claimed",
    )
    for row in rows:
        held = [100 * row.coverage[level].value for level in levels]
        axis.plot(nominal, held, "o-", color=colours[row.predictor], markersize=3.5, linewidth=1.1)
    axis.set(xlim=(start, 100), ylim=(0, 102), xticks=nominal)
    axis.set_xlabel("nominal coverage of the interval (%)")
    axis.set_ylabel("intervals that held (%)")
    axis.set_title("Calibration", loc="left")
    axis.grid(color=GRID)


def _errors(axis: Any, rows: Sequence[SummaryRow], colours: dict[str, str]) -> None:
    bins = [name for name in FACTOR_BINS if any(row.part == name for row in rows)]
    for method, colour in colours.items():
        values = {
            row.part: 100 * row.figures["mae"].value for row in rows if row.predictor == method
        }
        shown = [values.get(name, np.nan) for name in bins]
        axis.plot(
            range(len(bins)), shown, "o-", color=colour, markersize=3.5, linewidth=1.1, label=method
        )
    axis.set_xticks(range(len(bins)), bins)
    axis.set_xlim(-0.3, max(len(bins) - 0.7, 0.3))
    axis.set_ylim(bottom=0)
    axis.set_xlabel("FLOPs of the target over those of the evidence")
    axis.set_ylabel("mean absolute error (points)")
    axis.set_title("Error by factor", loc="left")
    axis.grid(axis="y", color=GRID)


def _colours(count: int) -> list[str]:
    return [SERIES[i % len(SERIES)] for i in range(count)] if count > 1 else [FAN]
