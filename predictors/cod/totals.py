"""What does the default say of total scores? Beside the questions, and of held-out models.

Without public models: they have answered other questions, or were graded otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.cod.difficulty import ANCHOR
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.limits import FEWEST_MODELS
from scalepredict.predictors.numerics.rungs import count_rungs, rungs
from scalepredict.predictors.stack.stack import Stack, StackLaw
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.table import EvalTable, Floats, Ints, Unit

ORIGINS = 2  # at most so many of the largest rungs are held out
DEFAULT = Stack(reference=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DefaultOnTotals:
    """The default, fitted to the benchmarks that have scores for it.

    Attributes:
        law: None where there are none.
    """

    law: StackLaw | None

    @classmethod
    def of(cls, totals: EvalTable) -> "DefaultOnTotals":
        """Fit it to scores of whole benchmarks, of models of known FLOPs."""
        counted = count_rungs(totals.flops, np.isfinite(totals.scores))
        columns = np.flatnonzero(counted >= FEWEST_MODELS)
        try:
            law = DEFAULT.fit(totals.take_units(columns.tolist())) if columns.size else None
        except RefusedError:
            law = None
        return cls(law=law)

    def points(self, units: tuple[Unit, ...], targets: Targets) -> Floats:
        """Forecasts of T benchmarks at K targets, NaN where there is none. Shape (K, T)."""
        if self.law is None:
            return np.full((len(targets), len(units)), np.nan)
        made = self.law.forecast(targets)
        place = {unit: i for i, unit in enumerate(made.units)}
        columns = [place.get(unit, -1) for unit in units]
        padded = np.concatenate([made.point, np.full((len(targets), 1), np.nan)], axis=1)
        return padded[:, columns]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Totals:
    """Scores of whole benchmarks, and how the default forecasts the larger models' ones.

    Attributes:
        table: Without anchors.
        known: The part of known FLOPs.
        rows: Rows of the evidence that are in that part.
        held_out: By the largest FLOPs that the default saw, the highest first: its forecasts of
            all models of the part; NaN = none. Shape (M, T).
    """

    table: EvalTable
    known: EvalTable
    rows: Ints
    held_out: Mapping[float, Floats]

    @classmethod
    def of(cls, table: EvalTable) -> "Totals":
        """Average the questions."""
        rows = np.flatnonzero([c.role != ANCHOR for c in table.checkpoints])
        totals = to_benchmarks(_answered_once(table.take_rows(rows)))
        told = np.isfinite(totals.flops)
        known = totals.take_rows(told)
        return cls(table=totals, known=known, rows=rows[told], held_out=_held_out(known))

    def default_of(self, benchmark: str, rows: Ints) -> Mapping[float, Floats]:
        """Forecasts of one benchmark at some rows of the evidence."""
        column = [unit.shown for unit in self.table.units].index(benchmark)
        place = np.searchsorted(self.rows, rows)
        return {cutoff: points[place, column] for cutoff, points in self.held_out.items()}


def _held_out(totals: EvalTable) -> Mapping[float, Floats]:
    rung = rungs(totals.flops)
    tops = [float(totals.flops[rung == i].max()) for i in range(int(rung.max(initial=-1)) + 1)]
    targets = Targets.of_table(totals)
    return {
        cutoff: DefaultOnTotals.of(totals.take_rows(totals.flops <= cutoff)).points(
            totals.units, targets
        )
        for cutoff in tops[-2 : FEWEST_MODELS - 2 : -1][:ORIGINS]
    }


def _answered_once(table: EvalTable) -> EvalTable:
    # Questions scored 0 or 1 without trials were answered once (as ``read_difficulty`` assumes).
    names = np.array([unit.shown if unit.task else "" for unit in table.units])
    plain = np.all(np.isnan(table.scores) | np.isin(table.scores, (0.0, 1.0)), axis=0)
    graded = set(names[~plain]) | {""}
    once = np.array([name not in graded for name in names], dtype=bool)
    unknown = np.isnan(table.n_items) & np.isfinite(table.scores) & once
    return replace(table, n_items=np.where(unknown, 1.0, table.n_items))
