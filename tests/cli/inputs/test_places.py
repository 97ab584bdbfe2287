"""No output destroys an input or another output, by whatever name it is called."""

from pathlib import Path

import pytest

from tests.conftest import Run

RECORDS = "model,params,tokens,benchmark,score\n" + "".join(
    f"m{i},{size},20B,arc,{0.3 + 0.1 * i}\n"
    for i, size in enumerate(("100M", "200M", "400M", "800M"))
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "r.csv").write_text(RECORDS)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "r.csv").write_text(RECORDS)
    (tmp_path / "link.csv").symlink_to("r.csv")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "r.csv")
    return tmp_path


REFUSED = [
    ("fit", "r.csv", "-o", "r.csv"),
    ("fit", "r.csv", "-o", "./runs/../r.csv"),
    ("fit", "r.csv", "-o", "link.csv"),
    ("fit", "r.csv", "-o", "hard.csv"),
    ("fit", "runs", "-o", "runs/r.csv"),
    ("fit", "r.csv", "--benchmarks", "own.yaml", "-o", "own.yaml"),
    ("backtest", "r.csv", "--rows", "r.csv"),
    ("calibrate", "r.csv", "-o", "r.csv"),
    ("clusters", "r.csv", "--tasks-out", "r.csv"),
    ("check", "r.csv", "--report", "json=r.csv"),
    ("check", "r.csv", "--history", "runs/r.csv", "--report", "junit=runs/r.csv"),
    ("check", "r.csv", "--report", "json=x", "--report", "junit=./x"),
    ("import", "r.csv", "-o", "r.csv"),
    ("import", "r.csv", "-o", "o.csv", "--write-ladder", "o.csv"),
    ("plot", "forecast", "--fit", "fit.png", "-o", "fit.png", "--params", "1B"),
    ("report", "--fit", "f.html", "-o", "f.html", "--params", "1B"),
]


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_an_output_that_is_read_or_written_twice_is_refused_before_the_work(
    command: Run, folder: Path, words: tuple[str, ...]
) -> None:
    (folder / "own.yaml").write_text("benchmarks: {arc: {chance: 0.25}}\n")
    for name in ("fit.png", "f.html"):
        (folder / name).write_text("kept")
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    done = command(*words)
    assert done.returncode == 2, done.stdout
    assert "choose another name" in done.stderr or "give each its own name" in done.stderr
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def test_other_files_are_written_again(command: Run, folder: Path) -> None:
    for words in (
        ("fit", "r.csv", "-q"),
        ("fit", "r.csv", "-q"),
        ("fit", "runs", "-q", "-o", "runs/fit.json"),
        ("fit", "runs", "-q", "-o", "runs/fit.json"),
        ("fit", "r.csv", "-q", "-o", "/dev/null"),
    ):
        done = command(*words)
        assert done.returncode == 0, done.stderr
    assert (folder / "r.csv").read_text() == RECORDS
