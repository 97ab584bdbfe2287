"""Are these scores those of another checkpoint? Exact ties that chance does not make.

Two checkpoints tie on a benchmark of 500 or more answers now and then: the best match among all
other records of Pythia ties on at most 3 of 7. A copy ties on all of them. Ties that carry nothing
do not count: scores of exactly 0 or 1, and values that one in ten records shows (a model that
answers with a constant class).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from scalepredict.evaluation.off_trend.rules import CopyRule
from scalepredict.records.answers import answers
from scalepredict.records.table import Bools, EvalTable, Floats, Ints

MIN_LARGE = 4  # ties on large benchmarks
MIN_ALL = 20  # benchmarks and tasks in common for the rule over all of them
COMMON_VALUE = 0.1  # share of records above which a value is no evidence
FEW_RECORDS = 10  # with fewer, the share of a value says nothing
BLOCK = 256  # rows compared with all others at a time: memory grows with M, not with M^2


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The record whose scores a checkpoint repeats, and on how many benchmarks of how many."""

    of: int
    n_equal: int
    n_compared: int


def find_copies(table: EvalTable, rows: Ints, rule: CopyRule) -> dict[int, Copy]:
    """Compare some rows of a table with all others; the best match of each row that is a copy."""
    late = np.array([_late(c.step, c.tokens, rule) for c in table.checkpoints], dtype=bool)
    telling, codes = _telling(table.scores)
    telling &= late[:, None]
    large = telling & (answers(table).known >= rule.large_items)
    copies = {}
    blocks = [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
    for block, (equal, both), (equal_large, both_large) in zip(
        blocks, _ties(telling, codes, blocks), _ties(large, codes, blocks), strict=True
    ):
        hit = equal_large >= np.maximum(MIN_LARGE, rule.large_share * both_large)
        hit |= (both >= MIN_ALL) & (equal >= rule.all_share * both)
        hit[np.arange(len(block)), block] = False
        best = np.argmax(np.where(hit, equal / np.maximum(both, 1), -1.0), axis=1)
        for i in np.flatnonzero(hit.any(axis=1)):
            of = int(best[i])
            copies[int(block[i])] = Copy(
                of=of, n_equal=int(equal[i, of]), n_compared=int(both[i, of])
            )
    return copies


def _late(step: float | None, tokens: float | None, rule: CopyRule) -> bool:
    if step is not None:
        return step >= rule.min_step
    return tokens is None or tokens >= rule.min_tokens


def _telling(scores: Floats) -> tuple[Bools, Ints]:
    # Which scores would make a telling tie, and a code for each value of each unit.
    telling = np.isfinite(scores) & (scores != 0.0) & (scores != 1.0)
    codes = np.zeros(scores.shape, dtype=np.intp)
    n_codes = 0
    for t in range(scores.shape[1]):
        known = np.isfinite(scores[:, t])
        values, where, counts = np.unique(scores[known, t], return_inverse=True, return_counts=True)
        codes[known, t] = n_codes + where
        n_codes += len(values)
        if known.sum() >= FEW_RECORDS:
            telling[known, t] &= (counts / known.sum() <= COMMON_VALUE)[where]
    return telling, codes


def _ties(telling: Bools, codes: Ints, blocks: list[Ints]) -> Iterator[tuple[Floats, Floats]]:
    # Per block of rows: ties with every row, and units in common. Two of shape (block, M).
    row, unit = np.nonzero(telling)
    shape = (len(telling), int(codes.max(initial=0)) + 1)
    holds = csr_array((np.ones(len(row)), (row, codes[row, unit])), shape=shape)
    measured = telling.astype(float)
    for block in blocks:
        yield (holds[block] @ holds.T).toarray(), measured[block] @ measured.T
