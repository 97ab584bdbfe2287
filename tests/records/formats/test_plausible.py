"""Numbers at the limits of their column are taken, those beyond are named."""

import numpy as np
import pandas as pd
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.plausible import check_range
from scalepredict.records.formats.record_columns import COLUMN, NUMBERS
from scalepredict.records.formats.rows import Rows


def rows(name: str, *values: float) -> Rows:
    n = len(values)
    return Rows(
        sources=("r.csv",),
        word=("line",),
        source=np.zeros(n, dtype=np.int32),
        lines=np.arange(2, 2 + n, dtype=np.int32),
        texts={text: pd.Categorical([f"{text} x"] * n) for text in ("model", "benchmark")},
        numbers={name: np.array(values)},
    )


LIMITED = [name for name in NUMBERS if COLUMN[name].limits]


@pytest.mark.parametrize("name", LIMITED)
def test_the_limits_are_inside_and_what_lies_beyond_is_named(name: str) -> None:
    limits = COLUMN[name].limits
    assert limits is not None
    check_range(rows(name, *limits, np.nan), name)
    for value in (limits[0] - 1.5 - abs(limits[0]), limits[1] * 1.5 + 1):
        if np.isfinite(value):
            with pytest.raises(RecordError, match=rf"^r\.csv, line 3: {name} .*\(.* x\); "):
                check_range(rows(name, limits[0], value), name)


def test_a_column_without_limits_or_rows_is_left_alone() -> None:
    check_range(rows("seed", -1e300), "seed")
    check_range(rows("seed", 1.0), "params")


@pytest.mark.parametrize("name", ["n_items", "trials", "shots"])
def test_what_is_counted_has_no_fraction(name: str) -> None:
    check_range(rows(name, 5.0, np.nan), name)
    with pytest.raises(RecordError, match=rf"^r\.csv, line 3: {name} 5\.5 has a fraction; "):
        check_range(rows(name, 5.0, 5.5), name)
