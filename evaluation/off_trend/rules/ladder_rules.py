"""Does a model score what the ladder of other sizes predicts?"""

from collections.abc import Iterator

import numpy as np

from scalepredict.evaluation.off_trend.ladders.against_ladder import LadderOutcome
from scalepredict.evaluation.off_trend.own_past.run_judge import Side
from scalepredict.evaluation.off_trend.rules.rule import Rule
from scalepredict.evaluation.off_trend.rules.scene import Scene
from scalepredict.evaluation.off_trend.rules.stand_outs import significant
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level, unit_finding
from scalepredict.records.text.counts import count_of

OWN_SHARE = 0.8  # of alpha, if a checkpoint is compared with its own past and with the ladder


def ladder_p_value(scene: Scene) -> float | None:
    """P-value of the comparison with the ladder, over its share of alpha; None = not compared."""
    outcome = scene.evidence.ladder.get(scene.row)
    return None if outcome is None else shared_p_value(scene, outcome)


def shared_p_value(scene: Scene, outcome: LadderOutcome) -> float:
    """P-value of a comparison with other sizes, over the share that its own past leaves it."""
    own = any(trial.judgement.worse is not None for trial in scene.trials)
    return min(1.0, outcome.p_value / (1 - OWN_SHARE if own else 1.0))


def _find_low(scene: Scene) -> Iterator[Finding]:
    yield from _off_ladder(scene, "off-ladder-low")


def _find_high(scene: Scene) -> Iterator[Finding]:
    yield from _off_ladder(scene, "off-ladder-high")


def _off_ladder(scene: Scene, rule: str) -> Iterator[Finding]:
    if (found := scene.evidence.ladder.get(scene.row)) is not None:
        models = count_of(found.n_models, "model")
        yield from deviations(scene, found, rule, f"the ladder of {models} predicts")


def leaning(outcome: LadderOutcome) -> tuple[Side, bool]:
    """The side on which a model lies as a whole, and whether its recorded scores are too high."""
    worst = int(np.argmin(outcome.unit_p))
    if outcome.shift_p <= outcome.unit_p[worst] * len(outcome.z):
        z, sign = outcome.shift, outcome.sign_of_shift
    else:
        z, sign = float(outcome.z[worst]), float(outcome.sign[worst])
    return Side.WORSE if z < 0 else Side.BETTER, z * sign > 0


def deviations(scene: Scene, found: LadderOutcome, rule: str, predicted: str) -> Iterator[Finding]:
    """What a rule says of a model off its ladder: the whole, then what stands out, worst first.

    Nothing of one that is not off. A loss that is worse is higher, and belongs to the rule of high
    scores.
    """
    gate, high, p_value = scene.gate, rule.endswith("high"), shared_p_value(scene, found)
    if p_value >= gate.alpha:
        return
    side, too_high = leaning(found)
    if too_high == high:
        shift = found.shift * found.sign_of_shift
        yield Finding(
            rule=rule,
            level=gate.level_of(rule, side),
            z=shift,
            p_value=p_value,
            message=f"the scores of {count_of(len(found.z), 'benchmark')} together are not what "
            f"{predicted} (p = {p_value:.2g}; common shift {shift:+.1f} standard deviations)",
        )
    chosen = np.flatnonzero(significant(found.unit_p, gate.discovery))
    for i in sorted(map(int, chosen), key=lambda i: float(found.unit_p[i])):
        z = float(found.z[i] * found.sign[i])
        if (z > 0) != high:
            continue
        unit = scene.evidence.table.units[found.columns[i]]
        observed = float(scene.evidence.table.scores[scene.row, found.columns[i]])
        low, top = float(found.low[i]), float(found.high[i])
        yield unit_finding(
            rule,
            gate.level_of(rule, Side.WORSE if found.z[i] < 0 else Side.BETTER),
            unit,
            f"{unit.shown} = {observed:.4f}; expected {found.expected[i]:.4f}, "
            f"{100 * (1 - gate.alpha):g}% interval [{low:.4f}, {top:.4f}] (z = {z:+.1f})",
            observed=observed,
            expected=float(found.expected[i]),
            interval=(low, top),
            z=z,
            p_value=float(found.unit_p[i]),
        )


LOW = Rule(
    id="SP105",
    name="off-ladder-low",
    level=Level.ERROR,
    help="The model scores below what the ladder of other sizes predicts.",
    why="A finished model is compared with a forecast from finished smaller ones, a checkpoint "
    "without a past with smaller models at the same tokens. Far weaker than the run's own past: a "
    "drop of 3 points was found in 97 % of the models of one ladder and in 20 % of another's.",
    example="the scores of 9 benchmarks together are not what the ladder of 5 models predicts (p = "
    "0.002; common shift -3.4 standard deviations)",
    silence="Accept it with --update-baseline, or `rules: {off-ladder-low: off}`.",
    find=_find_low,
)
HIGH = Rule(
    id="SP106",
    name="off-ladder-high",
    level=Level.ERROR,
    help="The model scores above what the ladder of other sizes predicts.",
    why="A recipe that is better than its ladder, or test data in its training set. Weighs as "
    "`sides: better` says.",
    example="mmlu = 0.5120; expected 0.4031, 99% interval [0.3400, 0.4672] (z = +4.3)",
    silence="`sides: {better: off}`, or `rules: {off-ladder-high: off}`.",
    find=_find_high,
)
