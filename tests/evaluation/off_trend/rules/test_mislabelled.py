"""Scores that fit another label decisively better are told with that label, healthy ones not."""

import numpy as np

from scalepredict.evaluation.off_trend.rules.mislabelled import DECISIVE, MISLABELLED, better_label
from tests.evaluation.off_trend.rules.made_runs import LENGTH, runs, scene


def test_healthy_checkpoints_fit_their_own_label() -> None:
    """12 runs, 84 judged checkpoints: a likelihood ratio of e^10 comes once in 22,000 by chance."""
    for seed in range(6):
        table = runs(seed, 1e9, 4e9)
        for run in (0, 1):
            for k in range(5, LENGTH):
                assert not list(MISLABELLED.find(scene(table, k, run=run)))


def test_scores_of_another_size_name_it_and_its_step() -> None:
    table = runs(3, 1e9, 4e9)
    scores = table.scores.copy()
    rng = np.random.default_rng(7)
    scores[9] = rng.binomial(2000, table.scores[LENGTH + 9]) / 2000
    here = scene(table.with_scores(scores), 9)
    (trial,) = (t for t in here.trials if t.judgement.worse is not None)
    label = better_label(here, trial)
    assert label is not None
    assert label.text.startswith("r1 at step ")
    assert label.log_ratio > DECISIVE
    (finding,) = MISLABELLED.find(here)
    assert finding.message.startswith("the scores fit r1 at step ")
    assert f"a likelihood ratio of 10^{label.log_ratio / np.log(10):.0f}" in finding.message


def test_scores_of_an_earlier_step_name_it() -> None:
    table = runs(4, 1e9)
    scores = table.scores.copy()
    scores[11] = scores[2]
    (finding,) = MISLABELLED.find(scene(table.with_scores(scores), 11))
    assert f"r0 at step {table.checkpoints[2].step:g}" in finding.message


def test_a_drop_that_no_label_explains_is_no_wrong_label() -> None:
    table = runs(3, 1e9, 4e9)
    scores = table.scores.copy()
    scores[9, ::2] -= 0.15
    assert not list(MISLABELLED.find(scene(table.with_scores(scores), 9)))


def test_a_wrong_label_is_told_with_the_right_one_whatever_the_order_of_rows() -> None:
    table = runs(3, 1e9, 4e9)
    scores = table.scores.copy()
    scores[9] = np.random.default_rng(7).binomial(2000, table.scores[LENGTH + 9]) / 2000
    order = np.random.default_rng(1).permutation(2 * LENGTH)
    shuffled = table.with_scores(scores).take_rows(order)
    run = next(i for i in (0, 1) if scene(shuffled, 9, run=i).checkpoint.model == "r0")
    (finding,) = MISLABELLED.find(scene(shuffled, 9, run=run))
    assert finding.message.startswith("the scores fit r1 at step ")


def test_two_benchmarks_tell_no_label() -> None:
    table = runs(4, 1e9)
    scores = table.scores.copy()
    scores[11] = scores[2]
    few = table.with_scores(scores).take_units([0, 1])
    assert not list(MISLABELLED.find(scene(few, 11)))


def test_the_checkpoint_before_is_no_other_label() -> None:
    """A run that stands still fits it, and its own label as well."""
    table = runs(4, 1e9)
    scores = table.scores.copy()
    scores[11] = scores[10]
    for finding in MISLABELLED.find(scene(table.with_scores(scores), 11)):
        assert f"step {table.checkpoints[10].step:g}" not in finding.message
