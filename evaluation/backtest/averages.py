"""How well is the average over all benchmarks forecast? Cells whose one unit is that average."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.intervals.suite_averages import WHOLE_TABLE, suite_averages
from scalepredict.records.table import Unit


def average_cells(cells: Sequence[Cell], calibration: Calibration) -> tuple[Cell, ...]:
    """Average each cell over its benchmarks, observed and forecast alike.

    A target that was not measured on every benchmark of the cell has no average (NaN), and
    neither has a forecast that lacks one.
    """
    return tuple(_averaged(cell, calibration) for cell in cells if cell.units)


def _averaged(cell: Cell, calibration: Calibration) -> Cell:
    members = {WHOLE_TABLE: range(len(cell.units))}
    forecast = cell.forecast and suite_averages(
        cell.forecast, calibration, cell.predictor, members=members
    )
    return replace(
        cell,
        units=(Unit(benchmark=WHOLE_TABLE),),
        observed=np.mean(cell.observed, axis=1, keepdims=True),
        forecast=forecast,
    )
