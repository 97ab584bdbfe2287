"""The samples of the page on the CI gate run as they stand there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
LENGTH = 9
WORST = 8  # the checkpoint that falls, where there is one


def sample(language: str, number: int = 0) -> str:
    """A block of code of the page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[number]  # type: ignore[no-any-return]


def results(folder: Path, *, drop: float = 0.0) -> None:
    """A run whose eighth checkpoint is too low by ``drop``: its past in runs/, all in evals/."""
    for name in ("evals", "runs"):
        (folder / name).mkdir()
    header = "model,params,tokens,step,benchmark,score,n_items\n"
    for k in range(1, LENGTH + 1):
        level = 0.4 + 0.02 * k**0.5 - drop * (k == WORST)
        lines = [
            f"m,1B,{20 * k}B,{1000 * k},b{b},"
            f"{level + 0.05 * b + 0.002 * ((5 * k + b) % 3):.4f},2000\n"
            for b in range(5)
        ]
        (folder / "evals" / f"step{k:02}.csv").write_text(header + "".join(lines))
        if k < WORST:
            (folder / "runs" / f"step{k:02}.csv").write_text(header + "".join(lines))


def shell(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    tools = folder / "bin"
    tools.mkdir()
    (tools / "scalepredict").write_text(
        f'#!/bin/sh\necho "$*" >> calls\nexec {sys.executable} -P -m scalepredict "$@"\n'
    )
    (tools / "scalepredict").chmod(0o755)
    return subprocess.run(
        ["bash", "-c", code],
        cwd=folder,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "GITHUB_ACTIONS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("drop", "code"), [(0.0, 0), (0.15, 1)])
def test_the_job_of_gitlab_writes_the_reports_that_it_collects(
    tmp_path: Path, drop: float, code: int
) -> None:
    results(tmp_path, drop=drop)
    job = yaml.safe_load(sample("yaml", 1))["scalepredict"]
    done = shell(job["script"], tmp_path)
    assert done.returncode == code, done.stderr
    assert code not in job["allow_failure"]["exit_codes"]
    for name in job["artifacts"]["reports"].values():
        assert (tmp_path / name).stat().st_size > 0
    blamed = json.loads((tmp_path / job["artifacts"]["reports"]["codequality"]).read_text())
    assert bool(blamed) is bool(code)


def test_the_step_of_github_gives_inputs_that_the_action_has() -> None:
    (step,) = yaml.safe_load(sample("yaml", 0))
    folder = step["uses"].partition("scalepredict/")[2].partition("@")[0]
    action = yaml.safe_load((ROOT / folder / "action.yml").read_text(encoding="utf-8"))
    assert set(step["with"]) <= set(action["inputs"])
    assert {k for k, v in action["inputs"].items() if v.get("required")} <= set(step["with"])


@pytest.mark.parametrize(
    ("drop", "last"), [pytest.param(0.0, LENGTH, marks=pytest.mark.slow), (0.15, WORST)]
)
def test_the_loop_of_a_batch_job_ends_at_the_checkpoint_that_is_off(
    tmp_path: Path, drop: float, last: int
) -> None:
    results(tmp_path, drop=drop)
    done = shell(sample("bash"), tmp_path)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert f"step{last:02}.csv" in calls[-1], done.stderr
    verdict = json.loads((tmp_path / "verdict.json").read_text())
    assert verdict["status"] == ("off-trend" if drop else "on-trend")


def test_the_call_of_a_training_loop_stops_where_the_run_falls(tmp_path: Path) -> None:
    results(tmp_path, drop=0.15)
    code = sample("py") + (
        "import sys\n"
        "read = lambda *names: scalepredict.read_records([f'{n}.csv' for n in names]).table\n"
        f"past = [f'evals/step{{k:02}}' for k in range(1, {WORST})]\n"
        f"print(should_stop(read('evals/step{WORST:02}'), read(*past)),"
        " should_stop(read(past[-1]), read(*past[:-1])))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["True", "False"], done.stderr
