"""How a command ends when it is told to: in time, alone, with one line at most."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LADDER = ROOT / "sample_data" / "pythia_ladder.csv"
LONG = ("backtest", str(LADDER), "--predictor", "all")  # it shall not end by itself


def children(parent: int) -> set[int]:
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(after[1]) == parent and after[0] != "Z":
            found.add(int(path.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_a_signal_ends_the_workers_too(tmp_path: Path, number: int, code: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "scalepredict", *LONG, "--jobs", "2"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    workers: set[int] = set()
    deadline = time.monotonic() + 60
    while len(workers) < 3 and time.monotonic() < deadline and process.poll() is None:
        workers |= children(process.pid)
        time.sleep(0.02)
    assert process.poll() is None
    process.send_signal(number)
    _, said = process.communicate(timeout=20)  # its streams close, too
    assert process.returncode == code
    assert b"Traceback" not in said
    deadline = time.monotonic() + 5
    while any(map(_runs, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not {worker for worker in workers if _runs(worker)}


def _runs(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# Tells when the program has begun: before that the interpreter itself is still starting.
BEGUN = """
import os, sys
class Told:
    def find_spec(self, name, *rest):
        if name == "scalepredict.cli.app":
            os.write(1, b"begun")
sys.meta_path.insert(0, Told())
sys.argv = ["scalepredict", *sys.argv[1:]]
from scalepredict.__main__ import main
main()
"""


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.3])
def test_an_early_interrupt_prints_no_traceback(delay: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", BEGUN, "validate", str(LADDER)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.read(5) == b"begun"
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert b"Traceback" not in said
    assert process.returncode in (0, 1, 130, -signal.SIGINT)


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_crash(tmp_path: Path, closed: str) -> None:
    command = f'exec "$0" -P -m scalepredict validate "$1" {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, str(LADDER)],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr


def test_a_closed_stdin_that_is_asked_for_is_said(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" -P -m scalepredict validate - <&-', sys.executable],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "stdin" in done.stderr
    assert "internal" not in done.stderr


def test_a_write_protected_file_is_refused_before_the_work(tmp_path: Path) -> None:
    path = tmp_path / "fit.json"
    path.write_text("kept")
    path.chmod(0o400)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "scalepredict", "fit", str(LADDER), "-o", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "write-protected" in done.stderr
    assert path.read_text() == "kept"
