import os
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from scalepredict.predictors.numerics.blas_threads import VARIABLES, one_blas_thread

SHOW = """
import scalepredict.__main__
import numpy, threadpoolctl
print(*(pool["num_threads"] for pool in threadpoolctl.threadpool_info()))
"""


def threads(**environment: str) -> list[int]:
    """Threads of linear algebra in a process that entered as the command line does."""
    clean = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    shown = subprocess.run(
        [sys.executable, "-P", "-c", SHOW],
        env=clean | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(count) for count in shown.stdout.split()]


def test_the_command_line_computes_in_one_thread() -> None:
    counts = threads()
    assert counts
    assert set(counts) == {1}


def test_a_number_of_threads_set_by_the_user_holds() -> None:
    """On a machine of one processor the libraries would start a single thread all the same."""
    counts = threads(OMP_NUM_THREADS="2")
    assert counts
    assert set(counts) == {min(2, os.cpu_count() or 1)}


def counted() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.mark.parametrize("chosen", [False, True])
def test_a_program_is_limited_for_as_long_as_it_fits(
    chosen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    if chosen:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    assert np.linalg.inv(np.eye(2)).shape == (2, 2)
    with threadpool_limits(limits=2, user_api="blas"):
        before = counted()
        with one_blas_thread():
            assert counted() == (before if chosen else {1})
        assert counted() == before
