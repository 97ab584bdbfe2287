"""A model against its ladder: alpha is shared with its own past, the worst come first."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.off_trend.ladders.against_ladder import LadderOutcome
from scalepredict.evaluation.off_trend.own_past.run_judge import Side
from scalepredict.evaluation.off_trend.rules.ladder_rules import (
    HIGH,
    LOW,
    OWN_SHARE,
    ladder_p_value,
)
from scalepredict.evaluation.off_trend.rules.rule import Rule
from scalepredict.evaluation.off_trend.rules.scene import Scene
from scalepredict.evaluation.off_trend.rules.verdicts import Level
from tests.evaluation.off_trend.rules.made_runs import GATE, runs, scene


def outcome(p_value: float, *z: float, sign: float = 1.0) -> LadderOutcome:
    shift = float(np.mean(z) * np.sqrt(len(z)))
    return LadderOutcome(
        p_value=p_value,
        shift=shift,
        shift_p=p_value / 2,
        n_models=5,
        columns=np.arange(len(z)),
        expected=np.full(len(z), 0.5),
        low=np.full(len(z), 0.4),
        high=np.full(len(z), 0.6),
        z=np.array(z),
        sign=np.full(len(z), sign),
        unit_p=np.array([1e-6 if abs(value) > 3 else 0.5 for value in z]),
    )


def at(k: int, found: LadderOutcome) -> Scene:
    return scene(runs(0, 1e9), k, ladder={k: found})


def test_beside_its_own_past_the_ladder_has_a_fifth_of_alpha() -> None:
    assert OWN_SHARE == 0.8
    judged, first = at(9, outcome(0.001, -2.0)), at(0, outcome(0.001, -2.0))
    assert any(trial.judgement.worse for trial in judged.trials)
    assert ladder_p_value(judged) == pytest.approx(0.001 / 0.2)
    assert ladder_p_value(first) == pytest.approx(0.001)
    assert ladder_p_value(at(9, outcome(0.5, -2.0))) == 1.0
    assert ladder_p_value(scene(runs(0, 1e9), 9)) is None


def test_the_whole_is_told_first_and_then_the_benchmarks_that_stand_out() -> None:
    here = at(9, outcome(0.0001, -4.0, -1.0, -5.0, -0.5))
    whole, *single = LOW.find(here)
    assert whole.benchmark is None
    assert whole.p_value == pytest.approx(0.0005)
    assert "the ladder of 5 models predicts (p = 0.0005; common shift -5.2" in whole.message
    assert [finding.benchmark for finding in single] == ["b0", "b2"]
    assert single[0].interval == (0.4, 0.6)
    assert single[0].observed == pytest.approx(here.evidence.table.scores[here.row, 0])
    assert not list(HIGH.find(here))


def test_better_scores_weigh_as_their_side_does() -> None:
    here = at(9, outcome(0.0001, 4.0, 1.0))
    assert not list(LOW.find(here))
    found = list(HIGH.find(here))
    assert {finding.rule for finding in found} == {"off-ladder-high"}
    assert {finding.level for finding in found} == {GATE.sides[Side.BETTER]}
    assert found[-1].z == 4.0


def test_a_p_value_of_alpha_or_more_is_no_finding() -> None:
    assert not list(LOW.find(at(0, outcome(GATE.alpha, -4.0))))
    assert list(LOW.find(at(0, outcome(0.99 * GATE.alpha, -4.0))))


def test_losses_that_are_worse_are_too_high_and_errors() -> None:
    here = at(9, outcome(0.0001, -4.0, -5.0, sign=-1.0))
    assert not list(LOW.find(here))
    whole, *single = HIGH.find(here)
    assert whole.level is GATE.sides[Side.WORSE]
    assert [finding.z for finding in (whole, *single)] == pytest.approx([9 / 2**0.5, 4.0, 5.0])


def test_a_model_that_no_ladder_knows_is_not_compared() -> None:
    here = scene(runs(0, 1e9), 9)
    assert not list(LOW.find(here))
    assert not list(HIGH.find(here))


@pytest.mark.parametrize("rule", [LOW, HIGH], ids=lambda rule: rule.name)
def test_a_rule_that_is_off_weighs_nothing(rule: Rule) -> None:
    sign = -1 if rule is LOW else 1
    found = outcome(0.0001, 4.0 * sign, 5.0 * sign)
    quiet = replace(GATE, rules={**GATE.rules, rule.name: Level.OFF})
    here = scene(runs(0, 1e9), 9, gate=quiet, ladder={9: found})
    assert {finding.level for finding in rule.find(here)} == {Level.OFF}


def test_findings_hold_what_the_ladder_expects() -> None:
    here = at(9, outcome(0.0001, -4.0, -1.0))
    single = list(LOW.find(here))[1]
    assert (single.expected, single.interval, single.z) == (0.5, (0.4, 0.6), -4.0)
    assert single.p_value == pytest.approx(1e-6)
    assert f"{single.benchmark} = {single.observed:.4f}" in single.message
