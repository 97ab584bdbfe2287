"""How does a table on a terminal show a shape? Sparklines and interval bars of one line each.

They are columns beside the numbers, on a terminal that is wide enough; pipes and files get none.
"""

import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
SPARKS = 16  # characters of a sparkline; of more scores some are left out
LEAST_SPAN = 0.2  # of a sparkline, a fraction: noise of a few points must not look like a trend
BAR = 32  # characters of an interval bar


def sparkline(scores: Sequence[float], *, chance: float) -> str:
    """Scores in their order as blocks, from chance or the lowest score up; blank = missing."""
    known = [y for y in scores if math.isfinite(y)]
    if not known:
        return ""
    low = min(*known, chance)
    return blocks(scores, low=low, high=max(*known, low + LEAST_SPAN))


def own_sparkline(values: Sequence[float]) -> str:
    """Values of a metric in their order, from the lowest to the highest; blank = missing."""
    known = [y for y in values if math.isfinite(y) and abs(y) < BEYOND]
    if not known:
        return ""
    low, high = min(known), max(known)
    return blocks(values, low=low, high=high if high > low else low + 1)


def blocks(values: Sequence[float], *, low: float, high: float) -> str:
    """Values as blocks on a scale from ``low`` to ``high``; blank = missing."""
    if len(values) > SPARKS:
        step = (len(values) - 1) / (SPARKS - 1)
        values = [values[round(i * step)] for i in range(SPARKS)]
    top = len(BLOCKS) - 1
    marks = [
        BLOCKS[round(top * min(max((y - low) / (high - low), 0.0), 1.0))]
        if math.isfinite(y)
        else " "
        for y in values
    ]
    return "".join(marks).rstrip()


def interval_bar(
    point: float,
    wide: tuple[float, float],
    narrow: tuple[float, float],
    *,
    last: float,
    low: float,
    high: float,
) -> str:
    """Two intervals around a point, and the last score, on an axis from ``low`` to ``high``."""
    if not all(map(math.isfinite, (point, low, high, *wide, *narrow))):
        return ""
    cells = [" "] * BAR

    def place(value: float) -> int:
        return min(max(round((BAR - 1) * (value - low) / (high - low)), 0), BAR - 1)

    for (start, end), mark in ((wide, "─"), (narrow, "━")):
        for i in range(place(start), place(end) + 1):
            cells[i] = mark
    if math.isfinite(last):
        cells[place(last)] = "○"
    cells[place(point)] = "◆"
    return "".join(cells).rstrip()


BEYOND = 1e6  # no score in any unit; a damaged fit file may hold such numbers


def axis_of(values: Sequence[float]) -> tuple[float, float]:
    """Tens of percent around all values, as fractions."""
    known = [y for y in values if math.isfinite(y)]
    if not known:
        return 0.0, 1.0
    low, high = math.floor(10 * min(known)) / 10, math.ceil(10 * max(known)) / 10
    return low, max(high, low + 0.1)


def axis_header(low: float, high: float) -> str:
    """What stands above interval bars: both ends of their axis, in percent."""
    left, right = f"{100 * low:.0f}", f"{100 * high:.0f}"
    return left + " " * (BAR - len(left) - len(right)) + right
