"""How often does `check` call a healthy big run off its trajectory, and which faults does it find?

    python benchmarks/gate/off_trajectory.py DATA_FOLDER

DATA_FOLDER holds pythia_0shot, pythia_5shot and gemstones (accuracies; 6.9B and 12B, and the four
largest, are held out, each run whole) and losses/gemstones_loss (the four largest of each recipe).
A run is checked against all smaller ones of its recipe, healthy and then worse from its first step,
or sliding from a fifth of its schedule on: by points of accuracies, by percent of losses. Found is
a run with an error; "own past" counts the rules that need no other run. Nothing in these rules was
learned from these runs but the thresholds of against_trajectory.py, and the shipped intervals,
which the last scores of three of the files helped to calibrate.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import betaincinv

from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.ladders.against_trajectory import Trajectories
from scalepredict.evaluation.off_trend.own_past.runs import runs_of
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level
from scalepredict.evaluation.off_trend.run_check import Comparison, check
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, Floats

GATE = load_gate().gate
COMPARISON = Comparison.of(None, load_calibration())
OWN = ("off-trend", "drift", "level-shift")
MOST_TRIED = 8  # runs of a group that get faults, roughly
STARTS = 0.2  # of the schedule: where a slide sets in
HELD = {  # how many of the largest runs of each family
    "Pythia": {"pythia_0shot": 2, "pythia_5shot": 2},
    "Gemstones": {"gemstones": 4},
    "Gemstones, losses": {"losses/gemstones_loss": 4},
}
FAULTS = {f"worse by {x} from its first step": (x, 0.0) for x in (1, 2, 3, 5)} | {
    f"sliding, {x} worse at its end": (0.0, x) for x in (2, 3, 5, 8)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a run was called off, as a fraction of its schedule; infinite = nowhere."""

    trajectory: float
    own_past: float


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for group, files in HELD.items():
        cases = [
            case
            for name, count in files.items()
            for case in held_out(folder / f"{name}.csv.gz", count)
        ]
        report_healthy(group, cases)
        for name, (level, slide) in FAULTS.items():
            tried = cases[:: max(1, round(len(cases) / MOST_TRIED))]
            found = [fault(table, new, level / 100, slide / 100) for table, new in tried]
            of_trajectory = np.array([one.trajectory for one in found])
            own = np.array([one.own_past for one in found])
            shares = (np.isfinite(each).mean() for each in (of_trajectory, own))
            either = np.isfinite(np.minimum(of_trajectory, own)).mean()
            print(
                f"  {name:34s}"
                + "".join(f"{100 * share:8.0f}" for share in (*shares, either))
                + f"{100 * np.median(of_trajectory):10.0f}"
            )


def held_out(file: Path, count: int) -> list[tuple[EvalTable, Sequence[int]]]:
    """The largest runs of each family, each with the smaller ones before it."""
    table = to_benchmarks(read_records([file]).table)
    cases: list[tuple[EvalTable, Sequence[int]]] = []
    for family in table.families:
        own = table.of_family(family)
        names = np.array([c.model for c in own.checkpoints])
        sizes = {name: own.params[names == name][0] for name in dict.fromkeys(names.tolist())}
        for model in sorted(sizes, key=lambda name: sizes[name])[-count:]:
            beside = own.take_rows((names == model) | (own.params < sizes[model]))
            new = [row for row, c in enumerate(beside.checkpoints) if c.model == model]
            cases.append((beside, new))
    return cases


def report_healthy(group: str, cases: Sequence[tuple[EvalTable, Sequence[int]]]) -> None:
    compared = errors = warnings = runs = 0
    for table, new in cases:
        trajectories = Trajectories(
            table=table,
            predictor=COMPARISON.predictor,
            quick=COMPARISON.quick,
            calibration=COMPARISON.calibration,
            until=None,
            alpha=GATE.alpha,
            one_sided=False,
        )
        run = next(run for run in runs_of(table) if run.rows[0] in new)
        compared += len(trajectories.of_run(run, new))
        found = [findings for findings in findings_of(table, new) if off_trajectory(findings)]
        errors += sum(has_error(off_trajectory(findings)) for findings in found)
        warnings += sum(not has_error(off_trajectory(findings)) for findings in found)
        runs += bool(found)
    high = betaincinv(errors + 1, compared - errors, 0.975)  # Clopper and Pearson, two-sided
    print(
        f"\n== {group}: {len(cases)} healthy runs, {compared} checkpoints compared; errors "
        f"{errors} (upper limit {100 * high:.2f} %), warnings {warnings}, runs with either {runs}"
    )
    print(f"  % of runs found{'':19s}{'curve':>8s}{'own past':>9s}{'either':>7s}{'at % done':>10s}")


def findings_of(table: EvalTable, new: Sequence[int]) -> list[tuple[Finding, ...]]:
    """What a check finds at each checkpoint of a run, in the order of training."""
    mask = np.isin(np.arange(len(table.checkpoints)), new)
    return [v.findings for v in check(table, mask, gate=GATE, comparison=COMPARISON).verdicts]


def off_trajectory(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.rule.startswith("off-trajectory")]


def has_error(findings: Sequence[Finding]) -> bool:
    return any(finding.level is Level.ERROR for finding in findings)


def fault(table: EvalTable, new: Sequence[int], level: float, slide: float) -> Found:
    """Make a run worse, and see where it is found."""
    rows = np.array(new)[np.argsort(table.tokens[list(new)])]
    done = table.tokens[rows] / table.tokens[rows].max()
    by = level + slide * np.maximum(0.0, (done - STARTS) / (1 - STARTS))
    scores = table.scores.copy()
    scores[rows] = made_worse(table, rows, by)
    findings = findings_of(table.with_scores(scores), new)

    def first(rules: tuple[str, ...]) -> float:
        for share, here in zip(done, findings, strict=True):
            if has_error([one for one in here if one.rule.startswith(rules)]):
                return float(share)
        return float("inf")

    return Found(trajectory=first(("off-trajectory",)), own_past=first(OWN))


def made_worse(table: EvalTable, rows: Floats, by: Floats) -> Floats:
    scores = table.scores[rows.astype(int)]
    loss = np.array([unit.measure is not None for unit in table.units], dtype=bool)
    worse: Floats = np.where(
        loss, scores * (1 + by[:, None]), np.clip(scores - by[:, None], 0.0, 1.0)
    )
    return worse


if __name__ == "__main__":
    main()
