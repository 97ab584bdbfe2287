"""Does a checkpoint leave the trend of its own run? By rule: worse, better, for good, slowly."""

from collections.abc import Iterator

import numpy as np

from scalepredict.evaluation.off_trend.own_past.run_judge import Judgement, Side
from scalepredict.evaluation.off_trend.rules.rule import Rule
from scalepredict.evaluation.off_trend.rules.scene import Scene, Trial
from scalepredict.evaluation.off_trend.rules.stand_outs import (
    Kind,
    Look,
    kind_of,
    leaving_chance,
    look_at,
    significant,
    standing_out,
)
from scalepredict.evaluation.off_trend.rules.verdicts import (
    Finding,
    Level,
    mildest,
    place_in_words,
    unit_finding,
)
from scalepredict.records.text.counts import count_of


def _deviations(scene: Scene, kind: Kind) -> Iterator[tuple[Trial, Side]]:
    # The first checkpoint of each event of that kind.
    for trial in scene.trials:
        side = trial.judgement.side
        if side is not None and trial.judgement.start == scene.k and kind_of(scene, trial) is kind:
            yield trial, side


def _find_low(scene: Scene) -> Iterator[Finding]:
    yield from _off_trend(scene, "off-trend-low")


def _find_high(scene: Scene) -> Iterator[Finding]:
    yield from _off_trend(scene, "off-trend-high")


def _off_trend(scene: Scene, rule: str) -> Iterator[Finding]:
    # The checkpoint as a whole, then the benchmarks that stand out, the worst first.
    for trial, side in _deviations(scene, Kind.OFF_TREND):
        if off_trend_rule(trial, side) != rule:
            continue
        level = level_of(scene, trial, side, rule)
        test = trial.judgement.worse if side is Side.WORSE else trial.judgement.better
        assert test is not None
        p_value = min(1.0, test.p_value / trial.family.share)
        n = int(trial.judgement.tested.sum())
        sign = trial.family.sign
        yield Finding(
            rule=rule,
            level=level,
            z=sign * test.shift,
            p_value=p_value,
            message=f"the scores of {count_of(n, 'benchmark')} together leave the run's trend (p = "
            f"{p_value:.2g}; common shift {sign * test.shift:+.1f} standard deviations)",
        )
        look = look_at(scene, trial, side)
        for i in _worst_first(look, scene.gate.discovery):
            yield _about(scene, trial, look, i, rule, mildest(level, _own_level(scene, trial, i)))


def _find_level_shift(scene: Scene) -> Iterator[Finding]:
    # Later checkpoints of an event; of the first one, the rules above tell (see walk_runs.py).
    for trial in scene.trials:
        judgement = trial.judgement
        if judgement.side is None or judgement.start == scene.k:
            continue
        first = scene.at(judgement.start)
        began = next(t for t in first.trials if t.family is trial.family)
        kind = kind_of(first, began)
        if kind is Kind.OFF_TREND:
            yield level_shift(scene, trial, judgement, scene.k)
        else:
            rule = str(kind)
            yield Finding(
                rule=rule,
                level=mildest(scene.gate.level_of(rule), trial.family.level),
                message=f"better than the run's trend since {place_in_words(first.checkpoint)}",
                identity=rule,
                since=first.checkpoint,
            )


def level_shift(scene: Scene, trial: Trial, last: Judgement, at: int) -> Finding:
    """The event that a trial belongs to, as far as it is known at position ``at``."""
    assert last.side is not None
    assert last.moved is not None
    start = scene.checkpoint_at(last.start)
    first = off_trend_rule(trial, last.side)
    state = "and are the new level" if last.settled else f"after {count_of(at - last.start, 'one')}"
    return Finding(
        rule="level-shift",
        level=mildest(level_of(scene, trial, last.side, "level-shift"), scene.gate.level_of(first)),
        message=f"level shift since {place_in_words(start)}: "
        f"{count_of(last.n_agreeing, 'checkpoint')} agree {state}, "
        f"{_in_points(trial, last.moved)}",
        identity=first,
        since=start,
    )


