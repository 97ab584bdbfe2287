"""What will the whole curve of a big run look like? The ladder at equal fractions of the schedule.

Labs scale the schedule with the run and lay the big run over the ladder at the same fraction of it:
the law of scale is fitted to the rungs at fraction f, for f on a grid. At each f the target has a
fraction f of its tokens and FLOPs, and the rungs are read at f of theirs, straight in log tokens
between two checkpoints.

Fails when: schedules were not scaled with the run (constant learning rates need no fractions: any
checkpoint is then a run of its own), or fewer than three rungs have a series of checkpoints.
"""

from dataclasses import dataclass, replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.intervals.calibration import Calibration, apply_calibration
from scalepredict.predictors.interface import Forecast, Predictor, Targets
from scalepredict.predictors.metric_laws import fit_law
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Ints
from scalepredict.records.text.counts import count_of

FRACTIONS: Floats = np.array([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
FEWEST_RUNGS = 3
EARLIEST = 1.5  # a rung is read at most this factor before its first checkpoint


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
        RefusedError: Fewer than three runs have several checkpoints.
    """
    table = to_benchmarks(checkpoints)
    runs = _runs(table)
    if len(runs) < FEWEST_RUNGS:
        raise RefusedError(
            f"{count_of(len(runs), 'run')} of {', '.join(table.families)} with several "
            f"checkpoints, and a trajectory needs {FEWEST_RUNGS}. Record scores over tokens "
            "for each run of the ladder."
        )
    made: list[Forecast | None] = []
    counts: list[int] = []
    for fraction, stream in zip(fractions.tolist(), rng.spawn(len(fractions)), strict=True):
        rungs = rungs_at(table, fraction)
        counts.append(len(rungs.checkpoints))
        if len(rungs.checkpoints) < FEWEST_RUNGS:
            made.append(None)
            continue
        try:
            law = fit_law(predictor, rungs, rng=stream)
            forecast = law.forecast(_at(target, fraction))
        except RefusedError:
            made.append(None)
            continue
        made.append(apply_calibration(forecast, calibration, predictor.name))
    return Ahead(fractions=fractions, forecasts=tuple(made), rungs=np.array(counts, dtype=np.intp))


def rungs_at(table: EvalTable, fraction: float) -> EvalTable:
    """One row for each run at a fraction of its schedule; runs that were not measured so early
    have none.
    """  # noqa: D205
    rows: list[Checkpoint] = []
    scores: list[Floats] = []
    n_items: list[Floats] = []
    for index in _runs(table):
        tokens = table.tokens[index]
        at = fraction * _end(table, index)
        if not tokens[0] / EARLIEST <= at <= tokens[-1] * EARLIEST:
            continue
        last = table.checkpoints[int(index[-1])]
        place = np.log(np.clip(at, tokens[0], tokens[-1]))
        scores.append(_between(np.log(tokens), table.scores[index], place))
        n_items.append(table.n_items[index[-1]])
        flops = None if last.flops is None or last.tokens is None else last.flops * at / last.tokens
        rows.append(replace(last, tokens=float(at), flops=flops, step=None))
    nothing = np.zeros((0, len(table.units)))
    values = np.stack(scores) if scores else nothing
    unknown = np.full(values.shape, np.nan)
    return EvalTable(
        checkpoints=tuple(rows),
        units=table.units,
        scores=values,
        n_items=np.stack(n_items) if n_items else nothing,
        stderr=unknown,
        task_loss=unknown,
    )


def _runs(table: EvalTable) -> list[Ints]:
    by_run: dict[tuple[str, str], list[int]] = {}
    for row in np.argsort(table.tokens, kind="stable").tolist():
        checkpoint = table.checkpoints[row]
        if checkpoint.tokens is not None and checkpoint.params is not None:
            by_run.setdefault((checkpoint.family, checkpoint.model), []).append(row)
    return [np.array(rows, dtype=np.intp) for rows in by_run.values() if len(rows) > 1]


def _end(table: EvalTable, index: Ints) -> float:
    # Tokens of the whole schedule: as recorded, by the recorded fraction, else the last ones seen.
    for checkpoint in (table.checkpoints[int(i)] for i in index[::-1]):
        total = getattr(checkpoint, "total_tokens", None)
        if total is not None:
            return float(total)
        share = getattr(checkpoint, "fraction", None)
        if share and checkpoint.tokens is not None:
            return float(checkpoint.tokens / share)
    return float(table.tokens[index[-1]])


def _between(x: Floats, values: Floats, at: float) -> Floats:
    # Straight in log tokens between neighbours; a benchmark that either lacks has no value.
    right = int(np.clip(np.searchsorted(x, at), 1, len(x) - 1))
    share = (at - x[right - 1]) / (x[right] - x[right - 1])
    if share <= 0:
        return np.asarray(values[right - 1])
    if share >= 1:
        return np.asarray(values[right])
    return np.asarray((1 - share) * values[right - 1] + share * values[right])


def _at(target: Targets, fraction: float) -> Targets:
    return replace(target, tokens=fraction * target.tokens, flops=fraction * target.flops)
