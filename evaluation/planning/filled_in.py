"""How wide would the forecast be with these runs? Scores are filled in, and all is fitted again.

Scores of runs that were not made are the present forecast plus the noise of a measurement alone:
draws from the whole predictive distribution promised widths that were too large (by 12 % for one
run, 43 % for three). Of each set there are two, whose noise is mirrored.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.forecast.doubts import aligned
from scalepredict.evaluation.intervals.calibration import Calibration, apply_calibration
from scalepredict.evaluation.intervals.levels import CLAIM
from scalepredict.evaluation.planning.next_runs import Run
from scalepredict.predictors.fit_families import FittedGroup
from scalepredict.predictors.interface import Forecast, Predictor, Targets
from scalepredict.predictors.metric_laws import fit_law
from scalepredict.predictors.numerics.workers import each
from scalepredict.records.table import ASSUMED_ITEMS, Checkpoint, EvalTable, Floats, make_table

LOSS_NOISE = 5e-4  # relative, of a repeated run's loss on a large corpus


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ladder:
    """What is planned for: one family's law and evidence, and its target.

    Attributes:
        group: The fitted law.
        evidence: Benchmark scores of the family. Shape (M, T).
        wanted: Columns of the benchmarks that count.
        predictor: The method, to be fitted again.
        calibration: Makes the intervals.
        target: One target.
    """

    group: FittedGroup
    evidence: EvalTable
    wanted: tuple[int, ...]
    predictor: Predictor
    calibration: Calibration
    target: Targets


def widths_now(ladder: Ladder) -> Floats:
    """Width of the 90 % interval at the target; NaN where there is no forecast. Shape (T,)."""
    raw = aligned(ladder.group.law.forecast(ladder.target), ladder.evidence)
    return _widths(apply_calibration(raw, ladder.calibration, ladder.predictor.name))


def widths_with(
    ladder: Ladder,
    plans: Sequence[Sequence[Run]],
    *,
    jobs: int,
    rng: np.random.Generator,
    progress: Callable[[int, int], None] | None = None,
) -> Floats:
    """Mean width of the 90 % interval at the target, for each of P sets of runs. Shape (P, T).

    Sets differ in nothing but their runs, and share the noise; equal sets are fitted once.
    ``progress`` is told how many of how many fits are done.
    """
    drawn = rng.normal(size=(max(map(len, plans), default=0), len(ladder.evidence.units)))
    shared = (ladder.evidence, ladder.predictor, ladder.calibration, ladder.target)
    place = {runs: i for i, runs in enumerate(dict.fromkeys(map(tuple, plans)))}
    tasks = ((*shared, _filled(ladder, runs, noise)) for runs in place for noise in (drawn, -drawn))
    found = []
    for width in each(_refitted, tasks, shared=shared, jobs=jobs):
        found.append(width)
        if progress is not None:
            progress(len(found), 2 * len(place))
    widths = np.array(found)
    mean: Floats = widths.reshape(len(place), 2, -1).mean(axis=1)
    return mean[[place[tuple(runs)] for runs in plans]]


def targets_at(ladder: Ladder, params: Floats, tokens: Floats, flops: Floats) -> Targets:
    """Scales of the ladder's family, of the target's sparsity. Shapes (K,)."""
    aim = ladder.target
    active = None if aim.params_active is None else params * aim.params_active / aim.params
    return Targets(
        family=ladder.evidence.families[:1] * len(params),
        params=params,
        tokens=tokens,
        flops=flops,
        assumption=("",) * len(params),
        params_active=active,
    )


def noise_of(forecast: Forecast, evidence: EvalTable) -> Floats:
    """Sd of a measurement where the forecast is right, NaN = unknown. Shape (K, T)."""
    point, own = forecast.point, [unit.measure is not None for unit in evidence.units]
    items = np.where(np.isfinite(forecast.n_items), forecast.n_items, ASSUMED_ITEMS)
    variance = forecast.overdispersion * point * (1 - point) / items
    sd: Floats = np.where(own, LOSS_NOISE * np.abs(point), np.sqrt(np.clip(variance, 0.0, None)))
    return sd


def _filled(ladder: Ladder, runs: Sequence[Run], noise: Floats) -> EvalTable:
    params, tokens, flops = np.array([(run.params, run.tokens, run.flops) for run in runs]).T
    targets = targets_at(ladder, params, tokens, flops)
    forecast = aligned(ladder.group.law.forecast(targets), ladder.evidence)
    sd = np.nan_to_num(noise_of(forecast, ladder.evidence))
    scores = forecast.point + sd * noise[: len(runs)]
    own = [unit.measure is not None for unit in ladder.evidence.units]
    active = targets.params_active
    return make_table(
        [
            Checkpoint(
                model=f"planned run {number}",
                family=targets.family[number],
                params=run.params,
                params_active=None if active is None else float(active[number]),
                tokens=run.tokens,
                flops=run.flops,
                flops_given=True,
            )
            for number, run in enumerate(runs)
        ],
        ladder.evidence.units,
        np.where(own, scores, np.clip(scores, 0.0, 1.0)),
        n_items=forecast.n_items,
    )


def _refitted(
    evidence: EvalTable,
    predictor: Predictor,
    calibration: Calibration,
    target: Targets,
    runs: EvalTable,
) -> Floats:
    table = evidence.with_rows(runs)
    try:
        law = fit_law(predictor, table, rng=np.random.default_rng([0]))
    except RefusedError:
        return np.full(len(evidence.units), np.nan)
    raw = aligned(law.forecast(target), evidence)
    return _widths(apply_calibration(raw, calibration, predictor.name))


def _widths(forecast: Forecast) -> Floats:
    low, high = forecast.interval(CLAIM)
    failed = np.array([failure is not None for failure in forecast.failures])
    widths: Floats = np.where(failed, np.nan, (high - low)[0])
    return widths
