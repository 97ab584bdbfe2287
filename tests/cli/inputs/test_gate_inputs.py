"""The gate file sets what the options of `check` set, and the options go before it."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import typer

from scalepredict.cli.app import app
from scalepredict.cli.commands import check
from scalepredict.cli.views.render import Format
from scalepredict.errors import ConfigError
from scalepredict.evaluation.off_trend import gate_file
from scalepredict.evaluation.off_trend.gate_file import load_gate

Run = Callable[..., CompletedProcess[str]]
NOT_IN_THE_FILE = {"config", "json", "help"}  # its own name, short for a format, no setting
OTHER_NAMES = {"benchmarks": "benchmark_file"}  # there are levels of benchmarks under that key
RECORDS = "model,params,tokens,benchmark,score\n" + "".join(
    f"m,1B,{k}B,mine,{0.4 + 0.002 * k}\n" for k in range(1, 9)
)


def options() -> set[str]:
    """The long names of the options of `check`, as keys are spelt."""
    parameters = typer.main.get_command(app).commands["check"].params  # type: ignore[attr-defined]
    names = {p.opts[0] for p in parameters if p.opts[0].startswith("--")}
    return {name.removeprefix("--").replace("-", "_") for name in names}


def test_every_option_of_check_is_a_key_of_the_gate_file(tmp_path: Path) -> None:
    path = tmp_path / "gate.yaml"
    path.write_text("check: {qqqqq: 1}\n")
    with pytest.raises(ConfigError) as caught:
        load_gate(path)
    known = set(str(caught.value).partition("known keys: ")[2].rstrip(".").split(", "))
    wanted = {OTHER_NAMES.get(name, name) for name in options() - NOT_IN_THE_FILE}
    assert {"alpha", "report", "fail_on", "format", "quiet", "history", "until"} <= wanted
    assert wanted <= known


@pytest.mark.parametrize(
    ("option", "key"),
    [
        (check.FailOn, gate_file.FailOn),
        (check.Side, gate_file.Direction),
        (check.Kind, gate_file.ReportKind),
        (Format, gate_file.OutputForm),
    ],
)
def test_options_and_keys_take_the_same_words(option: type, key: type) -> None:
    assert {str(word) for word in option} - {"warn"} == {str(word) for word in key}  # type: ignore[attr-defined]


def test_the_file_says_what_is_written_and_told_and_options_go_before_it(
    command: Run, tmp_path: Path
) -> None:
    (tmp_path / "r.csv").write_text(RECORDS)
    gate = tmp_path / "scalepredict.yaml"
    gate.write_text("check: {format: json, quiet: true, exit_zero: true}\n")
    done = command("check", "r.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["schema"] == "scalepredict.check/1"
    assert command("check", "r.csv", "--format", "csv").stdout.startswith("model,")
    gate.write_text("check: {ignore: [items-assumed]}\n")
    done = command("check", "r.csv", "--json")
    assert json.loads(done.stdout)["status"] == "on-trend"
    assert "rules: scalepredict.yaml." in done.stderr
    assert "answers assumed" not in done.stderr
    gate.unlink()
    assert "answers assumed" in command("check", "r.csv").stderr


def test_the_file_accepts_findings_and_silences_ci(
    command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "r.csv").write_text(RECORDS + "m,1B,9B,mine,0.1\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    gate = tmp_path / "scalepredict.yaml"
    gate.write_text("check: {ci: false}\n")
    silent = command("check", "r.csv")
    assert (silent.returncode, "error file=" in silent.stdout) == (1, False)
    assert "error file=r.csv,line=10" in command("check", "r.csv", "--ci").stdout
    gate.write_text("check: {update_baseline: true, baseline: known.json}\n")
    assert command("check", "r.csv").returncode == 0
    assert json.loads((tmp_path / "known.json").read_text())["accepted"]


def test_a_report_of_the_file_never_overwrites_the_records(command: Run, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(RECORDS)
    (tmp_path / "scalepredict.yaml").write_text("check: {report: {json: r.csv}}\n")
    done = command("check", "r.csv")
    assert done.returncode == 2
    assert "is also an input" in done.stderr
    assert (tmp_path / "r.csv").read_text() == RECORDS
