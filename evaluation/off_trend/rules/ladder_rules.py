"""Does a model score what the ladder of other sizes predicts?"""

from collections.abc import Iterator

import numpy as np

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
    if outcome is None:
        return None
    own = any(trial.judgement.worse is not None for trial in scene.trials)
    return min(1.0, outcome.p_value / (1 - OWN_SHARE if own else 1.0))


def _find_low(scene: Scene) -> Iterator[Finding]:
    yield from _off_ladder(scene, Side.WORSE)


def _find_high(scene: Scene) -> Iterator[Finding]:
    yield from _off_ladder(scene, Side.BETTER)


def _off_ladder(scene: Scene, side: Side) -> Iterator[Finding]:
    # The model as a whole, then the benchmarks that stand out, the worst first.
    p_value, gate = ladder_p_value(scene), scene.gate
    if p_value is None or p_value >= gate.alpha:
        return
    found = scene.evidence.ladder[scene.row]
    worst = int(np.argmin(found.unit_p))
    lean = found.shift if found.shift_p <= found.unit_p[worst] * len(found.z) else found.z[worst]
    if (lean < 0) == (side is Side.WORSE):
        rule = _rule(float(lean))
        yield Finding(
            rule=rule,
            level=gate.level_of(rule, side),
            z=found.shift,
            p_value=p_value,
            message=f"the scores of {count_of(len(found.z), 'benchmark')} together are not what "
            f"the ladder of {count_of(found.n_models, 'model')} predicts (p = {p_value:.2g}; "
            f"common shift {found.shift:+.1f} standard deviations)",
        )
    chosen = np.flatnonzero(significant(found.unit_p, gate.discovery))
    for i in sorted(map(int, chosen), key=lambda i: float(found.unit_p[i])):
        if (found.z[i] < 0) != (side is Side.WORSE):
            continue
        unit = scene.evidence.table.units[found.columns[i]]
        rule = _rule(float(found.z[i]))
        observed = float(scene.evidence.table.scores[scene.row, found.columns[i]])
        low, high = float(found.low[i]), float(found.high[i])
        yield unit_finding(
            rule,
            gate.level_of(rule, side),
            unit,
            f"{unit.shown} = {observed:.4f}; expected {found.expected[i]:.4f}, "
            f"{100 * (1 - gate.alpha):g}% interval [{low:.4f}, {high:.4f}] (z = {found.z[i]:+.1f})",
            observed=observed,
            expected=float(found.expected[i]),
            interval=(low, high),
            z=float(found.z[i]),
            p_value=float(found.unit_p[i]),
        )


def _rule(z: float) -> str:
    return f"off-ladder-{'low' if z < 0 else 'high'}"


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
