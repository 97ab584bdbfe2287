"""Which benchmarks carry a deviation, and what kind of deviation is it?"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import stdtr, stdtrit

from scalepredict.evaluation.off_trend.own_past.own_noise import common_shift
from scalepredict.evaluation.off_trend.own_past.run_judge import Side
from scalepredict.evaluation.off_trend.own_past.side_test import FASTER, SLOWER
from scalepredict.evaluation.off_trend.rules.scene import Scene, Trial
from scalepredict.records.table import Bools, Floats

NEAR_CHANCE = 3.0  # standard errors, or 3 points: a benchmark that was so low within the last
RECENT = 10  # checkpoints is leaving chance
LEAST_NEAR = 0.03
MOST_RISE = 2 / 3  # share of benchmarks that are better in a decay phase
TOGETHER = 1.0  # their common shift without the largest, standard deviations


class Kind(StrEnum):
    """What a deviation looks like."""

    OFF_TREND = "off-trend"
    DECAY = "decay-phase"
    EMERGING = "emerging"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """The benchmarks of one trial on the side of its deviation, as recorded. Shapes (T,).

    Attributes:
        z: Deviations; negative is worse. NaN = not tested.
        p: Of each by itself, one-sided.
        observed: Scores as recorded.
        expected: Forecasts as recorded.
        ends: Interval of a new measurement. Two of shape (T,).
    """

    z: Floats
    p: Floats
    observed: Floats
    expected: Floats
    ends: tuple[Floats, Floats]


def look_at(scene: Scene, trial: Trial, side: Side) -> Look:
    """Each benchmark by itself."""
    judgement, columns = trial.judgement, trial.family.columns
    assert judgement.noise is not None
    home = np.argmax(trial.family.bench.groups, axis=0)
    forecast, quality = judgement.forecast, scene.evidence.quality
    phi, tail = judgement.noise.phi[home], judgement.noise.tail[home]
    kappa = SLOWER if side is Side.WORSE else FASTER
    spread = phi * forecast.variance + forecast.bend
    gain = kappa * (forecast.expected - forecast.recent)
    sd = np.sqrt(spread + gain**2)
    scores = quality.scores[scene.row, columns]
    z = np.where(judgement.tested, (scores - forecast.expected) / sd, np.nan)
    sign = 1.0 if side is Side.WORSE else -1.0
    half = stdtrit(tail, 1 - scene.gate.alpha / 2) * np.sqrt(spread)
    ends = [quality.recorded(columns, forecast.expected + move) for move in (-half, half)]
    return Look(
        z=z,
        p=np.where(judgement.tested, stdtr(tail, sign * np.nan_to_num(z)), 1.0),
        observed=scene.evidence.table.scores[scene.row, columns],
        expected=quality.recorded(columns, forecast.expected),
        ends=(np.minimum(*ends), np.maximum(*ends)),
    )


def kind_of(scene: Scene, trial: Trial) -> Kind:
    """What the deviation of a trial looks like."""
    if trial.judgement.side is not Side.BETTER:
        return Kind.OFF_TREND
    look = look_at(scene, trial, Side.BETTER)
    leaving = leaving_chance(scene, trial)
    others = np.where(leaving, np.nan, look.z)
    if _rise_together(others, trial):
        return Kind.DECAY
    if leaving[standing_out(look, scene.gate.discovery)].all():
        return Kind.EMERGING
    return Kind.OFF_TREND


def standing_out(look: Look, share: float) -> Bools:
    """The benchmarks that carry a deviation: at least the most extreme one. Shape (T,)."""
    chosen = significant(look.p, share)
    chosen[int(np.argmin(look.p))] = True
    return chosen


def leaving_chance(scene: Scene, trial: Trial) -> Bools:
    """Benchmarks that were at chance a short while ago. Shape (T,)."""
    quality, columns = scene.evidence.quality, trial.family.columns
    rows = scene.run.rows[max(0, scene.k - RECENT) : scene.k]
    chance = quality.chance[columns]
    with np.errstate(invalid="ignore"):
        error = np.sqrt(chance * (1 - chance) / quality.noise[scene.row, columns])
    near = np.fmax(NEAR_CHANCE * error, LEAST_NEAR)
    scores = quality.scores[np.ix_(rows, columns)]
    lowest = np.where(np.isfinite(scores), scores, np.inf).min(axis=0, initial=np.inf)
    return np.asarray(quality.bounded[columns] & (lowest <= chance + near), dtype=bool)


def _rise_together(z: Floats, trial: Trial) -> bool:
    assert trial.judgement.noise is not None
    known = np.isfinite(z)
    if known.sum() < 2 or (z[known] > 0).mean() < MOST_RISE:
        return False
    rest = z[known].copy()
    rest[int(np.argmax(rest))] = np.nan
    home = np.argmax(trial.family.bench.groups, axis=0)[known]
    variance = trial.judgement.noise.phi[home] * trial.judgement.forecast.variance[known]
    shift = float(common_shift(rest, 1 / np.sqrt(variance)))
    return shift / trial.judgement.noise.shift > TOGETHER


def significant(p: Floats, share: float) -> Bools:
    """Benjamini-Hochberg (1995): which p-values stand out at a false discovery rate. (T,)."""
    order = np.argsort(p, kind="stable")
    passed = np.flatnonzero(p[order] <= share * np.arange(1, len(p) + 1) / len(p))
    result = np.zeros(len(p), dtype=bool)
    if len(passed):
        result[order[: passed[-1] + 1]] = True
    return result
