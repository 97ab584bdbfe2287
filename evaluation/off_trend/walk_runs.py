"""Is each checkpoint on trend? Every run is walked in order of training, and each rule is asked.

A checkpoint that is flagged does not become the past of the next one, unless the user has accepted
it (baseline): one broken evaluation does not hide or fake a second, and a lasting change stays
flagged until someone looks. Checkpoints of the history are walked in the same way but
not reported, so that a new checkpoint gets the same verdict alone as within its series.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from scalepredict.evaluation.off_trend.against_ladder import LadderOutcome
from scalepredict.evaluation.off_trend.against_past import (
    MAX_AGE,
    MIN_POINTS,
    OneStep,
    predict_next,
)
from scalepredict.evaluation.off_trend.changed_evaluation import (
    below_chance,
    changed_evaluation,
    lowest_elsewhere,
)
from scalepredict.evaluation.off_trend.copied_scores import Copy, find_copies
from scalepredict.evaluation.off_trend.drift import Drift
from scalepredict.evaluation.off_trend.global_test import (
    Noise,
    assess,
)
from scalepredict.evaluation.off_trend.mislabelled import better_label
from scalepredict.evaluation.off_trend.residuals import (
    ENOUGH,
    Scatter,
    noise_for,
    other_rows,
    scatter_of,
)
from scalepredict.evaluation.off_trend.rules import (
    Accepted,
    Finding,
    Gate,
    Level,
    Verdict,
    place_of,
)
from scalepredict.evaluation.off_trend.runs import Run, runs_of
from scalepredict.evaluation.off_trend.wording import (
    Tested,
    copy_finding,
    drift_finding,
    label_finding,
    off_ladder_findings,
    off_trend_findings,
)
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.answers import answers
from scalepredict.records.table import Bools, EvalTable, Floats, Ints

OWN_SHARE = 0.8  # of alpha, if a checkpoint is compared with its own past and with the ladder


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """All that a verdict may look at, computed once for a table.

    Attributes:
        table: Benchmark scores (tasks averaged).
        n_items: Answers behind each score. Shape (M, T).
        items_assumed: Benchmarks whose item count is unknown and was assumed.
        runs: The runs of the table.
        walked: Those that are judged; the others only tell how much healthy runs scatter.
        scatter: One-step residuals of all rows.
        copies: Rows that repeat another row.
        lowest: Lowest score of all other rows. Shape (M, T).
        ladder: Finished models against the ladder, by row (see ``ladder.py``).
    """

    table: EvalTable
    n_items: Floats
    items_assumed: tuple[str, ...]
    runs: tuple[Run, ...]
    walked: tuple[Run, ...]
    scatter: Scatter
    copies: Mapping[int, Copy]
    lowest: Floats
    ladder: Mapping[int, LadderOutcome] = field(default_factory=dict)


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
    rows = np.concatenate([run.rows for run in walked]) if walked else np.zeros(0, dtype=np.intp)
    behind = answers(benchmarks)
    assumed = dict.fromkeys(benchmarks.units[t].benchmark for t in np.flatnonzero(behind.assumed))
    return Evidence(
        table=benchmarks,
        n_items=behind.count,
        items_assumed=tuple(assumed),
        runs=runs,
        walked=walked,
        scatter=scatter_of(benchmarks, runs, behind.count),
        lowest=lowest_elsewhere(benchmarks.scores),
        copies=find_copies(table, np.sort(rows), gate.copies),
    )


def off_trend(
    evidence: Evidence, gate: Gate, *, accepted: Collection[Accepted] = ()
) -> dict[int, Verdict]:
    """Judge every checkpoint of the walked runs; by row of the table."""
    verdicts: dict[int, Verdict] = {}
    for run in evidence.walked:
        verdicts.update(Walk(evidence, gate, frozenset(accepted), run).verdicts())
    return verdicts


@dataclass(slots=True)
class Walk:
    """One pass over one run; its state is what counts as the past of the next checkpoint.

    Attributes:
        evidence: The table and what was prepared from it.
        gate: What is checked.
        accepted: Findings that the user accepts.
        run: The run that is walked.
        past: Positions in the run that count as its past.
        drift: Sum of the common shift.
        leaning: Rule of the deviation at the checkpoint before; empty if none.
        cache: Noise by tested units (and length of the past, where that is looked at).
        alone: Whether the run's own past must stand in for other runs, by tested units.
    """

    evidence: Evidence
    gate: Gate
    accepted: frozenset[Accepted]
    run: Run
    past: list[int] = field(default_factory=list)  # positions that count as the past
    drift: Drift = field(default_factory=Drift)
    leaning: str = ""  # rule of the deviation at the checkpoint before
    cache: dict[tuple[bytes, int], Noise] = field(default_factory=dict)
    alone: dict[bytes, bool] = field(default_factory=dict)

    def verdicts(self) -> dict[int, Verdict]:
        """Judge the whole run; by row of the table."""
        return {int(row): self.judge(k) for k, row in enumerate(self.run.rows)}

    def judge(self, k: int) -> Verdict:
        """Judge the checkpoint at position k, and take it into the past if it belongs there."""
        table, row = self.evidence.table, int(self.run.rows[k])
        step = self._predict(k, row)
        findings = changed_evaluation(table, self.run, k, self.gate)
        findings += self._below_chance(row)
        if row in self.evidence.copies:
            copy = self.evidence.copies[row]
            findings.append(copy_finding(copy, table.checkpoints[copy.of], self.gate))
        p_values: list[float] = []
        leaning = self.leaning
        self.leaning = ""
        for level, units in self._tested_units(step, row):
            tested = self._test(step, row, units)
            p_values.append(min(1.0, tested.outcome.p_value / self._own_share(row)))
            if p_values[-1] < self.gate.alpha:
                found = off_trend_findings(table, tested, p_values[-1], self.gate)
                self.leaning = found[0].rule
                if self.gate.persistence > 1 and self.leaning != leaning:
                    level = min(level, Level.WARN, key=_severity)
                found += self._relabelled(tested, k, units)
                findings += [replace(f, level=min(f.level, level, key=_severity)) for f in found]
            elif level is Level.ERROR:
                findings += self._drifted(tested.outcome.shift)
        if row in self.evidence.ladder:
            outcome = self.evidence.ladder[row]
            p_values.append(min(1.0, outcome.p_value / (1 - OWN_SHARE if p_values else 1.0)))
            if p_values[-1] < self.gate.alpha:
                findings += off_ladder_findings(table, row, outcome, p_values[-1], self.gate)
        kept, accepted = self._split(findings, row)
        verdict = Verdict(
            checkpoint=table.checkpoints[row],
            p_value=min(p_values, default=None),
            findings=tuple(sorted(kept, key=lambda f: -_severity(f.level))),
            accepted=tuple(accepted),
            unjudged="" if p_values else self._why_unjudged(k, row),
        )
        if not any(f.rule.startswith("off-trend") for f in kept) and not self._stale(row):
            self.past.append(k)
        return verdict

    def expectations(self, k: int) -> list[Tested]:
        """What the past lets expect at position k: an error family, and one that only warns."""
        row = int(self.run.rows[k])
        step = self._predict(k, row)
        return [self._test(step, row, units) for _, units in self._tested_units(step, row)]

    def _below_chance(self, row: int) -> list[Finding]:
        evidence = self.evidence
        return below_chance(
            evidence.table, row, evidence.n_items[row], evidence.lowest[row], self.gate
        )

    def _predict(self, k: int, row: int) -> OneStep:
        past = np.array(self.past[-MAX_AGE:], dtype=np.intp)
        return predict_next(
            self.run.log_tokens[past],
            self.evidence.table.scores[self.run.rows[past]],
            (k - past).astype(float),
            at=float(self.run.log_tokens[k]),
            n_items=self.evidence.n_items[row],
        )

    def _tested_units(self, step: OneStep, row: int) -> list[tuple[Level, Bools]]:
        # Benchmarks of one level are one family: a benchmark that only warns cannot fail the gate.
        table = self.evidence.table
        entries = [self.gate.for_benchmark(unit.benchmark) for unit in table.units]
        ready = np.isfinite(step.expected) & np.isfinite(table.scores[row])
        ready &= self.evidence.n_items[row] >= np.array([e.min_items for e in entries])
        groups = []
        for level in (Level.ERROR, Level.WARN):
            units = ready & np.array([e.level is level for e in entries], dtype=bool)
            if units.any():
                groups.append((level, units))
        return groups

    def _noise(self, units: Bools) -> Noise:
        own_past: Ints = self.run.rows[np.array(self.past, dtype=np.intp)]
        which = units.tobytes()
        if which not in self.alone:
            self.alone[which] = len(other_rows(self.evidence.scatter, self.run, units)) < ENOUGH
        key = (which, len(own_past) if self.alone[which] else -1)
        if key not in self.cache:
            self.cache[key] = noise_for(
                self.evidence.scatter,
                self.run,
                own_past,
                units,
                defaults=self.gate.noise,
                direction=self.gate.direction,
            )
        return self.cache[key]

    def _test(self, step: OneStep, row: int, units: Bools) -> Tested:
        noise = self._noise(units)
        observed, expected = self.evidence.table.scores[row, units], step.expected[units]
        sd = np.sqrt(step.variance[units] * noise.phi)
        z = (observed - expected) / sd
        return Tested(
            columns=np.flatnonzero(units),
            observed=observed,
            expected=expected,
            sd=sd,
            z=z,
            noise=noise,
            outcome=assess(z, 1 / sd, noise, self.gate.direction),
        )

    def _own_share(self, row: int) -> float:
        return OWN_SHARE if row in self.evidence.ladder else 1.0

    def _drifted(self, shift: float) -> list[Finding]:
        self.drift = self.drift.after(shift, self.gate.drift_reference)
        total, n = self.drift.total, self.drift.n
        if total <= self.gate.drift_threshold:
            return []
        self.drift = Drift()
        return [drift_finding(total, n, shift, self.gate)]

    def _relabelled(self, tested: Tested, k: int, units: Bools) -> list[Finding]:
        self.drift = Drift()  # the slide is told, by another rule
        label = better_label(
            self.evidence.table,
            self.run,
            self.evidence.runs,
            k,
            self.past,
            units,
            own=tested.expected,
            own_variance=tested.sd**2,
            phi=tested.noise.phi,
            tail=tested.noise.tail,
            n_items=self.evidence.n_items[self.run.rows[k], units],
        )
        return [] if label is None else [label_finding(label, self.gate)]

    def _stale(self, row: int) -> bool:
        # The later of two equal checkpoints of one run carries no news; between two runs nobody
        # can tell which is the copy.
        copy = self.evidence.copies.get(row)
        return copy is not None and copy.of in self.run.rows[np.array(self.past, dtype=np.intp)]

    def _split(self, findings: list[Finding], row: int) -> tuple[list[Finding], list[Finding]]:
        checkpoint = self.evidence.table.checkpoints[row]
        kept: list[Finding] = []
        known: list[Finding] = []
        for finding in findings:
            if finding.level is Level.OFF:
                continue
            key = Accepted(fingerprint=finding.fingerprint(checkpoint), place=place_of(checkpoint))
            (known if key in self.accepted else kept).append(finding)
        return kept, known

    def _why_unjudged(self, k: int, row: int) -> str:
        if not np.isfinite(self.evidence.table.scores[row]).any():
            return "no benchmark score"
        recent = self.run.log_tokens[np.array(self.past, dtype=np.intp)]
        near = int((recent >= self.run.log_tokens[k] - np.log(10)).sum())
        if near >= MIN_POINTS:
            return "its benchmarks are switched off, too small, or were not measured before"
        return (
            f"fewer than {MIN_POINTS} earlier checkpoints of the run on trend and within a factor "
            "of ten in tokens"
        )


def _severity(level: Level) -> int:
    return list(Level).index(level)
