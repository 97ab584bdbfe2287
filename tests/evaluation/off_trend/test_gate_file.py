"""Configuration of the gate: the user's keys over shipped ones, mistakes with their place."""

from pathlib import Path

import pytest

from scalepredict.errors import ConfigError
from scalepredict.evaluation.off_trend.gate_file import Direction, FailOn, OutputForm, load_gate
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


EVERYTHING = """schema: scalepredict.gate/1
check:
  alpha: 0.02
  direction: both
  sides: {worse: warn, better: error}
  persistence: 2
  recovery: 3
  fail_on: warn
  discovery: 0.2
  drift: {checkpoints: 5, threshold: 4}
  copies: {min_step: 10, min_tokens: 1B, large_items: 1k, large_share: 0.5, all_share: 0.3}
  noise: {phi: 1, phi_of_labels: 2, tail: 8, correlation: 0.1, wander: 0.01}
  rules: {drift: note}
  benchmarks: [{match: "a*", level: note, min_items: 10}]
  fit: f.json
  history: [h.csv]
  baseline: b.json
  calibration: c.yaml
  ladder: l.yaml
  benchmark_file: m.yaml
  report: {junit: j.xml, sarif: s.json}
  until: 1T
  percent: true
  answers: true
  exit_zero: true
  ci: false
  update_baseline: true
  format: json
  quiet: true
  verbose: true
  ignore: [items-assumed]
  level: [0.6, 0.9]
"""


def test_the_file_sets_everything_that_the_options_set(tmp_path: Path) -> None:
    path = tmp_path / "scalepredict.yaml"
    path.write_text(EVERYTHING)
    file = load_gate(path)
    gate = file.gate
    assert gate.sides == {Side.WORSE: Level.WARNING, Side.BETTER: Level.ERROR}
    assert (gate.alpha, gate.persistence, gate.recovery, gate.discovery) == (0.02, 2, 3, 0.2)
    assert (gate.drift_over, gate.drift_threshold, gate.wander) == (5, 4, 0.01)
    assert (gate.noise.phi, gate.noise.phi_of_labels, gate.noise.tail) == (1, 2, 8)
    assert gate.level_of("drift") is Level.NOTE
    assert file.fail_on is FailOn.WARNING
    assert (file.fit, file.baseline) == (tmp_path / "f.json", tmp_path / "b.json")
    assert (file.calibration, file.ladder) == (tmp_path / "c.yaml", tmp_path / "l.yaml")
    assert (file.benchmark_file, file.history) == (tmp_path / "m.yaml", (tmp_path / "h.csv",))
    assert [(str(kind), path) for kind, path in file.report] == [
        ("junit", tmp_path / "j.xml"),
        ("sarif", tmp_path / "s.json"),
    ]
    assert (file.until, file.percent, file.exit_zero, file.ci) == (1e12, True, True, False)
    assert (file.update_baseline, file.quiet, file.verbose) == (True, True, True)
    assert (file.form, file.ignore) == (OutputForm.JSON, ("items-assumed",))
    assert (file.levels, file.answers) == ((0.6, 0.9), True)


def test_options_go_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "scalepredict.yaml"
    path.write_text("check: {direction: low, alpha: 0.02}\n")
    assert load_gate(path).gate.sides[Side.BETTER] is Level.OFF
    over = load_gate(path, over={"direction": Direction.BOTH, "alpha": None}).gate
    assert (over.sides[Side.BETTER], over.alpha) == (Level.WARNING, 0.02)


