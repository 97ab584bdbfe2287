"""Which calibration do measured series ask for, and does it hold on series it has not seen?

Each group of series is left out in turn: scale and quantiles come from the others, and the
intervals of the group are counted. That nested coverage is the claim. The calibration that is kept
uses all groups; its quantiles, too, are those of errors in groups that their scale had not seen.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.averages import average_cells
from scalepredict.evaluation.backtest.health import Z2_CAP
from scalepredict.evaluation.backtest.outcomes import FACTOR_BINS, Outcomes, outcomes
from scalepredict.evaluation.backtest.relative_errors import of_fractions, relative_cells
from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.evaluation.backtest.summary import equal_weights
from scalepredict.evaluation.calibrate.scale_fit import (
    fit_coefficients,
    fit_spread,
    fit_suite,
)
from scalepredict.evaluation.calibrate.stretch import fit_stretch, needed_stretch
from scalepredict.evaluation.intervals.calibration import (
    COMPONENTS,
    VARIANCE_FLOOR,
    Calibration,
    PredictorCalibration,
    apply_calibration,
    scale_components,
    small_evidence_factor,
)
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import Spread
from scalepredict.predictors.registry import BASELINES
from scalepredict.records.table import Floats, Ints

SMALL_EVIDENCE = 0.5  # less leaves families of few models short of 90 %, more widens all the others


def calibrate(
    cells: Sequence[Cell], *, provenance: Mapping[str, object], source: str = ""
) -> Calibration:
    """Calibrate every method, and a fallback from all of them pooled.

    A method that made forecasts in one group only gets no entry: nothing would tell whether its
    intervals hold elsewhere. The fallback stands in for it.

    Args:
        cells: Backtests of all groups; ``Cell.group`` says what is left out together.
        provenance: Stored with the result.
        source: Name of the file that it is to be written to.

    Raises:
        RefusedError: No forecast was made at all.
    """
    stretch = stretch_of(cells)
    cells = of_fractions(cells)
    pooled = _Errors.of(cells)
    if not len(pooled.lines) and stretch is not None:
        # Of losses alone: what they teach is put beside the constants that ship.
        shipped = load_calibration()
        return replace(shipped, stretch=stretch, provenance=provenance, source=source)
    if not len(pooled.lines):
        raise RefusedError("no method made a forecast of these records; see `backtest` for why.")
    names = dict.fromkeys(cell.predictor for cell in cells)
    by_name = {name: _Errors.of([c for c in cells if c.predictor == name]) for name in names}
    return Calibration(
        predictors={
            name: errors.entry()
            for name, errors in by_name.items()
            if len(np.unique(errors.lines.column("group"))) > 1
        },
        fallback=pooled.entry(),
        provenance=provenance,
        source=source,
        stretch=1.0 if stretch is None else stretch,
    )


def stretch_of(cells: Sequence[Cell]) -> float | None:
    """What quantiles of losses must be stretched by to hold; None if no group has losses.

    Args:
        cells: Backtests that were calibrated with a stretch of 1; baselines take no part.
    """
    needed: dict[str, list[Floats]] = {}
    for cell in relative_cells(cells):
        quantiles = None if cell.forecast is None else cell.forecast.quantiles
        if quantiles is not None and cell.predictor not in BASELINES:
            needed.setdefault(cell.group, []).append(
                needed_stretch(quantiles, cell.observed).ravel()
            )
    if not needed:
        return None
    return fit_stretch([np.concatenate(parts) for parts in needed.values()])


def nested_cells(cells: Sequence[Cell]) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """The cells of one method, of two groups or more, each calibrated without its own group.

    Returns:
        Those cells, and the same for the average over the benchmarks of each target.
    """
    cells = of_fractions(cells)
    errors = _Errors.of(cells)
    if not len(errors.lines):
        return (), ()
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


def independent_groups(families: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The group that each of several records belongs to.

    Records that share a family are one group: the same models cannot vouch for themselves.

    Args:
        families: Names of the families in each of the records.
    """
    members: list[tuple[list[str], set[str]]] = []
    for name, own in families.items():
        touching = [m for m in members if m[1].intersection(own)]
        members = [m for m in members if m not in touching]
        names = [one for m in touching for one in m[0]] + [name]
        members.append((names, set(own).union(*(m[1] for m in touching))))
    return {name: "+".join(names) for names, _ in members for name in names}


