"""How did each forecast come out? One line for each method, target and benchmark, columnar."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.evaluation.backtest.scores import (
    covered,
    probability_integral_transform,
    weighted_interval_score,
)
from scalepredict.evaluation.intervals.levels import DEFAULT_LEVELS, SCORED, Levels
from scalepredict.records.table import Bools, Floats, Ints, taken

LEAST_SHARE = 0.5  # of the scores, for a say in which of them are compared
REFERENCE = "last"  # skill is error as a share of this method's
_N_VALUES = 6  # of each line, before the ends of its intervals
_EDGES = (1.2, 2.83, 5.66, 11.3, 22.6, 45.3)
COLUMNS = (
    "predictor", "family", "benchmark", "group", "records", "series", "origin", "target",
    "factor_bin",
)  # fmt: skip
FACTOR_BINS = ("<1.2x", "2x", "4x", "8x", "16x", "32x", "64x+")


def factor_bin(factor: Floats) -> Ints:
    """Index into FACTOR_BINS of targets that many times larger than the evidence; any shape."""
    return np.searchsorted(_EDGES, factor, side="right")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcomes:
    """Forecasts beside what was measured: R lines of all cells, failures included.

    Attributes:
        names: Names behind the numbers of a column: ``predictor``, ``family``, ``benchmark``,
            ``factor_bin``, ``group``, ``records`` and ``series``.
        codes: Numbers by line: rows are COLUMNS. Shape (9, R).
        observed: Measured scores. Shape (R,).
        point: Forecast scores; NaN where the method failed. Shape (R,).
        reference: Forecast of the last value for the same line; NaN if it was not run. Shape (R,).
        levels: Levels of the intervals, rising. Length L.
        low: Lower ends of the intervals. Shape (L, R).
        high: Upper ends. Shape (L, R).
        pit: Where in its distribution the score fell. Shape (R,).
        z: Measured score minus forecast, in units of the forecast's scale. Shape (R,).
        n_items: Graded answers behind the score; NaN = unknown. Shape (R,).
    """

    names: Mapping[str, tuple[str, ...]]
    codes: Ints
    observed: Floats
    point: Floats
    reference: Floats
    levels: tuple[float, ...]
    low: Floats
    high: Floats
    pit: Floats
    z: Floats
    n_items: Floats

    def __len__(self) -> int:
        return len(self.observed)

    def column(self, name: str) -> Ints:
        """Numbers of one of COLUMNS. Shape (R,)."""
        return np.asarray(self.codes[COLUMNS.index(name)])

    def nesting(self) -> Ints:
        """Group, series, origin and target: what a nested mean runs over. Shape (4, R)."""
        return self.codes[[COLUMNS.index(name) for name in ("group", "series", "origin", "target")]]

    def take(self, lines: Ints) -> "Outcomes":
        """Some of the lines."""
        return taken(self, lines, axis=-1, shared=("names", "levels"))

    @property
    def error(self) -> Floats:
        """Forecast minus measured score. Shape (R,)."""
        return self.point - self.observed

    @property
    def hit(self) -> Bools:
        """Whether the interval held, by level. Shape (L, R)."""
        return covered(self.observed, (self.low, self.high))

    @property
    def wis(self) -> Floats:
        """Weighted interval score of the intervals of SCORED. Shape (R,)."""
        ends = dict(zip(self.levels, zip(self.low, self.high, strict=True), strict=True))
        intervals = {level: ends[level] for level in SCORED}
        return weighted_interval_score(self.observed, self.point, intervals)


def outcomes(cells: Sequence[Cell], levels: Levels = DEFAULT_LEVELS) -> Outcomes:
    """Lay out cells line by line; a score that was not measured has no line."""
    kept = levels.kept
    numbers: dict[str, dict[Hashable, int]] = {name: {} for name in COLUMNS}
    last = {_origin(cell): cell for cell in cells if cell.predictor == REFERENCE}
    codes = [np.empty((len(COLUMNS), 0), dtype=int), *(_codes(cell, numbers) for cell in cells)]
    values = [
        np.empty((_N_VALUES + 2 * len(kept), 0)),
        *(_values(cell, last.get(_origin(cell)), kept) for cell in cells),
    ]
    code, value = np.concatenate(codes, axis=1), np.concatenate(values, axis=1)
    measured = np.isfinite(value[0])
    value = value[:, measured]
    return Outcomes(
        names={name: tuple(map(str, keys)) for name, keys in numbers.items()}
        | {"factor_bin": FACTOR_BINS},
        codes=code[:, measured],
        observed=value[0],
        point=value[1],
        reference=value[2],
        pit=value[3],
        z=value[4],
        n_items=value[5],
        levels=kept,
        low=value[_N_VALUES : _N_VALUES + len(kept)],
        high=value[_N_VALUES + len(kept) :],
    )


def in_common(lines: Outcomes) -> Bools:
    """Which lines are of scores that all methods forecast. Shape (R,).

    A method that forecasts fewer than half of the scores has no say in that, or one that cannot
    read these records at all would leave nothing to compare.
    """
    score = lines.column("target") * len(lines.names["benchmark"]) + lines.column("benchmark")
    _, score = np.unique(score, return_inverse=True)
    made = np.isfinite(lines.point)
    method = lines.column("predictor")
    judge = np.bincount(method, weights=made) >= LEAST_SHARE * np.bincount(method)
    missing = np.bincount(score, weights=judge[method] & ~made)
    return np.asarray(missing[score] == 0)


def _origin(cell: Cell) -> tuple[str, int]:
    return cell.series, cell.split


def _codes(cell: Cell, numbers: dict[str, dict[Hashable, int]]) -> Ints:
    # One number for each distinct name; numbers of origins and targets belong to one series.
    def number(column: str, key: Hashable) -> int:
        return numbers[column].setdefault(key, len(numbers[column]))

    origin = _origin(cell)
    targets = [number("target", (origin, c.model, c.tokens, c.flops)) for c in cell.targets]
    columns = (
        number("predictor", cell.predictor),
        number("family", cell.family),
        np.array([number("benchmark", unit.shown) for unit in cell.units], dtype=int),
        number("group", cell.group),
        number("records", (cell.group, cell.records)),
        number("series", cell.series),
        number("origin", origin),
        np.array(targets, dtype=int)[:, None],
        factor_bin(cell.factor)[:, None],
    )
    return np.stack([np.broadcast_to(c, cell.observed.shape).ravel() for c in columns])


def _values(cell: Cell, last: Cell | None, levels: Sequence[float]) -> Floats:
    n_values = _N_VALUES + 2 * len(levels)
    rows = [cell.observed, *[np.full(cell.observed.shape, np.nan)] * (n_values - 1)]
    if last is not None and last.forecast is not None:
        rows[2] = last.forecast.point
    if cell.forecast is not None:
        rows[1], rows[5] = cell.forecast.point, cell.forecast.n_items
    if cell.forecast is not None and cell.forecast.scale is not None:
        intervals = [cell.forecast.interval(level) for level in levels]
        below = cell.forecast.cdf(np.nextafter(cell.observed, -1))
        rows[3] = probability_integral_transform(
            np.where(cell.observed <= 0, 0.0, below), cell.forecast.cdf(cell.observed)
        )
        rows[4] = (cell.observed - cell.forecast.point) / cell.forecast.scale
        rows[_N_VALUES:] = [low for low, _ in intervals] + [high for _, high in intervals]
    return np.stack([row.ravel() for row in rows])
