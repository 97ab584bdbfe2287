"""Where is each run of a ladder at a fraction of its schedule?

A run is read straight in log tokens between two of its checkpoints. Its schedule ends where the
records say (``total_tokens``, ``fraction``), else at its last checkpoint.
"""

from dataclasses import replace

import numpy as np

from scalepredict.records.table import Checkpoint, EvalTable, Floats, Ints

EARLIEST = 1.5  # a rung is read at most this factor before its first checkpoint


def rungs_at(table: EvalTable, fraction: float) -> EvalTable:
    """One row for each run at a fraction of its schedule; one not measured so early has none."""
    rows: list[Checkpoint] = []
    scores: list[Floats] = []
    n_items: list[Floats] = []
    for index in series_of(table):
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


def series_of(table: EvalTable) -> list[Ints]:
    """Rows of each run with several checkpoints, oldest first."""
    by_run: dict[tuple[str, str], list[int]] = {}
    for row in np.argsort(table.tokens, kind="stable").tolist():
        checkpoint = table.checkpoints[row]
        if checkpoint.tokens is not None and checkpoint.params is not None:
            by_run.setdefault((checkpoint.family, checkpoint.model), []).append(row)
    return [np.array(rows, dtype=np.intp) for rows in by_run.values() if len(rows) > 1]


def recorded_end(table: EvalTable, index: Ints) -> float | None:
    """Tokens of the whole schedule of a run, as recorded or by its recorded fraction.

    Args:
        table: Benchmark values.
        index: Rows of the run, oldest first.
    """
    for checkpoint in (table.checkpoints[int(i)] for i in index[::-1]):
        if checkpoint.total_tokens is not None:
            return float(checkpoint.total_tokens)
        if checkpoint.fraction and checkpoint.tokens is not None:
            return float(checkpoint.tokens / checkpoint.fraction)
    return None


def _end(table: EvalTable, index: Ints) -> float:
    # Without a recorded one, the last tokens seen.
    return recorded_end(table, index) or float(table.tokens[index[-1]])


def _between(x: Floats, values: Floats, at: float) -> Floats:
    # Straight in log tokens between neighbours; a benchmark that either lacks has no value.
    right = int(np.clip(np.searchsorted(x, at), 1, len(x) - 1))
    share = (at - x[right - 1]) / (x[right] - x[right - 1])
    if share <= 0:
        return np.asarray(values[right - 1])
    if share >= 1:
        return np.asarray(values[right])
    return np.asarray((1 - share) * values[right - 1] + share * values[right])
