"""Where does independent work run? Here, or in the processes of the joblib backend that is active.

Results come in the order of the tasks, and each task brings its own stream of random numbers, so
neither the backend nor the number of workers changes a result. Which backend is active is a
choice of the program around (``joblib.parallel_config``); the command line makes it.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from threading import Thread
from typing import Any, TypeVar

from scalepredict.errors import RefusedError

T = TypeVar("T")
PULSE = 0.5  # seconds between two looks of a worker whether its parent lives


def each(
    function: Callable[..., T],
    tasks: Iterable[tuple[Any, ...]],
    *,
    shared: Sequence[Any] = (),
    jobs: int,
) -> Iterator[T]:
    """``function(*task)`` for every task, in order.

    Args:
        function: Of a module, so that workers can import it.
        tasks: Its arguments; those that are not shared should be small.
        shared: Objects that stand in many tasks, and go out once rather than with each of them.
        jobs: Processes at a time; -1 for as many as the backend has.

    Raises:
        RefusedError: While results are taken: the backend lost some.
    """
    if jobs == 1:
        return (function(*task) for task in tasks)
    from joblib import Parallel, delayed  # 0.1 s that one process need not pay
    from joblib.parallel import get_active_backend

    listed = list(tasks)
    backend = get_active_backend()[0]
    ours = type(backend).__name__ == "LokyBackend"  # whose workers are our children
    with _sent_out(shared):
        results: Iterable[T] = Parallel(
            n_jobs=jobs,
            return_as="generator" if backend.supports_return_generator else "list",
            **({"initializer": _end_with, "initargs": (os.getpid(),)} if ours else {}),
        )(delayed(function)(*task) for task in listed)
    return _all(results, len(listed))


def _end_with(parent: int) -> None:
    # A worker whose parent was killed would wait for work, and hold its streams open.
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PULSE)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _all(results: Iterable[T], wanted: int) -> Iterator[T]:
    # A backend whose scheduler is gone may end its results early, without a word.
    given = 0
    for result in results:
        given += 1
        yield result
    if given != wanted:
        raise RefusedError(f"{wanted - given} of {wanted} results were lost at work; try again.")


def _sent_out(shared: Sequence[Any]) -> AbstractContextManager[object]:
    # Dask otherwise puts what it shares on one worker, and loses it when that worker dies.
    from joblib import parallel_config
    from joblib.parallel import get_active_backend

    backend = get_active_backend()[0]
    if not shared or type(backend).__name__ != "DaskDistributedBackend":
        return nullcontext()
    context: AbstractContextManager[object] = parallel_config(
        "dask", client=backend.client, scatter=list(shared)
    )
    return context