WRONG = {
    "schema": ("scalepredict.gate/9", "scalepredict.gate/1"),
    "check.alpha": ("0.7", "less than 0.5"),
    "check.direction": ("up", "'low' or 'both'"),
    "check.sides": ("{sideways: error}", "'worse' or 'better'"),
    "check.sides.better": ("fatal", "'off', 'note', 'warning' or 'error'"),
    "check.persistence": ("3", "less than or equal to 2"),
    "check.recovery": ("0", "greater than or equal to 1"),
    "check.fail_on": ("sometimes", "'error', 'warning', 'note' or 'never'"),
    "check.discovery": ("1", "less than 1"),
    "check.drift.checkpoints": ("1", "greater than or equal to 2"),
    "check.drift.threshold": ("high", "valid number"),
    "check.copies.min_step": ("zero", "valid number"),
    "check.copies.min_tokens": ("lots", "lots"),
    "check.copies.large_items": ("[]", "not a count"),
    "check.copies.large_share": ("60", "less than 1"),
    "check.copies.all_share": ("0", "greater than 0"),
    "check.noise.phi": ("0", "greater than 0"),
    "check.noise.phi_of_labels": ("-3", "greater than 0"),
    "check.noise.tail": ("2", "greater than or equal to 4"),
    "check.noise.correlation": ("1", "less than 1"),
    "check.noise.wander": ("-0.1", "greater than or equal to 0"),
    "check.rules": ("{drfit: off}", "did you mean 'drift'"),
    "check.rules.drift": ("loud", "'off', 'note', 'warning' or 'error'"),
    "check.benchmarks": ("mmlu", "not a list"),
    "check.fit": ("[f.json]", "is not text"),
    "check.history": ("runs", "not a list"),
    "check.baseline": ("''", "at least 1 character"),
    "check.calibration": ("{}", "is not text"),
    "check.ladder": ("5", "is not text"),
    "check.benchmark_file": ("[1]", "is not text"),
    "check.report": ("{pdf: x}", "'junit'"),
    "check.until": ("soon", "soon"),
    "check.percent": ("maybe", "boolean"),
    "check.answers": ("many", "boolean"),
    "check.exit_zero": ("2", "boolean"),
    "check.ci": ("often", "boolean, unable to interpret input, not 'often'"),
    "check.update_baseline": ("always", "boolean"),
    "check.format": ("html", "'table', 'json', 'csv' or 'markdown'"),
    "check.quiet": ("loud", "boolean"),
    "check.verbose": ("2", "boolean"),
    "check.ignore": ("[items-asumed]", "did you mean 'items-assumed'"),
    "check.level": ("[90]", "less than 1"),
}


def known_keys(folder: Path) -> set[str]:
    """The keys of the section ``check``, as the file itself tells them."""
    path = folder / "unknown.yaml"
    path.write_text("check: {qqqqq: 1}\n")
    with pytest.raises(ConfigError) as caught:
        load_gate(path)
    return set(str(caught.value).partition("known keys: ")[2].rstrip(".").split(", "))


def test_no_key_is_left_out_of_these_tests(tmp_path: Path) -> None:
    tried = {key.split(".")[1] for key in WRONG if "." in key}
    written = {line.strip().split(":")[0] for line in EVERYTHING.splitlines()[2:]}
    assert known_keys(tmp_path) == tried == written


@pytest.mark.parametrize("key", WRONG)
def test_every_key_may_be_wrong_once(tmp_path: Path, key: str) -> None:
    value, message = WRONG[key]
    *above, last = key.split(".")
    lines = [f"{'  ' * depth}{part}:" for depth, part in enumerate(above)]
    lines.append(f"{'  ' * len(above)}{last}: {value}")
    path = tmp_path / "scalepredict.yaml"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(ConfigError) as caught:
        load_gate(path)
    assert f"scalepredict.yaml:{len(lines)}" in str(caught.value)
    assert key in str(caught.value)
    assert message in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "scalepredict.yaml"
    path.write_text("check:\n  alpha: 7\n  alhpa: 0.1\n  ci: often\n")
    with pytest.raises(ConfigError) as caught:
        load_gate(path)
    assert {line.split(":")[1] for line in str(caught.value).splitlines()} == {"2", "3", "4"}


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


def test_the_fit_of_the_file_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "scalepredict.yaml"
    path.write_text("check: {fit: fits/ladder.json, baseline: b.json}\n")
    file = load_gate(path)
    assert file.fit == tmp_path / "fits" / "ladder.json"
    assert file.baseline == tmp_path / "b.json"
    assert load_gate().fit is None
