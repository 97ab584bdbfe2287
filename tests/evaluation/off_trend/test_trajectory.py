"""A run beside what its own past let expect: intervals from the sixth checkpoint on, flags."""

import numpy as np
import pytest

from scalepredict.evaluation.off_trend.trajectory import Trajectory, trajectory_of
from scalepredict.evaluation.off_trend.walk_runs import gather
from scalepredict.records.table import EvalTable
from tests.evaluation.off_trend.rules.made_runs import GATE, LENGTH, TOKENS, changed, runs


def of(table: EvalTable) -> Trajectory:
    evidence = gather(table, GATE)
    return trajectory_of(evidence, GATE, evidence.runs[0])


def test_a_healthy_run_lies_in_its_intervals_and_has_no_flags() -> None:
    table = runs(1, 1e9)
    found = of(table)
    assert found.in_tokens
    np.testing.assert_allclose(found.place, TOKENS)
    np.testing.assert_array_equal(found.scores, table.scores)
    assert np.isnan(found.expected[:5]).all()
    assert np.isfinite(found.expected[5:]).all()
    inside = (found.low <= found.scores) & (found.scores <= found.high)
    assert inside[5:].mean() > 0.9  # 99 % intervals
    assert not found.flagged.any()
    assert not found.whole.any()


def test_a_drop_is_flagged_at_its_checkpoint_and_benchmark() -> None:
    drop = np.zeros(6)
    drop[4] = -0.12
    found = of(changed(runs(1, 1e9), 9, drop))
    assert found.flagged[9, 4]
    assert found.flagged.sum() == 1
    assert list(np.flatnonzero(found.whole)) == [9]
    assert found.scores[9, 4] < found.low[9, 4] < found.expected[9, 4] < found.high[9, 4]
    assert found.expected[9, 4] - found.scores[9, 4] == pytest.approx(0.12, abs=0.03)


def test_benchmarks_that_were_never_measured_are_left_out() -> None:
    table = runs(1, 1e9)
    scores = table.scores.copy()
    scores[:, 2] = np.nan
    found = of(table.with_scores(scores))
    assert [unit.benchmark for unit in found.units] == ["b0", "b1", "b3", "b4", "b5"]
    assert found.expected.shape == (LENGTH, 5)
