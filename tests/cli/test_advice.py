"""What an error advises can be done in the command that gives it, wherever records are read."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]
CHOOSING = [
    "validate r.csv",
    "fit r.csv -o fit.json",
    "backtest r.csv",
    "calibrate r.csv",
    "clusters r.csv",
    "select r.csv --models 2",
    "compare a b r.csv",
    "plot clusters r.csv",
]


def write_rows(path: Path, header: str, *cells: str) -> None:
    """One row of each of the cells for two models; they fill the last columns of the header."""
    rows = [f"a,a-{n},{n}B,20B,quiz,{own}" for n in (1, 2) for own in cells]
    (path / "r.csv").write_text(
        f"family,model,params,tokens,benchmark,{header}\n" + "\n".join(rows) + "\n"
    )


@pytest.mark.parametrize("call", [*CHOOSING, "check r.csv", "plot checkpoints r.csv --model a-1"])
def test_scores_in_percent_can_be_said_to_be(command: Run, tmp_path: Path, call: str) -> None:
    write_rows(tmp_path, "score", "60")
    refused = command(*call.split())
    assert refused.returncode == 2
    assert "or with --percent" in refused.stderr
    read = command(*call.split(), "--percent").stderr
    assert "score 60" not in read
    assert "no such option" not in read


@pytest.mark.parametrize("call", CHOOSING)
@pytest.mark.parametrize(
    ("header", "cells", "option"),
    [
        ("metric,score", ("f1,0.3", "em,0.2"), "--metric em"),
        ("shots,score", ("0,0.3", "5,0.2"), "--shots 0"),
    ],
)
def test_one_of_several_measurements_can_be_chosen(
    command: Run, tmp_path: Path, call: str, header: str, cells: tuple[str, ...], option: str
) -> None:
    write_rows(tmp_path, header, *cells)
    both = command(*call.split())
    assert option in both.stdout + both.stderr
    one = command(*call.split(), *option.split())
    read = one.stdout + one.stderr
    assert option not in read
    assert "no such option" not in read


@pytest.mark.parametrize("call", CHOOSING[1:])
def test_one_of_several_phases_can_be_chosen(command: Run, tmp_path: Path, call: str) -> None:
    write_rows(tmp_path, "phase,step,score", "stable,1,0.3", "decay,2,0.4")
    every = (*call.split(), "--checkpoints", "all")
    refused = command(*every)
    assert refused.returncode == 2
    assert "--phase stable" in refused.stderr
    read = command(*every, "--phase", "stable").stderr
    assert "several phases" not in read
    assert "no such option" not in read
