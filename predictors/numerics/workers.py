"""Where does independent work run? Here, or in the processes of the joblib backend that is active.

Results come in the order of the tasks, and each task brings its own stream of random numbers, so
neither the backend nor the number of workers changes a result. Which backend is active is a
choice of the program around (``joblib.parallel_config``); the command line makes it.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import starmap
from typing import TypeVar

T = TypeVar("T")


def each(
    function: Callable[..., T], tasks: Iterable[tuple[object, ...]], *, jobs: int
) -> Iterator[T]:
    """The function's result for every task, in order.

    Args:
        function: Of a module, so that workers can import it.
        tasks: Its arguments. An object that is the same in many tasks goes out once on backends
            that can share it, so hand over the whole and numbers into it rather than cuts of it.
        jobs: Processes at a time; -1 for as many as the backend has.
    """
    if jobs == 1:
        return starmap(function, tasks)
    from joblib import Parallel, delayed  # 0.1 s that one process need not pay

    results: Iterator[T] = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(function)(*task) for task in tasks
    )
    return results
