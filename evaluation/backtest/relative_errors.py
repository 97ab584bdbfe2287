"""How are losses judged beside fractions? Apart, and relative to what was measured.

Points of accuracy and nats have no mean. So a summary is of fractions, and another one of all
metrics that keep their own unit, whose errors and widths are shares of the measured value.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.records.table import Floats, Ints


def of_fractions(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """The cells with their fractions alone; a cell that has none keeps no benchmark."""
    return tuple(_take(cell, _columns(cell, own=False)) for cell in cells)


def relative_cells(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """The other metrics of the cells that have any, as shares of what was measured."""
    own = [(cell, _columns(cell, own=True)) for cell in cells]
    return tuple(_relative(_take(cell, columns)) for cell, columns in own if len(columns))


def _columns(cell: Cell, *, own: bool) -> Ints:
    wanted = [(unit.measure is not None) == own for unit in cell.units]
    return np.flatnonzero(wanted).astype(np.intp)


def _take(cell: Cell, columns: Ints) -> Cell:
    if len(columns) == len(cell.units):
        return cell
    return replace(
        cell,
        units=tuple(cell.units[i] for i in columns),
        observed=cell.observed[:, columns],
        forecast=None if cell.forecast is None else cell.forecast.take_units(columns),
    )


def _relative(cell: Cell) -> Cell:
    size = np.abs(cell.observed)
    size = np.where(size > 0, size, np.nan)
    forecast = cell.forecast
    if forecast is None or forecast.quantiles is None:
        return replace(cell, observed=cell.observed / size)

    def share(values: Floats | None) -> Floats | None:
        return None if values is None else values / size

    return replace(
        cell,
        observed=cell.observed / size,
        forecast=replace(
            forecast,
            point=forecast.point / size,
            last=forecast.last / size,
            scale=share(forecast.scale),
            quantiles=forecast.quantiles / size[..., None],
        ),
    )
