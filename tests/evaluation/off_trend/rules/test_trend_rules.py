"""Rules of a run's own trend: what is told first, at which level, and when it has settled."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.off_trend.own_past.run_judge import Side
from scalepredict.evaluation.off_trend.rules.gate import BenchmarkLevel
from scalepredict.evaluation.off_trend.rules.scene import Scene, Trial
from scalepredict.evaluation.off_trend.rules.trend_rules import (
    DECAY,
    DRIFT,
    EMERGING,
    HIGH,
    LEVEL_SHIFT,
    LOW,
    level_of,
    off_trend_rule,
)
from scalepredict.evaluation.off_trend.rules.verdicts import Level
from scalepredict.evaluation.off_trend.walk_runs import gather, off_trend
from tests.evaluation.off_trend.rules.made_runs import (
    GATE,
    LENGTH,
    N_ITEMS,
    changed,
    runs,
    scene,
)


def trial_at(here: Scene) -> Trial:
    (trial,) = (t for t in here.trials if t.judgement.worse is not None)
    return trial


def dropped(change: float = -0.05, *, rows: tuple[int, ...] = (9,)) -> Scene:
    table = runs(1, 1e9)
    for row in rows:
        table = changed(table, row, change)
    return scene(table, rows[-1])


def test_the_checkpoint_as_a_whole_comes_before_its_benchmarks() -> None:
    whole, *single = LOW.find(dropped())
    assert whole.benchmark is None
    assert whole.level is Level.ERROR
    assert whole.z is not None
    assert whole.z < -3
    assert "the scores of 6 benchmarks together leave the run's trend (p = " in whole.message
    p_values = [finding.p_value for finding in single]
    assert p_values == sorted(p_values, key=lambda p: p or 0.0)
    assert {finding.rule for finding in single} <= {"off-trend-low"}
    assert not list(HIGH.find(dropped()))
    assert not list(LOW.find(scene(runs(1, 1e9), 9)))


def test_an_event_is_told_once_and_then_as_a_shift_that_names_its_start() -> None:
    here = dropped(rows=(8, 9, 10))
    assert not list(LOW.find(here))
    (finding,) = LEVEL_SHIFT.find(here)
    start = here.evidence.table.checkpoints[8]
    assert finding.since == start
    assert finding.identity == "off-trend-low"
    assert f"level shift since step {start.step:g}: 3 checkpoints agree and are the new level" in (
        finding.message
    )
    moved = float(finding.message.split(", ")[-1].split(" points")[0])
    assert moved == pytest.approx(-5.0, abs=1.5)
    assert not list(LEVEL_SHIFT.find(dropped()))


def test_better_scores_together_ask_for_the_phase() -> None:
    (finding,) = DECAY.find(dropped(0.05))
    assert finding.level is Level.NOTE
    assert finding.message.startswith("6 of 6 benchmarks are better than the run's trend")
    assert finding.p_value is not None
    assert finding.p_value < GATE.alpha


def test_a_deviation_weighs_no_more_than_its_rule_side_and_persistence_allow() -> None:
    here = dropped()
    trial = trial_at(here)
    assert level_of(here, trial, Side.WORSE, "off-trend-low") is Level.ERROR
    for gate, level in (
        (replace(GATE, persistence=2), Level.WARNING),
        (replace(GATE, sides={**GATE.sides, Side.WORSE: Level.NOTE}), Level.NOTE),
        (replace(GATE, rules={**GATE.rules, "off-trend-low": Level.OFF}), Level.OFF),
    ):
        strict = replace(here, gate=gate)
        assert level_of(strict, trial, Side.WORSE, "off-trend-low") is level
    # A slide is of several checkpoints by itself.
    patient = replace(here, gate=replace(GATE, persistence=2))
    assert level_of(patient, trial, Side.WORSE, "drift") is Level.ERROR


def test_of_a_loss_the_higher_values_are_the_worse_ones() -> None:
    trial = trial_at(dropped())
    loss = replace(trial, family=replace(trial.family, sign=-1.0))
    assert off_trend_rule(trial, Side.WORSE) == off_trend_rule(loss, Side.BETTER) == "off-trend-low"
    assert (
        off_trend_rule(trial, Side.BETTER) == off_trend_rule(loss, Side.WORSE) == "off-trend-high"
    )
    assert np.sign(trial.family.sign) == 1


def test_a_run_that_has_nowhere_to_fall_to_has_a_p_value_of_one() -> None:
    table = runs(1, 1e9)
    rng = np.random.default_rng(3)
    floor = table.with_scores(rng.binomial(N_ITEMS, 0.25, table.scores.shape) / N_ITEMS)
    evidence = gather(floor, GATE)
    judged = [v.p_value for v in off_trend(evidence, GATE).values() if v.p_value is not None]
    assert judged == [1.0] * (LENGTH - 5)


def emerging() -> Scene:
    table = runs(5, 1e9)
    rng = np.random.default_rng(0)
    scores = table.scores.copy()
    scores[:, 3] = rng.binomial(N_ITEMS, 0.25, len(scores)) / N_ITEMS
    scores[9, 3] = 0.36
    return scene(table.with_scores(scores), 9)


def test_a_benchmark_that_leaves_chance_is_a_note_and_no_jump() -> None:
    here = emerging()
    (finding,) = EMERGING.find(here)
    assert (finding.rule, finding.benchmark, finding.level) == ("emerging", "b3", Level.NOTE)
    assert finding.observed == 0.36
    assert finding.expected is not None
    assert finding.expected == pytest.approx(0.25, abs=0.03)
    assert finding.interval is not None
    assert finding.interval[0] < finding.expected < finding.interval[1] < 0.36
    assert finding.z is not None
    assert finding.z > 3
    assert not list(HIGH.find(here))
    assert not list(DECAY.find(here))


def test_a_jump_of_one_benchmark_that_is_clear_of_chance_is_told_as_one() -> None:
    rise = np.zeros(6)
    rise[1] = 0.11
    here = scene(changed(runs(5, 1e9), 9, rise), 9)
    whole, single, *_ = HIGH.find(here)
    assert (whole.benchmark, single.benchmark) == (None, "b1")
    assert whole.level is GATE.sides[Side.BETTER]
    assert not list(EMERGING.find(here))
    assert not list(LOW.find(here))


def test_a_healthy_run_does_not_slide() -> None:
    table = runs(1, 1e9)
    assert not any(list(DRIFT.find(scene(table, k))) for k in range(LENGTH))


def test_messages_hold_the_numbers_that_programs_get() -> None:
    for finding in list(LOW.find(dropped()))[1:]:
        assert finding.observed is not None
        assert finding.expected is not None
        assert finding.interval is not None
        assert f"{finding.benchmark} = {finding.observed:.4f}" in finding.message
        assert f"expected {finding.expected:.4f}" in finding.message
        low, high = finding.interval
        assert f"99% interval [{low:.4f}, {high:.4f}]" in finding.message
        assert f"(z = {finding.z:+.1f})" in finding.message


def test_the_mildest_of_a_benchmark_holds_for_its_own_finding_alone() -> None:
    quiet = replace(GATE, benchmarks=(BenchmarkLevel(match="b1", level=Level.WARNING),))
    drop = np.zeros(6)
    drop[1], drop[2] = -0.12, -0.12
    here = scene(changed(runs(1, 1e9), 9, drop), 9, gate=quiet)
    levels = {f.benchmark: f.level for f in LOW.find(here) if f.benchmark}
    assert levels["b2"] is Level.ERROR
    assert levels["b1"] is Level.WARNING
