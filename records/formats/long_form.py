"""How does a table become records again? The long form, one row for each score.

Trials are written as successes and trials where they are known, so that nothing is rounded.
"""

from typing import Any

import numpy as np
import pandas as pd

from scalepredict.records.table import EvalTable


def long_form(table: EvalTable) -> pd.DataFrame:
    """The scores of a table; missing scores have no row."""
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
