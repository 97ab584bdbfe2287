"""Which benchmarks take part in a mean? Those with a forecast, off chance, and of one unit."""

from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.classes.classes import Kind, classify
from scalepredict.evaluation.planning.filled_in import Ladder, widths_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Benchmarks of a mean.

    Attributes:
        columns: Those that count.
        at_chance: Names of wanted benchmarks that no run of the ladder can measure yet.
        notes: Which others are left out, and why.
    """

    columns: tuple[int, ...]
    at_chance: tuple[str, ...]
    notes: tuple[str, ...]


def count_benchmarks(ladder: Ladder) -> Counted:
    """Choose the benchmarks of a mean; fractions go before losses where both are wanted."""
    units, widths = ladder.evidence.units, widths_now(ladder)
    kinds = classify(ladder.evidence).kinds
    silent = [i for i in ladder.wanted if kinds[i] is Kind.AT_CHANCE]
    columns = [i for i in ladder.wanted if i not in silent and np.isfinite(widths[i])]
    fractions = [i for i in columns if units[i].measure is None]
    own = [units[i].shown for i in columns if i not in fractions]
    notes: tuple[str, ...] = ()
    if fractions and own:
        columns = fractions
        notes = (f"not in the mean, since their unit is another: {', '.join(own)}.",)
    return Counted(
        columns=tuple(columns),
        at_chance=tuple(units[i].shown for i in silent),
        notes=notes,
    )
