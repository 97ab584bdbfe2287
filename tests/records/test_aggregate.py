"""A benchmark's score is its aggregate, or a mean over one and the same set of tasks."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.records.aggregate import aggregation_notes, to_benchmarks
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

NAN = float("nan")


def table(
    scores: list[list[float]], tasks: list[str], n_items: list[float] | None = None
) -> EvalTable:
    """Checkpoints c0, c1, ... of rising compute, and the tasks of one benchmark."""
    values = np.array(scores)
    checkpoints = [Checkpoint(model=f"c{i}", flops=10.0 ** (18 + i)) for i in range(len(scores))]
    return make_table(
        checkpoints,
        [Unit(benchmark="mmlu", task=task, chance=0.25) for task in tasks],
        values,
        n_items=None if n_items is None else np.broadcast_to(n_items, values.shape),
        stderr=np.full(values.shape, 0.01),
    )


def test_tasks_are_weighted_by_their_items() -> None:
    mean = to_benchmarks(table([[0.2, 0.6], [0.4, 0.9]], ["a", "b"], [300, 100]))
    assert [(u.benchmark, u.task, u.chance) for u in mean.units] == [("mmlu", "", 0.25)]
    np.testing.assert_allclose(mean.scores, [[0.3], [0.525]], rtol=1e-12)
    np.testing.assert_array_equal(mean.n_items, [[400], [400]])
    # var = sum (n_i / n)^2 se_i^2
    np.testing.assert_allclose(mean.stderr, 0.01 * np.hypot(0.75, 0.25), rtol=1e-12)


def test_error_and_chance_of_a_mean_carry_the_weights_of_its_tasks() -> None:
    plain = table([[0.2, 0.6]], ["a", "b"], [300, 100])
    units = [
        replace(unit, chance=chance) for unit, chance in zip(plain.units, (0.25, 0.5), strict=True)
    ]
    tasks = make_table(
        plain.checkpoints,
        units,
        plain.scores,
        n_items=plain.n_items,
        stderr=np.array([[0.01, 0.04]]),
    )
    mean = to_benchmarks(tasks)
    assert mean.units[0].chance == pytest.approx(0.75 * 0.25 + 0.25 * 0.5, rel=1e-12)
    assert mean.stderr[0, 0] == pytest.approx(np.hypot(0.75 * 0.01, 0.25 * 0.04), rel=1e-12)


def test_tasks_of_unknown_size_weigh_the_same() -> None:
    mean = to_benchmarks(table([[0.2, 0.6]], ["a", "b"], [300, NAN]))
    assert mean.scores[0, 0] == pytest.approx(0.4, rel=1e-12)
    assert np.isnan(mean.n_items[0, 0])


def test_the_aggregate_goes_before_the_tasks_and_is_not_counted_twice() -> None:
    given = table([[0.31, 0.2, 0.6], [NAN, 0.3, 0.7]], ["", "a", "b"], [400, 300, 100])
    mean = to_benchmarks(given)
    np.testing.assert_array_equal(mean.scores, [[0.31], [NAN]])
    (note,) = aggregation_notes(given)
    assert str(note).startswith("mmlu: no score for 1 checkpoint with tasks and without aggregate")


def test_a_checkpoint_without_a_task_does_not_shift_the_mean() -> None:
    """The easy task `b` is missing at c1: averaging the rest would look like a fall."""
    scores = [[0.2, 0.8, 0.2], [0.3, NAN, 0.3], [0.4, 0.9, 0.4], [0.5, 0.9, 0.5]]
    given = table(scores, ["a", "b", "c"])
    mean = to_benchmarks(given).scores[:, 0]
    np.testing.assert_allclose(mean, [0.4, NAN, 1.7 / 3, 1.9 / 3], rtol=1e-12)
    (note,) = aggregation_notes(given)
    assert (
        "averaged over the 3 of 3 tasks that 3 checkpoints share; no score for 1 checkpoint without"
        in str(note)
    )


def test_a_task_that_few_have_does_not_cost_the_checkpoints() -> None:
    given = table([[0.2, 0.4, NAN], [0.3, 0.5, NAN], [0.4, 0.6, 0.9]], ["a", "b", "new"])
    np.testing.assert_allclose(to_benchmarks(given).scores[:, 0], [0.3, 0.4, 0.5], rtol=1e-12)
    (note,) = aggregation_notes(given)
    assert "averaged over the 2 of 3 tasks that 3 checkpoints share" in str(note)


def test_the_order_of_checkpoints_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random((9, 6))
    scores[rng.random((9, 6)) < 0.2] = NAN
    given = table(scores.tolist(), list("abcdef"))
    order = rng.permutation(9)
    shuffled = to_benchmarks(given.take_rows(order))
    np.testing.assert_array_equal(shuffled.scores, to_benchmarks(given).scores[order])


def test_each_shot_count_of_a_benchmark_has_an_average_of_its_own() -> None:
    units = [Unit(benchmark="mmlu", task=t, shots=s) for s in (0, 5) for t in ("law", "art")]
    table = make_table(
        [Checkpoint(model="m")],
        units,
        np.array([[0.2, 0.4, 0.5, 0.8]]),
        n_items=np.array([[100.0, 300.0, 100.0, 300.0]]),
    )
    averages = to_benchmarks(table)
    assert [unit.shots for unit in averages.units] == [0, 5]
    np.testing.assert_allclose(averages.scores, [[0.35, 0.725]])
