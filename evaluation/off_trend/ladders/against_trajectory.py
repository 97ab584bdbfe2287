"""Does a big run follow the curve that its smaller runs let expect? At its own fraction.

The ladder is read at the same fraction of its schedules (see ``schedule.py``), the law of
scale is fitted there, and its calibrated forecast is the test, as in ``against_ladder.py``. Where
the quick method finds nothing near a deviation, the default one is not asked.

The end of the schedule must be known: recorded with the run, given for the largest one, or set by
the ladder, whose runs all saw the same tokens, or the same tokens per parameter.
Fails when: schedules were not scaled with the run (a learning rate that drops in the small runs
and not yet in the big one).
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.off_trend.ladders.against_ladder import (
    MAX_FACTOR,
    SMALLER,
    Ladder,
    LadderOutcome,
    against_ladder,
    fitted_ladder,
    smaller_siblings,
)
from scalepredict.evaluation.off_trend.own_past.runs import Run
from scalepredict.predictors.interface import Predictor
from scalepredict.predictors.scale.design import read_design
from scalepredict.predictors.scale.schedule import recorded_end, rungs_at
from scalepredict.records.table import EvalTable

EARLIEST = 0.05  # of the schedule; before it, a law of scale says little
NEAR = 0.3  # p-value of the quick method below which the default one is asked
BACK = 0.1  # p-value from which a run that was off its trajectory is back on it

_Key = tuple[str, frozenset[str], float, str]


@dataclass(slots=True, kw_only=True, eq=False)
class Trajectories:
    """The curves that the runs of one table are compared with; ladders are fitted once.

    Attributes:
        table: Benchmark scores of all records.
        predictor: The method of the curve.
        quick: The one that is asked first.
        calibration: Their interval constants.
        until: Tokens at which the largest run of a family ends; None = not given.
        alpha: False alarms, for the intervals that are shown.
        one_sided: Whether only scores that are worse count.
    """

    table: EvalTable
    predictor: Predictor
    quick: Predictor
    calibration: Calibration
    until: float | None
    alpha: float
    one_sided: bool
    _ladders: dict[_Key, Ladder | None] = field(default_factory=dict)

    def of_run(self, run: Run, new: Collection[int]) -> dict[int, LadderOutcome]:
        """Compare the new checkpoints of a run, by row.

        Where the first of them is off, earlier ones follow back to where that began.
        """
        smaller = self._smaller(run)
        end = self._end(run, smaller)
        if end is None:
            return {}
        found = {}
        for k, row in enumerate(run.rows.tolist()):
            if row in new:
                found[row] = self._outcome(run, k, smaller, end)
        first = min((k for k, row in enumerate(run.rows.tolist()) if row in new), default=0)
        for k in range(first, 0, -1):
            outcome = found.get(int(run.rows[k]))
            if outcome is None or outcome.p_value >= BACK:
                break
            found[int(run.rows[k - 1])] = self._outcome(run, k - 1, smaller, end)
        return {row: outcome for row, outcome in found.items() if outcome is not None}

    def _smaller(self, run: Run) -> EvalTable:
        size = float(np.exp(run.log_params))
        smaller = smaller_siblings(self.table, run.family, run.model, size)
        return smaller.take_rows(
            np.array([c.role == "fit" for c in smaller.checkpoints], dtype=bool)
        )

    def _end(self, run: Run, smaller: EvalTable) -> float | None:
        recorded = recorded_end(self.table, run.rows)
        if recorded is not None:
            return recorded
        family = self.table.of_family(run.family)
        size = float(np.exp(run.log_params))
        if self.until is not None and not (family.params > size * SMALLER).any():
            return self.until
        try:
            design = read_design(rungs_at(smaller, 1.0))
        except (RefusedError, ValueError):
            return None
        return design.tokens(size) if design.is_plain else None

    def _outcome(self, run: Run, k: int, smaller: EvalTable, end: float) -> LadderOutcome | None:
        row = int(run.rows[k])
        fraction = float(self.table.tokens[row]) / end
        if not EARLIEST <= fraction <= 1.0 + 1e-9:
            return None
        outcome = None
        for predictor in (self.quick, self.predictor):
            ladder = self._ladder(run.family, smaller, fraction, predictor)
            if ladder is None or self._far(row, ladder):
                return None
            outcome = against_ladder(
                self.table, row, ladder, alpha=self.alpha, one_sided=self.one_sided
            )
            if outcome is None or outcome.p_value >= NEAR:
                break
        return outcome

    def _ladder(
        self, family: str, smaller: EvalTable, fraction: float, predictor: Predictor
    ) -> Ladder | None:
        models = frozenset(c.model for c in smaller.checkpoints)
        key = (family, models, round(fraction, 6), predictor.name)
        if key not in self._ladders:
            rungs = rungs_at(smaller, fraction)
            self._ladders[key] = fitted_ladder(rungs, predictor, self.calibration)
        return self._ladders[key]

    def _far(self, row: int, ladder: Ladder) -> bool:
        reach = self.table.flops[row] / np.nanmax(ladder.group.evidence.flops)
        return not reach <= MAX_FACTOR
