"""How far may a promised width be believed? By how it compared with the one that was reached.

Constants are fitted by ``python benchmarks/plan_backtest.py DATA --fit`` on rolling designs of
real pools of runs, and judged there with each pool left out.
"""

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from scalepredict.records.table import Floats
from scalepredict.records.text.schema import validated
from scalepredict.records.text.yaml_text import load_shipped

FILE = "plan.yaml"
FARTHEST = 2.0  # |log| of ratios: no pool that the constants come from lies farther off


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a promise hangs on.

    Attributes:
        runs: How many runs were filled in.
        decades: From the largest present run to the largest filled-in one.
        off_ratio: |log| of the target's tokens per parameter over the ladder's median.
    """

    runs: int
    decades: float
    off_ratio: float

    def row(self) -> Floats:
        """The regressors. Shape (4,)."""
        off_ratio = min(self.off_ratio, FARTHEST)
        return np.array([1.0, self.runs - 1, max(self.decades, 0.0), off_ratio])


class Promise(BaseModel):
    """log(reached / promised) = coefficients . (1, runs - 1, decades, off_ratio) + spread."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provenance: dict[str, str] = Field(default_factory=dict)
    coefficients: tuple[float, float, float, float]
    spread: tuple[float, float]
    error50: tuple[float, float]
    error90: tuple[float, float]

    def factor(self, given: Conditions) -> tuple[float, float, float]:
        """What the promised width is multiplied by: median, 10 % and 90 % point."""
        centre = float(given.row() @ np.array(self.coefficients))
        low, high = self.spread
        return float(np.exp(centre)), float(np.exp(centre + low)), float(np.exp(centre + high))

    def errors(self, decades: float) -> tuple[float, float]:
        """Median and 90 % point of the error that such ladders had, a fraction of the score.

        Args:
            decades: From the largest run to the target.
        """
        first, second = (
            float(np.exp(level + slope * max(decades, 0.0)))
            for level, slope in (self.error50, self.error90)
        )
        return first, second


def shipped_promise() -> Promise:
    """The constants that ship."""
    return validated(load_shipped(FILE), Promise)
