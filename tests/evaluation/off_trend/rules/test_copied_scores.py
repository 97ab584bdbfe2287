"""Copies at any length of history, and runs in which nothing changes."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.own_past.runs import runs_of
from scalepredict.evaluation.off_trend.rules.copied_scores import find_copies, find_unchanged
from scalepredict.evaluation.off_trend.rules.scene import Copy
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

RULE = load_gate().gate.copies


def records(scores: list[list[float]], *, n_items: float = 1000.0) -> EvalTable:
    return make_table(
        [
            Checkpoint(model=f"m{i}", params=1e9, tokens=1e11, step=50_000.0)
            for i in range(len(scores))
        ],
        [Unit(benchmark=f"b{t}") for t in range(len(scores[0]))],
        np.array(scores),
        n_items=np.full((len(scores), len(scores[0])), n_items),
    )


def test_five_of_eight_exact_ties_are_a_copy_and_three_are_not() -> None:
    base = [0.31, 0.42, 0.53, 0.64, 0.75, 0.81, 0.22, 0.37]
    five = [*base[:5], 0.811, 0.221, 0.371]
    three = [*base[:3], 0.641, 0.751, 0.812, 0.222, 0.372]
    copies = copies_in(records([base, five, three]))
    assert {row: (c.of, c.n_equal, c.n_compared) for row, c in copies.items()} == {
        0: (1, 5, 8),
        1: (0, 5, 8),
    }


def test_ties_at_zero_or_on_small_benchmarks_are_no_copy() -> None:
    zeros = [[0.0] * 7 + [0.31], [0.0] * 7 + [0.32]]
    assert not copies_in(records(zeros))
    small = [[0.31, 0.42, 0.53, 0.64, 0.75]] * 2
    assert copies_in(records(small))
    assert not copies_in(records(small, n_items=100.0))


def copies_in(table: EvalTable) -> dict[int, Copy]:
    rows = np.arange(len(table.checkpoints))
    return find_copies(table, rows, runs_of(table), RULE)


def one_run(scores: Floats, *, first_step: int = 1000) -> EvalTable:
    return make_table(
        [
            Checkpoint(model="m", params=1e9, tokens=4e9 * (k + 1), step=1000.0 * k + first_step)
            for k in range(len(scores))
        ],
        [Unit(benchmark=f"b{t}", chance=0.25) for t in range(scores.shape[1])],
        scores,
        n_items=np.full(scores.shape, 1500.0),
    )


def rising(n: int, n_units: int = 4) -> Floats:
    rng = np.random.default_rng(n)
    truth = 0.3 + 0.02 * np.arange(n)[:, None] + 0.03 * np.arange(n_units)
    scores: Floats = rng.binomial(1500, np.clip(truth, 0, 0.95)) / 1500
    return scores


@pytest.mark.parametrize("length", [2, 5, 8, 9, 10, 12, 18, 19, 25, 60])
@pytest.mark.parametrize("repeats", [1, 3])
def test_a_copy_of_the_last_checkpoint_is_found_at_any_length(length: int, repeats: int) -> None:
    scores = rising(length)
    scores = np.vstack([scores, np.repeat(scores[-1:], repeats, axis=0)])
    found = copies_in(one_run(scores))
    assert sorted(found) == list(range(length, length + repeats))  # the later ones are the copies
    assert (found[length].of, found[length].n_equal) == (length - 1, 4)


@pytest.mark.parametrize("back", [1, 8])
def test_three_benchmarks_that_all_tie_are_a_copy(back: int) -> None:
    scores = rising(12, 3)
    copy = one_run(np.vstack([scores, scores[-back]]))
    (found,) = copies_in(copy).items()
    assert found == (12, Copy(of=12 - back, n_equal=3, n_compared=3))
    other = scores[-back].copy()
    other[0] += 1 / 1500
    assert not copies_in(one_run(np.vstack([scores, other])))


def test_few_ties_that_chance_makes_are_no_copy() -> None:
    """1,800 records of flat runs, whose scores repeat earlier ones again and again."""
    rng = np.random.default_rng(0)
    flat = rng.normal(0.5, np.sqrt(0.4 * 0.25 / 1500), (60, 30, 3)).round(4)
    flat = (flat * 1500).round() / 1500
    assert sum(len(copies_in(one_run(scores))) for scores in flat) <= 3
    assert not copies_in(one_run(np.vstack([flat[0, :, :1], flat[0, -1:, :1]])))


def test_a_class_that_is_always_answered_is_no_copy() -> None:
    scores = rising(12)
    scores[::3] = [0.365, 0.635, 0.5, 0.25]
    assert len(copies_in(one_run(scores))) <= 3


def unchanged(scores: Floats, **options: int) -> dict[int, int]:
    table = one_run(scores, **options)
    (run,) = runs_of(table)
    return find_unchanged(table, run, RULE)


def test_three_equal_checkpoints_are_a_run_in_which_nothing_changes() -> None:
    scores = rising(9)
    scores[5:8] = scores[4]
    assert unchanged(scores) == {6: 3, 7: 4}


def test_one_benchmark_takes_more_equal_checkpoints_than_four() -> None:
    scores = rising(12, 1)
    scores[4:] = scores[4]
    assert min(unchanged(scores)) == 4 + 4
    assert unchanged(scores)[11] == 8


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_nothing_but_zeros_or_ones_tells_nothing(value: float) -> None:
    assert not unchanged(np.full((8, 4), value))


def test_checkpoints_near_initialisation_may_be_equal() -> None:
    assert not unchanged(np.full((4, 4), 0.25), first_step=-4000)
    assert unchanged(np.full((4, 4), 0.25))


def test_a_benchmark_of_just_so_many_answers_counts_as_large() -> None:
    ties = [[0.31, 0.42, 0.53, 0.64, 0.75]] * 2
    assert copies_in(records(ties, n_items=RULE.large_items))
    assert not copies_in(records(ties, n_items=RULE.large_items - 1))


def test_the_later_record_of_a_run_is_the_copy_whatever_the_order_of_rows() -> None:
    scores = rising(10)
    scores = np.vstack([scores, scores[-1:]])
    table = one_run(scores)
    order = np.random.default_rng(0).permutation(11)
    found = copies_in(table.take_rows(order))
    ((row, copy),) = found.items()
    assert (order[row], order[copy.of]) == (10, 9)


def test_only_the_rows_that_are_asked_for_are_compared() -> None:
    base = [0.31, 0.42, 0.53, 0.64, 0.75, 0.81, 0.22, 0.37]
    table = records([base, base, base])
    assert set(find_copies(table, np.array([2]), runs_of(table), RULE)) == {2}
    assert find_copies(table, np.array([], dtype=int), runs_of(table), RULE) == {}


@pytest.mark.parametrize(
    ("place", "copied"),
    [({"step": RULE.min_step}, True), ({"step": RULE.min_step - 1}, False)],
)
def test_checkpoints_near_initialisation_are_no_copies(
    place: dict[str, float], copied: bool
) -> None:
    table = records([[0.31, 0.42, 0.53, 0.64, 0.75]] * 2)
    rows = tuple(replace(c, **place) for c in table.checkpoints)  # type: ignore[arg-type]
    assert bool(copies_in(replace(table, checkpoints=rows))) is copied


def test_a_change_of_one_benchmark_ends_a_streak() -> None:
    scores = rising(12)
    scores[4:12] = scores[4]
    scores[8, 0] += 0.01
    found = unchanged(scores)
    assert 8 not in found
    assert 9 not in found
    assert found[7] == 4
