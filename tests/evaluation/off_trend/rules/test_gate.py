"""What is checked, and how strictly: the milder of two wishes holds, the first match is taken."""

from dataclasses import replace

import pytest

from scalepredict.evaluation.off_trend.own_past.run_judge import Side
from scalepredict.evaluation.off_trend.rules.gate import BenchmarkLevel
from scalepredict.evaluation.off_trend.rules.rules import RULES
from scalepredict.evaluation.off_trend.rules.verdicts import Level
from tests.evaluation.off_trend.rules.made_runs import GATE


@pytest.mark.parametrize(
    ("rule", "side", "expected"),
    [
        (Level.ERROR, Level.WARNING, Level.WARNING),
        (Level.NOTE, Level.ERROR, Level.NOTE),
        (Level.OFF, Level.ERROR, Level.OFF),
        (Level.ERROR, Level.OFF, Level.OFF),
        (Level.ERROR, Level.ERROR, Level.ERROR),
    ],
)
def test_a_finding_weighs_the_milder_of_its_rule_and_its_side(
    rule: Level, side: Level, expected: Level
) -> None:
    gate = replace(GATE, rules={"drift": rule}, sides={Side.WORSE: side, Side.BETTER: Level.NOTE})
    assert gate.level_of("drift", Side.WORSE) is expected
    assert gate.level_of("drift") is rule


def test_every_rule_has_its_own_level_in_the_shipped_file() -> None:
    assert {name: GATE.level_of(name) for name in RULES} == {
        name: rule.level for name, rule in RULES.items()
    }


def test_the_first_pattern_that_matches_holds() -> None:
    gate = replace(
        GATE,
        benchmarks=(
            BenchmarkLevel(match="mmlu_anatomy", level=Level.OFF),
            BenchmarkLevel(match="mmlu_*", level=Level.WARNING, min_items=100),
            BenchmarkLevel(match="*[!a-z]", level=Level.NOTE),
            BenchmarkLevel(match="mmlu_law", level=Level.ERROR),
        ),
    )
    found = {
        name: gate.for_benchmark(name).level
        for name in ("mmlu_anatomy", "mmlu_law", "MMLU_law", "gsm8", "arc")
    }
    assert found == {
        "mmlu_anatomy": Level.OFF,
        "mmlu_law": Level.WARNING,
        "MMLU_law": Level.ERROR,  # capital letters are others
        "gsm8": Level.NOTE,
        "arc": Level.ERROR,
    }
    assert gate.for_benchmark("mmlu_law").min_items == 100
    assert gate.for_benchmark("arc").min_items == 0


@pytest.mark.parametrize(("better", "one_sided"), [(Level.OFF, True), (Level.NOTE, False)])
def test_a_gate_has_one_side_where_better_scores_do_not_count(
    better: Level, one_sided: bool
) -> None:
    gate = replace(GATE, sides={Side.WORSE: Level.ERROR, Side.BETTER: better})
    assert gate.one_sided is one_sided
