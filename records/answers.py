"""How many graded answers stand behind a score? One rule, whatever the records tell.

As recorded; else what the standard error of the score implies, y (1 - y) / stderr^2; else the
median of the unit at other checkpoints, because the same benchmark has the same questions at each
unless a row says otherwise; else ASSUMED_ITEMS.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import ASSUMED_ITEMS, Bools, EvalTable, Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """Answers behind each score.

    Attributes:
        count: Everywhere finite, at least 1. Shape (M, T).
        assumed: Units of which no checkpoint tells, so that ASSUMED_ITEMS stands in. Shape (T,).
    """

    count: Floats
    assumed: Bools

    @property
    def known(self) -> Floats:
        """The counts, NaN where they are assumed. Shape (M, T)."""
        return np.where(self.assumed, np.nan, self.count)


def answers(table: EvalTable) -> Answers:
    """The answers behind each score of a table."""
    y = table.scores
    with np.errstate(divide="ignore", invalid="ignore"):
        implied = np.where(table.stderr > 0, y * (1 - y) / table.stderr**2, np.nan)
        told = np.where(table.n_items > 0, table.n_items, np.where(implied >= 1, implied, np.nan))
    told = np.where(np.isfinite(told), np.maximum(told, 1.0), np.nan)
    assumed = np.asarray(np.isnan(told).all(axis=0), dtype=bool)
    usual = np.full(len(table.units), ASSUMED_ITEMS)
    usual[~assumed] = np.nanmedian(told[:, ~assumed], axis=0)
    return Answers(count=np.where(np.isnan(told), usual, told), assumed=assumed)
