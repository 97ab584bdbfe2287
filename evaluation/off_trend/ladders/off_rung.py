"""Which rung of a ladder is off, and what does it do to the forecast? Leave one rung out.

Each model of a ladder is forecast from the others by the straight line in log compute, whose
intervals are calibrated; the test is that of a new model against its ladder, Bonferroni over the
rungs (``against_ladder.py``). One rung that is off makes its neighbours fail too, so the one is
named without which the rest agree best. Its influence is what the fitted method forecasts at ten
times the largest compute with it, less what it forecasts without it.

In the ladders of Pythia, open-sci-ref and public families (86 rungs) none is named; one that is 5
points too low on all benchmarks is found in 25 to 67 % of the cases, and is then the one named.
Fails when: sizes and tokens vary apart from each other, so that compute is not one axis.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.off_trend.ladders.against_ladder import (
    Ladder,
    LadderOutcome,
    against_ladder,
    fitted_ladder,
    matching_units,
)
from scalepredict.predictors.direct.trend import Trend
from scalepredict.predictors.interface import Predictor
from scalepredict.records.table import Checkpoint, EvalTable

ALPHA = 0.01
MIN_RUNGS, MAX_RUNGS = 5, 12
AHEAD = 10.0  # factor of compute at which the influence is told


@dataclass(frozen=True, slots=True, kw_only=True)
class OffRung:
    """A rung that the others do not forecast.

    Attributes:
        checkpoint: The model.
        p_value: That the ladder is one line, corrected for the number of rungs.
        shift: Common shift in standard deviations; negative = too low.
        points: Mean of measured less forecast, a fraction.
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


def off_rung(evidence: EvalTable, predictor: Predictor, calibration: Calibration) -> OffRung | None:
    """The rung of one family's evidence that is off, if any.

    Args:
        evidence: One row for each model.
        predictor: The method whose forecast the rung influences.
        calibration: Interval constants.
    """
    if not MIN_RUNGS <= len(evidence.checkpoints) <= MAX_RUNGS:
        return None
    outcomes = _left_out(evidence, calibration)
    p_values = [len(outcomes) * outcome.p_value for outcome in outcomes.values()]
    if min(p_values, default=1.0) >= ALPHA:
        return None
    row = max(outcomes, key=lambda row: _agreement(evidence, row, outcomes, calibration))
    outcome = outcomes[row]
    misses = evidence.scores[row, outcome.columns] - outcome.expected
    influence, benchmark, most = _influence(evidence, row, predictor, calibration)
    return OffRung(
        checkpoint=evidence.checkpoints[row],
        p_value=min(p_values),
        shift=outcome.shift,
        points=float(np.mean(misses)),
        influence=influence,
        benchmark=benchmark,
        most=most,
    )


def _left_out(evidence: EvalTable, calibration: Calibration) -> dict[int, LadderOutcome]:
    found = {}
    for row in range(len(evidence.checkpoints)):
        ladder = fitted_ladder(_without(evidence, row), Trend(), calibration)
        if ladder is not None:
            outcome = against_ladder(evidence, row, ladder, alpha=ALPHA, one_sided=False)
            if outcome is not None:
                found[row] = outcome
    return found


def _agreement(
    evidence: EvalTable, row: int, outcomes: dict[int, LadderOutcome], calibration: Calibration
) -> tuple[float, float]:
    # Smallest p-value of the others without it; where they are too few, how far off it is itself.
    rest = _left_out(_without(evidence, row), calibration)
    worst = min((outcome.p_value for outcome in rest.values()), default=0.0)
    return worst, -outcomes[row].p_value


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
