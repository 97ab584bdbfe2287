"""Can this benchmark be predicted at all? Plain words, each with a numeric rule.

The rules are tried in this order, on level, slope and noise as trend.py defines them:

    too_few    fewer than 3 scores
    inverse    z <= -3, the slope is -1 point per decade of FLOPs or steeper, and the level is
               away from chance by more than max(2 points, 2 standard errors), or was once
    at_chance  level <= chance + max(2 points, 2 standard errors), and it never was clearly above
               (two scores and a quarter of all, by 5 points and 4 binomial errors): not yet
               measurable
    saturated  95 % of the way from chance to 1, or 85 % of it without a rise
    rising     z >= 3, and the slope is 0.5 points per decade or steeper
    noisy      phi >= 4, and one score has a standard error of 1.5 points or more:
               often a bias to a format or a label, or a run that failed
    flat       none of these: above chance, with no trend beyond the noise

Metrics that are no fractions, such as losses, are classified in own_metrics.py.
"""

from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np

from scalepredict.evaluation.classes.benchmark_trend import (
    MIN_SCORES,
    Trend,
    binomial_variance,
    measure_trend,
)
from scalepredict.evaluation.classes.own_metrics import NOISY as OWN_NOISY
from scalepredict.evaluation.classes.own_metrics import TREND_Z as OWN_TREND_Z
from scalepredict.evaluation.classes.own_metrics import own_trend
from scalepredict.predictors.numerics.rungs import rungs
from scalepredict.records.answers import answers
from scalepredict.records.table import Bools, EvalTable, Floats, Unit

TREND_Z = 3.0  # about 1 in 70 by chance, as the noise itself is estimated; many are looked at
RISE, FALL = 0.005, 0.01  # score per decade of FLOPs
CHANCE_MARGIN = 0.02  # nominal chance levels are this far off on real benchmarks
CHANCE_SE = 2.0
CLEAR_MARGIN, CLEAR_SE = 0.05, 4.0  # above chance by more than guessing explains,
CLEAR_SCORES, CLEAR_SHARE = 2, 0.25  # and not one odd score among many
FULL, NEARLY_FULL = 0.95, 0.85  # share of the way from chance to 1
NOISY_PHI, NOISY_ERROR = 4.0, 0.015


class Kind(StrEnum):
    """The classes of predictability."""

    RISING = "rising"
    AT_CHANCE = "at_chance"
    FLAT = "flat"
    SATURATED = "saturated"
    INVERSE = "inverse"
    FALLING = "falling"
    NOISY = "noisy"
    TOO_FEW = "too_few"

    @property
    def label(self) -> str:
        """The words for people: ``at chance``."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Classes:
    """The class of each of T benchmarks, with the measures that decided.

    Attributes:
        units: The benchmarks, length T.
        kinds: Their classes, length T.
        trend: The measures.
        items_assumed: Whether the noise of its scores rests on ASSUMED_ITEMS questions. Shape (T,).
    """

    units: tuple[Unit, ...]
    kinds: tuple[Kind, ...]
    trend: Trend
    items_assumed: Bools

    def of(self, benchmark: str) -> Kind:
        """The class of a benchmark by its name."""
        return self.kinds[[unit.benchmark for unit in self.units].index(benchmark)]


def classify(evidence: EvalTable) -> Classes:
    """Classify each unit of one family's evidence, whose checkpoints all have FLOPs."""
    own = np.array([unit.measure is not None for unit in evidence.units], dtype=bool)
    if not own.any():
        return _of_fractions(evidence)
    parts = {False: evidence.take_units(~own), True: evidence.take_units(own)}
    fractions, others = _of_fractions(parts[False]), _of_own_metrics(parts[True])
    place = np.argsort(np.argsort(own, kind="stable"), kind="stable")  # fractions come first
    both = {
        field.name: np.concatenate(
            [getattr(fractions.trend, field.name), getattr(others.trend, field.name)]
        )[place]
        for field in fields(Trend)
    }
    kinds = (*fractions.kinds, *others.kinds)
    assumed = np.concatenate([fractions.items_assumed, others.items_assumed])
    return Classes(
        units=evidence.units,
        kinds=tuple(kinds[i] for i in place),
        trend=Trend(**both),
        items_assumed=assumed[place],
    )


def _of_fractions(evidence: EvalTable) -> Classes:
    trend = measure_trend(evidence)
    rules = _rules(trend, evidence.chance, _was_above_chance(evidence))
    if len(np.unique(rungs(evidence.flops))) < MIN_SCORES:
        rules[Kind.TOO_FEW] = np.ones(len(evidence.units), dtype=bool)
    return Classes(
        units=evidence.units,
        kinds=_first_that_holds(rules),
        trend=trend,
        items_assumed=answers(evidence).assumed,
    )


def _of_own_metrics(evidence: EvalTable) -> Classes:
    trend = own_trend(evidence)
    rules = {
        Kind.TOO_FEW: trend.n_scores < MIN_SCORES,
        Kind.FALLING: trend.z <= -OWN_TREND_Z,
        Kind.RISING: trend.z >= OWN_TREND_Z,
        Kind.NOISY: trend.noise >= OWN_NOISY * np.abs(trend.level),
        Kind.FLAT: np.ones(len(trend.z), dtype=bool),
    }
    return Classes(
        units=evidence.units,
        kinds=_first_that_holds(rules),
        trend=trend,
        items_assumed=np.zeros(len(trend.z), dtype=bool),
    )


def _first_that_holds(rules: dict[Kind, Bools]) -> tuple[Kind, ...]:
    number = np.argmax(np.stack(list(rules.values())), axis=0)
    return tuple(list(rules)[i] for i in number)


def _was_above_chance(evidence: EvalTable) -> Bools:
    # By the binomial error alone: what is at chance by phi may be a run that failed.
    clear = np.maximum(CLEAR_MARGIN, CLEAR_SE * np.sqrt(binomial_variance(evidence)))
    with np.errstate(invalid="ignore"):
        above = evidence.scores - evidence.chance > clear
    measured = np.isfinite(evidence.scores).sum(axis=0)
    return np.asarray(above.sum(axis=0) >= np.maximum(CLEAR_SCORES, CLEAR_SHARE * measured))


def _rules(trend: Trend, chance: Floats, was_above: Bools) -> dict[Kind, Bools]:
    # In order of precedence; NaN compares false and falls through to too_few first.
    way = (trend.level - chance) / (1 - chance)
    rise = (trend.z >= TREND_Z) & (trend.slope >= RISE)
    fall = (trend.z <= -TREND_Z) & (trend.slope <= -FALL)
    margin = np.maximum(CHANCE_MARGIN, CHANCE_SE * trend.level_se)
    return {
        Kind.TOO_FEW: trend.n_scores < MIN_SCORES,
        Kind.INVERSE: fall & ((np.abs(trend.level - chance) > margin) | was_above),
        Kind.AT_CHANCE: (trend.level <= chance + margin) & ~was_above,
        Kind.SATURATED: (way >= FULL) | ((way >= NEARLY_FULL) & ~rise),
        Kind.RISING: rise,
        Kind.NOISY: (trend.phi >= NOISY_PHI) & (trend.noise >= NOISY_ERROR),
        Kind.FLAT: np.ones(len(chance), dtype=bool),
    }
