"""`scalepredict demo`, and what somebody sees who types nothing else."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

Run = Callable[..., CompletedProcess[str]]
FILES = {"ladder.csv", "measured.csv", "scalepredict.fit.json"}


def test_the_demo_runs_the_three_commands_on_files_that_stay(command: Run, tmp_path: Path) -> None:
    done = command("demo")
    assert done.returncode == 0, done.stderr
    shown = [line for line in done.stdout.splitlines() if line.startswith("$ ")]
    assert [line.split()[2] for line in shown] == ["fit", "forecast", "check"]
    assert "measured on pythia-12b" in done.stdout
    assert "on-trend: 0 of 2" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == FILES
    again = command(*shown[1].split()[2:])  # each command works when it is typed
    assert again.stdout in done.stdout


def test_the_demo_overwrites_nothing(command: Run, tmp_path: Path) -> None:
    (tmp_path / "ladder.csv").write_text("mine")
    done = command("demo")
    assert done.returncode == 2
    assert "error: demo: ladder.csv would be overwritten" in done.stderr
    assert done.stdout == ""
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_without_a_command_the_first_steps_stand_before_the_help(command: Run) -> None:
    alone = command()
    assert alone.returncode == 0
    first, _, rest = alone.stdout.partition("Usage: ")
    words = [line.split()[1] for line in first.splitlines() if line.startswith("scalepredict ")]
    assert words == ["demo", "fit", "forecast", "check"]
    assert rest == command("--help").stdout.partition("Usage: ")[2]
