"""Which calibration do measured series ask for, and does it hold on series it has not seen?

Each group of series is left out in turn: scale and quantiles come from the others, and the
intervals of the group are counted. That nested coverage is the claim. The calibration that is kept
uses all groups; its quantiles, too, are those of errors in groups that their scale had not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.averages import average_cells
from scalepredict.evaluation.backtest import Cell
from scalepredict.evaluation.calibration import (
    VARIANCE_FLOOR,
    Calibration,
    PredictorCalibration,
    apply_calibration,
    scale_components,
    small_evidence_factor,
)
from scalepredict.evaluation.outcomes import FACTOR_BINS, Outcomes, outcomes
from scalepredict.evaluation.scale_fit import fit_coefficients, fit_correlation, fit_spread
from scalepredict.evaluation.summary import equal_weights
from scalepredict.predictors.interface import Spread
from scalepredict.records.table import Floats, Ints

Z2_CAP = 16.0  # one wild miss must not stand for the noise of a ladder


def calibrate(
    cells: Sequence[Cell], *, provenance: Mapping[str, object], source: str = ""
) -> Calibration:
    """Calibrate every method that made forecasts, and a fallback from all of them pooled.

    Args:
        cells: Backtests of all groups; ``Cell.group`` says what is left out together.
        provenance: Stored with the result.
        source: Name of the file that it is to be written to.

    Raises:
        RefusedError: No forecast was made at all.
    """
    pooled = _Errors.of(cells)
    if not len(pooled.lines):
        raise RefusedError("no method made a forecast of these records; see `backtest` for why.")
    names = dict.fromkeys(cell.predictor for cell in cells)
    by_name = {name: _Errors.of([c for c in cells if c.predictor == name]) for name in names}
    return Calibration(
        predictors={name: errors.entry() for name, errors in by_name.items() if len(errors.lines)},
        fallback=pooled.entry(),
        provenance=provenance,
        source=source,
    )


def nested_cells(cells: Sequence[Cell]) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """The cells of one method, of two groups or more, each calibrated without its own group.

    Returns:
        Those cells, and the same for the average over the benchmarks of each target.
    """
    errors = _Errors.of(cells)
    single: list[Cell] = []
    averages: list[Cell] = []
    for group in dict.fromkeys(cell.group for cell in cells):
        others = Calibration(
            predictors={}, fallback=errors.without(group).entry(), provenance={}, source=""
        )
        inside = [_recalibrated(cell, others) for cell in cells if cell.group == group]
        single += inside
        averages += average_cells(inside, others)
    return tuple(single), tuple(averages)


def _recalibrated(cell: Cell, calibration: Calibration) -> Cell:
    if cell.forecast is None:
        return cell
    return replace(cell, forecast=apply_calibration(cell.forecast, calibration, cell.predictor))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Errors:
    """Errors of forecasts that were made, R of them, and the variances that may explain them.

    Attributes:
        lines: What was forecast and measured.
        components: Variances, inflated for little evidence. Shape (7, R).
        suite: Number of the target and method whose benchmarks are averaged; -1 where the average
            lacks a benchmark. Shape (R,).
    """

    lines: Outcomes
    components: Floats
    suite: Ints

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> "_Errors":
        made = [cell for cell in cells if cell.forecast is not None and cell.units]
        lines = outcomes(made)
        parts = []
        width = []
        for cell in made:
            assert cell.forecast is not None
            inflated = scale_components(cell.forecast) * small_evidence_factor(
                cell.forecast.n_train
            )
            measured = np.isfinite(cell.observed)
            parts.append(inflated[:, measured])
            width.append(np.broadcast_to(len(cell.units), measured.shape)[measured])
        if not parts:
            return cls(lines=lines, components=np.empty((7, 0)), suite=np.empty(0, dtype=int))
        finite = np.flatnonzero(np.isfinite(lines.point))
        lines = lines.take(finite)
        n_methods = len(lines.names["predictor"])
        suite = lines.column("target") * n_methods + lines.column("predictor")
        _, suite = np.unique(suite, return_inverse=True)
        whole = np.bincount(suite)[suite] == np.concatenate(width)[finite]
        return cls(
            lines=lines,
            components=np.concatenate(parts, axis=1)[:, finite],
            suite=np.where(whole, suite, -1),
        )

    def take(self, index: Ints) -> "_Errors":
        return _Errors(
            lines=self.lines.take(index),
            components=self.components[:, index],
            suite=self.suite[index],
        )

    def without(self, group: str) -> "_Errors":
        names = np.array(self.lines.names["group"])
        return self.take(np.flatnonzero(names[self.lines.column("group")] != group))

    def coefficients(self) -> Floats:
        return fit_coefficients(self.components, self.lines.error, _weights(self.lines))

    def scale(self, coefficients: Floats) -> Floats:
        return np.sqrt(coefficients @ self.components + VARIANCE_FLOOR)

    def entry(self) -> PredictorCalibration:
        scale = self.unseen_scale()
        z = self.lines.error / scale
        weights = _weights(self.lines)
        correlation, suite_spread = self.suite_figures(scale)
        return PredictorCalibration(
            coefficients=self.coefficients(),
            spread=fit_spread(z, weights),
            suite_correlation=correlation,
            suite_spread=suite_spread,
            reference_z2=float(weights @ np.minimum(z**2, Z2_CAP) / weights.sum()),
        )

    def unseen_scale(self) -> Floats:
        """Scale of each error, from the groups (or else series) that it does not belong to."""
        for level in ("group", "series"):
            fold = self.lines.column(level)
            if len(np.unique(fold)) > 1:
                break
        else:
            return self.scale(self.coefficients())
        scale = np.empty(len(fold))
        for number in np.unique(fold):
            inside = fold == number
            others = self.take(np.flatnonzero(~inside))
            scale[inside] = self.take(np.flatnonzero(inside)).scale(others.coefficients())
        return scale

    def suite_figures(self, scale: Floats) -> tuple[float, Spread]:
        """Correlation and spread of the errors of averages over all benchmarks of a target."""
        inside = np.flatnonzero(self.suite >= 0)
        if not len(inside):  # then errors are taken to be wholly common
            return 1.0, fit_spread(self.lines.error / scale, _weights(self.lines))
        _, first, suite = np.unique(self.suite[inside], return_index=True, return_inverse=True)

        def total(values: Floats) -> Floats:
            return np.bincount(suite, weights=values[inside]).astype(float)

        n = total(np.ones(len(self.suite)))
        common, independent = (total(scale) / n) ** 2, total(scale**2) / n**2
        error = total(self.lines.error) / n
        weights = _weights(self.lines.take(inside[first]))
        rho = fit_correlation(common, independent, error, weights)
        return rho, fit_spread(error / np.sqrt(rho * common + (1 - rho) * independent), weights)


def _weights(lines: Outcomes) -> Floats:
    # As in a summary by factor: the bins of a group have equal weights, then series, and so on.
    bins = lines.column("factor_bin")
    group, series, origin, target = lines.levels()
    inside = [level * len(FACTOR_BINS) + bins for level in (group, series, origin)]
    return equal_weights(np.stack([group, *inside, target]))
