"""Reports for CI systems: valid for their readers, whatever the names of models and benchmarks."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest
import yaml
from junitparser import JUnitXml

from scalepredict.cli.ci import github
from scalepredict.cli.ci.gitlab import gitlab
from scalepredict.cli.ci.junit import junit
from scalepredict.cli.ci.markdown import markdown_report
from scalepredict.cli.ci.openmetrics import openmetrics
from scalepredict.cli.ci.sarif import sarif
from scalepredict.cli.views.check_result import Result
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level, Unjudged, Verdict
from scalepredict.evaluation.off_trend.run_check import Check
from scalepredict.records.table import Checkpoint

Run = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = Path(__file__).resolve().parent / "schemas"
HOSTILE = (
    "]]>",
    "pipe|name",
    "line\nbreak",
    "::error file=x::boom",
    "\x1b[31mred\x1b[0m",
    "<script>alert(1)</script>",
    'quote"and\\slash',
    "100%,a:b",
    "nul\x00and\ud800",
)


def result(n_checkpoints: int = 2, *, level: Level = Level.ERROR) -> Result:
    """Checkpoints of a hostile model that each have one finding for every hostile name."""
    findings = tuple(
        Finding(
            rule="off-trend-low",
            level=level,
            message=f"{name} = 0.3000; expected 0.4000 (z = -5.0)",
            benchmark=name,
            observed=0.3,
            expected=0.4,
            interval=(0.37, 0.43),
            z=-5.0,
            p_value=1e-5,
        )
        for name in HOSTILE
    )
    verdicts = [
        Verdict(
            checkpoint=Checkpoint(
                model="::error::m|<b>\n", step=1000.0 * k, source="a b/é%.csv", line=2 + k
            ),
            p_value=1e-6,
            findings=findings,
        )
        for k in range(n_checkpoints)
    ]
    short = Verdict(
        checkpoint=Checkpoint(model="short"),
        p_value=None,
        findings=(),
        unjudged=Unjudged(why="too short"),
    )
    check = Check(verdicts=(*verdicts, short), in_flight=(), notes=())
    return Result(check=check, fails_from=Level.ERROR)


def test_junit_is_parsed_and_its_counts_agree() -> None:
    text = junit(result())
    parsed = JUnitXml.fromstring(text.encode())
    assert (parsed.tests, parsed.failures, parsed.skipped) == (21, 18, 1)
    cases = [case for suite in parsed for case in suite]
    assert sum(bool(case.result) and case.result[0].type == "SP101" for case in cases) == 18
    root = ElementTree.fromstring(text)
    names = {case.get("name") for case in root.iter("testcase")}
    assert "off-trend-low: ]]>" in names
    assert "off-trend-low: <script>alert(1)</script>" in names


def test_a_warning_passes_in_junit() -> None:
    root = ElementTree.fromstring(junit(result(level=Level.WARNING)))
    assert root.get("failures") == "0"
    assert len(list(root.iter("system-out"))) == 18


def test_sarif_fits_the_published_schema() -> None:
    document = json.loads(sarif(result()))
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    check = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
    check.validate(document)
    results = document["runs"][0]["results"]
    place = results[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/%C3%A9%25.csv"
    assert {r["ruleId"] for r in results} == {"SP101"}
    rules = document["runs"][0]["tool"]["driver"]["rules"]
    assert rules[results[0]["ruleIndex"]]["id"] == "SP101"


def test_gitlab_has_the_required_fields_and_each_fingerprint_once() -> None:
    entries: list[dict[str, Any]] = json.loads(gitlab(result(3)))
    assert len(entries) == len(HOSTILE)
    assert len({entry["fingerprint"] for entry in entries}) == len(HOSTILE)
    for entry in entries:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert entry["location"]["lines"]["begin"] == 4
        assert entry["description"].endswith("(and at 2 earlier checkpoints)")


def test_openmetrics_keeps_to_its_grammar() -> None:
    lines = openmetrics(result()).split("\n")
    assert lines[-2:] == ["# EOF", ""]
    label = r'[a-z]+="(?:[^"\\\n]|\\["\\n])*"'
    sample = re.compile(rf"scalepredict_[a-z_]+\{{{label}(?:,{label})*\}} [-+.e\d]+")
    samples = [line for line in lines[:-2] if not line.startswith("#")]
    assert len(samples) == len(set(samples)) == 1 + len(HOSTILE) + 3
    assert all(sample.fullmatch(line) for line in samples)


def test_markdown_cells_cannot_break_out() -> None:
    text = markdown_report(result())
    table = [line for line in text.splitlines() if line.startswith("|")]
    for line in table:
        bare = re.sub(r"\\.", "", line)
        assert bare.count("|") in (6, 7)
        assert "<" not in bare
    assert "\x1b" not in text


def test_annotations_stay_on_their_lines_and_within_ten_of_a_level() -> None:
    lines = list(github.annotations(result()))
    assert len(lines) == 10
    assert lines[-1].endswith("and 9 more, see the job summary")
    for line in lines:
        assert line.isprintable()
        head, _, text = line[2:].partition("::")
        assert head.startswith("error ")
        assert "%" not in re.sub("%(25|3A|2C|0D|0A)", "", text + head)
    assert "file=a b/é%25.csv,line=2," in lines[0]


def test_the_summary_is_cut_at_a_line_below_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("x" * 800_000)
    github.write_summary(result(300), str(path))
    text = path.read_text(encoding="utf-8")
    assert 800_000 < len(text.encode()) <= github.SUMMARY_BYTES
    assert text.splitlines()[-3].startswith("| ")
    assert "cut here" in text


ACTION = yaml.safe_load((ROOT / ".github/actions/check/action.yml").read_text(encoding="utf-8"))


def run_action(folder: Path, program: str, script: str, **inputs: str) -> int:
    """Run the shell of the action as it is, with one program of the given text on PATH."""
    (step,) = ACTION["runs"]["steps"]
    tools = folder / "tools"
    tools.mkdir()
    (tools / program).write_text(f"#!/bin/sh\n{script}\n")
    (tools / program).chmod(0o755)
    names = {name: text[11:-3].strip() for name, text in step["env"].items() if "inputs." in text}
    given = {
        variable: inputs.get(name, ACTION["inputs"][name].get("default", ""))
        for variable, name in ((v, n.removeprefix("puts.")) for v, n in names.items())
    }
    environment = {
        "PATH": f"{tools}:/usr/bin:/bin",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "SOURCE": "/action/../../..",
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(folder / "outputs"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        **given,
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    (folder / "log").write_text(done.stdout + done.stderr)
    return done.returncode


def test_the_shell_of_the_action_runs_as_it_is(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "evals").mkdir()
    for k in range(9):
        scores = rng.binomial(2000, 0.5 - 0.2 * (k == 8), 5) / 2000
        rows = [f"m,1B,{20 * (k + 4)}B,b{b},{s},2000" for b, s in enumerate(scores)]
        text = "\n".join(["model,params,tokens,benchmark,score,n_items", *rows]) + "\n"
        (tmp_path / "evals" / f"step {k}.csv").write_text(text)
    script = f'exec "{sys.executable}" -P -m scalepredict "$@"'
    code = run_action(tmp_path, "scalepredict", script, records="evals/**/*.csv")
    log = (tmp_path / "log").read_text()
    assert code == 1, log
    assert (tmp_path / "outputs").read_text().startswith("status=off-trend\n")
    assert "scalepredict check: off-trend" in (tmp_path / "summary").read_text()
    assert JUnitXml.fromfile(str(tmp_path / "scalepredict.xml")).failures >= 1
    assert "::error file=evals/step 8.csv,line=2," in log


@pytest.mark.parametrize("text", ["$(touch pwned)", "; touch pwned", "`touch pwned`"])
def test_the_action_never_runs_text_of_its_inputs(tmp_path: Path, text: str) -> None:
    code = run_action(tmp_path, "pipx", 'printf "%s\\n" "$@"', records=text, config=text)
    assert code == 0
    assert not (tmp_path / "pwned").exists()
    log = (tmp_path / "log").read_text().splitlines()
    assert log[:4] == ["run", "--spec", "/action/../../..", "scalepredict"]
    assert f"--config={text}" in log


def test_a_file_named_like_an_option_stays_a_file(tmp_path: Path) -> None:
    (tmp_path / "--config=evil.csv").write_text("model\n")
    show = 'printf "%s\n" "$@"'
    assert run_action(tmp_path, "scalepredict", show, records="*.csv", history="--*.csv") == 0
    log = (tmp_path / "log").read_text().splitlines()
    assert log[-2:] == ["--", "./--config=evil.csv"]
    assert "--history=./--config=evil.csv" in log


@pytest.mark.parametrize("option", ["records", "history"])
def test_a_glob_that_matches_nothing_is_told(tmp_path: Path, option: str) -> None:
    (tmp_path / "a.csv").write_text("model\n")
    given = {"records": "a.csv", option: "runs/*.csv"}
    assert run_action(tmp_path, "scalepredict", "exit 0", **given) == 2
    assert f"error: {option}: runs/\\*.csv matches no file." in (tmp_path / "log").read_text()


def test_the_pre_commit_hook_runs_a_command_that_there_is_on_files_it_takes(
    command: Run, tmp_path: Path
) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    program, *words = hook["entry"].split()
    assert program == "scalepredict"
    assert re.search(hook["files"], "conf/scalepredict.yaml")
    for text, code in (("check: {alpha: 0.05}\n", 0), ("check: {alhpa: 0.05}\n", 2)):
        (tmp_path / "scalepredict.yaml").write_text(text)
        assert command(*words, "scalepredict.yaml").returncode == code
