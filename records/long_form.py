"""How does a table become a file of records again? The long form, one row for each score.

Trials are written as successes and trials where they are known, so that nothing is rounded.
"""

import io
from typing import Any

import numpy as np
import pandas as pd

from scalepredict.records.table import EvalTable


def long_csv(table: EvalTable) -> bytes:
    """The scores of a table as CSV (UTF-8); missing scores have no row."""
    return _frame(table).to_csv(index=False, lineterminator="\n").encode()


def long_parquet(table: EvalTable) -> bytes:
    """The scores of a table as Parquet.

    Raises:
        ImportError: pyarrow is not installed.
    """
    buffer = io.BytesIO()
    _frame(table).to_parquet(buffer, index=False)
    return buffer.getvalue()


def _frame(table: EvalTable) -> pd.DataFrame:
    rows, columns = np.nonzero(np.isfinite(table.scores))
    frame: dict[str, Any] = {}
    for name in ("family", "model", "role"):
        frame[name] = np.array([getattr(c, name) for c in table.checkpoints], dtype=object)[rows]
    for name in ("params", "tokens", "flops"):
        frame[name] = getattr(table, name)[rows]
    for name in ("benchmark", "task"):
        frame[name] = np.array([getattr(u, name) for u in table.units], dtype=object)[columns]
    frame["chance"] = table.chance[columns]
    score, trials = table.scores[rows, columns], table.n_items[rows, columns]
    passed = np.rint(score * trials)
    if np.isfinite(trials).all() and np.allclose(passed, score * trials, rtol=0, atol=1e-6):
        frame["successes"], frame["trials"] = passed.astype(int), trials.astype(int)
    else:
        frame["score"], frame["n_items"] = score, trials
    return pd.DataFrame(frame)
