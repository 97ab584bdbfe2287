"""How low can a loss fall? The prior of its asymptote E, fixed, in a range, or from the evidence.

    log E ~ N(log centre, deviation^2),    by default log E ~ N(log .6 L_min, .25^2)
    along rungs whose D/N goes as C^s:     the centre is .6 (1 + .25 |s|) L_min

Ladders hardly tell E: an E close to the least loss fits as well as one far below it, and the
forecast of a run a hundred times larger hangs on it. So E is never fitted; it is integrated over
its prior, and its share of the width of an interval is told.

The centre of .6 least losses was measured on fifteen sources: .7 and .8 are worse at 8x and 32x,
although fits to whole data sets put E at .64 to .92 of the least loss. It holds where N and D grow
together. Where one of them stands still, s = -1 or 1, what it costs stays: sizes that all saw the
same tokens fall to E + B D^-beta, and one size on more and more tokens to E + A N^-alpha. With .6
such ladders of gemstones and routed_moe are forecast 1 to 9 % too low.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from scalepredict.records.asymptote import Asymptote
from scalepredict.records.table import Bools, Floats, taken

LEAST_SHARE = 0.6  # of the least loss: centre of the default prior
DEVIATION = 0.25  # of log E: that of the default prior
STANDING = 0.25  # by which the centre is raised where only N or only D grows
RANGE_Z = float(ndtri(0.95))  # the ends of a range are the 5 and 95 % points of its prior
NODES = 41  # values of E that stand for the prior, at equal steps of probability
HIGHEST = 0.98  # of the least loss: E is below every loss


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Priors:
    """Priors of E for T series.

    Attributes:
        centre: Median of E. Shape (T,).
        deviation: Standard deviation of log E; 0 = E is fixed. Shape (T,).
        given: Whether the user gave it. Shape (T,).
    """

    centre: Floats
    deviation: Floats
    given: Bools

    @classmethod
    def of(cls, given: Sequence[Asymptote | None], least: Floats) -> "Priors":
        """What was given, else the default; ``least`` is the least loss of each series, (T,)."""
        share = np.log(LEAST_SHARE)
        logs = [
            (share + low, DEVIATION)
            if a is None
            else (
                np.log(a.low) / 2 + np.log(a.high) / 2,
                np.log(a.high / a.low) / (2 * RANGE_Z),
            )
            for a, low in zip(given, np.log(least).tolist(), strict=True)
        ]
        centre, deviation = np.array(logs, dtype=float).reshape(-1, 2).T
        known = np.array([a is not None for a in given], dtype=bool)
        return cls(centre=np.exp(centre), deviation=deviation, given=known)

    def along(self, slope: Floats) -> "Priors":
        """Of what the losses fall to along rungs; ``slope`` is s of D/N as C^s, shape (T,)."""
        still = np.clip(4 * np.abs(slope) - 3, 0.0, 1.0)
        raised = self.centre * (1 + STANDING * still)
        return replace(self, centre=np.where(self.given, self.centre, raised))

    def take(self, series: Bools) -> "Priors":
        """Those of the chosen series."""
        return taken(self, series)

    def nodes(self, count: int = NODES) -> Floats:
        """Values of E at equal steps of probability. Shape (T, count)."""
        z = ndtri((np.arange(count) + 0.5) / count)
        result: Floats = self.centre[:, None] * np.exp(self.deviation[:, None] * z)
        return result