def _find_decay(scene: Scene) -> Iterator[Finding]:
    for trial, side in _deviations(scene, Kind.DECAY):
        look, judgement = look_at(scene, trial, side), trial.judgement
        assert judgement.better is not None
        n_better = int((look.z > 0).sum())
        yield Finding(
            rule="decay-phase",
            level=mildest(scene.gate.level_of("decay-phase"), trial.family.level),
            z=trial.family.sign * judgement.better.shift,
            p_value=min(1.0, judgement.better.p_value / trial.family.share),
            message=f"{n_better} of {count_of(int(judgement.tested.sum()), 'benchmark')} are "
            "better than the run's trend together: a decay phase? Record `phase`, and it is judged "
            "by itself",
        )


def _find_emerging(scene: Scene) -> Iterator[Finding]:
    for trial, side in _deviations(scene, Kind.EMERGING):
        look = look_at(scene, trial, side)
        chosen = standing_out(look, scene.gate.discovery) & leaving_chance(scene, trial)
        for i in np.flatnonzero(chosen):
            level = mildest(scene.gate.level_of("emerging"), _own_level(scene, trial, int(i)))
            yield _about(scene, trial, look, int(i), "emerging", level)


def _find_drift(scene: Scene) -> Iterator[Finding]:
    for trial in scene.trials:
        judgement, over = trial.judgement, trial.family.bench.drift_over
        if judgement.slide:
            yield Finding(
                rule="drift",
                level=level_of(scene, trial, Side.WORSE, "drift"),
                z=trial.family.sign * judgement.slide,
                message=f"the last {over} checkpoints together have slid below what the past "
                f"before them let expect (common shift {trial.family.sign * judgement.slide:+.1f} "
                "standard deviations)",
            )


def level_of(scene: Scene, trial: Trial, side: Side, rule: str) -> Level:
    """What a deviation of a trial weighs: the mildest of rule, side, benchmarks, persistence."""
    level = mildest(scene.gate.level_of(rule, side), trial.family.level)
    lone = rule != "drift" and trial.judgement.n_agreeing < scene.gate.persistence
    return mildest(level, Level.WARNING) if lone else level


def off_trend_rule(trial: Trial, side: Side) -> str:
    """``off-trend-low`` where scores are lower; a loss that is worse is higher."""
    lower = (side is Side.WORSE) == (trial.family.sign > 0)
    return f"off-trend-{'low' if lower else 'high'}"


def _worst_first(look: Look, share: float) -> list[int]:
    chosen = np.flatnonzero(significant(look.p, share))
    return sorted(map(int, chosen), key=lambda i: float(look.p[i]))


def _own_level(scene: Scene, trial: Trial, i: int) -> Level:
    unit = scene.evidence.table.units[trial.family.columns[i]]
    return scene.gate.for_benchmark(unit.benchmark).level


def _about(scene: Scene, trial: Trial, look: Look, i: int, rule: str, level: Level) -> Finding:
    unit = scene.evidence.table.units[trial.family.columns[i]]
    low, high = float(look.ends[0][i]), float(look.ends[1][i])
    observed, expected, z = float(look.observed[i]), float(look.expected[i]), float(look.z[i])
    sign = trial.family.sign
    return unit_finding(
        rule,
        level,
        unit,
        f"{unit.shown} = {observed:.4f}; expected {expected:.4f}, "
        f"{100 * (1 - scene.gate.alpha):g}% interval [{low:.4f}, {high:.4f}] (z = {sign * z:+.1f})",
        observed=observed,
        expected=expected,
        interval=(low, high),
        z=sign * z,
        p_value=float(look.p[i]),
    )


def _in_points(trial: Trial, moved: np.ndarray) -> str:
    mean = float(np.nanmean(moved))
    if trial.family.sign > 0:
        return f"{100 * mean:+.1f} points on average"
    return f"{-100 * mean:+.2g} % on average"


