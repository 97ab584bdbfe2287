"""Was this checkpoint evaluated like the ones before it? Missing benchmarks, metric, items."""

from collections.abc import Iterator

import numpy as np

from scalepredict.evaluation.off_trend.rules.rule import Rule
from scalepredict.evaluation.off_trend.rules.scene import Scene
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level, unit_finding
from scalepredict.records.table import Bools, Floats, Unit
from scalepredict.records.text.counts import count_of

NEW_LOW = 5.0  # standard errors below chance, where small models reach 4 on ARC by themselves, and
# below the lowest other record: some record is always the lowest
ALWAYS = 3  # a benchmark measured at each of the last three checkpoints (two of two) is expected


def _before(scene: Scene) -> tuple[int, Bools, Bools] | None:
    # Checkpoints looked back at, benchmarks measured at all of them, benchmarks measured now.
    last = scene.run.rows[max(0, scene.k - ALWAYS) : scene.k]
    if len(last) < 2:
        return None
    scores = scene.evidence.table.scores
    always = np.asarray(np.isfinite(scores[last]).all(axis=0), dtype=bool)
    return len(last), always, np.asarray(np.isfinite(scores[scene.row]), dtype=bool)


def _other_way(scene: Scene, unit: Unit, always: Bools, here: Bools) -> Unit | None:
    # The same benchmark, measured in a way that is new.
    pairs = zip(scene.evidence.table.units, here, always, strict=True)
    new = (u for u, now, before in pairs if now and not before and u.benchmark == unit.benchmark)
    return next(new, None)


def _find_missing(scene: Scene) -> Iterator[Finding]:
    found = _before(scene)
    if found is None:
        return
    n, always, here = found
    for t in np.flatnonzero(always & ~here):
        unit = scene.evidence.table.units[t]
        if _other_way(scene, unit, always, here) is None:
            message = f"{unit.shown} is missing; measured on the last {count_of(n, 'checkpoint')}."
            level = scene.level("missing-benchmark", unit)
            yield unit_finding("missing-benchmark", level, unit, message)


def _find_changed(scene: Scene) -> Iterator[Finding]:
    found = _before(scene)
    if found is None:
        return
    table = scene.evidence.table
    _, always, here = found
    for t in np.flatnonzero(always & ~here):
        unit = table.units[t]
        other = _other_way(scene, unit, always, here)
        if other is not None:
            message = f"{unit.benchmark} is measured as {_how(other)}, before as {_how(unit)}."
            level = scene.level("changed-evaluation", unit)
            yield unit_finding("changed-evaluation", level, unit, message)
    before, now = table.n_items[scene.run.rows[scene.k - 1]], table.n_items[scene.row]
    for t in np.flatnonzero(here & np.isfinite(before) & np.isfinite(now) & (before != now)):
        unit = table.units[t]
        message = (
            f"{unit.shown} has {count_of(round(now[t]), 'item')}, the checkpoint before "
            f"{before[t]:.0f}."
        )
        yield unit_finding(
            "changed-evaluation", scene.level("changed-evaluation", unit), unit, message
        )


def lowest_elsewhere(scores: Floats) -> Floats:
    """The lowest score of a unit in all other rows, infinite if there is none. Shape (M, T)."""
    nothing = np.full((2, scores.shape[1]), np.inf)  # so that there are two rows to sort
    padded = np.vstack([np.where(np.isfinite(scores), scores, np.inf), nothing])
    first, second = np.sort(padded, axis=0)[:2]
    lowest: Floats = np.where(scores == first, second, first)
    return lowest


def _find_below_chance(scene: Scene) -> Iterator[Finding]:
    # Published chance levels are wrong in places and small models do sit below them, so only a new
    # low counts.
    table, row = scene.evidence.table, scene.row
    chance, n_items = table.chance, scene.evidence.quality.noise[row]
    error = np.sqrt(np.maximum(chance * (1 - chance), 1e-9) / n_items)
    z = (table.scores[row] - chance) / error
    assumed = np.array([u.chance_assumed for u in table.units], dtype=bool)
    below_all = (table.scores[row] - scene.evidence.lowest[row]) / error
    low = (z < -NEW_LOW) & (below_all < -NEW_LOW) & ~assumed & scene.evidence.quality.bounded
    for t in np.flatnonzero(low):
        unit = table.units[t]
        yield unit_finding(
            "below-chance",
            scene.level("below-chance", unit),
            unit,
            f"{unit.shown} = {table.scores[row, t]:.4f} is {-z[t]:.1f} standard errors below "
            f"chance ({chance[t]:.4g}), and far below all other records.",
            observed=float(table.scores[row, t]),
            expected=float(chance[t]),
            z=float(z[t]),
        )


def _how(unit: Unit) -> str:
    shots = "" if unit.shots is None else f" at {count_of(unit.shots, 'shot')}"
    variant = f" ({unit.variant})" if unit.variant else ""
    return f"{unit.metric or 'score'}{shots}{variant}"


BELOW_CHANCE = Rule(
    id="SP104",
    name="below-chance",
    level=Level.WARNING,
    help="The score is below that of a guesser, and was not before: labels or the answer "
    "extraction may have changed.",
    why="A guesser scores at chance; far below it, answers are turned round or not found. "
    "Published chance levels are wrong in places and small models sit below them, so only a score "
    "that is also far below all other records counts.",
    example="piqa = 0.1200 is 32.6 standard errors below chance (0.5), and far below all other "
    "records.",
    silence="Correct the chance level with --benchmarks, or `rules: {below-chance: off}`.",
    find=_find_below_chance,
)
MISSING = Rule(
    id="SP203",
    name="missing-benchmark",
    level=Level.WARNING,
    help="A benchmark that this run was measured on is missing.",
    why="An evaluation that crashed leaves a gap, and a gap passes every other rule.",
    example="sciq is missing; measured on the last 3 checkpoints.",
    silence="`benchmarks: [{match: NAME, level: off}]` where it was dropped on purpose.",
    find=_find_missing,
)
CHANGED = Rule(
    id="SP204",
    name="changed-evaluation",
    level=Level.WARNING,
    help="Metric, shots or number of items differ from the run's earlier checkpoints.",
    why="Scores of another metric, shot count or subset of questions are another measurement, and "
    "a step in them says nothing about the model.",
    example="hellaswag has 1,000 items, the checkpoint before 10042.",
    silence="Evaluate as before, or accept the change with --update-baseline.",
    find=_find_changed,
)
