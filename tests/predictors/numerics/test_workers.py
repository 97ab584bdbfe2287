"""Work in other processes: the same results in the same order, and no word of Python's."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from operator import mul  # a worker may not find functions of tests
from pathlib import Path

import pytest

from scalepredict.errors import RefusedError
from scalepredict.predictors.numerics.workers import _all, each


def test_results_come_in_the_order_of_the_tasks_wherever_they_are_made() -> None:
    tasks = [(7, number) for number in range(30)]
    here = list(each(mul, tasks, jobs=1))
    assert here == [7 * number for number in range(30)]
    assert list(each(mul, tasks, jobs=2)) == here
    assert list(each(mul, [], jobs=2)) == []


def test_results_that_are_lost_are_counted() -> None:
    with pytest.raises(RefusedError, match="3 of 5 results were lost at work; try again"):
        list(_all(lambda tasks: iter(tasks[:2]), range(5)))


def flaky(tasks: Sequence[int]) -> Iterator[int]:
    """Gives two results, then loses what the others need."""
    yield from tasks[:2]
    if len(tasks) > 2:
        raise ValueError("batch_1 cancelled for reason: lost dependencies.")


def test_tasks_that_an_engine_lost_are_begun_again_and_no_other() -> None:
    assert list(_all(flaky, range(6))) == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="lost dependencies"):
        list(_all(flaky, range(7)))


WARNED = """
import sys
sys.argv = ["scalepredict", "--version"]
from scalepredict.__main__ import main
try:
    main()
except SystemExit:
    pass
from scalepredict.predictors.numerics.workers import each
from warned import warn
print(list(each(warn, [(1.0,), (2.0,)], jobs=2)))
"""
FUNCTION = """
import warnings
import numpy as np

def warn(number):
    warnings.warn("for programmers", UserWarning)
    return float((np.array([number]) / 0.0)[0])
"""


def test_no_warning_of_a_worker_reaches_who_runs_a_command(tmp_path: Path) -> None:
    (tmp_path / "warned.py").write_text(FUNCTION)
    done = subprocess.run(
        [sys.executable, "-c", WARNED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.endswith("[inf, inf]\n")
