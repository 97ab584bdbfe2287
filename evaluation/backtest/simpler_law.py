"""Would a plain law have forecast the user's own last rungs better than the default?

At the same few origins inside the evidence, the default and each law of SIMPLE forecast what lies
above. A law is clearly better if its mean absolute error is at most MUCH_BETTER of the default's at
every origin, and the gain is MANY_ERRORS standard errors over benchmarks, where there are several.

Source: rolling origins (Tashman 2000), a paired comparison over benchmarks.
Fails when: the ladder turns beyond its last rung. In the public records of this repository the rule
    hardly ever speaks; it is for ladders unlike them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.records.table import Floats

SIMPLE = ("power_law", "trend")
FEWEST_ORIGINS = 2
MUCH_BETTER = 0.8
MANY_ERRORS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimplerLaw:
    """A law that did clearly better than the default inside the evidence; errors are fractions.

    Attributes:
        name: The law.
        error: Its mean absolute error.
        default: The default's name.
        default_error: The default's error on the same scores.
    """

    name: str
    error: float
    default: str
    default_error: float

    def sentence(self) -> str:
        """What to tell the user."""
        return (
            f"{self.figures()}; compare them with `backtest --predictor {self.default} "
            f"--predictor {self.name}`, or fit with --predictor auto, which takes it."
        )

    def figures(self) -> str:
        """Both errors, in words."""
        return (
            f"{self.name} forecasts your own last rungs better than {self.default}: "
            f"{100 * self.error:.1f} against {100 * self.default_error:.1f} points"
        )


def simpler_law(cells: Sequence[Cell], default: str) -> SimplerLaw | None:
    """The best of the laws that are clearly better than the default; None if none is.

    Args:
        cells: Of the default and of the laws, at the same origins of one family.
        default: Name of the default.
    """
    judged = [
        law
        for name in dict.fromkeys(c.predictor for c in cells)
        if name != default and (law := _clearly_better(cells, name, default)) is not None
    ]
    return min(judged, key=lambda law: law.error, default=None)


def _clearly_better(cells: Sequence[Cell], name: str, default: str) -> SimplerLaw | None:
    own = {c.split: _errors(c) for c in cells if c.predictor == name}
    other = {c.split: _errors(c) for c in cells if c.predictor == default}
    units = {c.split: c.units for c in cells if c.predictor == name}
    most = max(units.values(), key=len, default=())  # origins may lack benchmarks
    pairs = [
        np.where(np.isfinite(own[i]) & np.isfinite(other[i]), [own[i], other[i]], np.nan)
        for i in sorted(own.keys() & other.keys())
        if units[i] == most
    ]
    pairs = [pair for pair in pairs if np.isfinite(pair).mean() >= 0.5]
    if len(pairs) < FEWEST_ORIGINS:
        return None
    by_origin = np.array([np.nanmean(pair, axis=(1, 2)) for pair in pairs])
    if (by_origin[:, 0] > MUCH_BETTER * by_origin[:, 1]).any():
        return None
    gains = np.concatenate([pair[1] - pair[0] for pair in pairs])
    of_units = np.array([column[np.isfinite(column)].mean() for column in gains.T
                         if np.isfinite(column).any()])  # fmt: skip
    if len(of_units) > 1:
        error = of_units.std(ddof=1) / np.sqrt(len(of_units))
        if of_units.mean() < MANY_ERRORS * error:
            return None
    mine, its = by_origin.mean(axis=0)
    return SimplerLaw(name=name, error=float(mine), default=default, default_error=float(its))


def _errors(cell: Cell) -> Floats:
    if cell.forecast is None:
        return np.full(cell.observed.shape, np.nan)
    error: Floats = np.abs(cell.forecast.point - cell.observed)
    return error
