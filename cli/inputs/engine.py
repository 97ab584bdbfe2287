"""Which engine does the parallel work of a command? The cores of this machine, Dask or Ray.

Work is handed to joblib, whose backend is set for the time of the command; the library below
knows of no engine. The engine retries what a worker that died had begun.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib import import_module
from typing import Any

from scalepredict.errors import RefusedError

CONNECT_SECONDS = 20


class Backend(StrEnum):
    """What ``--backend`` accepts."""

    LOKY = "loky"
    DASK = "dask"
    RAY = "ray"


@contextmanager
def engine(jobs: int, backend: Backend, scheduler: str | None) -> Iterator[int]:
    """Make the backend the active one; yields the number of jobs to ask for.

    Args:
        jobs: Processes of this machine; engines use all workers that they have.
        backend: Whose workers.
        scheduler: Address of a running Dask scheduler or Ray cluster.

    Raises:
        RefusedError: The engine is not installed, cannot be reached, or was lost at work.
    """
    if backend is Backend.LOKY:
        if scheduler is not None:
            raise RefusedError("--scheduler: loky has none; give --backend dask or ray with it.")
        yield jobs
        return
    if scheduler is None:
        raise RefusedError(f"--backend {backend}: whose? Give its address as --scheduler.")
    connect = _dask if backend is Backend.DASK else _ray
    with connect(scheduler):
        yield -1


@contextmanager
def _dask(address: str) -> Iterator[None]:
    distributed = _installed("distributed", "dask")
    import asyncio
    import logging

    import joblib

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # its losses are told by us
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        raise RefusedError(_not_reached("Dask scheduler", address, error)) from error
    _check_workers(client, address)
    lost = (
        OSError,
        TimeoutError,
        asyncio.CancelledError,
        distributed.comm.CommClosedError,
        distributed.client.FutureCancelledError,
        distributed.scheduler.KilledWorker,
    )
    try:
        with client, joblib.parallel_config("dask", client=client):
            yield
            if client.status != "running":
                raise OSError("its connection was closed")
    except lost as error:
        raise RefusedError(_was_lost("Dask scheduler", address, error)) from error


def _check_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        found = client.run(_own_version)
    except TimeoutError as error:
        raise RefusedError(
            f"{address}: no worker within {CONNECT_SECONDS} s; start one."
        ) from error
    except ModuleNotFoundError as error:
        raise RefusedError(
            f"{address}: a worker lacks {error.name}; install scalepredict {_own_version()} there."
        ) from error
    other = {worker: version for worker, version in found.items() if version != _own_version()}
    for worker, version in other.items():
        raise RefusedError(
            f"{worker}: has scalepredict {version}, not {_own_version()}; install that there."
        )


def _own_version() -> str:
    from scalepredict import __version__

    return __version__


@contextmanager
def _ray(address: str) -> Iterator[None]:
    ray = _installed("ray", "ray")
    import joblib
    from ray.util.joblib import register_ray

    try:
        ray.init(address, log_to_driver=False, logging_level="critical")
    except (OSError, ValueError, RuntimeError, TimeoutError) as error:
        raise RefusedError(_not_reached("Ray cluster", address, error)) from error
    register_ray()  # type: ignore[no-untyped-call,unused-ignore]
    try:
        with joblib.parallel_config("ray"):
            yield
    except ray.exceptions.RayError as error:
        raise RefusedError(_was_lost("Ray cluster", address, error)) from error
    finally:
        ray.shutdown()


def _installed(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise RefusedError(
            f"--backend {extra}: {module} is not installed; pip install 'scalepredict[{extra}]'."
        ) from error


def _not_reached(what: str, address: str, error: BaseException) -> str:
    return f"{address}: no {what} answers there ({_first_line(error)}); start one, or correct it."


def _was_lost(what: str, address: str, error: BaseException) -> str:
    return f"{address}: the {what} was lost at work ({_first_line(error)}); nothing was written."


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
