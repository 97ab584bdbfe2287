"""What do methods that pool families share? Which benchmarks can be learned, where families end.

The last score of a pooled table is that of its largest model, of whatever family. A forecast is
compared with the last score of its own family, where there is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from scalepredict.predictors.interface import Forecast, Frontier
from scalepredict.records.table import Bools, EvalTable, Floats, Ints, Unit
from scalepredict.records.text.counts import count_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FamilyEnds:
    """Ends of F families on T units.

    Attributes:
        families: Length F.
        last: Score of the family's largest model that was measured on the unit, NaN if none.
            Shape (F, T).
        max_flops: Largest training FLOPs of the family, NaN if none is known. Shape (F,).
    """

    families: tuple[str, ...]
    last: Floats
    max_flops: Floats

    @classmethod
    def of_table(cls, table: EvalTable) -> Self:
        """Read the large end of every family."""
        names = np.array([c.family for c in table.checkpoints])
        ends = [Frontier.of_table(table.take_rows(names == name)) for name in table.families]
        return cls(
            families=table.families,
            last=np.stack([end.last for end in ends]),
            max_flops=np.array([end.max_flops for end in ends]),
        )

    def beside(self, forecast: Forecast) -> Forecast:
        """The forecast with ``last`` and ``horizon`` of each target's own family, where known."""
        number = {family: i for i, family in enumerate(self.families)}
        index = np.array([number.get(name, -1) for name in forecast.targets.family], dtype=int)
        own = (index >= 0)[:, None]
        last = np.where(own, self.last[index], np.nan)
        decades = np.log10(forecast.targets.flops) - np.log10(self.max_flops[index])
        horizon = np.where(own, np.nan_to_num(decades)[:, None], forecast.horizon)
        return replace(
            forecast,
            last=np.where(np.isfinite(last), last, forecast.last),
            horizon=horizon,
        )


def varying(scores: Floats) -> Bools:
    """Which columns hold two different scores or more. Shape (T,) of (M, T)."""
    low = np.where(np.isfinite(scores), scores, np.inf).min(axis=0)
    high = np.where(np.isfinite(scores), scores, -np.inf).max(axis=0)
    return np.asarray(high > low)


def unlearnable(
    units: Sequence[Unit], fitted: Ints, counted: Ints, *, fewest: int, of: str
) -> tuple[str | None, ...]:
    """Why a benchmark is not fitted; None where it is. Length T.

    Args:
        units: T benchmarks.
        fitted: Columns that are fitted.
        counted: Models that each is measured on. Shape (T,).
        fewest: Models that are needed.
        of: Which models were counted, for the sentence.
    """
    return tuple(
        None
        if column in fitted
        else f"{unit.shown!r} is measured on {count_of(count, 'model')} {of}; at least "
        f"{fewest} are needed."
        if count < fewest
        else f"{unit.shown!r} has the same score in all {count} models: nothing to learn from."
        for column, (unit, count) in enumerate(zip(units, counted, strict=True))
    )
