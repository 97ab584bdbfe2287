"""Which rung of a ladder is off, and what does it do to the forecast? Leave one rung out.

What a rung has in common over its benchmarks is its mean y over those that all n rungs have, each
weighted by 1 / its own variance about the curve; benchmarks of one model err together, so y counts
as one measurement, not as many. With k the columns of the curve in log compute, h the leverages and
e the residuals of y by least squares,

    t_i = e_i / (s_i sqrt(1 - h_i)),   Student's t with n - k - 1 degrees of freedom

where s_i is the scatter that the other rungs have about their own curve: how far the models of this
family scatter is learned from this family. sqrt(1 - h_i) holds the variance of the extrapolation to
an end rung. Bonferroni over the rungs. The curve is a line; ladders of ten rungs or more can bear
its square and the tokens per parameter besides. The influence of the rung named is what the fitted
method forecasts at ten times the largest compute with it, less what it forecasts without it.

benchmarks/gate/off_rungs.py counts what is named of public families, and what is found of rungs
that were moved.
Source: externally studentised residuals (Cook and Weisberg, 1982, section 2.2).
Fails when: two rungs are off, which hide each other; a short ladder scatters by more than the fault
(with five rungs, 22 times the scatter is needed).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.off_trend.ladders.against_ladder import (
    Ladder,
    fitted_ladder,
    matching_units,
)
from scalepredict.predictors.interface import Predictor
from scalepredict.predictors.scale.sparsity import with_active_params
from scalepredict.records.table import Checkpoint, EvalTable, Floats

ALPHA = 0.01  # of a whole ladder
MIN_RUNGS = 5
MANY_RUNGS = 10  # from here on, curvature and tokens per parameter are fitted
SCATTER_FLOOR = 0.001  # a tenth of a point: scores are rounded
SAME_DESIGN = 0.1  # ln(tokens per parameter) beside a smooth curve: one axis of scale
ALL_LEVERAGE = 1e-9  # a rung that the curve must go through cannot be judged
AHEAD = 10.0  # factor of compute at which the influence is told


@dataclass(frozen=True, slots=True, kw_only=True)
class OffRung:
    """A rung that the others do not forecast.

    Attributes:
        checkpoint: The model.
        p_value: Of its deviation, corrected for the number of rungs.
        shift: Deviation in standard deviations of the others; negative = too low.
        points: Mean of measured less what the others forecast, a fraction.
        influence: Mean change of the forecast by it, a fraction; NaN = the method refused.
        benchmark: The one whose forecast it changes most.
        most: That change, a fraction.
    """

    checkpoint: Checkpoint
    p_value: float
    shift: float
    points: float
    influence: float
    benchmark: str
    most: float

    def sentence(self) -> str:
        """For people, with the numbers."""
        text = (
            f"{self.checkpoint.model} is off the ladder: {100 * self.points:+.1f} points on "
            f"average from what the other rungs forecast (p = {self.p_value:.2g})"
        )
        if not np.isfinite(self.influence):
            return f"{text}."
        return (
            f"{text}. At {AHEAD:g} times the largest compute it moves the forecast by "
            f"{100 * self.influence:+.1f} points on average, {self.benchmark} by "
            f"{100 * self.most:+.1f}."
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Deviations:
    """How far each of n rungs lies from the curve of the others. Shapes (n,).

    Attributes:
        points: Mean score less forecast, a fraction.
        t: The same in standard deviations.
        p_value: Two-sided, corrected for the number of rungs.
    """

    points: Floats
    t: Floats
    p_value: Floats


def off_rung(evidence: EvalTable, predictor: Predictor, calibration: Calibration) -> OffRung | None:
    """The rung of one family's evidence that is off, if any.

    Args:
        evidence: One row for each model.
        predictor: The method whose forecast the rung influences.
        calibration: Interval constants.
    """
    deviations = rung_deviations(evidence)
    if deviations is None or deviations.p_value.min() >= ALPHA:
        return None
    row = int(np.argmax(np.abs(deviations.t)))
    influence, benchmark, most = _influence(evidence, row, predictor, calibration)
    return OffRung(
        checkpoint=evidence.checkpoints[row],
        p_value=float(deviations.p_value[row]),
        shift=float(deviations.t[row]),
        points=float(deviations.points[row]),
        influence=influence,
        benchmark=benchmark,
        most=most,
    )


def rung_deviations(evidence: EvalTable) -> Deviations | None:
    """Each rung of one family against the others.

    Args:
        evidence: One row for each model, with FLOPs.

    Returns:
        None where the rungs are too few, at too few scales, or have no benchmark in common.
    """
    fractions = np.array([unit.measure is None for unit in evidence.units], dtype=bool)
    common = fractions & np.isfinite(evidence.scores).all(axis=0)
    if len(evidence.checkpoints) < MIN_RUNGS or not common.any():
        return None
    curve = _curve(evidence)
    n, k = curve.shape
    if np.linalg.matrix_rank(curve) < k:
        return None
    scores = evidence.scores[:, common]
    basis = np.linalg.qr(curve).Q
    free = 1 - (basis**2).sum(axis=1)
    if free.min() < ALL_LEVERAGE:
        return None
    residuals = scores - basis @ (basis.T @ scores)
    weights = 1 / np.maximum((residuals**2).sum(axis=0) / (n - k), SCATTER_FLOOR**2)
    residual = residuals @ (weights / weights.sum())
    df = n - k - 1
    squares = (residual**2).sum() - residual**2 / free
    scatter = np.sqrt(np.maximum(squares / df, SCATTER_FLOOR**2))
    t = residual / (scatter * np.sqrt(free))
    return Deviations(
        points=residuals.mean(axis=1) / free,
        t=t,
        p_value=np.minimum(1.0, n * 2 * stdtr(df, -np.abs(t))),
    )


def _curve(evidence: EvalTable) -> Floats:
    # Columns of least squares, in units of their own spread. Shape (n, k).
    one, compute = np.ones(len(evidence.checkpoints)), _standardised(np.log(evidence.flops))
    if len(one) < MANY_RUNGS:
        return np.stack([one, compute], axis=1)
    columns = [one, compute, compute**2]
    used = with_active_params(evidence)
    ratio = np.log(used.tokens / used.params)
    if np.isfinite(ratio).all():
        known = np.stack(columns, axis=1)
        apart = ratio - known @ np.linalg.lstsq(known, ratio, rcond=None)[0]
        if np.std(apart) > SAME_DESIGN:
            columns.append(_standardised(apart))
    return np.stack(columns, axis=1)


def _standardised(values: Floats) -> Floats:
    centred: Floats = values - values.mean()
    return centred / max(float(centred.std()), np.finfo(float).tiny)


def _without(evidence: EvalTable, row: int) -> EvalTable:
    return evidence.take_rows(np.arange(len(evidence.checkpoints)) != row)


def _influence(
    evidence: EvalTable, row: int, predictor: Predictor, calibration: Calibration
) -> tuple[float, str, float]:
    largest = int(np.nanargmax(evidence.flops))
    params = float(evidence.params[largest]) * np.sqrt(AHEAD)
    tokens = float(evidence.tokens[largest]) * np.sqrt(AHEAD)
    tables = (evidence, _without(evidence, row))
    both = [fitted_ladder(table, predictor, calibration) for table in tables]
    if None in both or not np.isfinite(params * tokens):
        return float("nan"), "", float("nan")
    family = evidence.families[0]
    units = evidence.units
    points = np.full((2, len(units)), np.nan)
    for i, ladder in enumerate(both):
        assert isinstance(ladder, Ladder)
        forecast = ladder.forecast(family, params, tokens)
        columns, places = matching_units(evidence, forecast)
        points[i, columns] = forecast.point[0, places]
    change = points[0] - points[1]
    if not np.isfinite(change).any():
        return float("nan"), "", float("nan")
    most = int(np.nanargmax(np.abs(change)))
    return float(np.nanmean(change)), units[most].shown, float(change[most])
