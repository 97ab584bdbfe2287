"""How is a value of a metric written? Fractions in percent, all else in its own unit."""

import math

from scalepredict.cli.views.render import MISSING, percent, percent_range, signed_points
from scalepredict.records.table import Unit

FRACTION = "fraction"
DIGITS = 4  # significant ones: two recipes differ in the third of a loss


def unit_of(unit: Unit) -> str:
    """Name of the unit for documents: ``fraction``, ``nats``, ``bits``, or that of the metric."""
    return FRACTION if unit.measure is None else unit.measure.unit


def direction_of(unit: Unit) -> str:
    """Whether ``higher`` or ``lower`` is better."""
    return "higher" if unit.measure is None else unit.measure.direction


def value(number: float, unit: str) -> str:
    """A value: ``62.3`` of a fraction, ``2.269`` of a loss; ``-`` if not a number."""
    if unit == FRACTION:
        return percent(number)
    return MISSING if math.isnan(number) else _significant(number)


def value_range(low: float, high: float, unit: str) -> str:
    """An interval: ``58.1-63.0``, or ``2.231-2.326`` with a space where an end is negative."""
    if unit == FRACTION:
        return percent_range(low, high)
    if math.isnan(low):
        return MISSING
    between = " to " if low < 0 else "-"
    return f"{_significant(low)}{between}{_significant(high)}"


def signed(difference: float, unit: str) -> str:
    """A difference: ``+1.4`` points, or ``+0.0132`` in the unit."""
    if unit == FRACTION:
        return signed_points(difference)
    return MISSING if math.isnan(difference) else f"{difference + 0.0:+.3g}"


def _significant(number: float) -> str:
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    decimals = DIGITS - 1 - math.floor(math.log10(abs(number)))
    return f"{number:.{max(decimals, 0)}f}"
