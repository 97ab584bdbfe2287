"""Configuration of the gate: the user's keys over shipped ones, mistakes with their place."""

from pathlib import Path

import pytest

from scalepredict.errors import ConfigError
from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.own_past.run_judge import Side
from scalepredict.evaluation.off_trend.rules.rules import RULES
from scalepredict.evaluation.off_trend.rules.verdicts import Level


def test_the_shipped_file_gives_every_rule_a_level() -> None:
    gate = load_gate().gate
    assert set(gate.rules) == set(RULES)
    assert (gate.alpha, gate.sides[Side.BETTER]) == (0.01, Level.WARNING)
    assert gate.rules == {rule.name: rule.level for rule in RULES.values()}
    assert len({rule.id for rule in RULES.values()}) == len(RULES)


def test_keys_of_the_user_replace_shipped_ones_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "scalepredict.yaml"
    path.write_text(
        """check:
  persistence: 2
  rules: {SP104: error}
  copies: {min_tokens: 5B}
  benchmarks: [{match: "mmlu*", level: off, min_items: 1k}]
  history: [runs]
"""
    )
    file = load_gate(path)
    assert file.gate.persistence == 2
    assert file.gate.alpha == 0.01
    assert file.gate.level_of("below-chance") is Level.ERROR
    assert file.gate.level_of("drift") is Level.ERROR
    assert (file.gate.copies.min_tokens, file.gate.copies.min_step) == (5e9, 1000)
    assert file.gate.for_benchmark("mmlu_pro").min_items == 1000
    assert file.gate.for_benchmark("piqa").level is Level.ERROR
    assert file.history == (tmp_path / "runs",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("check:\n  alhpa: 0.05\n", r"yaml:2:.*did you mean 'alpha'"),
        ("check:\n  rules: {drfit: off}\n", r"yaml:2:.*did you mean 'drift'"),
        ("check:\n  alpha: 5\n", r"yaml:2:.*less than 0.5"),
        (
            "check:\n  benchmarks:\n    - {match: a, level: fatal}\n",
            r"yaml:3:.*'off', 'note', 'warning' or",
        ),
        ("check:\n  direction: up\n", r"yaml:2:.*'low' or 'both'"),
        ("chekc: {}\n", r"yaml:1:.*did you mean 'check'"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "scalepredict.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_gate(path)