def _recalibrated(cell: Cell, calibration: Calibration) -> Cell:
    if cell.forecast is None:
        return cell
    return replace(cell, forecast=apply_calibration(cell.forecast, calibration, cell.predictor))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Errors:
    """Errors of forecasts that were made, R of them, and the variances that may explain them.

    Attributes:
        lines: What was forecast and measured.
        horizon: Decades beyond the evidence, 0 inside it. Shape (R,).
        components: Variances, inflated for little evidence. Shape (10, R).
        suite: Number of the target and method whose benchmarks are averaged; -1 where the average
            lacks a benchmark. Shape (R,).
    """

    lines: Outcomes
    horizon: Floats
    components: Floats
    suite: Ints

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> "_Errors":
        made = [cell for cell in cells if cell.forecast is not None and cell.units]
        columns = [np.empty((len(COMPONENTS) + 2, 0)), *(_explained(cell) for cell in made)]
        lines, column = outcomes(made), np.concatenate(columns, axis=1)
        finite = np.flatnonzero(np.isfinite(lines.point))
        lines, column = lines.take(finite), column[:, finite]
        n_methods = max(len(lines.names["predictor"]), 1)
        suite = lines.column("target") * n_methods + lines.column("predictor")
        _, suite = np.unique(suite, return_inverse=True)
        whole = np.bincount(suite, minlength=1)[suite] == column[1]
        return cls(
            lines=lines,
            horizon=column[0],
            components=column[2:],
            suite=np.where(whole, suite, -1),
        )

    def take(self, index: Ints) -> "_Errors":
        return _Errors(
            lines=self.lines.take(index),
            horizon=self.horizon[index],
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
        suites = self.suites(scale)
        return PredictorCalibration(
            coefficients=self.coefficients(),
            small_evidence=SMALL_EVIDENCE,
            spread=fit_spread(z, weights),
            suite_correlation=suites.parameters()[0],
            suite_drift=suites.parameters()[1],
            suite_spread=suites.spread(),
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

    def suites(self, scale: Floats) -> "_SuiteErrors":
        """Errors of averages over the benchmarks of a target; of benchmarks if it has none."""
        inside = np.flatnonzero(self.suite >= 0)
        if not len(inside):
            inside = np.arange(len(self.suite))
        _, first, suite = np.unique(self.suite[inside], return_index=True, return_inverse=True)

        def total(values: Floats) -> Floats:
            return np.bincount(suite, weights=values[inside]).astype(float)

        n = total(np.ones(len(self.suite)))
        return _SuiteErrors(
            lines=self.lines.take(inside[first]),
            common=(total(scale) / n) ** 2,
            independent=total(scale**2) / n**2,
            horizon=self.horizon[inside[first]],
            error=total(self.lines.error) / n,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _SuiteErrors:
    """Errors of averages, and what their variance is made of (scale_fit.fit_suite). All (R,)."""

    lines: Outcomes
    common: Floats
    independent: Floats
    horizon: Floats
    error: Floats

    def take(self, index: Ints) -> "_SuiteErrors":
        return _SuiteErrors(
            lines=self.lines.take(index),
            common=self.common[index],
            independent=self.independent[index],
            horizon=self.horizon[index],
            error=self.error[index],
        )

    def parameters(self) -> tuple[float, float]:
        weights = _weights(self.lines)
        return fit_suite(self.common, self.independent, self.horizon, self.error, weights)

    def z(self, parameters: tuple[float, float]) -> Floats:
        rho, drift = parameters
        variance = rho * self.common + (1 - rho) * self.independent + drift * self.horizon**2
        return self.error / np.sqrt(variance)

    def spread(self) -> Spread:
        """From groups that the parameters have not seen."""
        group = self.lines.column("group")
        folds = [group == number for number in np.unique(group)]
        z = np.empty(len(group))
        for fold in folds:
            others = self.take(np.flatnonzero(~fold)) if len(folds) > 1 else self
            z[fold] = self.take(np.flatnonzero(fold)).z(others.parameters())
        return fit_spread(z, _weights(self.lines))


def _explained(cell: Cell) -> Floats:
    # Horizon, number of benchmarks and components of each score that was measured, as outcomes().
    assert cell.forecast is not None
    measured = np.isfinite(cell.observed)
    inflation = small_evidence_factor(cell.forecast.n_train, SMALL_EVIDENCE)
    components = scale_components(cell.forecast) * inflation
    width = np.full(measured.shape, float(len(cell.units)))
    ahead = np.maximum(cell.forecast.horizon, 0.0)
    return np.concatenate([np.stack([ahead, width]), components])[:, measured]


def _weights(lines: Outcomes) -> Floats:
    # As in a summary by factor: the bins of a group have equal weights, then series, and so on.
    bins = lines.column("factor_bin")
    group, series, origin, target = lines.nesting()
    inside = [level * len(FACTOR_BINS) + bins for level in (group, series, origin)]
    return equal_weights(np.stack([group, *inside, target]))
