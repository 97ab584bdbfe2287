"""How far may a promised width be believed? By how it compared with the one that was reached.

Constants are fitted by ``python benchmarks/plan_backtest.py DATA --fit`` on rolling designs of
real pools of runs, and judged there with each pool left out.
"""

import math

from pydantic import BaseModel, ConfigDict, Field

from scalepredict.records.text.schema import validated
from scalepredict.records.text.yaml_text import load_shipped

FILE = "plan.yaml"


class Promise(BaseModel):
    """log(reached / promised) = level + spread, the same for all plans.

    How far the runs reach, how many they are and how far off the ladder's shape the target is were
    regressors too; with them promises on groups of pools that took no part were worse.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provenance: dict[str, str] = Field(default_factory=dict)
    level: float
    spread: tuple[float, float]
    error50: tuple[float, float]
    error90: tuple[float, float]

    @property
    def factor(self) -> tuple[float, float, float]:
        """What the promised width is multiplied by: median, 5 % and 95 % point."""
        low, high = self.spread
        return math.exp(self.level), math.exp(self.level + low), math.exp(self.level + high)

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


def shipped_promise() -> Promise:
    """The constants that ship."""
    return validated(load_shipped(FILE), Promise)
