"""Which numbers of a record cannot be? Those beyond the limits of their column."""

import numpy as np

from scalepredict.errors import RecordError
from scalepredict.records.formats.record_columns import COLUMN
from scalepredict.records.formats.rows import Rows


def check_range(rows: Rows, name: str) -> None:
    """Refuse a number column with values that cannot be.

    Raises:
        RecordError: A number is out of range, or has a fraction where only whole ones are; the
            first such row is named.
    """
    column = COLUMN[name]
    if name not in rows.numbers or column.limits is None:
        return
    low, high = column.limits
    values = rows.numbers[name]
    outside = np.flatnonzero((values < low) | (values > high))
    if len(outside):
        row = int(outside[0])
        what = "model" if column.form == "count" and column.about == "checkpoint" else "benchmark"
        bounds = f"between {low:g} and {high:g}" if np.isfinite(high) else f"at least {low:g}"
        raise RecordError(
            f"{rows.where(row)}: {name} {values[row]:.15g} is not {bounds} "
            f"({what} {rows.text(what)[row]}); {column.advice}"
        )
    parts = np.flatnonzero(column.whole & (np.floor(values) < values))
    if len(parts):
        row = int(parts[0])
        raise RecordError(
            f"{rows.where(row)}: {name} {values[row]:.15g} has a fraction; {column.advice}"
        )
