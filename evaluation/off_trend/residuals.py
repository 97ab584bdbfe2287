"""How far did every checkpoint of every run land from its own past? Raw material of the null."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.off_trend.against_past import MAX_AGE, predict_next
from scalepredict.evaluation.off_trend.global_test import Direction, Noise
from scalepredict.evaluation.off_trend.null import NoiseDefaults, learn_noise, size_weight
from scalepredict.evaluation.off_trend.runs import Run
from scalepredict.records.table import Bools, EvalTable, Floats, Ints

MOST = 2000  # checkpoints behind a null, those of the nearest sizes; more teach nothing
ENOUGH = 10  # checkpoints of other runs; with fewer, the run's own earlier residuals count too


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scatter:
    """One-step residuals of all rows of a table, each predicted from its own run's past.

    Attributes:
        z: Residual over its standard deviation for phi = 1; NaN = no prediction. Shape (M, T).
        precision: One over that standard deviation. Shape (M, T).
        log_params: Size of the row's run; NaN = unknown. Shape (M,).
        model: A number for the family and model of each row. Shape (M,).
    """

    z: Floats
    precision: Floats
    log_params: Floats
    model: Ints


def scatter_of(table: EvalTable, runs: Sequence[Run], n_items: Floats) -> Scatter:
    """Predict every checkpoint from its own past, broken ones included (medians cope)."""
    z = np.full(table.scores.shape, np.nan)
    precision = np.full(table.scores.shape, np.nan)
    log_params = np.full(len(table.checkpoints), np.nan)
    for run in runs:
        log_params[run.rows] = run.log_params
        scores = table.scores[run.rows]
        for k, row in enumerate(run.rows):
            past = slice(max(0, k - MAX_AGE), k)
            step = predict_next(
                run.log_tokens[past],
                scores[past],
                np.arange(past.stop - past.start, 0, -1.0),
                at=float(run.log_tokens[k]),
                n_items=n_items[row],
            )
            precision[row] = 1 / np.sqrt(step.variance)
            z[row] = (scores[k] - step.expected) * precision[row]
    names: dict[tuple[str, str], int] = {}
    model = [names.setdefault((c.family, c.model), len(names)) for c in table.checkpoints]
    return Scatter(z=z, precision=precision, log_params=log_params, model=np.array(model))


def noise_for(
    scatter: Scatter,
    run: Run,
    own_past: Ints,
    units: Bools,
    *,
    defaults: NoiseDefaults,
    direction: Direction,
) -> Noise:
    """The null of a run: from the other runs, and from its own past only where those are few.

    Args:
        scatter: Residuals of all rows.
        run: The run that is judged.
        own_past: Rows of the run before the judged checkpoint, healthy ones only.
        units: The units that the judged checkpoint is tested on. Shape (T,).
        defaults: What holds in absence of evidence.
        direction: Which deviations count.
    """
    rows = other_rows(scatter, run, units)
    if len(rows) < ENOUGH:
        rows = np.concatenate([rows, own_past])
    weight = size_weight(scatter.log_params[rows], run.log_params)
    if len(rows) > MOST:
        nearest = np.sort(np.argsort(-weight, kind="stable")[:MOST])
        rows, weight = rows[nearest], weight[nearest]
    columns = np.ix_(rows, units)
    return learn_noise(
        scatter.z[columns],
        scatter.precision[columns],
        weight,
        defaults=defaults,
        direction=direction,
    )


def other_rows(scatter: Scatter, run: Run, units: Bools) -> Ints:
    """Rows of other models that have a residual on any of the units."""
    other = scatter.model != scatter.model[run.rows[0]]
    return np.flatnonzero(other & np.isfinite(scatter.z[:, units]).any(axis=1))
