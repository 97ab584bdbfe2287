"""Is each checkpoint on trend? Every run is walked in order of training, and each rule is asked.

Checkpoints of the history are walked in the same way but not reported, so that a new checkpoint
gets the same verdict alone as within its series. What the user accepts (baseline) changes what is
reported, not what is found. Two things are known only later: an event that settles becomes a level
shift, told at its first checkpoint; a loss that is back soon was a spike, which is a warning.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scalepredict.evaluation.off_trend.own_past.bench import Bench
from scalepredict.evaluation.off_trend.own_past.next_score import MIN_POINTS, WINDOW
from scalepredict.evaluation.off_trend.own_past.quality import Quality, quality_of
from scalepredict.evaluation.off_trend.own_past.run_judge import (
    FIRST_JUDGED,
    MEMORY,
    MIN_RESIDUALS,
    Side,
    State,
    first_state,
    judge,
)
from scalepredict.evaluation.off_trend.own_past.runs import Run, runs_of
from scalepredict.evaluation.off_trend.own_past.siblings import has_labels, sibling_groups
from scalepredict.evaluation.off_trend.rules.changed_evaluation import lowest_elsewhere
from scalepredict.evaluation.off_trend.rules.copied_scores import find_copies, find_unchanged
from scalepredict.evaluation.off_trend.rules.gate import Gate
from scalepredict.evaluation.off_trend.rules.ladder_rules import OWN_SHARE, ladder_p_value
from scalepredict.evaluation.off_trend.rules.rules import RULES
from scalepredict.evaluation.off_trend.rules.scene import Evidence, Family, Scene, Trial
from scalepredict.evaluation.off_trend.rules.trajectory_rules import trajectory_p_value
from scalepredict.evaluation.off_trend.rules.trend_rules import level_shift, off_trend_rule
from scalepredict.evaluation.off_trend.rules.verdicts import (
    Accepted,
    Finding,
    Level,
    Unjudged,
    Verdict,
    mildest,
)
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.table import Bools, EvalTable, Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walked:
    """One run, judged.

    Attributes:
        run: Which.
        trials: Of each checkpoint against the run's own past; empty before the walk. Length K.
        states: The run after its last checkpoint, by family.
        before: The run before each checkpoint, by family. Length K.
    """

    run: Run
    trials: tuple[tuple[Trial, ...], ...]
    states: tuple[State, ...]
    before: tuple[tuple[State, ...], ...]


def gather(table: EvalTable, gate: Gate, *, new: Bools | None = None) -> Evidence:
    """Prepare a table of checkpoints, new ones and history together, for `off_trend`.

    Args:
        table: All checkpoints, with tasks.
        gate: What will be checked.
        new: Rows whose runs will be walked; None = all. Shape (M,).
    """
    benchmarks = to_benchmarks(table)
    runs = runs_of(benchmarks)
    walked = tuple(run for run in runs if new is None or new[run.rows].any())
    replayed = [run.rows[max(0, _first_walked(run, new)) :] for run in walked]
    rows: Ints = np.concatenate(replayed) if walked else np.zeros(0, dtype=int)
    quality, assumed = quality_of(benchmarks)
    unchanged: dict[int, int] = {}
    for run in walked:
        unchanged |= find_unchanged(benchmarks, run, gate.copies)
    return Evidence(
        table=benchmarks,
        quality=quality,
        items_assumed=assumed,
        runs=runs,
        walked=walked,
        families=families_of(benchmarks, quality, gate),
        copies=find_copies(table, np.sort(rows), runs, gate.copies),
        unchanged=unchanged,
        lowest=lowest_elsewhere(benchmarks.scores),
        ceiling=np.full(benchmarks.scores.shape, np.inf),
    )


def families_of(table: EvalTable, quality: Quality, gate: Gate) -> tuple[Family, ...]:
    """Benchmarks that are tested together: of one level, scale and direction."""
    levels = [gate.for_benchmark(unit.benchmark).level for unit in table.units]
    of_unit = list(zip(levels, quality.bounded.tolist(), quality.sign.tolist(), strict=True))
    kinds = [
        (level, bounded, sign)
        for level in reversed(Level)
        for bounded in (True, False)
        for sign in (1.0, -1.0)
    ]
    members = {
        kind: np.array([i for i, own in enumerate(of_unit) if own == kind], dtype=np.intp)
        for kind in kinds
        if kind[0] is not Level.OFF
    }
    n_errors = sum(kind[0] is Level.ERROR and len(own) > 0 for kind, own in members.items())
    families = []
    for (level, bounded, sign), columns in members.items():
        if not len(columns):
            continue
        units = [table.units[i] for i in columns]
        groups = sibling_groups(units)
        share = 1 / n_errors if level is Level.ERROR else 1.0
        labels = np.array([bounded and has_labels(unit.benchmark) for unit in units], dtype=bool)
        bench = Bench(
            groups=groups,
            labels=np.asarray((groups & labels).any(axis=1), dtype=bool),
            bounded=quality.bounded[columns],
            chance=quality.chance[columns],
            ceiling=np.full(len(columns), np.inf),
            priors=gate.noise,
            alpha=share * gate.alpha,
            drift_over=gate.drift_over,
            drift_threshold=gate.drift_threshold,
        )
        least = [gate.for_benchmark(unit.benchmark).min_items for unit in units]
        families.append(
            Family(
                level=level,
                columns=columns,
                min_items=np.array(least),
                bench=bench,
                share=share,
                sign=sign,
            )
        )
    return tuple(families)


def off_trend(
    evidence: Evidence,
    gate: Gate,
    *,
    new: Bools | None = None,
    accepted: Collection[Accepted] = (),
) -> dict[int, Verdict]:
    """Judge the checkpoints of the walked runs; by row of the table.

    Args:
        evidence: Of the whole check.
        gate: What is checked.
        new: Rows that are reported; an event that began at one of them is told there alone.
            None = all. Shape (M,).
        accepted: Findings that the user accepts.
    """
    verdicts: dict[int, Verdict] = {}
    for run in evidence.walked:
        reported = np.ones(len(run.rows), dtype=bool) if new is None else new[run.rows]
        walked = walk(evidence, run, first=_first_walked(run, new))
        for k in map(int, np.flatnonzero(reported)):
            scene = Scene(evidence=evidence, gate=gate, run=run, k=k, walked=walked.trials)
            findings = list(_findings(scene, reported))
            verdicts[int(run.rows[k])] = _verdict(scene, walked, findings, frozenset(accepted))
    return verdicts


def _first_walked(run: Run, new: Bools | None) -> int:
    # No verdict remembers more than so many checkpoints before it.
    if new is None:
        return 0
    return int(np.flatnonzero(new[run.rows]).min(initial=len(run.rows))) - MEMORY


def walk(evidence: Evidence, run: Run, *, first: int = 0) -> Walked:
    """Judge the checkpoints of a run against its own past, from position ``first`` on."""
    states = tuple(first_state(family.bench) for family in evidence.families)
    trials: list[tuple[Trial, ...]] = [()] * max(0, first)
    before: list[tuple[State, ...]] = [()] * max(0, first)
    for k in range(max(0, first), len(run.rows)):
        before.append(states)
        found, states = step(evidence, run, k, states)
        trials.append(found)
    return Walked(run=run, trials=tuple(trials), states=states, before=tuple(before))


def step(
    evidence: Evidence, run: Run, k: int, states: Sequence[State]
) -> tuple[tuple[Trial, ...], tuple[State, ...]]:
    """Judge one checkpoint of a run; the states after it."""
    row, quality = int(run.rows[k]), evidence.quality
    trials, after = [], []
    for family, state in zip(evidence.families, states, strict=True):
        columns = family.columns
        bench = replace(family.bench, ceiling=evidence.ceiling[row, columns])
        if row in evidence.ladder:
            bench = replace(bench, alpha=bench.alpha * OWN_SHARE)
        scores, noise = quality.scores[row, columns], quality.noise[row, columns]
        small = bench.bounded & (noise < family.min_items)
        judgement, next_state = judge(
            bench, state, float(run.log_tokens[k]), np.where(small, np.nan, scores), noise
        )
        trials.append(Trial(family=family, judgement=judgement))
        after.append(state if _stale(evidence, run, k) else next_state)
    return tuple(trials), tuple(after)


def _stale(evidence: Evidence, run: Run, k: int) -> bool:
    # The later of two equal checkpoints of one run carries no news; between two runs nobody can
    # tell which is the copy.
    row = int(run.rows[k])
    copy = evidence.copies.get(row)
    return row in evidence.unchanged or (copy is not None and copy.of in run.rows[:k])


def _findings(scene: Scene, reported: Bools) -> Iterator[Finding]:
    for rule in RULES.values():
        for finding in rule.find(scene):
            if finding.level is Level.OFF:
                continue
            if finding.since is not None and _told_before(scene, finding, reported):
                continue
            yield _known_later(scene, finding)


def _told_before(scene: Scene, finding: Finding, reported: Bools) -> bool:
    # With persistence 2 an event is an error from its second checkpoint on, and told there.
    starts = [k for k in range(scene.k) if scene.checkpoint_at(k) is finding.since]
    if finding.rule == "level-shift" and starts:
        raised = min(starts[0] + scene.gate.persistence - 1, scene.k)
        return bool(raised < scene.k and reported[raised])
    return any(bool(reported[k]) for k in starts)


def _known_later(scene: Scene, finding: Finding) -> Finding:
    if not finding.rule.startswith("off-trend"):
        return finding
    for trial in scene.trials:
        side = trial.judgement.side
        if side is None or off_trend_rule(trial, side) != finding.rule:
            continue
        last = scene.k
        while last + 1 < len(scene.walked) and _continues(scene, trial, last + 1):
            last += 1
        later = next(t.judgement for t in scene.walked[last] if t.family is trial.family)
        if later.settled and finding.benchmark is None:
            return level_shift(scene, trial, later, last)
        back = last + 1 < len(scene.walked) and last + 1 - scene.k <= scene.gate.recovery
        if trial.family.sign < 0 and side is Side.WORSE and back and not later.settled:
            return replace(
                finding,
                level=mildest(finding.level, Level.WARNING),
                message=f"{finding.message}; a spike, back after {last + 1 - scene.k}",
            )
    return finding


def _continues(scene: Scene, trial: Trial, k: int) -> bool:
    return any(
        t.family is trial.family and t.judgement.side and t.judgement.start == scene.k
        for t in scene.walked[k]
    )


def _verdict(
    scene: Scene, walked: Walked, findings: list[Finding], accepted: frozenset[Accepted]
) -> Verdict:
    judged = [t.family.level for t in scene.trials if t.judgement.worse is not None]
    gravest = max(judged, key=list(Level).index, default=Level.ERROR)
    p_values = [
        min(1.0, judgement.worse.p_value / share) if judgement.can_fall else 1.0
        for trial in scene.trials
        if (judgement := trial.judgement).worse is not None and trial.family.level is gravest
        for share in [trial.family.share * (OWN_SHARE if scene.row in scene.evidence.ladder else 1)]
    ]
    of_others = (ladder_p_value(scene), trajectory_p_value(scene))
    p_values += [p_value for p_value in of_others if p_value is not None]
    kept: list[Finding] = []
    known: list[Finding] = []
    for finding in findings:
        place = finding.place(scene.checkpoint)
        key = Accepted(fingerprint=finding.fingerprint(scene.checkpoint), place=place)
        (known if key in accepted else kept).append(finding)
    return Verdict(
        checkpoint=scene.checkpoint,
        p_value=min(p_values, default=None),
        findings=tuple(sorted(kept, key=lambda f: -list(Level).index(f.level))),
        accepted=tuple(known),
        unjudged=None if p_values else _why_unjudged(scene, walked),
    )


def _why_unjudged(scene: Scene, walked: Walked) -> Unjudged:
    if not scene.measured():
        return Unjudged(why="no benchmark score")
    at = scene.run.log_tokens[scene.k]
    before = walked.before[scene.k]
    near = max(((state.log_tokens >= at - WINDOW).sum() for state in before), default=0)
    forecast = max((len(state.residuals) for state in before), default=0)
    if scene.k + 1 < FIRST_JUDGED:
        return Unjudged(why="checkpoints", had=scene.k + 1, needed=FIRST_JUDGED)
    if near < MIN_POINTS:
        return Unjudged(
            why=f"fewer than {MIN_POINTS} earlier checkpoints of the run on trend and within a "
            "factor of ten in tokens"
        )
    if forecast < MIN_RESIDUALS:
        why = "earlier checkpoints had a forecast"
        return Unjudged(why=why, had=forecast, needed=MIN_RESIDUALS)
    return Unjudged(why="its benchmarks are switched off, too small, or were not measured before")
