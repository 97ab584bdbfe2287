"""No name from a file gives the runner of GitHub Actions a command, on either stream."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scalepredict.cli.views.workflow_log import Guarded

NAMES = ("::error::pwn", "  ::stop-commands::x", "##[group]x", "a##[error]b")


def written(*parts: str) -> str:
    below = io.StringIO()
    stream = Guarded(below)
    for part in parts:
        stream.write(part)
    return below.getvalue()


def has_command(text: str) -> bool:
    """What the runner looks for, line by line."""
    lines = text.replace("\r", "\n").split("\n")
    return any(line.lstrip().startswith("::") or "##[" in line for line in lines)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cut", range(10))
def test_no_command_passes_however_the_text_is_cut(name: str, cut: int) -> None:
    text = f"{name}\nx {name}\r{name}"
    assert has_command(text)
    assert not has_command(written(text[:cut], text[cut:]))
    assert not has_command(written(*text))


def test_other_text_passes_as_it_is() -> None:
    for text in ("a::b ##x [c] # #[d]\n : :e\n", ":", "a:", ":b"):
        assert written(text) == text
        assert written(*text) == text


def test_a_command_that_is_meant_starts_a_line() -> None:
    below = io.StringIO()
    stream = Guarded(below)
    stream.write("no line end")
    stream.command("::error::x")
    stream.write("::y")
    assert below.getvalue() == "no line end\n::error::x\n\\x3a:y"


def run(
    folder: Path, *words: str, stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "scalepredict", *words],
        cwd=folder,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, "GITHUB_ACTIONS": "true"},
    )


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    rows = [
        f'"{NAMES[0]}",{size},20B,"{name}",{0.3 + 0.1 * i}'
        for i, size in enumerate(("100M", "200M", "400M", "800M"))
        for name in NAMES
    ]
    text = "model,params,tokens,benchmark,score\n" + "\n".join(
        row.replace(NAMES[0], f"{NAMES[0]}{i // len(NAMES)}", 1) for i, row in enumerate(rows)
    )
    (tmp_path / "r.csv").write_text(text + "\n")
    return tmp_path


@pytest.mark.parametrize("words", [("fit", "r.csv"), ("validate", "r.csv")])
def test_no_command_of_ours_lets_a_name_be_a_command(hostile: Path, words: tuple[str, ...]) -> None:
    for form in ("table", "markdown", "json"):
        done = run(hostile, *words, "--format", form)
        assert done.returncode in (0, 1), done.stderr
        assert not has_command(done.stdout)
        assert not has_command(done.stderr)
        if form == "json":
            names = {one["benchmark"] for one in _benchmarks(json.loads(done.stdout))}
            assert "##[group]x" in names


def _benchmarks(document: object) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    if isinstance(document, dict):
        if isinstance(document.get("benchmark"), str):
            found.append(document)
        for value in document.values():
            found += _benchmarks(value)
    elif isinstance(document, list):
        for value in document:
            found += _benchmarks(value)
    return found


def test_csv_that_would_be_a_command_is_refused_on_the_log_and_exact_in_a_file(
    hostile: Path,
) -> None:
    done = run(hostile, "fit", "r.csv", "--format", "csv")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "send the CSV to a file" in done.stderr
    with (hostile / "rows.csv").open("wb") as file:
        assert run(hostile, "fit", "r.csv", "--format", "csv", stdout=file.fileno()).returncode == 0
    assert "##[group]x" in (hostile / "rows.csv").read_text()
