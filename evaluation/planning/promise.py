"""How far may a promised width be believed? By how it compared with the one that was reached.

Constants are fitted by ``python benchmarks/plan_backtest.py DATA --fit`` on rolling designs of
real pools of runs, and judged there with each pool left out.
"""

import math

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from scalepredict.records.table import Floats
from scalepredict.records.text.schema import validated
from scalepredict.records.text.yaml_text import load_shipped

FILE = "plan.yaml"


class Spread(BaseModel):
    """2.5 and 97.5 % points of log(reached / promised); of a new pool they hold about 90 %."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    one: tuple[float, float]  # with one run
    more: tuple[float, float]  # with two or three

    def around(self, runs: int) -> tuple[float, float]:
        """What a width promised for so many runs is multiplied by for the ends of its range."""
        low, high = self.one if runs == 1 else self.more
        return math.exp(low), math.exp(high)


class Promise(BaseModel):
    """log(reached / now) = (1 - lost) log(filled in / now) + spread, for each benchmark.

    What runs are to narrow comes about less the more it is. With one factor for all widths, and
    with factors that hang on how far the runs reach, how many they are, how far off the ladder's
    shape the target is, or how a ladder without its largest run had promised that one, promises on
    groups of pools that took no part were worse.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provenance: dict[str, str] = Field(default_factory=dict)
    lost: float
    mean: Spread  # of the mean over benchmarks
    benchmark: Spread  # of one benchmark
    error50: tuple[float, float]
    error90: tuple[float, float]

    def width(self, filled: Floats, now: Floats) -> Floats:
        """The widths to be promised, none wider than now, where the filled-in ladder has others."""
        return promised_width(filled, now, self.lost)

    def errors(self, decades: float) -> tuple[float, float]:
        """Median and 90 % point of the error that such ladders had, a fraction of the score.

        Args:
            decades: From the largest run to the target.
        """
        first, second = (
            math.exp(level + slope * max(decades, 0.0))
            for level, slope in (self.error50, self.error90)
        )
        return first, second


def promised_width(filled: Floats, now: Floats, lost: float) -> Floats:
    """Widths of which a part of the narrowing (of its log) is lost. Shapes alike."""
    width: Floats = np.minimum(now**lost * filled ** (1 - lost), now)
    return width


def shipped_promise() -> Promise:
    """The constants that ship."""
    return validated(load_shipped(FILE), Promise)
