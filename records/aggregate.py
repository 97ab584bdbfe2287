"""How do the tasks of a benchmark become its one score? By its aggregate, else a weighted mean.

A mean over different tasks is a different measurement, so a checkpoint that lacks some of the tasks
must not shift it: the mean is taken over one set of tasks, at checkpoints that have all of it.
"""

from dataclasses import replace

import numpy as np

from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Bools, EvalTable, Floats, Unit, make_table
from scalepredict.records.text.counts import count_of
from scalepredict.records.units import Key, whole_key


def to_benchmarks(table: EvalTable) -> EvalTable:
    """One unit for each benchmark; a benchmark's own aggregate wins over its tasks.

    Without an aggregate the tasks are averaged with their item counts as weights (equal weights
    where a count is unknown), over the largest block of tasks that were all measured at the same
    checkpoints; other checkpoints get no score on that benchmark (see ``aggregation_notes``).
    """
    if all(not unit.task for unit in table.units):
        return table
    columns = [_one_column(table, list(index)) for index in _units_by_benchmark(table).values()]
    return make_table(
        table.checkpoints,
        [column.units[0] for column in columns],
        np.hstack([column.scores for column in columns]),
        n_items=np.hstack([column.n_items for column in columns]),
        stderr=np.hstack([column.stderr for column in columns]),
        task_loss=np.hstack([column.task_loss for column in columns]),
    )


def aggregation_notes(table: EvalTable) -> tuple[Note, ...]:
    """What ``to_benchmarks`` leaves out, with counts; empty if nothing."""
    notes: list[Note] = []
    for whole, index in _units_by_benchmark(table).items():
        benchmark = whole.benchmark
        own = [i for i in index if not table.units[i].task]
        tasks = [i for i in index if table.units[i].task]
        if not tasks:
            continue
        measured = np.isfinite(table.scores[:, tasks])
        if own and np.isfinite(table.scores[:, own]).any():
            lost = int((measured.any(axis=1) & np.isnan(table.scores[:, own[0]])).sum())
            if lost:
                notes.append(
                    noted(
                        "aggregate-lacking",
                        f"no score for {count_of(lost, 'checkpoint')} with tasks and without "
                        "aggregate, because others carry an aggregate that may be averaged "
                        "otherwise.",
                        subject=benchmark,
                    )
                )
            continue
        rows, columns = _full_block(measured, table)
        lost = int(measured.any(axis=1).sum() - rows.sum())
        if lost or columns.sum() < measured.any(axis=0).sum():
            notes.append(
                noted(
                    "tasks-averaged",
                    f"averaged over the {columns.sum()} of {measured.any(axis=0).sum()} tasks that "
                    f"{count_of(int(rows.sum()), 'checkpoint shares', 'checkpoints share')}; no "
                    f"score for {count_of(lost, 'checkpoint')} without some of them.",
                    subject=benchmark,
                )
            )
    return tuple(notes)


def _units_by_benchmark(table: EvalTable) -> dict[Key, list[int]]:
    # Tables that keep several metrics or shot counts have an average for each of them.
    groups: dict[Key, list[int]] = {}
    for i, unit in enumerate(table.units):
        groups.setdefault(whole_key(unit), []).append(i)
    return groups


def _one_column(table: EvalTable, index: list[int]) -> EvalTable:
    own = [i for i in index if not table.units[i].task]
    tasks = table.take_units([i for i in index if table.units[i].task])
    if not tasks.units:
        return table.take_units(own[:1])
    mean = _mean_of_tasks(tasks)
    if not own:
        return mean
    aggregate = table.take_units(own[:1])
    # Scores and losses are decided apart: a file may hold the aggregate of only one of them.
    if np.isfinite(aggregate.task_loss).any():
        mean = replace(mean, task_loss=aggregate.task_loss)
    if np.isfinite(aggregate.scores).any():
        return replace(aggregate, task_loss=mean.task_loss)
    return replace(mean, units=aggregate.units)


def _mean_of_tasks(tasks: EvalTable) -> EvalTable:
    counts = _largest_by_task(tasks.n_items)
    rows, columns = _full_block(np.isfinite(tasks.scores), tasks)
    weights = _weights(counts, columns)
    scores = _mean(tasks.scores, rows, weights)
    n_items = np.where(rows[:, None], np.where(columns, tasks.n_items, 0.0), np.nan)
    variance = _mean(tasks.stderr**2, rows, weights**2) * np.sum(weights**2)
    loss_rows, loss_columns = _full_block(np.isfinite(tasks.task_loss), tasks)
    return make_table(
        tasks.checkpoints,
        [_aggregate_unit(tasks, columns if columns.any() else loss_columns)],
        scores,
        n_items=n_items.sum(axis=1, keepdims=True),
        stderr=np.sqrt(variance),
        task_loss=_mean(tasks.task_loss, loss_rows, _weights(counts, loss_columns)),
    )


def _full_block(measured: Bools, table: EvalTable) -> tuple[Bools, Bools]:
    # Of the nested choices "the k checkpoints with the most tasks, and the tasks they share", the
    # one with the most cells; names break ties, so that the order of rows does not matter.
    count = measured.sum(axis=1)
    names = [(c.family, c.model, c.phase, c.flops or 0.0) for c in table.checkpoints]
    order = np.array(sorted(range(len(names)), key=lambda i: (-count[i], names[i])), dtype=int)
    shared = np.logical_and.accumulate(measured[order], axis=0)
    cells = shared.sum(axis=1) * np.arange(1, len(order) + 1)
    columns = shared[int(np.argmax(cells))] if len(order) else np.any(measured, axis=0)
    rows = np.all(measured[:, columns], axis=1) & bool(columns.any())
    return rows, columns


def _largest_by_task(n_items: Floats) -> Floats:
    # One weight per task whatever the checkpoint: weights that change would move the mean.
    filled = np.where(np.isfinite(n_items), n_items, -np.inf).max(axis=0, initial=-np.inf)
    return np.where(np.isfinite(filled), filled, np.nan)


def _weights(counts: Floats, columns: Bools) -> Floats:
    known = bool(np.isfinite(counts[columns]).all())
    raw = np.where(columns, counts if known else 1.0, 0.0)
    total = raw.sum()
    return raw / total if total > 0 else raw


def _mean(values: Floats, rows: Bools, weights: Floats) -> Floats:
    # Left-out tasks have weight 0, but NaN * 0 is NaN: select them away first.
    used = weights > 0
    total = weights[used].sum()
    if total <= 0:
        return np.full((len(values), 1), np.nan)
    # Not a product of matrices, whose last digits depend on the kind of processor.
    mean = (values[:, used] * weights[used]).sum(axis=1) / total
    return np.where(rows, mean, np.nan)[:, None]


def _aggregate_unit(tasks: EvalTable, columns: Bools) -> Unit:
    chosen = [unit for unit, used in zip(tasks.units, columns, strict=True) if used] or tasks.units
    weights = _weights(_largest_by_task(tasks.n_items), columns)
    chance = float((tasks.chance * weights).sum()) if columns.any() else tasks.units[0].chance
    return replace(
        chosen[0],
        task="",
        # A mean of equal levels is that level to the last bit.
        chance=chosen[0].chance if len({unit.chance for unit in chosen}) == 1 else chance,
        chance_assumed=any(unit.chance_assumed for unit in chosen),
    )
