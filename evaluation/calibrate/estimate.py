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
    SuiteErrors,
    fit_coefficients,
    fit_spread,
    fit_suite,
)
from scalepredict.evaluation.calibrate.stretch import fit_stretch, needed_stretch
from scalepredict.evaluation.intervals.calibration import (
    COMPONENTS,
    OF_REFERENCE,
    VARIANCE_FLOOR,
    Calibration,
    PredictorCalibration,
    apply_calibration,
    inflation,
    scale_components,
)
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.intervals.suite_averages import trials_of
from scalepredict.predictors.interface import Spread
from scalepredict.predictors.registry import BASELINES
from scalepredict.records.table import Floats, Ints, taken

SMALL_EVIDENCE = 0.5  # less leaves families of few models short of 90 %, more widens all the others
OWN_EVIDENCE = 0.2  # half as much brings clean ladders no closer to 90 %; above, all are the same
GAP_GROWTH = 0.15  # more widens ladders with a gap beyond what they miss by, less leaves them short
UNSEEN = 1.06  # a lab that is not among the groups is one more draw from them
# What curve and ladder agree on may be wrong all the same, though in some groups their disagreement
# explains nearly all errors.
LEAST = np.array([0.12 if name == "reference" else 0.0 for name in COMPONENTS])
TOLD = 4  # what is kept of each score beside its components


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
        components: Variances, inflated for little evidence. Shape (12, R).
        own: Correlation of errors in the ladder's own trials. Shape (R,).
        n_trials: How many there were. Shape (R,).
        suite: Number of the target and method whose benchmarks are averaged; -1 where the average
            lacks a benchmark. Shape (R,).
    """

    lines: Outcomes
    horizon: Floats
    components: Floats
    own: Floats
    n_trials: Floats
    suite: Ints

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> "_Errors":
        made = [cell for cell in cells if cell.forecast is not None and cell.units]
        columns = [np.empty((len(COMPONENTS) + TOLD, 0)), *(_explained(cell) for cell in made)]
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
            own=column[2],
            n_trials=column[3],
            components=column[TOLD:],
            suite=np.where(whole, suite, -1),
        )

    def take(self, index: Ints) -> "_Errors":
        return taken(self, index, axis=-1)

    def without(self, group: str) -> "_Errors":
        names = np.array(self.lines.names["group"])
        return self.take(np.flatnonzero(names[self.lines.column("group")] != group))

    def coefficients(self) -> Floats:
        return fit_coefficients(self.components, self.lines.error, _weights(self.lines), LEAST)

    def scale(self, coefficients: Floats) -> Floats:
        # Of each error, and the part of it that is due to public models. Shape (2, R).
        public = coefficients[OF_REFERENCE] @ self.components[OF_REFERENCE]
        return np.sqrt([coefficients @ self.components + VARIANCE_FLOOR, public])

    def entry(self) -> PredictorCalibration:
        scale, public = self.unseen_scale()
        z = self.lines.error / scale
        weights = _weights(self.lines)
        lines, suites = self.suites(scale, public)
        correlation, dilution, drift = fit_suite(suites)
        return PredictorCalibration(
            coefficients=self.coefficients(),
            small_evidence=SMALL_EVIDENCE,
            spread=fit_spread(UNSEEN * z, weights),
            own_evidence=OWN_EVIDENCE,
            gap_growth=GAP_GROWTH,
            suite_correlation=correlation,
            suite_dilution=dilution,
            suite_drift=drift,
            suite_spread=_suite_spread(lines, suites),
            reference_z2=float(weights @ np.minimum(z**2, Z2_CAP) / weights.sum()),
        )

    def unseen_scale(self) -> Floats:
        """``scale`` by the groups (or else series) that an error does not belong to."""
        for level in ("group", "series"):
            fold = self.lines.column(level)
            if len(np.unique(fold)) > 1:
                break
        else:
            return self.scale(self.coefficients())
        scale = np.empty((2, len(fold)))
        for number in np.unique(fold):
            inside = fold == number
            others = self.take(np.flatnonzero(~inside))
            scale[:, inside] = self.take(np.flatnonzero(inside)).scale(others.coefficients())
        return scale

    def suites(self, scale: Floats, public: Floats) -> tuple[Outcomes, SuiteErrors]:
        """Errors of averages over the benchmarks of a target; of benchmarks if it has none."""
        inside = np.flatnonzero(self.suite >= 0)
        if not len(inside):
            inside = np.arange(len(self.suite))
        _, first, suite = np.unique(self.suite[inside], return_index=True, return_inverse=True)

        def total(values: Floats) -> Floats:
            return np.bincount(suite, weights=values[inside]).astype(float)

        n, own = total(np.ones(len(self.suite))), np.sqrt(scale**2 - public**2)
        lines = self.lines.take(inside[first])
        return lines, SuiteErrors(
            public=(total(public) / n) ** 2,
            common=(total(own) / n) ** 2,
            independent=total(own**2) / n**2,
            size=n,
            own=total(self.own) / n,
            n_trials=total(self.n_trials) / n,
            horizon=self.horizon[inside[first]],
            error=total(self.lines.error) / n,
            weights=_weights_of_averages(lines),
        )


def _suite_spread(lines: Outcomes, errors: SuiteErrors) -> Spread:
    # From groups that the parameters have not seen.
    group = lines.column("group")
    folds = [group == number for number in np.unique(group)]
    z = np.empty(len(group))
    for fold in folds:
        others = errors.take(np.flatnonzero(~fold)) if len(folds) > 1 else errors
        inside = errors.take(np.flatnonzero(fold))
        z[fold] = inside.error / np.sqrt(inside.variance(fit_suite(others)))
    return fit_spread(UNSEEN * z, errors.weights)


def _explained(cell: Cell) -> Floats:
    # Horizon, number of benchmarks, trials and components of each score measured, as outcomes().
    assert cell.forecast is not None
    measured = np.isfinite(cell.observed)
    components = scale_components(cell.forecast, OWN_EVIDENCE)
    components *= inflation(cell.forecast, SMALL_EVIDENCE, GAP_GROWTH)
    width = np.full(measured.shape, float(len(cell.units)))
    ahead = np.maximum(cell.forecast.horizon, 0.0)
    told = np.stack([ahead, width, *trials_of(cell.forecast)])
    return np.concatenate([told, components])[:, measured]


def _weights(lines: Outcomes) -> Floats:
    # As in a summary by factor: the bins of records have equal weights, then series, and so on.
    return _nested(lines, [lines.column("group")])


def _weights_of_averages(lines: Outcomes) -> Floats:
    # There are too few for groups to count alike, and one of many records tells more than others.
    return _nested(lines, [])


def _nested(lines: Outcomes, outer: list[Ints]) -> Floats:
    bins, records = lines.column("factor_bin"), lines.column("records")
    _, series, origin, target = lines.nesting()
    inside = [level * len(FACTOR_BINS) + bins for level in (records, series, origin)]
    return equal_weights(np.stack([*outer, records, *inside, target]))
