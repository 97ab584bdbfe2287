"""Gaps, other ways of measuring and scores below a guesser's, told at the first checkpoint."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.off_trend.rules.changed_evaluation import (
    BELOW_CHANCE,
    CHANGED,
    MISSING,
    lowest_elsewhere,
)
from scalepredict.evaluation.off_trend.rules.gate import BenchmarkLevel
from scalepredict.evaluation.off_trend.rules.rule import Rule
from scalepredict.evaluation.off_trend.rules.verdicts import Level
from tests.evaluation.off_trend.rules.made_runs import (
    GATE,
    LENGTH,
    N_ITEMS,
    changed,
    runs,
    scene,
)


def test_a_benchmark_that_was_always_measured_is_missed() -> None:
    table = runs(0, 1e9)
    scores = table.scores.copy()
    scores[8, 2] = np.nan
    gap = table.with_scores(scores)
    (finding,) = MISSING.find(scene(gap, 8))
    assert (finding.rule, finding.benchmark) == ("missing-benchmark", "b2")
    assert finding.message == "b2 is missing; measured on the last 3 checkpoints."
    # Not before it is missing, and not where it was missing before.
    assert not list(MISSING.find(scene(gap, 7)))
    assert not list(MISSING.find(scene(gap, 9)))


def test_two_checkpoints_before_are_enough_and_one_is_not() -> None:
    table = runs(0, 1e9)
    scores = table.scores.copy()
    scores[1:3, 2] = np.nan
    assert not list(MISSING.find(scene(table.with_scores(scores), 1)))
    scores = table.scores.copy()
    scores[2, 2] = np.nan
    (finding,) = MISSING.find(scene(table.with_scores(scores), 2))
    assert "on the last 2 checkpoints" in finding.message


def test_another_way_of_measuring_is_a_change_and_no_gap() -> None:
    table = runs(0, 1e9)
    other = replace(table.units[2], metric="acc_norm", shots=5)
    scores = np.column_stack([table.scores, np.full(len(table.scores), np.nan)])
    scores[8, 6], scores[8, 2] = scores[8, 2], np.nan
    wide = replace(
        table,
        units=(*table.units, other),
        scores=scores,
        n_items=np.column_stack([table.n_items, np.full(len(scores), float(N_ITEMS))]),
        stderr=np.full(scores.shape, np.nan),
        task_loss=np.full(scores.shape, np.nan),
    )
    here = scene(wide, 8)
    assert not list(MISSING.find(here))
    (finding,) = CHANGED.find(here)
    assert finding.message == ("b2 is measured as acc_norm at 5 shots, before as acc at 0 shots.")


def test_another_number_of_questions_is_a_change() -> None:
    table = runs(0, 1e9)
    n_items = table.n_items.copy()
    n_items[8, 1] = 1000
    (finding,) = CHANGED.find(scene(replace(table, n_items=n_items), 8))
    assert finding.message == "b1 has 1000 items, the checkpoint before 2000."
    assert not list(CHANGED.find(scene(table, 8)))


def test_a_score_far_below_chance_and_below_all_others_is_told_with_its_distance() -> None:
    table = runs(0, 1e9)
    drop = np.zeros(6)
    drop[3] = 0.10 - table.scores[8, 3]
    low = changed(table, 8, drop)
    (finding,) = BELOW_CHANCE.find(scene(low, 8))
    z = (0.25 - 0.10) / np.sqrt(0.25 * 0.75 / N_ITEMS)
    assert finding.z == pytest.approx(-z)
    assert finding.observed == pytest.approx(0.10)
    assert finding.expected == 0.25
    assert f"{z:.1f} standard errors below chance (0.25)" in finding.message
    # A chance level that is only assumed tells nothing, nor does a second score as low.
    assumed = replace(low, units=tuple(replace(u, chance_assumed=True) for u in low.units))
    assert not list(BELOW_CHANCE.find(scene(assumed, 8)))
    assert not list(BELOW_CHANCE.find(scene(changed(low, 9, low.scores[8] - low.scores[9]), 8)))


def test_the_lowest_of_all_other_rows_is_not_the_row_itself() -> None:
    scores = np.array([[0.5, np.nan], [0.3, 0.7], [0.4, np.nan]])
    np.testing.assert_array_equal(lowest_elsewhere(scores), [[0.3, 0.7], [0.4, np.inf], [0.3, 0.7]])


@pytest.mark.parametrize("rule", [MISSING, CHANGED, BELOW_CHANCE], ids=lambda rule: rule.name)
def test_a_finding_weighs_no_more_than_its_benchmark(rule: Rule) -> None:
    """A gap, another number of questions and a score far below chance, of b2 each time."""
    table = runs(0, 1e9)
    scores, n_items = table.scores.copy(), table.n_items.copy()
    if rule is MISSING:
        scores[8, 2] = np.nan
    elif rule is CHANGED:
        n_items[8, 2] = 1000
    else:
        scores[8, 2] = 0.1
    odd = replace(table, scores=scores, n_items=n_items)
    (plain,) = rule.find(scene(odd, 8))
    assert (plain.benchmark, plain.metric, plain.shots) == ("b2", "acc", 0)
    assert plain.level is GATE.level_of(rule.name)
    quiet = replace(GATE, benchmarks=(BenchmarkLevel(match="b2", level=Level.NOTE),))
    (milder,) = rule.find(scene(odd, 8, gate=quiet))
    assert milder.level is Level.NOTE


def test_a_benchmark_that_was_measured_now_and_then_is_not_missed() -> None:
    table = runs(0, 1e9)
    scores = table.scores.copy()
    scores[[6, 8], 2] = np.nan
    assert not list(MISSING.find(scene(table.with_scores(scores), 8)))


def test_every_benchmark_that_is_missing_is_named_once() -> None:
    table = runs(0, 1e9)
    scores = table.scores.copy()
    scores[8, [1, 4]] = np.nan
    found = list(MISSING.find(scene(table.with_scores(scores), 8)))
    assert [finding.benchmark for finding in found] == ["b1", "b4"]


def test_other_runs_say_nothing_about_what_this_one_is_measured_on() -> None:
    table = runs(0, 1e9, 4e9)
    scores = table.scores.copy()
    scores[:LENGTH, 2] = np.nan  # of the first run
    assert not list(MISSING.find(scene(table.with_scores(scores), 8, run=0)))
    assert not list(CHANGED.find(scene(table.with_scores(scores), 8, run=1)))


def test_a_low_that_another_record_shares_is_no_new_low() -> None:
    low = runs(0, 1e9, 4e9)
    scores = low.scores.copy()
    scores[8, 3] = 0.10
    assert list(BELOW_CHANCE.find(scene(low.with_scores(scores), 8)))
    scores[LENGTH + 2, 3] = 0.11  # of the other run
    assert not list(BELOW_CHANCE.find(scene(low.with_scores(scores), 8)))


@pytest.mark.parametrize(("standard_errors", "found"), [(4.8, False), (5.2, True)])
def test_five_standard_errors_below_chance_are_too_many(
    standard_errors: float, found: bool
) -> None:
    table = runs(0, 1e9)
    scores = table.scores.copy()
    scores[8, 3] = 0.25 - standard_errors * np.sqrt(0.25 * 0.75 / N_ITEMS)
    assert bool(list(BELOW_CHANCE.find(scene(table.with_scores(scores), 8)))) is found
