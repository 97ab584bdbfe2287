"""What a rule sees of a checkpoint is that checkpoint, and what it weighs is what was set."""

from dataclasses import replace

import numpy as np

from scalepredict.evaluation.off_trend.rules.gate import BenchmarkLevel
from scalepredict.evaluation.off_trend.rules.verdicts import Level
from tests.evaluation.off_trend.rules.made_runs import GATE, LENGTH, TOKENS, runs, scene

TABLE = runs(0, 1e9, 4e9)


def test_a_scene_is_one_checkpoint_of_one_run() -> None:
    here = scene(TABLE, 7, run=1)
    assert here.row == LENGTH + 7
    assert here.checkpoint is here.evidence.table.checkpoints[LENGTH + 7]
    assert (here.checkpoint.model, here.checkpoint.tokens) == ("r1", TOKENS[7])
    assert here.checkpoint_at(2).tokens == TOKENS[2]
    assert here.trials is here.walked[7]
    earlier = here.at(3)
    assert (earlier.row, earlier.k, earlier.run) == (LENGTH + 3, 3, here.run)
    assert here.k == 7


def test_rows_in_any_order_are_the_same_checkpoint() -> None:
    order = np.random.default_rng(0).permutation(2 * LENGTH)
    shuffled = scene(TABLE.take_rows(order), 7, run=0)
    plain = next(
        scene(TABLE, 7, run=i)
        for i in (0, 1)
        if scene(TABLE, 7, run=i).checkpoint.model == shuffled.checkpoint.model
    )
    assert shuffled.checkpoint == plain.checkpoint
    for one, other in zip(shuffled.trials, plain.trials, strict=True):
        np.testing.assert_allclose(
            one.judgement.forecast.expected, other.judgement.forecast.expected
        )


def test_one_benchmark_weighs_at_most_what_is_set_for_it() -> None:
    gate = replace(GATE, benchmarks=(BenchmarkLevel(match="b1", level=Level.NOTE),))
    here = scene(TABLE, 7, gate=gate)
    noted, plain = here.evidence.table.units[1], here.evidence.table.units[0]
    assert here.level("missing-benchmark", noted) is Level.NOTE
    assert here.level("missing-benchmark", plain) is gate.level_of("missing-benchmark")
    assert here.level("missing-benchmark") is gate.level_of("missing-benchmark")


def test_a_checkpoint_without_any_score_is_not_measured() -> None:
    scores = TABLE.scores.copy()
    scores[4], scores[5, 1:] = np.nan, np.nan
    table = TABLE.with_scores(scores)
    assert [scene(table, k).measured() for k in (3, 4, 5)] == [True, False, True]
