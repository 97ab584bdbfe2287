"""What do more workers bring? The backtests of `calibrate`, alone and on a local Dask cluster.

    python benchmarks/scale_out.py [RECORDS ...] [--predictor NAME ...]

Each file is one group, the last checkpoint of each model its evidence; of a folder, each file that
holds such records; without files the shipped ladder. First all tasks run in this process: how long
they take, what goes out and comes back with each, what is sent once. Then a real scheduler gets 1
and 2 workers of 1 and 2 processes, and the same work: wall time, speed-up, and whether every cell
is the same to the bit. The cost of the way out is what a task takes longer there, by the cluster of
one process. Last, arithmetic for many workers: the measured tasks in their order, each with that
cost, the data sent to every worker at 1 Gbit/s.

Speed-ups mean something on a machine that does nothing else: its load is printed.
"""

import argparse
import heapq
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cloudpickle
import numpy as np

from scalepredict.cli.inputs.engine import Backend, engine
from scalepredict.errors import ScalePredictError
from scalepredict.evaluation.backtest import rolling_origin
from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.evaluation.calibrate.group_backtests import backtest_groups
from scalepredict.predictors import registry
from scalepredict.predictors.numerics.blas_threads import limit_blas_threads
from scalepredict.records.evidence import LAST, select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable
from scalepredict.records.text.counts import count_of

LADDER = Path(__file__).resolve().parents[1] / "sample_data" / "pythia_ladder.csv"
SHAPES = ((1, 1), (1, 2), (2, 1), (2, 2))  # workers, processes of each
MANY = (10, 100)
LINE = 125e6  # bytes per second: 1 Gbit/s
ORIGINS = 12


@dataclass
class Work:
    """What there is to do: tasks that may run at the same time."""

    shared: int = 0  # bytes sent once to every worker
    out: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("records", type=Path, nargs="*", default=[LADDER])
    parser.add_argument("--predictor", nargs="*", default=list(registry.names()))
    given = parser.parse_args()
    limit_blas_threads()
    tables = dict(evidence_of(given.records))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {', '.join(tables)}")
    work = Work()
    with recorded(work):
        alone, serial = timed(tables, given.predictor, 1)
    describe(work, serial)
    overhead = 0.0
    print("workers  processes  wall s  speed-up  cells")
    for workers, processes in SHAPES:
        with cluster(workers, processes) as address, engine(1, Backend.DASK, address) as jobs:
            cells, wall = timed(tables, given.predictor, jobs)
        if (workers, processes) == SHAPES[0]:
            overhead = max(wall - serial, 0.0) / len(work.seconds)
        same = "the same" if bits(alone) == bits(cells) else "NOT THE SAME"
        print(f"{workers:7} {processes:10} {wall:7.1f} {serial / wall:9.2f}  {same}")
    print(f"way out and back: {1000 * overhead:.1f} ms a task; load {os.getloadavg()[0]:.1f}")
    for n in MANY:
        wall = makespan(work, n, overhead)
        print(f"{n} workers, by arithmetic: {wall:.1f} s, speed-up {serial / wall:.1f}")


def evidence_of(paths: Sequence[Path]) -> Iterator[tuple[str, EvalTable]]:
    """The evidence of files, and of those in a folder that hold records; others are told."""
    for path in paths:
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            try:
                yield file.name, evidence(file)
            except ScalePredictError as error:
                if not path.is_dir():
                    raise
                print(f"left out: {error}")


def evidence(path: Path) -> EvalTable:
    return select_evidence(read_records([path]).table, choice=LAST, needs_compute=True).table


def timed(
    tables: dict[str, EvalTable], names: Sequence[str], jobs: int
) -> tuple[list[Cell], float]:
    start = time.perf_counter()
    cells = backtest_groups(
        tables,
        [registry.predictor_type(name)() for name in names],
        max_origins=ORIGINS,
        jobs=jobs,
        rng=np.random.default_rng(0),
    )
    return cells, time.perf_counter() - start


@contextmanager
def recorded(work: Work) -> Iterator[None]:
    """Note what goes out and comes back with every task, and how long it takes."""

    def each(
        function: Callable[..., Any], tasks: Iterable[Any], *, shared: Sequence[Any], jobs: int
    ) -> Iterator[Any]:
        del jobs
        work.shared = len(cloudpickle.dumps(shared))
        sent = set(map(id, shared))
        for task in tasks:
            work.out.append(len(cloudpickle.dumps([arg for arg in task if id(arg) not in sent])))
            start = time.perf_counter()
            result = function(*task)
            work.seconds.append(time.perf_counter() - start)
            work.back.append(len(cloudpickle.dumps(result)))
            yield result

    with patch.object(rolling_origin, "each", each):
        yield


def describe(work: Work, serial: float) -> None:
    seconds, out, back = np.array(work.seconds), np.array(work.out), np.array(work.back)
    print(
        f"{count_of(len(seconds), 'task')}, {serial:.1f} s in one process\n"
        f"a task: {1000 * np.median(seconds):.0f} ms (longest {seconds.max():.1f} s), out "
        f"{np.median(out) / 1024:.1f} KiB (most {out.max() / 1024:.0f}), back "
        f"{np.median(back) / 1024:.1f} KiB (most {back.max() / 1024:.0f}); sent once to every "
        f"worker: {work.shared / 2**20:.2f} MiB"
    )


def makespan(work: Work, workers: int, overhead: float) -> float:
    free = [work.shared * workers / LINE] * workers  # from one host, one after the other
    for seconds in work.seconds:
        heapq.heapreplace(free, free[0] + seconds + overhead)
    return max(free)


def bits(value: object) -> object:
    """A value that is equal only to one of the same bits."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if is_dataclass(value):
        return [bits(getattr(value, part.name)) for part in fields(value)]
    return [bits(item) for item in value] if isinstance(value, list | tuple) else repr(value)


@contextmanager
def cluster(workers: int, processes: int) -> Iterator[str]:
    """The address of a scheduler with so many workers on the loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    host = ("--host", "127.0.0.1", "--no-dashboard")
    with tempfile.TemporaryDirectory() as folder:
        started = [_start("dask_scheduler", "--port", str(port), *host)]
        each = ("--nworkers", str(processes), "--nthreads", "1", "--local-directory", folder)
        started += [_start("dask_worker", address, *each, *host) for _ in range(workers)]
        try:
            _wait_for(address, workers * processes)
            yield address
        finally:
            for process in started:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _start(name: str, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", f"distributed.cli.{name}", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _wait_for(address: str, n_processes: int) -> None:
    from distributed import Client

    with Client(address, timeout=60) as client:  # type: ignore[no-untyped-call,unused-ignore]
        client.wait_for_workers(n_processes, timeout=120)


if __name__ == "__main__":
    main()
