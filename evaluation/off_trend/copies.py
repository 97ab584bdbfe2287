"""Are these scores those of another checkpoint? Exact ties that chance does not make.

Two checkpoints tie on a benchmark of 500 or more answers now and then: the best match among all
other records of Pythia ties on at most 3 of 7. A copy ties on all of them. Ties that carry nothing
do not count: scores of exactly 0 or 1, and values that one in ten records shows (a model that
answers with a constant class).
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.off_trend.findings import CopyRule
from scalepredict.records.table import Bools, EvalTable, Floats, Ints

MIN_LARGE = 4  # ties on large benchmarks
MIN_ALL = 20  # benchmarks and tasks in common for the rule over all of them
COMMON_VALUE = 0.1  # share of records above which a value is no evidence
FEW_RECORDS = 10  # with fewer, the share of a value says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The record whose scores a checkpoint repeats, and on how many benchmarks of how many."""

    of: int
    n_equal: int
    n_compared: int


def find_copies(table: EvalTable, rows: Ints, rule: CopyRule) -> dict[int, Copy]:
    """Compare some rows of a table with all others; the best match of each copied row.

    Memory grows with M x T, not with the number of pairs.
    """
    old_enough = np.array(
        [
            c.step >= rule.min_step
            if c.step is not None
            else (c.tokens or rule.min_tokens) >= rule.min_tokens
            for c in table.checkpoints
        ],
        dtype=bool,
    )
    telling = np.isfinite(table.scores) & ~_common(table.scores)
    large = table.n_items >= rule.large_items
    copies = {}
    for row in rows[old_enough[rows]]:
        both = telling & telling[row]
        equal = both & (table.scores == table.scores[row])
        n_equal, n_both = equal.sum(axis=1), both.sum(axis=1)
        n_equal_large, n_large = (equal & large).sum(axis=1), (both & large).sum(axis=1)
        hit = n_equal_large >= np.maximum(MIN_LARGE, rule.large_share * n_large)
        hit |= (n_both >= MIN_ALL) & (n_equal >= rule.all_share * n_both)
        hit &= old_enough
        hit[row] = False
        if hit.any():
            best = int(np.argmax(np.where(hit, n_equal / np.maximum(n_both, 1), -1.0)))
            copies[int(row)] = Copy(
                of=best, n_equal=int(n_equal[best]), n_compared=int(n_both[best])
            )
    return copies


def _common(scores: Floats) -> Bools:
    common: Bools = (scores == 0.0) | (scores == 1.0)
    for t in range(scores.shape[1]):
        known = np.isfinite(scores[:, t])
        if known.sum() >= FEW_RECORDS:
            _, where, counts = np.unique(scores[known, t], return_inverse=True, return_counts=True)
            common[known, t] |= (counts / known.sum() > COMMON_VALUE)[where]
    return common
