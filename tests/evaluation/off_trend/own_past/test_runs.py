"""Which checkpoints are one run, and how many answers stand behind a score."""

from dataclasses import replace

import numpy as np

from scalepredict.evaluation.off_trend.own_past.runs import runs_of
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def records(scores: list[list[float]]) -> EvalTable:
    return make_table(
        [Checkpoint(model=f"m{i}", params=1e9, tokens=1e11) for i in range(len(scores))],
        [Unit(benchmark=f"b{t}") for t in range(len(scores[0]))],
        np.array(scores),
        n_items=np.full((len(scores), len(scores[0])), 1000.0),
    )


def test_phases_of_one_model_are_runs_of_their_own() -> None:
    table = records([[0.5], [0.6], [0.7]])
    phases = ("stable", "decay", "stable")
    checkpoints = tuple(
        replace(c, model="m", phase=phase, tokens=1e9 * (3 - i))
        for i, (c, phase) in enumerate(zip(table.checkpoints, phases, strict=True))
    )
    found = runs_of(replace(table, checkpoints=checkpoints))
    assert [(run.phase, run.rows.tolist()) for run in found] == [("stable", [2, 0]), ("decay", [1])]
