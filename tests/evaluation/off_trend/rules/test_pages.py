"""Everything that is generated from the rules is current."""

import re
from pathlib import Path

import pytest

from scalepredict.evaluation.off_trend.rules.pages import gate_rules, rule_pages
from scalepredict.evaluation.off_trend.rules.rule import Rule
from scalepredict.evaluation.off_trend.rules.rules import RULES
from scalepredict.evaluation.off_trend.rules.verdicts import Level

ROOT = Path(__file__).resolve().parents[4]
HINT = "run: python benchmarks/gate/rule_pages.py"


def test_the_pages_are_current() -> None:
    folder = ROOT / "docs" / "rules"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    assert written == rule_pages(), HINT


def test_the_gate_file_names_every_rule() -> None:
    assert gate_rules() in (ROOT / "configs" / "gate.yaml").read_text(encoding="utf-8"), HINT


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_has_all_parts_of_its_page(rule: object) -> None:
    for part in ("help", "why", "example", "silence"):
        assert len(getattr(rule, part)) > 20


def test_a_rule_is_known_by_its_name_and_has_an_id_of_its_own() -> None:
    assert len({rule.id for rule in RULES.values()}) == len(RULES)
    for name, rule in RULES.items():
        assert isinstance(rule, Rule)
        assert rule.name == name
        assert re.fullmatch(r"SP\d{3}", rule.id)
        assert rule.level is not Level.OFF
