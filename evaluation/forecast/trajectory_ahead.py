"""What will the whole curve of a big run look like? The ladder at equal fractions of the schedule.

Labs scale the schedule with the run and lay the big run over the ladder at the same fraction of it:
the law of scale is fitted to the rungs at fraction f, for f on a grid. At each f the target has a
fraction f of its tokens and FLOPs, and the rungs are read at f of theirs (``schedule.py``).

Fails when: schedules were not scaled with the run (constant learning rates need no fractions: any
checkpoint is then a run of its own), or fewer than three rungs have a series of checkpoints.
"""

from dataclasses import dataclass, replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.intervals.calibration import Calibration, apply_calibration
from scalepredict.predictors.interface import Forecast, Predictor, Targets
from scalepredict.predictors.metric_laws import fit_law
from scalepredict.predictors.scale.schedule import rungs_at, series_of
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.table import EvalTable, Floats, Ints
from scalepredict.records.text.counts import count_of

FRACTIONS: Floats = np.array([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
FEWEST_RUNGS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ahead:
    """The forecast curve of one target.

    Attributes:
        fractions: Of the schedule. Shape (F,).
        forecasts: Calibrated, of the one target at each fraction, length F; all of the same
            benchmarks in the same order. None where too few rungs were measured.
        rungs: Rungs that were read at each fraction. Shape (F,).
    """

    fractions: Floats
    forecasts: tuple[Forecast | None, ...]
    rungs: Ints


def trajectory_ahead(
    checkpoints: EvalTable,
    predictor: Predictor,
    target: Targets,
    calibration: Calibration,
    *,
    fractions: Floats = FRACTIONS,
    rng: np.random.Generator,
) -> Ahead:
    """Forecast the curve of one target from the checkpoint series of its ladder.

    Args:
        checkpoints: Benchmark values of one family, every checkpoint of each run.
        predictor: The method.
        target: One target at the end of its schedule.
        calibration: Interval constants.
        fractions: Of the schedule. Shape (F,).
        rng: For methods that draw.

    Raises:
        RefusedError: Fewer than three runs have several checkpoints, or nothing can be forecast.
    """
    table = to_benchmarks(checkpoints)
    runs = series_of(table)
    if len(runs) < FEWEST_RUNGS:
        raise RefusedError(
            f"{count_of(len(runs), 'run')} of {', '.join(table.families)} with several "
            f"checkpoints, and a trajectory needs {FEWEST_RUNGS}. Record scores over tokens "
            "for each run of the ladder."
        )
    made: list[Forecast | None] = []
    counts: list[int] = []
    why = f"fewer than {FEWEST_RUNGS} runs were measured at any one fraction of their schedules"
    for fraction, stream in zip(fractions.tolist(), rng.spawn(len(fractions)), strict=True):
        rungs = rungs_at(table, fraction)
        counts.append(len(rungs.checkpoints))
        if len(rungs.checkpoints) < FEWEST_RUNGS:
            made.append(None)
            continue
        try:
            law = fit_law(predictor, rungs, rng=stream)
            forecast = law.forecast(_at(target, fraction))
        except RefusedError as reason:
            why = str(reason)
            made.append(None)
            continue
        why = next((failure for failure in forecast.failures if failure), why)
        made.append(apply_calibration(forecast, calibration, predictor.name))
    if not any(each is not None and np.isfinite(each.point).any() for each in made):
        raise RefusedError(
            f"no benchmark has a trajectory by {predictor.name}, which gets total scores for it: "
            f"{why.splitlines()[0].rstrip('.')}. Leave it out, or fit with another --predictor."
        )
    return Ahead(fractions=fractions, forecasts=tuple(made), rungs=np.array(counts, dtype=np.intp))


def _at(target: Targets, fraction: float) -> Targets:
    return replace(target, tokens=fraction * target.tokens, flops=fraction * target.flops)
