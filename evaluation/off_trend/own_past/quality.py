"""Which way is better? Scores turned so that more is better, with what one measurement scatters.

A metric between two ends is put on [0, 1] and scatters like its number of answers; of an error rate
the rest to 1 is taken. A metric without an end, such as a loss, becomes -ln(value) where less is
better and ln(value) where more is: its fluctuations are relative ones. What one measurement of it
scatters is not known from a count of answers, so a shipped figure holds until the run tells.
"""

from dataclasses import dataclass, replace

import numpy as np

from scalepredict.records.answers import answers
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Bools, EvalTable, Floats, Ints

RELATIVE = 0.003  # standard deviation of an evaluated loss around its curve, as a share of it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quality:
    """M checkpoints on T benchmarks.

    Attributes:
        scores: More is better; NaN = not measured. Shape (M, T).
        noise: Answers behind a metric with two ends; variance of one measurement of others.
            Shape (M, T).
        bounded: Which metrics have two ends. Shape (T,).
        sign: 1 where more of the recorded metric is better, -1 where less is. Shape (T,).
        origin: Recorded value that becomes 0, of metrics with two ends. Shape (T,).
        extent: Distance to the one that becomes 1. Shape (T,).
        chance: Score of a guesser; minus infinity where there is none. Shape (T,).
    """

    scores: Floats
    noise: Floats
    bounded: Bools
    sign: Floats
    origin: Floats
    extent: Floats
    chance: Floats

    def turned(self, columns: Ints, values: Floats) -> Floats:
        """Recorded values of some benchmarks as something of which more is better. (..., T)."""
        sign, bounded = self.sign[columns], self.bounded[columns]
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = sign * np.log(np.where(values > 0, values, np.nan))
        fraction = sign * (values - self.origin[columns]) / self.extent[columns]
        return np.where(bounded, fraction, relative)

    def recorded(self, columns: Ints, values: Floats) -> Floats:
        """Values of some benchmarks as records hold them; fractions end at 0 and 1. (..., T)."""
        sign = self.sign[columns]
        with np.errstate(over="ignore"):
            turned = np.exp(sign * values)
        share = np.clip(values, 0.0, 1.0)
        between = self.origin[columns] + sign * share * self.extent[columns]
        return np.where(self.bounded[columns], between, turned)


def quality_of(table: EvalTable) -> tuple[Quality, tuple[str, ...]]:
    """The scores of a table, and the benchmarks whose number of answers was assumed."""
    metrics = [shipped_metrics().find(unit.metric) for unit in table.units]
    sign = np.array([1.0 if m.direction == "higher" else -1.0 for m in metrics])
    low, high = np.array([m.lower for m in metrics]), np.array([m.upper for m in metrics])
    bounded = np.asarray(np.isfinite(low) & np.isfinite(high), dtype=bool)
    origin = np.where(bounded, np.where(sign > 0, low, high), 0.0)
    extent = np.where(bounded, high - low, 1.0)
    behind = answers(table)
    quality = Quality(
        scores=table.scores,
        noise=np.where(bounded, behind.count, RELATIVE**2),
        bounded=bounded,
        sign=sign,
        origin=origin,
        extent=extent,
        chance=np.where(bounded, sign * (table.chance - origin) / extent, -np.inf),
    )
    quality = replace(quality, scores=quality.turned(np.arange(len(metrics)), table.scores))
    assumed = np.flatnonzero(behind.assumed & bounded)
    return quality, tuple(dict.fromkeys(table.units[t].benchmark for t in assumed))
