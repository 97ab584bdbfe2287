"""Work on a cluster: the same bytes as in one process; a sentence if it is lost."""

import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import numpy as np
import pytest

from scalepredict.cli.inputs.engine import Backend, engine
from scalepredict.errors import RefusedError
from scalepredict.predictors.numerics.workers import each

pytest.importorskip("distributed")
SHARED = (np.linspace(0, 1, 20_000),)


def draws(shared: np.ndarray, number: int, pause: float) -> tuple[int, float]:
    """A task: some arithmetic on what all share, and a stream of its own."""
    time.sleep(pause)
    rng = np.random.default_rng(number)
    return number, float((shared * rng.random(len(shared))).sum())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A real scheduler with two workers on the loopback address."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.address = f"tcp://127.0.0.1:{port}"
        self.log = (folder / "log").open("wb")
        self.scheduler = self._start(
            "dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"
        )
        where = ("--host", "127.0.0.1", "--local-directory", str(folder))
        self.workers = [
            self._start("dask_worker", self.address, "--nthreads", "1", "--no-dashboard", *where)
            for _ in range(2)
        ]

    def _start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        root = str(Path(__file__).resolve().parents[3])
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{name}", *words],
            stdout=self.log,
            stderr=self.log,
            env={**os.environ, "PYTHONPATH": root},
            start_new_session=True,
        )

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.log.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    running = Cluster(tmp_path)
    yield running
    running.stop()


def work(n: int, pause: float = 0.0) -> list[tuple[object, ...]]:
    return [(*SHARED, number, pause) for number in range(n)]


@pytest.mark.filterwarnings("ignore")  # of the engine, not ours
def test_dask_gives_the_bytes_of_one_process_and_retries_what_a_dead_worker_had(
    cluster: Cluster,
) -> None:
    alone = list(each(draws, work(60), jobs=1))
    with engine(1, Backend.DASK, cluster.address) as jobs:
        assert list(each(draws, work(60), shared=SHARED, jobs=jobs)) == alone
        for _ in range(12):  # what one call lets go of may not be taken from the next
            assert list(each(draws, work(4), shared=SHARED, jobs=jobs)) == alone[:4]
            gc.collect()
    with engine(1, Backend.DASK, cluster.address) as jobs:
        results = each(draws, work(60, 0.05), shared=SHARED, jobs=jobs)
        first = next(results)
        os.killpg(cluster.workers[0].pid, signal.SIGKILL)
        assert [first, *results] == alone


def work_while_the_scheduler_dies(cluster: Cluster) -> None:
    # Not after a first result: an old joblib gives none before all are there.
    with engine(1, Backend.DASK, cluster.address) as jobs:
        end = Timer(2.0, os.killpg, (cluster.scheduler.pid, signal.SIGKILL))
        end.start()
        list(each(draws, work(200, 0.5), shared=SHARED, jobs=jobs))


@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_is_lost_is_one_sentence(cluster: Cluster) -> None:
    with pytest.raises(RefusedError, match="lost at work"):
        work_while_the_scheduler_dies(cluster)


def test_what_is_missing_for_an_engine_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RefusedError, match="loky has none"), engine(1, Backend.LOKY, "tcp://x:1"):
        pass
    with pytest.raises(RefusedError, match="Give its address"):
        engine(1, Backend.DASK, None).__enter__()
    monkeypatch.setattr("scalepredict.cli.inputs.engine.CONNECT_SECONDS", 1)
    with pytest.raises(RefusedError, match="no Dask scheduler answers there"):
        engine(1, Backend.DASK, "tcp://127.0.0.1:9").__enter__()


RAY_PORT = 6399
QUIET = ("--include-dashboard=false", "--node-ip-address=127.0.0.1")


@pytest.fixture
def ray_head(tmp_path: Path) -> Iterator[str]:
    pytest.importorskip("ray")
    program = str(Path(sys.executable).parent / "ray")
    started = subprocess.run(
        [program, "start", "--head", f"--port={RAY_PORT}", "--num-cpus=2", *QUIET],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stderr
    yield f"127.0.0.1:{RAY_PORT}"
    subprocess.run([program, "stop", "--force"], capture_output=True, check=False)


@pytest.mark.filterwarnings("ignore")
def test_ray_gives_the_bytes_of_one_process(ray_head: str) -> None:
    alone = list(each(draws, work(20), jobs=1))
    with engine(1, Backend.RAY, ray_head) as jobs:
        assert list(each(draws, work(20), shared=SHARED, jobs=jobs)) == alone
