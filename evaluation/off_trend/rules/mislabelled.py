"""Whose scores are these? The likelihood of a checkpoint's scores under every other label.

Which other size, step or shot count of the records would have produced these scores? Every
candidate predicts with its own measurement, whose error counts twice (once in the candidate, once
in the new scores).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.off_trend.own_past.next_score import base_variance
from scalepredict.evaluation.off_trend.own_past.own_noise import log_t
from scalepredict.evaluation.off_trend.own_past.run_judge import Side
from scalepredict.evaluation.off_trend.rules.rule import Rule
from scalepredict.evaluation.off_trend.rules.scene import Scene, Trial
from scalepredict.evaluation.off_trend.rules.stand_outs import leaving_chance, look_at
from scalepredict.evaluation.off_trend.rules.verdicts import (
    Finding,
    Level,
    mildest,
    place_in_words,
)
from scalepredict.records.table import Bools, Floats
from scalepredict.records.text.counts import count_of
from scalepredict.records.units import key

DECISIVE = 7.0  # ln of the likelihood ratio over the own label; 4 of 2,190 healthy ones pass it
FITS = 1.5  # mean z^2 above which even the best label does not explain the scores
NEAR = 0.35  # ln(tokens) within which a checkpoint of another run is at the same place
SAME_SIZE = 0.05  # ln(params): a run of the same size is a neighbour, not another label
MIN_UNITS = 3
JUMPING = 2.0  # standard deviations,
MOST_JUMPING = 0.5  # of the benchmarks: where more leave chance at once, the past tells nothing
MOST_STEPS = 60  # earlier checkpoints that are offered


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label that fits better, in words, and ln of its likelihood ratio over the own label."""

    text: str
    log_ratio: float


def better_label(scene: Scene, trial: Trial) -> Label | None:
    """The label that explains a checkpoint's scores decisively better than its own, if any."""
    judgement, bench = trial.judgement, trial.family.bench
    assert judgement.noise is not None
    units = np.zeros(len(scene.evidence.table.units), dtype=bool)
    units[trial.family.columns] = judgement.tested & bench.bounded
    jumping = leaving_chance(scene, trial) & (look_at(scene, trial, Side.BETTER).z > JUMPING)
    kept = units[trial.family.columns]
    own = judgement.forecast.expected[kept]
    offers = [*_other_shots(scene, units, own)]
    if jumping.sum() <= max(1, MOST_JUMPING * kept.sum()):
        offers += [*_other_sizes(scene, units), *_other_steps(scene, units)]
    offers = [offer for offer in offers if np.isfinite(offer[1]).all()]
    if kept.sum() < MIN_UNITS or not offers:
        return None
    home = np.argmax(bench.groups, axis=0)[kept]
    phi, tail = judgement.noise.phi[home], judgement.noise.tail[home]
    expected = np.array([own, *(scores for _, scores in offers)])
    answers = scene.evidence.quality.noise[scene.row, units]
    at_offer = base_variance(expected[1:], answers, np.ones(len(answers), dtype=bool))
    at_own = phi * judgement.forecast.variance[kept] + judgement.forecast.bend[kept]
    variance = np.vstack([at_own, 2 * phi * at_offer])
    z = (scene.evidence.table.scores[scene.row, units] - expected) / np.sqrt(variance)
    likelihood = (log_t(z, tail) - 0.5 * np.log(variance)).sum(axis=1)
    best = 1 + int(np.argmax(likelihood[1:]))
    log_ratio = float(likelihood[best] - likelihood[0])
    if log_ratio < DECISIVE or (z[best] ** 2).mean() > FITS:
        return None
    return Label(text=offers[best - 1][0], log_ratio=log_ratio)


_Offer = tuple[str, Floats]


def _other_sizes(scene: Scene, units: Bools) -> Iterator[_Offer]:
    table, run = scene.evidence.table, scene.run
    for other in scene.evidence.runs:
        if abs(other.log_params - run.log_params) < SAME_SIZE or other.model == run.model:
            continue
        gap = np.abs(other.log_tokens - run.log_tokens[scene.k])
        if gap.min() <= NEAR:
            row = int(other.rows[int(np.argmin(gap))])
            yield (
                f"{other.model} at {place_in_words(table.checkpoints[row])}",
                table.scores[row, units],
            )


def _other_steps(scene: Scene, units: Bools) -> Iterator[_Offer]:
    # The checkpoint just before is what the trend itself predicts.
    for earlier in range(max(0, scene.k - MOST_STEPS), scene.k - 1):
        row = int(scene.run.rows[earlier])
        yield (
            f"{scene.run.model} at {place_in_words(scene.checkpoint_at(earlier))}",
            scene.evidence.table.scores[row, units],
        )


def _other_shots(scene: Scene, units: Bools, own: Floats) -> Iterator[_Offer]:
    # All benchmarks that are filed under one shot count have the scores of another.
    table, run, k = scene.evidence.table, scene.run, scene.k
    tested = np.flatnonzero(units)
    place = {key(unit): t for t, unit in enumerate(table.units)}
    counts = sorted({u.shots for u in table.units if u.shots is not None})
    for filed in counts:
        for shots in counts:
            scores = own.copy()
            for i, unit in enumerate(table.units[t] for t in tested):
                other = place.get(key(unit)._replace(shots=shots))
                if unit.shots == filed and other is not None:
                    measured = table.scores[run.rows[max(k - 1, 0) : k + 1], other]
                    scores[i] = measured[-1] if np.isfinite(measured[-1]) else measured[0]
            if filed != shots and not np.array_equal(scores, own):
                yield f"{shots} instead of {count_of(filed, 'shot')}", scores


def _find(scene: Scene) -> Iterator[Finding]:
    for trial in scene.trials:
        judgement = trial.judgement
        if judgement.worse is None or judgement.n_agreeing > 1:
            continue  # not judged, or told at the first checkpoint of the event
        label = better_label(scene, trial)
        if label is not None:
            yield Finding(
                rule="mislabelled",
                level=mildest(scene.gate.level_of("mislabelled"), trial.family.level),
                message=f"the scores fit {label.text} better than what they are filed under, by a "
                f"likelihood ratio of 10^{label.log_ratio / np.log(10):.0f}",
            )


MISLABELLED = Rule(
    id="SP202",
    name="mislabelled",
    level=Level.WARNING,
    help="The scores fit another size, step or shot count far better than the one they are filed "
    "under.",
    why="Files get mixed up. The scores are compared with those of the other runs in the records "
    "at the same place, of the run's own earlier checkpoints, and of other shot counts; a label is "
    "named when it is 1,000 times as likely as the run's own forecast, and fits by itself.",
    example="the scores fit pythia-12b at step 123000 better than what they are filed under, by a "
    "likelihood ratio of 10^21",
    silence="Mend the label, or `rules: {mislabelled: off}`.",
    find=_find,
)
