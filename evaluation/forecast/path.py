"""What lies between the evidence and a target? The forecast along the way, for curves and fans.

The way goes from the smallest checkpoint to the largest and on to the target, straight in log N
and log D; on a ladder of one design these are the scales that the ladder itself would use.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.forecast.forecasting import FamilyForecast, forecast_family
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.predictors.fit_families import Fit, FittedGroup
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.reference.fitted_reference import FittedReference
from scalepredict.records.answers import answers
from scalepredict.records.table import EvalTable, Floats
from scalepredict.records.units import match

STEPS = 24  # points of each of the two stretches


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """Forecasts along the way to one target, for T benchmarks.

    Attributes:
        ahead: The forecast of the family at the P points, calibrated.
        inside: How many of the points lie within the evidence.
        public: Where two of three families of public models lie, low and high of shape (P, T); NaN
            where none were measured on the benchmark, None if none were on any.
    """

    ahead: FamilyForecast
    inside: int
    public: tuple[Floats, Floats] | None = None


def path_to(
    fit: Fit,
    target: FamilyForecast,
    calibration: Calibration,
    *,
    index: int,
) -> Path:
    """Forecast along the way to one of a family's targets.

    Args:
        fit: The laws of the file.
        target: What was forecast.
        calibration: Interval constants.
        index: Which of the targets.
    """
    evidence = target.evidence
    order = np.argsort(evidence.flops, kind="stable")
    first, last = int(order[0]), int(order[-1])
    ends = [_scale(evidence, first), _scale(evidence, last)]
    goal = np.array(
        [getattr(target.targets, name)[index] for name in ("params", "tokens", "flops")]
    )
    inside, stretch = _between(ends[0], ends[1]), _between(ends[1], goal)
    scales = np.concatenate([inside, stretch])
    targets = Targets(
        family=(target.family,) * len(scales),
        params=scales[:, 0],
        tokens=scales[:, 1],
        flops=scales[:, 2],
        assumption=("",) * len(scales),
    )
    group = next(group for group in fit.groups if target.family in group.families)
    ahead = forecast_family(fit, group, targets, calibration)
    return Path(ahead=ahead, inside=len(inside), public=_public(group, ahead))


def _public(group: FittedGroup, ahead: FamilyForecast) -> tuple[Floats, Floats] | None:
    reference: FittedReference | None = getattr(group.law, "reference", None)
    if reference is None:
        return None
    units = group.law.frontier.units  # type: ignore[attr-defined]  # a law with a reference has one
    places = match(ahead.evidence.units, units, unknown="same")
    low, high = reference.public_band(ahead.targets)
    return low[:, places], high[:, places]


def standard_errors(evidence: EvalTable) -> Floats:
    """Standard error of each score: binomial, 0 where its answers are not known. Shape (M, T)."""
    y = np.clip(evidence.scores, 0.0, 1.0)
    return np.nan_to_num(np.sqrt(y * (1 - y) / answers(evidence).known))


def _scale(evidence: EvalTable, row: int) -> Floats:
    return np.array([evidence.params[row], evidence.tokens[row], evidence.flops[row]])


def _between(start: Floats, end: Floats) -> Floats:
    result: Floats = np.exp(np.linspace(np.log(start), np.log(end), STEPS))
    return result
