"""How many threads does linear algebra run in? One, unless the user set another number.

The matrices of this package are small: threads cost more than they bring, and split sums, so that
the last digits of a result depend on the machine. Work is parallel over processes (``--jobs``).
This module must not import NumPy: the variables are read when NumPy is loaded.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")


def limit_blas_threads() -> None:
    """Set the variables of this process and its children; one set by the user leaves all alone."""
    if not _chosen():
        os.environ.update(dict.fromkeys(VARIABLES, "1"))


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """One thread inside the block, for programs that loaded NumPy before they came here.

    A number set by the user in the environment holds; after the block all is as it was.
    """
    if _chosen() or "numpy" not in sys.modules:
        yield
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield


def _chosen() -> bool:
    return any(name in os.environ for name in VARIABLES)
