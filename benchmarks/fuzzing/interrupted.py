"""What is left when a command is killed, told to end, or finds its disk full?

    python benchmarks/fuzzing/interrupted.py [--rounds N] [--seed N] [--jobs 2]

Every command that writes is run to its end once; then again N times each way over an output of the
same name that holds something else:

killed     SIGKILL at a random moment: half of them anywhere in the run, half while its output is
           being written (before the side file is made, filled, given its rights or renamed)
told       SIGTERM at a random moment after the program has begun: it ends within 2 s, with exit
           code 143 if not by itself
full disk  no file may grow beyond a random size below that of the output: exit code 2, a sentence

Afterwards the output holds the old content or the new one, nothing between; inputs are as they
were; a command that ended itself leaves no other file and no process. Prints one row for each
command, and exits with 1 if anything else was found. Side files of killed runs are counted.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

OLD = b"what was here before"
TOLD_SECONDS = 2.0
SIZES = ("70M", "160M", "410M", "1B", "2.8B", "6.9B")
# Ends itself, if asked to, before the Nth thing that happens to the side file of its output.
PROGRAM = """
import os, signal, sys
at = int(sys.argv.pop(1))
seen = 0
def watch(event, arguments):
    global seen
    if event in ("tempfile.mkstemp", "os.chmod", "os.rename"):
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
def told_from_here(number, handler, set_handler=signal.signal):
    set_handler(number, handler)
    if number == signal.SIGTERM:
        os.write(2, b"!")
