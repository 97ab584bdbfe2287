"""How is what was found told? Findings with their numbers and one sentence each."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from scalepredict.evaluation.off_trend.against_ladder import LadderOutcome
from scalepredict.evaluation.off_trend.copied_scores import Copy
from scalepredict.evaluation.off_trend.global_test import Noise, Outcome, significant
from scalepredict.evaluation.off_trend.mislabelled import Label
from scalepredict.evaluation.off_trend.rules import (
    Finding,
    Gate,
    direction_rule,
    interval_around,
    place_in_words,
    unit_finding,
)
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Ints
from scalepredict.records.text.counts import count_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """One checkpoint against its own past, on some columns of the table; arrays hold only these."""

    columns: Ints
    observed: Floats
    expected: Floats
    sd: Floats
    z: Floats
    noise: Noise
    outcome: Outcome

    def ends(self, alpha: float) -> list[tuple[float, float]]:
        """Where each new measurement lies with probability 1 - alpha."""
        half = float(stdtrit(self.noise.tail, 1 - alpha / 2)) * self.sd
        return [
            interval_around(float(e), float(h)) for e, h in zip(self.expected, half, strict=True)
        ]


def off_trend_findings(
    table: EvalTable, tested: Tested, p_value: float, gate: Gate
) -> list[Finding]:
    """The checkpoint as a whole, then the benchmarks that stand out, the worst first."""
    outcome, z = tested.outcome, tested.z
    worst = int(np.argmin(outcome.unit_p))
    lean = outcome.shift if outcome.shift_p <= outcome.unit_p[worst] * len(z) else float(z[worst])
    rule = direction_rule("off-trend", lean)
    whole = Finding(
        rule=rule,
        level=gate.level_of(rule),
        z=outcome.shift,
        p_value=p_value,
        message=f"the scores of {count_of(len(z), 'benchmark')} together leave the run's trend (p "
        f"= {p_value:.2g}; common shift {outcome.shift:+.1f} standard deviations)",
    )
    return [
        whole,
        *_listed(table, "off-trend", tested.columns, tested.observed, tested.expected,
                 tested.ends(gate.alpha), z, outcome.unit_p, gate),
    ]  # fmt: skip


def off_ladder_findings(
    table: EvalTable, row: int, ladder: LadderOutcome, p_value: float, gate: Gate
) -> list[Finding]:
    """The model as a whole against the ladder, then the benchmarks that stand out."""
    worst = int(np.argmin(ladder.unit_p))
    lean = (
        ladder.shift if ladder.shift_p <= ladder.unit_p[worst] * len(ladder.z) else ladder.z[worst]
    )
    rule = direction_rule("off-ladder", float(lean))
    whole = Finding(
        rule=rule,
        level=gate.level_of(rule),
        z=ladder.shift,
        p_value=p_value,
        message=f"the scores of {count_of(len(ladder.z), 'benchmark')} together are not what the "
        f"ladder of {count_of(ladder.n_models, 'model')} predicts (p = {p_value:.2g}; common "
        f"shift {ladder.shift:+.1f} standard deviations)",
    )
    ends = list(zip(ladder.low.tolist(), ladder.high.tolist(), strict=True))
    observed = table.scores[row, ladder.columns]
    return [
        whole,
        *_listed(table, "off-ladder", ladder.columns, observed, ladder.expected, ends, ladder.z,
                 ladder.unit_p, gate),
    ]  # fmt: skip


def drift_finding(total: float, n: int, shift: float, gate: Gate) -> Finding:
    """A CUSUM alarm."""
    message = (
        f"scores have slid below the trend for {count_of(n, 'checkpoint')} (CUSUM {total:.1f}, "
        f"alarm above {gate.drift_threshold:g})"
    )
    return Finding(rule="drift", level=gate.level_of("drift"), z=shift, message=message)


def label_finding(label: Label, gate: Gate) -> Finding:
    """A label that fits better."""
    message = (
        f"the scores fit {label.text} better than what they are filed under, by a likelihood ratio "
        f"of 10^{label.log_ratio / np.log(10):.0f}"
    )
    return Finding(rule="mislabelled", level=gate.level_of("mislabelled"), message=message)


def copy_finding(copy: Copy, other: Checkpoint, gate: Gate) -> Finding:
    """Scores of another checkpoint."""
    message = (
        f"{copy.n_equal} of {copy.n_compared} scores equal those of {other.model} at "
        f"{place_in_words(other)} exactly: a copy, not a second measurement"
    )
    return Finding(rule="copied-scores", level=gate.level_of("copied-scores"), message=message)


def _listed(
    table: EvalTable,
    stem: str,
    columns: Ints,
    observed: Floats,
    expected: Floats,
    ends: list[tuple[float, float]],
    z: Floats,
    unit_p: Floats,
    gate: Gate,
) -> list[Finding]:
    chosen = np.flatnonzero(significant(unit_p, gate.discovery))
    findings = []
    for i in sorted(chosen, key=lambda i: float(unit_p[i])):
        unit = table.units[columns[i]]
        rule = direction_rule(stem, float(z[i]))
        low, high = ends[i]
        message = (
            f"{unit.benchmark} = {observed[i]:.4f}; expected {expected[i]:.4f}, "
            f"{100 * (1 - gate.alpha):g}% interval [{low:.4f}, {high:.4f}] (z = {z[i]:+.1f})"
        )
        findings.append(
            unit_finding(
                rule,
                gate.level_of(rule),
                unit,
                message,
                observed=float(observed[i]),
                expected=float(expected[i]),
                interval=(low, high),
                z=float(z[i]),
                p_value=float(unit_p[i]),
            )
        )
    return findings
