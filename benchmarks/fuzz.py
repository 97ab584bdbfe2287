"""What breaks when inputs are changed at random? One line of figures; findings with --list.

    python benchmarks/fuzz.py [CASES] [--seed N] [--jobs 2] [--limit SECONDS] [--only KIND] [--list]

A case is a sound file of some kind, changed at random, given to a command that reads it, in this
process. The seed is today's date unless given, so that every day tries other cases. Findings, each
distinct one told once, with the seed of a case:

crash    an exception other than the program's own errors (users see `internal error`)
exit     an exit code that is not documented for the command
mute     a failure without a sentence
long     an error of more than 4000 characters
raw      control or direction characters on stderr, or in a table
hang     more than 5 seconds of the processor
memory   more than 400 MiB more at the peak
output   JSON that is not strict, or scores beyond 0..1, or crossed intervals
warning  a Python warning that would reach the user's terminal
litter   files that nobody asked for
accepted an impossible value in one cell that was taken without refusal (kind `nonsense`)

Exits with 1 if anything serious was found: all but long, raw, warning and accepted.
"""

import argparse
import gc
import os
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from fuzzing import runner as told
from fuzzing.cases import KINDS, build, make_seeds
from fuzzing.runner import Runner, judge, note

from scalepredict.predictors.numerics.blas_threads import limit_blas_threads

SERIOUS = ("crash", "exit", "mute", "hang", "memory", "output", "litter")
WRITTEN = ("-o", "--write-ladder", "--baseline")
MEMORY = 6 * 2**30  # bytes that a worker may take


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0] if __doc__ else "",
    )
    parser.add_argument("cases", type=int, nargs="?", default=20_000)
    parser.add_argument("--seed", type=int, default=int(datetime.now(UTC).strftime("%Y%m%d")))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", metavar="KIND,...", help=", ".join(KINDS))
    parser.add_argument("--seconds", type=float, default=10.0, help="end a case after this long")
    parser.add_argument("--limit", type=float, default=float("inf"), help="stop after seconds")
    parser.add_argument("--list", action="store_true", help="print each distinct finding")
    given = parser.parse_args()
    start = time.perf_counter()
    with ProcessPoolExecutor(given.jobs) as pool:
        parts = [pool.submit(campaign, given, first, start) for first in range(given.jobs)]
        done = 0
        found: dict[tuple[str, str], list[Any]] = {}
        for part in parts:
            n_cases, some = part.result()
            done += n_cases
            for key, (n, seed, argv) in some.items():
                found.setdefault(key, [0, seed, argv])[0] += n
    if given.list:
        for (kind, what), (n, seed, argv) in sorted(found.items()):
            print(f"{kind:9} x{n:<6} {what}   [{seed}] {argv}")
    distinct = Counter(kind for kind, _ in found)
    times = Counter(dict.fromkeys(distinct, 0))
    for (kind, _), (n, *_) in found.items():
        times[kind] += n
    figures = ", ".join(
        f"{kind} {times[kind]} ({distinct[kind]} distinct)" for kind in sorted(times)
    )
    seconds = time.perf_counter() - start
    print(f"fuzz: {done} cases in {seconds:.0f} s, seed {given.seed}: {figures or 'nothing found'}")
    sys.exit(1 if sum(distinct[kind] for kind in SERIOUS) else 0)


def campaign(
    given: argparse.Namespace, first: int, start: float
) -> tuple[int, dict[tuple[str, str], list[Any]]]:
    """Every jobs-th case, in a folder of memory; how many were run, and what was found."""
    limit_blas_threads()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    home = Path(tempfile.mkdtemp(prefix="fuzz", dir=memory))
    work = home / "work"
    for name in [name for name in os.environ if name.startswith("GITHUB")]:
        del os.environ[name]
    try:
        _empty(work)
        runner = Runner(given.seconds)
        seeds = make_seeds(runner, work)
        gc.collect()
        gc.freeze()  # what is loaded stays
        gc.set_threshold(200_000, 30, 30)
        done = 0
        for number in range(first, given.cases, given.jobs):
            if time.perf_counter() - start > given.limit:
                break
            done += one_case(given, number, runner, home, seeds)
    finally:
        os.chdir("/")
        shutil.rmtree(home, ignore_errors=True)
    return done, told.FOUND


def one_case(
    given: argparse.Namespace, number: int, runner: Runner, home: Path, seeds: dict[str, Any]
) -> bool:
    """Make a case, run it, judge it; whether it could be made."""
    seed, work = f"{given.seed}:{number}", home / "work"
    rng = Random(seed)
    kinds = given.only.split(",") if given.only else list(KINDS)
    (kind,) = rng.choices(kinds, [KINDS[each] for each in kinds])
    _empty(work)
    try:
        case = build(kind, rng, work, seeds)
    except (RecursionError, OverflowError, UnicodeError, ValueError):
        return False
    before = {path.name for path in work.iterdir()}
    result = runner.run(case.argv)
    judge(result, case, seed=f"{seed} ({kind})")
    asked = {case.argv[j + 1] for j, word in enumerate(case.argv[:-1]) if word in WRITTEN}
    asked |= before | {"scalepredict.baseline.json"}
    for path in (*work.iterdir(), *home.iterdir()):
        if path != work and path.name not in asked:
            note("litter", f"{case.argv[0]} {path.name[:40]}", seed, case.argv)
    if kind == "nonsense" and result["code"] == 0 and not result["problem"]:
        note("accepted", case.what, seed, case.argv)
    return True


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.chdir(folder)


if __name__ == "__main__":
    main()
