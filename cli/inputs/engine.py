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
    except lost as error:
        raise RefusedError(_was_lost("Dask scheduler", address, error)) from error


@contextmanager
def _ray(address: str) -> Iterator[None]:
    ray = _installed("ray", "ray")
    import joblib
    from ray.util.joblib import register_ray

    try:
        ray.init(address, log_to_driver=False, logging_level="critical")
    except (OSError, ValueError, RuntimeError, TimeoutError) as error:
        raise RefusedError(_not_reached("Ray cluster", address, error)) from error
    register_ray()
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


def _not_reached(what: str, address: str, error: Exception) -> str:
    return f"{address}: no {what} answers there ({_first_line(error)}); start one, or correct it."


def _was_lost(what: str, address: str, error: Exception) -> str:
    return f"{address}: the {what} was lost at work ({_first_line(error)}); nothing was written."


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
