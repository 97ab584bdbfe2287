"""Does a run leave the curve that its smaller runs let expect at its fraction of the schedule?"""

from collections.abc import Iterator
from dataclasses import replace

from scalepredict.evaluation.off_trend.ladders.against_ladder import LadderOutcome
from scalepredict.evaluation.off_trend.ladders.against_trajectory import BACK
from scalepredict.evaluation.off_trend.rules.ladder_rules import (
    deviations,
    leaning,
    shared_p_value,
)
from scalepredict.evaluation.off_trend.rules.rule import Rule
from scalepredict.evaluation.off_trend.rules.scene import Scene
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level, place_in_words
from scalepredict.records.text.counts import count_of


def trajectory_p_value(scene: Scene) -> float | None:
    """P-value of the comparison, over its share of alpha; None = not compared."""
    outcome = scene.evidence.trajectory.get(scene.row)
    return None if outcome is None else shared_p_value(scene, outcome)


def _find_low(scene: Scene) -> Iterator[Finding]:
    yield from _off_trajectory(scene, "off-trajectory-low")


def _find_high(scene: Scene) -> Iterator[Finding]:
    yield from _off_trajectory(scene, "off-trajectory-high")


def _off_trajectory(scene: Scene, rule: str) -> Iterator[Finding]:
    if (found := scene.evidence.trajectory.get(scene.row)) is None:
        return
    runs = count_of(found.n_models, "smaller run")
    told = list(deviations(scene, found, rule, f"the trajectory of {runs} predicts here"))
    if not told or (start := _start(scene, found)) == scene.k:
        yield from told
        return
    since = scene.checkpoint_at(start)
    for finding in told:
        if finding.benchmark is None:
            message = f"off the trajectory since {place_in_words(since)}: {finding.message}"
            yield replace(finding, message=message, since=since)


def _start(scene: Scene, found: LadderOutcome) -> int:
    # The run is off since the first alarm after which it was never back, on the same side.
    start = scene.k
    for k in range(scene.k - 1, -1, -1):
        before = scene.at(k)
        outcome = scene.evidence.trajectory.get(before.row)
        if outcome is None or outcome.p_value >= BACK or leaning(outcome) != leaning(found):
            break
        if shared_p_value(before, outcome) < scene.gate.alpha:
            start = k
    return start


LOW = Rule(
    id="SP110",
    name="off-trajectory-low",
    level=Level.ERROR,
    help="The run scores below the curve that smaller runs let expect at this part of its "
    "schedule.",
    why="A run that is worse from its first step on, or slides slowly, lies on the trend of its "
    "own past. So it is laid over four or more smaller runs of its family at the same fraction of "
    "the schedule, as `forecast --trajectory` projects it; the end of its schedule must be known "
    "(`total_tokens` or `fraction` in the records, `--until`, or smaller runs that all saw the "
    "same tokens, or the same tokens per parameter). Told once for as long as it lasts. Of a loss, "
    "the lower side is the better one.",
    example="the scores of 7 benchmarks together are not what the trajectory of 6 smaller runs "
    "predicts here (p = 0.0006; common shift -4.3 standard deviations)",
    silence="Accept it with --update-baseline at its first checkpoint, or `rules: "
    "{off-trajectory-low: off}` where schedules were not scaled with the runs.",
    find=_find_low,
)
HIGH = Rule(
    id="SP111",
    name="off-trajectory-high",
    level=Level.ERROR,
    help="The run scores above the curve that smaller runs let expect at this part of its "
    "schedule.",
    why="A recipe that is better than that of its smaller runs, a schedule that ends earlier than "
    "was said, or test data in the training set. Better scores weigh as `sides: better` says; a "
    "loss above its trajectory is worse, and weighs as `sides: worse` says.",
    example="val = 2.8140; expected 2.7312, 99% interval [2.6820, 2.7805] (z = +4.4)",
    silence="`sides: {better: off}`, or `rules: {off-trajectory-high: off}`.",
    find=_find_high,
)
