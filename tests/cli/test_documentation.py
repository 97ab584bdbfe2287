"""The README shows what the program does today, and every command can be looked up."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scalepredict.cli.app import COMMANDS as TABLE
from scalepredict.cli.commands.plot import KINDS

Run = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks" / "project")]

import readme  # type: ignore[import-not-found]  # noqa: E402  # which runs what the pages show

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = list(TABLE)
SLOW = {"importers", "pictures", "plan"}  # pages of many commands
CALLS = [*(name for name in COMMANDS if name != "plot"), *(f"plot {kind}" for kind in KINDS)]


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.stem, marks=[pytest.mark.slow] if page.stem in SLOW else [])
        for page in readme.pages()
    ],
)
def test_a_page_prints_what_its_commands_print(page: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", str(ROOT / "benchmarks" / "project" / "readme.py"), str(page)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_readme_is_read_in_one_go() -> None:
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("name", CALLS)
def test_every_help_has_an_example(command: Run, name: str) -> None:
    done = command(*name.split(), "--help")
    assert done.returncode == 0
    assert f"Example: scalepredict {name} " in " ".join(done.stdout.split())


def test_help_tells_every_command_without_an_ellipsis(
    command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = command("--help").stdout.splitlines()
    told = [line for line in lines[lines.index("Commands:") + 1 :] if line]
    assert [line.split()[0] for line in told] == COMMANDS
    assert not [line for line in told if not line.endswith(".") or line.endswith("...")]
