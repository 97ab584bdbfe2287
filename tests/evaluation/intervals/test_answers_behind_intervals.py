"""The same measurement gives the same interval, told by its answers or by its standard error."""

import numpy as np
import pytest

import scalepredict
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

SCORES = np.array(
    [
        [0.31, 0.28, 0.42, 0.26],
        [0.36, 0.31, 0.47, 0.27],
        [0.44, 0.33, 0.52, 0.31],
        [0.49, 0.39, 0.61, 0.33],
        [0.57, 0.46, 0.66, 0.40],
        [0.63, 0.52, 0.71, 0.47],
    ]
)


def ladder(*, n_items: Floats | None = None, stderr: Floats | None = None) -> EvalTable:
    sizes = np.geomspace(7e7, 2.8e9, len(SCORES))
    rows = [Checkpoint(model=f"m{n:g}", params=n, tokens=3e11, flops=6 * n * 3e11) for n in sizes]
    units = [Unit(benchmark=f"b{t}", chance=0.25) for t in range(SCORES.shape[1])]
    return make_table(rows, units, SCORES, n_items=n_items, stderr=stderr)


@pytest.mark.parametrize("n", [100.0, 8000.0])
def test_a_standard_error_says_as_much_as_a_count(n: float) -> None:
    told = ladder(n_items=np.full(SCORES.shape, n))
    implied = ladder(stderr=np.sqrt(SCORES * (1 - SCORES) / n))
    ends = [
        np.array(
            scalepredict.forecast(scalepredict.fit(table), params=6.9e9)[0].forecast.interval(0.8)
        )
        for table in (told, implied, ladder())
    ]
    assert ends[0] == pytest.approx(ends[1], abs=1e-9)
    assert not np.allclose(ends[0], ends[2], atol=1e-3)
