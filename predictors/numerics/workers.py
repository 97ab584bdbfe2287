"""Where does independent work run? Here, or in the processes of the joblib backend that is active.

Results come in the order of the tasks, and each task brings its own stream of random numbers, so
neither the backend nor the number of workers changes a result. Which backend is active is a
choice of the program around (``joblib.parallel_config``); the command line makes it.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from scalepredict.errors import RefusedError

T = TypeVar("T")
_SENT: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()  # by client of Dask, kept with it
ATTEMPTS = 3
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

    backend = get_active_backend()[0]
    ours = type(backend).__name__ == "LokyBackend"  # whose workers are our children

    def begin(some: Sequence[tuple[Any, ...]]) -> Iterable[T]:
        with _sent_out(shared):
            results: Iterable[T] = Parallel(
                n_jobs=jobs,
                return_as="generator" if backend.supports_return_generator else "list",
                **({"initializer": _end_with, "initargs": (os.getpid(),)} if ours else {}),
            )(delayed(function)(*task) for task in some)
        return results

    return _all(begin, list(tasks))


def _end_with(parent: int) -> None:
    # A worker whose parent was killed would wait for work, and hold its streams open.
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PULSE)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _all(begin: Callable[[Sequence[Any]], Iterable[T]], tasks: Sequence[Any]) -> Iterator[T]:
    # A backend whose scheduler is gone may end its results early, without a word. One that lost
    # what tasks need, since a worker died or is slow, gets those again that are not done.
    given = 0
    for left in reversed(range(ATTEMPTS)):
        try:
            for result in begin(tasks[given:]):
                given += 1
                yield result
            break
        except Exception as error:
            if not left or "lost dependencies" not in str(error):
                raise
    if given != len(tasks):
        lost = f"{len(tasks) - given} of {len(tasks)}"
        raise RefusedError(f"{lost} results were lost at work; try again.")


@contextmanager
def _sent_out(shared: Sequence[Any]) -> Iterator[None]:
    # Dask otherwise puts what it shares on one worker, and loses it when that worker dies.
    from joblib import parallel_config
    from joblib.parallel import get_active_backend

    backend = get_active_backend()[0]
    if not shared or type(backend).__name__ != "DaskDistributedBackend":
        yield
        return
    with parallel_config("dask", client=backend.client, scatter=list(shared)):
        # Dask knows objects by their content: letting go of them after one call, which a slow
        # scheduler hears late, would take them from the next call that sends them again.
        _SENT.setdefault(backend.client, []).append(get_active_backend()[0].data_futures)
        yield
