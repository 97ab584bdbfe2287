"""Which checkpoints are one run, and how many answers stand behind a score."""

from dataclasses import replace

import numpy as np

from scalepredict.evaluation.off_trend.own_past.runs import Run, runs_of
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


def run_of(**columns: list[float | None]) -> list[Run]:
    n = len(next(iter(columns.values())))
    rows = [
        Checkpoint(model="m", **{name: column[i] for name, column in columns.items()})  # type: ignore[arg-type]
        for i in range(n)
    ]
    return list(runs_of(make_table(rows, [Unit(benchmark="b")], np.full((n, 1), 0.5))))


def test_checkpoints_are_in_the_order_of_their_tokens_whatever_their_rows() -> None:
    (run,) = run_of(tokens=[3e9, 1e9, 2e9], step=[1.0, 2.0, 3.0])
    assert run.rows.tolist() == [1, 2, 0]
    np.testing.assert_allclose(run.log_tokens, np.log([1e9, 2e9, 3e9]))


def test_steps_are_the_place_where_more_of_them_are_known() -> None:
    (run,) = run_of(tokens=[None, 1e9, None], step=[30.0, 20.0, 10.0])
    assert run.rows.tolist() == [2, 1, 0]
    np.testing.assert_allclose(run.log_tokens, np.log([10, 20, 30]))
    (run,) = run_of(tokens=[2e9, 1e9, None], step=[None, 20.0, 10.0])  # as many of each: tokens
    assert run.rows.tolist() == [1, 0]


def test_what_has_no_place_is_in_no_run() -> None:
    assert run_of(tokens=[None, None]) == []
    (run,) = run_of(tokens=[0.0, 1e9, None], step=[0.0, 5.0, None])
    assert run.rows.tolist() == [1]


def test_the_size_of_a_run_is_that_of_any_of_its_checkpoints() -> None:
    (run,) = run_of(tokens=[1e9, 2e9], params=[None, 4e9])
    assert run.log_params == np.log(4e9)
    (unknown,) = run_of(tokens=[1e9, 2e9])
    assert np.isnan(unknown.log_params)


def test_models_of_one_name_in_two_families_are_two_runs() -> None:
    rows = [Checkpoint(model="m", family=f, tokens=1e9 * k) for k in (1, 2) for f in ("a", "b")]
    found = runs_of(make_table(rows, [Unit(benchmark="b")], np.full((4, 1), 0.5)))
    assert [(run.family, run.rows.tolist()) for run in found] == [("a", [0, 2]), ("b", [1, 3])]