LOW = Rule(
    id="SP101",
    name="off-trend-low",
    level=Level.ERROR,
    help="The score is below what the run's past predicts.",
    why="A broken data shard, a wrong tokenizer, a damaged checkpoint or a changed evaluation "
    "shows as scores below the curve of the run's own past. The test takes all benchmarks together "
    "(common shift, and the one that fell most), with the noise that this run has shown, so that a "
    "healthy checkpoint is flagged once in a hundred at alpha 0.01, and less in practice. Of a "
    "loss, the lower side is the better one.",
    example="the scores of 6 benchmarks together leave the run's trend (p = 0.0004; common shift "
    "-4.1 standard deviations)",
    silence="Accept one finding with --update-baseline; take a restless benchmark out with "
    "`benchmarks: [{match: NAME, level: off}]`; ask for two checkpoints that agree with "
    "`persistence: 2`.",
    find=_find_low,
)
HIGH = Rule(
    id="SP102",
    name="off-trend-high",
    level=Level.ERROR,
    help="The score is above what the run's past predicts: contamination or a changed evaluation.",
    why="A jump upwards of one benchmark can be test data in the training set, or an evaluation "
    "that became easier. Better scores weigh as `sides: better` says, a warning unless set "
    "otherwise; a loss above its curve is worse, and weighs as `sides: worse` says.",
    example="sciq = 0.9410; expected 0.8702, 99% interval [0.8433, 0.8971] (z = +6.8)",
    silence="`sides: {better: off}`, or `--direction low`.",
    find=_find_high,
)
LEVEL_SHIFT = Rule(
    id="SP107",
    name="level-shift",
    level=Level.ERROR,
    help="Scores left the trend and stay at a new level: one event, told once.",
    why="After three checkpoints that agree (two where scores are better) the shift is taken as "
    "the new level, and the next ones are judged from there: one lasting change is one finding, "
    "not one a checkpoint. In a file that holds the first checkpoint of the shift, it is told "
    "there; a later checkpoint checked by itself carries it until the level has settled.",
    example="level shift since step 13000: 3 checkpoints agree and are the new level, -3.1 points "
    "on average",
    silence="Accept it with --update-baseline at its first checkpoint: the later ones follow.",
    find=_find_level_shift,
)
DECAY = Rule(
    id="SP108",
    name="decay-phase",
    level=Level.NOTE,
    help="All benchmarks are better than the trend together, as where the learning rate decays.",
    why="Scores rise by some points together when the learning rate is lowered. That is no fault, "
    "but it is a new regime: with a column `phase` its checkpoints are judged among themselves.",
    example="11 of 12 benchmarks are better than the run's trend together: a decay phase? Record "
    "phase, and it is judged by itself",
    silence="Record `phase`, or `rules: {decay-phase: off}`.",
    find=_find_decay,
)
EMERGING = Rule(
    id="SP109",
    name="emerging",
    level=Level.NOTE,
    help="A benchmark leaves chance upwards, faster than its past predicts.",
    why="Some benchmarks stay at chance for most of a run and then rise within a few checkpoints; "
    "nothing in their past tells when.",
    example="mmlu = 0.3120; expected 0.2711, 99% interval [0.2602, 0.2820] (z = +9.7)",
    silence="`rules: {emerging: off}`.",
    find=_find_emerging,
)
DRIFT = Rule(
    id="SP103",
    name="drift",
    level=Level.ERROR,
    help="Scores slide below the trend, a little at a time.",
    why="A forecast from the last checkpoints adapts to a slow slide and hides it. So the mean of "
    "the last four is compared with what the past before them let expect there. Once told, that "
    "past is forgotten: the slide is told once.",
    example="the last 4 checkpoints together have slid below what the past before them let expect "
    "(common shift -3.2 standard deviations)",
    silence="`drift: {threshold: 4}`, or `rules: {drift: off}` where a run is meant to forget.",
    find=_find_drift,
)