signal.signal = told_from_here
from scalepredict.__main__ import main
main()
"""
FIT = ("fit", "records.csv", "--family", "a", "-p", "trend")
COMMANDS = {
    "fit": ((*FIT, "-o", "out.json"), "out.json"),
    "fit, through a link": ((*FIT, "-o", "link.json"), "out.json"),
    "fit --jobs 2": (
        ("fit", "records.csv", "-j", "2", "-o", "out.json"),
        "out.json",
    ),
    "backtest --rows": (("backtest", "records.csv", "-p", "trend", "--rows", "out.csv"), "out.csv"),
    "calibrate": (("calibrate", "records.csv", "-p", "trend", "-o", "out.yaml"), "out.yaml"),
    "clusters --tasks-out": (("clusters", "items.csv", "--tasks-out", "out.csv"), "out.csv"),
    "simulate": (("simulate", "--questions", "60", "-o", "out.parquet"), "out.parquet"),
    "import": (("import", "results.json", "-o", "out.csv"), "out.csv"),
    "plot forecast": (("plot", "forecast", "--params", "30B", "-o", "out.png"), "out.png"),
    "report": (("report", "--params", "30B", "-o", "out.html"), "out.html"),
    "check --report": (("check", "run.csv", "--no-ci", "--report", "sarif=out.json"), "out.json"),
    "check --update-baseline": (
        ("check", "run.csv", "--no-ci", "--update-baseline", "--baseline", "out.json"),
        "out.json",
    ),
}
FRESH = {"check --update-baseline"}  # reads its output first, so nothing old may be there
SIDE = ".out."


@dataclass(frozen=True)
class Command:
    """A command that was run once: in which folder, how long it took, what it wrote."""

    here: Path
    words: Sequence[str]
    output: Path
    lasts: float
    new: bytes


@dataclass
class Row:
    """What became of the trials of one command."""

    killed: int = 0
    in_writing: int = 0
    side_files: int = 0
    told: int = 0
    slowest: float = 0.0
    full: int = 0
    wrong: Counter[str] = field(default_factory=Counter)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    with ThreadPoolExecutor(given.jobs) as pool:
        rows = pool.map(lambda name: campaign(name, given.rounds, given.seed), COMMANDS)
        print(f"{'command':24} killed (in writing) side files  told slowest  full disk  wrong")
        total = Row()
        for name, row in zip(COMMANDS, rows, strict=True):
            print(_line(name, row), flush=True)
            total = _sum(total, row)
    print(_line("all", total))
    sys.exit(bool(total.wrong))


def campaign(name: str, rounds: int, seed: int) -> Row:
    rng, row = Random(f"{seed}:{name}"), Row()
    words, name_of_output = COMMANDS[name]
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        _make_inputs(here)
        start = time.perf_counter()
        _run(here, words).communicate()
        lasts = time.perf_counter() - start
        output = here / name_of_output
        at = Command(here, words, output, lasts, output.read_bytes())
        kept = _contents(here, output)
        for trial in (_killed, _told, _full):
            for n in range(rounds):
                output.unlink(missing_ok=True)
                if name not in FRESH:
                    output.write_bytes(OLD)
                trial(at, rng, row, n)
                _look(at, kept, trial.__name__, row)
    return row


def _look(at: Command, kept: dict[str, bytes], after: str, row: Row) -> None:
    if at.output.exists() and at.output.read_bytes() not in (OLD, at.new):
        row.wrong[f"{after}: half an output"] += 1
    side = [path for path in at.here.iterdir() if path.name.startswith(SIDE)]
    row.side_files += len(side)
    if side and after != _killed.__name__:
        row.wrong[f"{after}: a side file is left"] += 1
    for path in side:
        path.unlink()
    if _contents(at.here, at.output) != kept:
        row.wrong[f"{after}: another file was changed"] += 1


def _killed(at: Command, rng: Random, row: Row, n: int) -> None:
    step = 1 + n // 2 % 3 if n % 2 else 0
    process = _run(at.here, at.words, at=step)
    if not step:
        time.sleep(rng.uniform(0, at.lasts))
        process.kill()
    process.wait()
    with suppress(ProcessLookupError):  # workers of a killed command hold its streams
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    row.killed += 1
    row.in_writing += process.returncode == -signal.SIGKILL and step > 0


def _told(at: Command, rng: Random, row: Row, n: int) -> None:
    process = _run(at.here, at.words)
    assert process.stderr is not None
    process.stderr.read(1)  # the program has begun
    time.sleep(rng.uniform(0, at.lasts))
    process.terminate()
    start = time.perf_counter()
    process.communicate()
    row.told += 1
    row.slowest = max(row.slowest, time.perf_counter() - start)
    ended = at.output.exists() and at.output.read_bytes() == at.new  # the interpreter was left
    if process.returncode not in (0, 1, 3, 143, *([-signal.SIGTERM] if ended else [])):
        row.wrong[f"told: exit code {process.returncode}"] += 1
    if _alive(process.pid):
        row.wrong["told: a process is left"] += 1


def _full(at: Command, rng: Random, row: Row, n: int) -> None:
    process = _run(at.here, at.words, limit=rng.randrange(len(at.new)))
    _, said = process.communicate()
    row.full += 1
    if process.returncode != 2 or b"cannot be written: File too large." not in said:
        row.wrong[f"full disk: exit code {process.returncode}: {said[-80:]!r}"] += 1


def _run(
    here: Path, words: Sequence[str], *, at: int = 0, limit: int | None = None
) -> subprocess.Popen[bytes]:
    def bounded() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-P", "-B", "-c", PROGRAM, str(at), *words],
        cwd=here,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=bounded,
    )


def _alive(session: int) -> list[int]:
    # Workers have the session of the command that started them.
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, own, *_ = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(own) == session and state != "Z":
            found.append(int(stat.parent.name))
    return found


def _contents(here: Path, output: Path) -> dict[str, bytes]:
    files = (path for path in here.iterdir() if not path.is_symlink() and path != output)
    return {path.name: path.read_bytes() for path in files}


def _make_inputs(here: Path) -> None:
    head = "family,model,params,tokens,benchmark,chance,n_items,score"
    rows = [
        f"{family},{family}-{size},{size},300B,{name},0.25,1000,{0.3 + 0.08 * i + 0.01 * j:.2f}"
        for family in "ab"
        for i, size in enumerate(SIZES)
        for j, name in enumerate(("arc", "piqa"))
    ]
    (here / "records.csv").write_text("\n".join([head, *rows, ""]))
    scores = [0.3 + 0.02 * k - 0.2 * (k == 9) for k in range(1, 10)]
    run = [f"a,r,1B,{20 * k}B,arc,0.25,1000,{y:.2f}" for k, y in enumerate(scores, start=1)]
    (here / "run.csv").write_text("\n".join([head, *run, ""]))
    results = {"arc_easy": {"alias": "arc_easy", "acc,none": 0.5, "acc_stderr,none": 0.01}}
    about = {"configs": {"arc_easy": {"num_fewshot": 0}}, "versions": {"arc_easy": 1}}
    about |= {"config": {"model": "hf", "model_args": "pretrained=m-1B"}}
    (here / "results.json").write_text(json.dumps({"results": results, **about}))
    _run(here, ["simulate", "--questions", "60", "-o", "items.csv"]).communicate()
    _run(here, ["fit", "records.csv", "--family", "a", "-p", "trend"]).communicate()
    (here / "link.json").symlink_to("out.json")


def _line(name: str, row: Row) -> str:
    wrong = ", ".join(f"{what} x{n}" for what, n in row.wrong.items()) or "nothing"
    return (
        f"{name:24} {row.killed:6} ({row.in_writing:10}) {row.side_files:10} {row.told:5} "
        f"{row.slowest:5.1f} s {row.full:10}  {wrong}"
    )


def _sum(a: Row, b: Row) -> Row:
    return Row(
        killed=a.killed + b.killed,
        in_writing=a.in_writing + b.in_writing,
        side_files=a.side_files + b.side_files,
        told=a.told + b.told,
        slowest=max(a.slowest, b.slowest),
        full=a.full + b.full,
        wrong=a.wrong + b.wrong,
    )


if __name__ == "__main__":
    main()
