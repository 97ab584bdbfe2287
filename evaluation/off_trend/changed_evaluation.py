"""Was this checkpoint evaluated like the ones before it? Missing benchmarks, metric, items."""

import numpy as np

from scalepredict.evaluation.off_trend.rules import (
    Finding,
    Gate,
    Level,
    unit_finding,
)
from scalepredict.evaluation.off_trend.runs import Run
from scalepredict.records.table import EvalTable, Floats, Unit
from scalepredict.records.text.counts import count_of

NEW_LOW = 5.0  # standard errors below chance, where small models reach 4 on ARC by themselves, and
# below the lowest other record: some record is always the lowest
ALWAYS = 3  # a benchmark measured at each of the last three checkpoints (two of two) is expected


def changed_evaluation(table: EvalTable, run: Run, k: int, gate: Gate) -> list[Finding]:
    """What differs from the run's last checkpoints in how, not in what, was measured."""
    last = run.rows[max(0, k - ALWAYS) : k]
    if len(last) < 2:
        return []
    row = run.rows[k]
    expected = np.asarray(np.isfinite(table.scores[last]).all(axis=0), dtype=bool)
    here = np.isfinite(table.scores[row])
    findings = []
    for t in np.flatnonzero(expected & ~here):
        unit = table.units[t]
        other = [
            u
            for u, now, before in zip(table.units, here, expected, strict=True)
            if now and not before and u.benchmark == unit.benchmark
        ]
        level = _level(gate, "changed-evaluation" if other else "missing-benchmark", unit)
        if level is Level.OFF:
            continue
        if other:
            message = f"{unit.benchmark} is measured as {_how(other[0])}, before as {_how(unit)}."
            findings.append(unit_finding("changed-evaluation", level, unit, message))
        else:
            message = (
                f"{unit.benchmark} is missing; measured on the last "
                f"{count_of(len(last), 'checkpoint')}."
            )
            findings.append(unit_finding("missing-benchmark", level, unit, message))
    before, now = table.n_items[last[-1]], table.n_items[row]
    for t in np.flatnonzero(here & np.isfinite(before) & np.isfinite(now) & (before != now)):
        level = _level(gate, "changed-evaluation", table.units[t])
        if level is not Level.OFF:
            message = (
                f"{table.units[t].benchmark} has {count_of(round(now[t]), 'item')}, the checkpoint "
                f"before {before[t]:.0f}."
            )
            findings.append(unit_finding("changed-evaluation", level, table.units[t], message))
    return findings


def lowest_elsewhere(scores: Floats) -> Floats:
    """The lowest score of a unit in all other rows, infinite if there is none. Shape (M, T)."""
    nothing = np.full((2, scores.shape[1]), np.inf)  # so that there are two rows to sort
    padded = np.vstack([np.where(np.isfinite(scores), scores, np.inf), nothing])
    first, second = np.sort(padded, axis=0)[:2]
    lowest: Floats = np.where(scores == first, second, first)
    return lowest


def below_chance(
    table: EvalTable, row: int, n_items: Floats, lowest: Floats, gate: Gate
) -> list[Finding]:
    """Scores far below a guesser's, and below those of all other records.

    Published chance levels are wrong in places and small models do sit below them, so only a new
    low counts.

    Args:
        table: Benchmark scores.
        row: The checkpoint.
        n_items: Answers behind its scores. Shape (T,).
        lowest: Lowest score of all other rows. Shape (T,).
        gate: What is checked.
    """
    chance = table.chance
    error = np.sqrt(np.maximum(chance * (1 - chance), 1e-9) / n_items)
    z = (table.scores[row] - chance) / error
    assumed = np.array([u.chance_assumed for u in table.units], dtype=bool)
    below_all = (table.scores[row] - lowest) / error
    low = (z < -NEW_LOW) & (below_all < -NEW_LOW) & ~assumed
    findings = []
    for t in np.flatnonzero(low):
        unit = table.units[t]
        level = _level(gate, "below-chance", unit)
        if level is not Level.OFF:
            message = (
                f"{unit.benchmark} = {table.scores[row, t]:.4f} is {-z[t]:.1f} standard errors "
                f"below chance ({chance[t]:.4g}), and far below all other records."
            )
            findings.append(
                unit_finding(
                    "below-chance",
                    level,
                    unit,
                    message,
                    observed=float(table.scores[row, t]),
                    expected=float(chance[t]),
                    z=float(z[t]),
                )
            )
    return findings


def _level(gate: Gate, rule: str, unit: Unit) -> Level:
    # The milder of what the rule and the benchmark weigh.
    levels = (gate.level_of(rule), gate.for_benchmark(unit.benchmark).level)
    return min(levels, key=list(Level).index)


def _how(unit: Unit) -> str:
    shots = "" if unit.shots is None else f" at {count_of(unit.shots, 'shot')}"
    return f"{unit.metric or 'score'}{shots}"
