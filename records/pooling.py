"""How are neighbouring checkpoints pooled? The answers to each task or question are added up.

Source: Xu et al. 2025 (COD, 2502.17262): the pass rate of a question is taken over three
    neighbouring checkpoints, which lessens sampling noise and the noise of recent batches.
Departure: nothing comes after the last checkpoint of a run, so its last K are pooled.
"""

from dataclasses import replace

import numpy as np

from scalepredict.records.table import EvalTable


def with_pooled_answers(
    averaged: EvalTable, table: EvalTable, groups: list[list[int]]
) -> EvalTable:
    """Averaged checkpoints, with the successes and trials of all that were averaged.

    Scores of whole benchmarks, and tasks whose trials are not known at all of the checkpoints,
    stay averages.

    Args:
        averaged: One row for each group.
        table: The checkpoints before averaging.
        groups: Rows of ``table`` behind each row of ``averaged``.
    """
    is_task = np.array([bool(unit.task) for unit in table.units], dtype=bool)
    scores, n_items = averaged.scores.copy(), averaged.n_items.copy()
    for i, rows in enumerate(groups):
        trials = table.n_items[rows]
        known = (
            is_task & np.isfinite(trials).all(axis=0) & np.isfinite(table.scores[rows]).all(axis=0)
        )
        total = trials[:, known].sum(axis=0)
        scores[i, known] = (table.scores[rows][:, known] * trials[:, known]).sum(axis=0) / total
        n_items[i, known] = total
    return replace(averaged, scores=scores, n_items=n_items)
