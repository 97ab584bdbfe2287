"""How low can a loss fall? The prior of its asymptote E, fixed, in a range, or from the evidence.

    log E ~ N(log centre, deviation^2),    by default log E ~ N(log .6 L_min, .30^2)

Ladders hardly tell E: an E close to the least loss fits as well as one far below it, and the
forecast of a run a hundred times larger hangs on it. So E is never fitted; it is integrated over
its prior, and its share of the width of an interval is told.

The centre of .6 least losses was measured on fifteen sources: .7 and .8 are worse at 8x and 32x,
although fits to whole data sets put E at .64 to .92 of the least loss.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from scalepredict.errors import RefusedError
from scalepredict.records.table import Bools, Floats

LEAST_SHARE = 0.6  # of the least loss: centre of the default prior
DEVIATION = 0.30  # of log E: that of the default prior
RANGE_Z = 1.6448536269514722  # LO..HI are the 5 and 95 % points of the prior
NODES = 41  # values of E that stand for the prior, at equal steps of probability
HIGHEST = 0.98  # of the least loss: E is below every loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Asymptote:
    """A prior of E that the user gave.

    Attributes:
        centre: Median of E, in the unit of the metric.
        deviation: Standard deviation of log E; 0 = E is fixed.
    """

    centre: float
    deviation: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asymptotes:
    """What the user gave for all benchmarks, and for single ones by name."""

    everywhere: Asymptote | None = None
    by_name: Mapping[str, Asymptote] = field(default_factory=dict)

    def of(self, benchmark: str) -> Asymptote | None:
        """That of a benchmark; None = the default prior."""
        return self.by_name.get(benchmark, self.everywhere)


def parse_asymptotes(texts: Sequence[str]) -> Asymptotes:
    """Read ``E``, ``LO..HI``, ``NAME=E`` and ``NAME=LO..HI``.

    Raises:
        RefusedError: A value is no positive number, a range is not rising, or one is given twice.
    """
    everywhere: Asymptote | None = None
    by_name: dict[str, Asymptote] = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        asymptote = parse_asymptote(value, text)
        if (name in by_name) if equals else everywhere is not None:
            raise RefusedError(
                f"asymptote {text!r}: {name or 'all benchmarks'} got one before; give each once."
            )
        if equals:
            by_name[name.strip()] = asymptote
        else:
            everywhere = asymptote
    return Asymptotes(everywhere=everywhere, by_name=by_name)


def parse_asymptote(value: str, text: str | None = None) -> Asymptote:
    """Read one ``E`` or ``LO..HI``; ``text`` is what the user wrote, for messages.

    Raises:
        RefusedError: It is neither a positive number nor a rising range of two.
    """
    low, dots, high = value.strip().partition("..")
    ends = [_positive(end, text or value) for end in ((low, high) if dots else (low,))]
    if not dots:
        return Asymptote(centre=ends[0])
    if ends[0] >= ends[1]:
        raise RefusedError(
            f"asymptote {text or value!r}: {ends[0]:g} is not below {ends[1]:g}; write the lower "
            "end first, like 1.4..1.7."
        )
    return Asymptote(
        centre=math.sqrt(ends[0] * ends[1]),
        deviation=math.log(ends[1] / ends[0]) / (2 * RANGE_Z),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Priors:
    """Priors of E for T series.

    Attributes:
        centre: Median of E. Shape (T,).
        deviation: Standard deviation of log E. Shape (T,).
    """

    centre: Floats
    deviation: Floats

    @classmethod
    def of(cls, given: Sequence[Asymptote | None], least: Floats) -> "Priors":
        """What was given, else the default; ``least`` is the least loss of each series, (T,)."""
        centre = [LEAST_SHARE * low if a is None else a.centre for a, low in _pairs(given, least)]
        deviation = [DEVIATION if a is None else a.deviation for a in given]
        return cls(centre=np.array(centre, dtype=float), deviation=np.array(deviation, dtype=float))

    def take(self, series: Bools) -> "Priors":
        """Those of the chosen series."""
        return Priors(centre=self.centre[series], deviation=self.deviation[series])

    def nodes(self, count: int = NODES) -> Floats:
        """Values of E at equal steps of probability. Shape (T, count)."""
        z = ndtri((np.arange(count) + 0.5) / count)
        result: Floats = self.centre[:, None] * np.exp(self.deviation[:, None] * z)
        return result


def _pairs(
    given: Sequence[Asymptote | None], least: Floats
) -> list[tuple[Asymptote | None, float]]:
    return list(zip(given, least.tolist(), strict=True))


def _positive(value: str, text: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise RefusedError(
            f"asymptote {text!r}: {value.strip()!r} is no positive number; write E, LO..HI, NAME=E "
            "or NAME=LO..HI, like 1.6, 1.4..1.7 or c4_val=1.4..1.7."
        )
    return number
