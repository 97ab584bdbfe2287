"""Is each checkpoint on trend? Every run is walked in order of training, and each rule is asked.

A checkpoint that is flagged does not become the past of the next one, unless the user has accepted
it (baseline): one broken evaluation does not hide or fake a second, and a lasting change stays
flagged until someone looks. Checkpoints of the history are walked in the same way but
not reported, so that a new checkpoint gets the same verdict alone as within its series.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import stdtrit

from scalepredict.evaluation.off_trend.changes import below_chance, changed_evaluation
from scalepredict.evaluation.off_trend.copies import Copy, find_copies
from scalepredict.evaluation.off_trend.drift import Drift
from scalepredict.evaluation.off_trend.findings import (
    Accepted,
    Finding,
    Gate,
    Level,
    Verdict,
    direction_rule,
    interval_around,
    place_of,
    unit_finding,
)
from scalepredict.evaluation.off_trend.global_test import (
    Noise,
    Outcome,
    assess,
    significant,
)
from scalepredict.evaluation.off_trend.labels import better_label
from scalepredict.evaluation.off_trend.own_history import MIN_POINTS, OneStep, predict_next
from scalepredict.evaluation.off_trend.runs import Run, effective_items, runs_of
from scalepredict.evaluation.off_trend.scatter import (
    ENOUGH,
    Scatter,
    noise_for,
    other_rows,
    scatter_of,
)
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.table import Bools, EvalTable, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """All that a verdict may look at, computed once for a table.

    Attributes:
        table: Benchmark scores (tasks averaged).
        n_items: Answers behind each score. Shape (M, T).
        items_assumed: Benchmarks whose item count is unknown and was assumed.
        runs: The runs of the table.
        scatter: One-step residuals of all rows.
        copies: Rows that repeat another row.
    """

    table: EvalTable
    n_items: Floats
    items_assumed: tuple[str, ...]
    runs: tuple[Run, ...]
    scatter: Scatter
    copies: dict[int, Copy]


def gather(table: EvalTable, gate: Gate) -> Evidence:
    """Prepare a table of checkpoints, new ones and history together, for `off_trend`."""
    benchmarks = to_benchmarks(table)
    runs = runs_of(benchmarks)
    n_items, assumed = effective_items(benchmarks)
    return Evidence(
        table=benchmarks,
        n_items=n_items,
        items_assumed=assumed,
        runs=runs,
        scatter=scatter_of(benchmarks, runs, n_items),
        copies=find_copies(table, np.arange(len(table.checkpoints)), gate.copies),
    )


def off_trend(
    evidence: Evidence, gate: Gate, *, accepted: Collection[Accepted] = ()
) -> dict[int, Verdict]:
    """Judge every checkpoint that has a place in a run; by row of the table."""
    verdicts: dict[int, Verdict] = {}
    for run in evidence.runs:
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
        cache: Noise by tested units.
    """

    evidence: Evidence
    gate: Gate
    accepted: frozenset[Accepted]
    run: Run
    past: list[int] = field(default_factory=list)  # positions that count as the past
    drift: Drift = field(default_factory=Drift)
    leaning: str = ""  # rule of the deviation at the checkpoint before
    cache: dict[tuple[bytes, int], Noise] = field(default_factory=dict)

    def verdicts(self) -> dict[int, Verdict]:
        """Judge the whole run; by row of the table."""
        return {int(row): self.judge(k) for k, row in enumerate(self.run.rows)}

    def judge(self, k: int) -> Verdict:
        """Judge the checkpoint at position k, and take it into the past if it belongs there."""
        evidence, run = self.evidence, self.run
        row = int(run.rows[k])
        step = self._predict(k, row)
        findings = changed_evaluation(evidence.table, run, k, self.gate)
        findings += below_chance(evidence.table, run, k, evidence.n_items[row], self.gate)
        findings += self._copied(row)
        p_value: float | None = None
        deviates = False
        leaning = ""
        for level, units in self._tested_units(step, row):
            noise = self._noise(units)
            outcome, z = self._assess(step, row, units, noise)
            p_value = outcome.p_value if p_value is None else min(p_value, outcome.p_value)
            if outcome.p_value < self.gate.alpha:
                self.drift = Drift()
                found = self._deviations(step, row, units, noise, outcome, z)
                leaning = found[0].rule
                deviates = True
                if level is Level.ERROR and self.gate.persistence > 1 and leaning != self.leaning:
                    level = Level.WARN
                found += self._mislabelled(step, k, units, noise)
                findings += [replace(f, level=min(f.level, level, key=_severity)) for f in found]
            elif level is Level.ERROR:
                findings += self._drifts(outcome)
        self.leaning = leaning
        kept, accepted = self._split(findings, row)
        kept = [f for f in kept if f.level is not Level.OFF]
        unjudged = "" if p_value is not None else self._why_unjudged(k, row)
        if not (deviates and any(f.rule.startswith("off-trend") for f in kept)) and not self._stale(
            row
        ):
            self.past.append(k)
        return Verdict(
            checkpoint=evidence.table.checkpoints[row],
            p_value=p_value,
            findings=tuple(sorted(kept, key=lambda f: (-_severity(f.level), f.p_value or 0.0))),
            accepted=tuple(accepted),
            unjudged=unjudged,
        )

    def _predict(self, k: int, row: int) -> OneStep:
        past = np.array(self.past, dtype=np.intp)
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
        alone = len(other_rows(self.evidence.scatter, self.run, units)) < ENOUGH
        key = (units.tobytes(), len(own_past) if alone else -1)
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

    def _assess(
        self, step: OneStep, row: int, units: Bools, noise: Noise
    ) -> tuple[Outcome, Floats]:
        precision = 1 / np.sqrt(step.variance[units] * noise.phi)
        z = (self.evidence.table.scores[row, units] - step.expected[units]) * precision
        return assess(z, precision, noise, self.gate.direction), z

    def _deviations(
        self, step: OneStep, row: int, units: Bools, noise: Noise, outcome: Outcome, z: Floats
    ) -> list[Finding]:
        listed = np.flatnonzero(significant(outcome.unit_p, self.gate.discovery))
        largest = z[int(np.argmin(outcome.unit_p))]
        lean = outcome.shift if outcome.shift_p <= outcome.unit_p.min() * len(z) else largest
        rule = direction_rule("off-trend", lean)
        findings = [self._whole(rule, outcome, len(z))]
        half = stdtrit(noise.tail, 1 - self.gate.alpha / 2) * np.sqrt(noise.phi)
        columns = np.flatnonzero(units)
        for i in sorted(listed, key=lambda i: outcome.unit_p[i]):
            t = columns[i]
            unit = self.evidence.table.units[t]
            observed = float(self.evidence.table.scores[row, t])
            expected = float(step.expected[t])
            interval = interval_around(expected, float(half[i] * np.sqrt(step.variance[t])))
            unit_rule = direction_rule("off-trend", z[i])
            findings.append(
                unit_finding(
                    unit_rule,
                    self.gate.level_of(unit_rule),
                    unit,
                    f"{unit.benchmark} = {observed:.4f}; expected {expected:.4f}, "
                    f"{100 * (1 - self.gate.alpha):g}% interval [{interval[0]:.4f}, "
                    f"{interval[1]:.4f}] (z = {z[i]:+.1f})",
                    observed=observed,
                    expected=expected,
                    interval=interval,
                    z=float(z[i]),
                    p_value=float(outcome.unit_p[i]),
                )
            )
        return findings

    def _whole(self, rule: str, outcome: Outcome, n: int) -> Finding:
        return Finding(
            rule=rule,
            level=self.gate.level_of(rule),
            z=outcome.shift,
            p_value=outcome.p_value,
            message=f"the scores of {n} benchmarks together leave the run's trend (p = "
            f"{outcome.p_value:.2g}; common shift {outcome.shift:+.1f} standard deviations)",
        )

    def _drifts(self, outcome: Outcome) -> list[Finding]:
        self.drift = self.drift.after(outcome.shift, self.gate.drift_reference)
        total, n = self.drift.total, self.drift.n
        if total <= self.gate.drift_threshold:
            return []
        self.drift = Drift()
        message = (
            f"scores have slid below the trend for {n} checkpoints (CUSUM {total:.1f}, alarm above "
            f"{self.gate.drift_threshold:g})"
        )
        level = self.gate.level_of("drift")
        return [Finding(rule="drift", level=level, z=outcome.shift, message=message)]

    def _mislabelled(self, step: OneStep, k: int, units: Bools, noise: Noise) -> list[Finding]:
        level = self.gate.level_of("mislabelled")
        label = better_label(
            self.evidence.table,
            self.run,
            self.evidence.runs,
            k,
            self.past,
            units,
            own=step.expected[units],
            own_variance=step.variance[units] * noise.phi,
            phi=noise.phi,
            tail=noise.tail,
            n_items=self.evidence.n_items[self.run.rows[k], units],
        )
        if label is None or level is Level.OFF:
            return []
        message = (
            f"the scores fit {label.text} better than what they are filed under, by a likelihood "
            f"ratio of 10^{label.log_ratio / np.log(10):.0f}"
        )
        return [Finding(rule="mislabelled", level=level, message=message)]

    def _copied(self, row: int) -> list[Finding]:
        copy = self.evidence.copies.get(row)
        level = self.gate.level_of("copied-scores")
        if copy is None or level is Level.OFF:
            return []
        other = self.evidence.table.checkpoints[copy.of]
        message = (
            f"{copy.n_equal} of {copy.n_compared} scores equal those of {other.model} at "
            f"{place_of(other)} exactly: a copy, not a second measurement"
        )
        return [Finding(rule="copied-scores", level=level, message=message)]

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
            f"{near} earlier checkpoints of this run within a factor of ten in tokens; "
            f"{MIN_POINTS} are needed"
        )


def _severity(level: Level) -> int:
    return list(Level).index(level)
