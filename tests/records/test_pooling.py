"""Pooling of neighbouring checkpoints: answers to questions are added up, totals are averaged."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.records.evidence import CheckpointChoice, select_evidence
from scalepredict.records.pooling import with_pooled_answers
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def run() -> EvalTable:
    steps = [1000, 2000, 3000, 4000]
    checkpoints = [
        Checkpoint(model="m", params=1e9, tokens=s * 1e6, flops=6e15 * s, step=s) for s in steps
    ]
    units = [Unit(benchmark="b", task="q1"), Unit(benchmark="b", task="q2"), Unit(benchmark="t")]
    scores = [[0.1, 0.5, 0.30], [0.2, 0.6, 0.40], [0.4, 0.7, 0.50], [0.6, 0.9, 0.75]]
    n_items = [[10, 10, 99], [10, np.nan, 99], [30, 10, 99], [60, 10, 99]]
    return make_table(checkpoints, units, np.array(scores), n_items=np.array(n_items))


def test_answers_of_the_last_checkpoints_add_up() -> None:
    selection = select_evidence(run(), choice=CheckpointChoice.parse("pool-last-3"))
    table = selection.table
    assert table.checkpoints[0].step == 4000
    assert table.scores[0, 0] == pytest.approx((2 + 12 + 36) / 100)
    assert table.n_items[0, 0] == 100
    # Unknown trials, and a whole benchmark, whose questions are the same each time: averages.
    np.testing.assert_allclose(table.scores[0, 1:], [(0.6 + 0.7 + 0.9) / 3, 0.55])
    assert table.n_items[0, 2] == 99
    assert "answers pooled over the last 3 checkpoints of each of 1 model " in str(
        selection.notes[0]
    )


def test_another_word_is_refused_with_the_choices() -> None:
    with pytest.raises(RefusedError, match="pool-last-K"):
        CheckpointChoice.parse("pool-3")


def test_only_the_answers_of_a_group_are_added_up() -> None:
    table = run()
    groups = [[0, 1], [3]]
    averaged = table.take_rows(np.array([1, 3]))
    pooled = with_pooled_answers(averaged, table, groups)
    assert pooled.scores[0, 0] == pytest.approx((1 + 2) / 20)
    assert (pooled.n_items[0, 0], pooled.n_items[1, 0]) == (20, 60)
    # Trials of q2 are not known at step 2000, and the total is no question: both stay.
    np.testing.assert_array_equal(pooled.scores[:, 1:], averaged.scores[:, 1:])
    assert averaged.scores[0, 0] == 0.2
