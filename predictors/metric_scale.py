"""On which scale does a metric have a law? Towards a bound, or along a line.

    fraction    more is better, between finite bounds: the chosen predictor's own
    falling     y = v - lower, y = log v of a perplexity, y = upper - v of a log likelihood:
                a loss, which falls to an asymptote
    open        no bound ahead, such as Elo: a straight line in log C of v, or of log v

A perplexity and its logarithm so have one forecast, and nats and bits per byte the same one up to
their constant.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.records.asymptote import Asymptote
from scalepredict.records.table import EvalTable, Floats, Unit

MOST_LOG = 300.0


class LawKind(StrEnum):
    """Which law serves a benchmark."""

    FRACTION = "fraction"
    FALLING = "falling"
    OPEN = "open"


def law_kind(unit: Unit) -> LawKind:
    """Which law serves a benchmark."""
    measure = unit.measure
    if measure is None:
        return LawKind.FRACTION
    if measure.direction == "higher":
        if math.isfinite(measure.lower) and math.isfinite(measure.upper):
            return LawKind.FRACTION
        return LawKind.FALLING if math.isfinite(measure.upper) else LawKind.OPEN
    if not math.isfinite(measure.lower) or (measure.scale == "log" and measure.lower <= 0):
        return LawKind.OPEN
    return LawKind.FALLING


def fractions_of(table: EvalTable) -> EvalTable:
    """The table without metrics that keep their own unit."""
    own = np.array([unit.measure is not None for unit in table.units], dtype=bool)
    return table.take_units(~own) if own.any() else table


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricScale:
    """From values v to the scale y of the law, and back.

    Attributes:
        log: y is of log v.
        bound: Where y is 0; 0 of what has no bound.
        sign: -1 where y rises as v falls.
        lower: Least possible v.
        upper: Largest possible v.
    """

    log: bool
    bound: float
    sign: float
    lower: float
    upper: float

    @classmethod
    def of(cls, unit: Unit) -> "MetricScale":
        """That of a benchmark that is no fraction."""
        measure, kind = unit.measure, law_kind(unit)
        assert measure is not None
        log, flipped = measure.scale == "log", kind is LawKind.FALLING
        flipped = flipped and measure.direction == "higher"
        ahead = measure.upper if flipped else measure.lower
        bound = ahead if kind is LawKind.FALLING else 1.0 if log else 0.0
        return cls(
            log=log,
            bound=math.log(bound) if log else bound,
            sign=-1.0 if flipped else 1.0,
            lower=measure.lower,
            upper=measure.upper,
        )

    def forward(self, values: Floats) -> Floats:
        """Values on the scale of the law; NaN where they have none. Any shape."""
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.log(values) if self.log else values
        result: Floats = self.sign * (value - self.bound)
        return np.where(np.isfinite(result), result, np.nan)

    def back(self, y: Floats) -> Floats:
        """Values of the metric, inside its range. Any shape."""
        value = self.bound + self.sign * y
        if self.log:  # no end of an interval is too far to be written
            value = np.exp(np.minimum(value, MOST_LOG))
        result: Floats = np.clip(value, self.lower, self.upper)
        return result

    def asymptote(self, given: Asymptote | None) -> Asymptote | None:
        """What is known of the asymptote, on the scale of the law.

        Raises:
            RefusedError: It lies outside the range of the metric, or at its bound.
        """
        if given is None:
            return None
        low, high = sorted(self.forward(np.array([given.low, given.high])).tolist())
        if not low > 0:
            raise RefusedError(
                f"an asymptote of {given.low:g} is not inside the range of the metric, "
                f"{self.lower:g} to {self.upper:g}. Give --asymptote in the unit of the scores."
            )
        return Asymptote(low=low, high=high)
