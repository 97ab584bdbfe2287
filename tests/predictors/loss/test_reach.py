import numpy as np
import pytest

from scalepredict.predictors.loss.members import Sizes
from scalepredict.predictors.loss.reach import MOST, WIDER, Reach
from scalepredict.records.table import Floats


def sizes(params: Floats, tokens: Floats) -> Sizes:
    n, d = np.log(params), np.log(tokens)
    return Sizes(params=n, tokens=d, flops=np.log(6) + n + d, dense=np.full(len(n), np.nan))


def test_reach_is_counted_in_lengths_of_the_ladder() -> None:
    ladder = Reach.of(sizes(np.array([1e8, 1e9]), np.array([2e9, 2e10])))
    asked = sizes(np.array([5e8, 1e10, 1e9]), np.array([1e10, 2e11, 2e11]))
    assert ladder.widening(asked) == pytest.approx([1, 1 + WIDER, 1 + WIDER])


def test_another_size_is_out_of_reach_of_runs_of_one_size_alone() -> None:
    ladder = Reach.of(sizes(np.array([1e8, 1e8]), np.array([2e9, 2e10])))
    found = ladder.widening(sizes(np.array([1e8, 2e8]), np.array([1e10, 1e10])))
    assert found == pytest.approx([1, 1 + WIDER * MOST])


def test_what_is_not_known_has_no_say() -> None:
    unknown = np.full(2, np.nan)
    ladder = Reach.of(
        Sizes(params=unknown, tokens=unknown, flops=np.log([1e19, 1e20]), dense=unknown)
    )
    asked = Sizes(params=unknown, tokens=unknown, flops=np.log([1e20, 1e21]), dense=unknown)
    assert ladder.widening(asked) == pytest.approx([1, 1 + WIDER])
