"""How often does `scalepredict check` cry wolf, and what does it catch?

    python benchmarks/check_power.py DATA_FOLDER [SHARE]

Every run is judged alone, as `check` does without a ladder: from its own past, the shipped
constants and what public models of its compute let expect at most. Pythia of 410M and more,
Gemstones and open-sci-ref as they are, then with faults injected one at a time into their
checkpoints; then simulated runs (benchmarks/gate/healthy_runs.py). An error is one of the rules
that compare a checkpoint with its own past; where "or a label" is said, a finding that names a
label counts too. SHARE (default 1) of the cases are tried.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from runpy import run_path

import numpy as np

from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.own_past.run_judge import Side, State
from scalepredict.evaluation.off_trend.own_past.runs import Run
from scalepredict.evaluation.off_trend.rules.copied_scores import find_copies
from scalepredict.evaluation.off_trend.rules.mislabelled import better_label
from scalepredict.evaluation.off_trend.rules.scene import Evidence, Scene, Trial
from scalepredict.evaluation.off_trend.walk_runs import off_trend, step, walk
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, Floats, make_table

MADE = run_path(str(Path(__file__).with_name("gate") / "healthy_runs.py"))
GATE = load_gate().gate
SIZES = ("70m", "160m", "410m", "1b", "1.4b", "2.8b", "6.9b", "12b")
SMALL = ("70m", "160m")  # they really degrade late in training
FIRST_STEP = 3_000
CLEAR = 0.1  # above chance: benchmarks that can fall
DRIFT_STARTS = range(5, 9)  # checkpoints before the drift sets in
GROUPS = {
    "Pythia": ("pythia_0shot", "pythia_5shot"),
    "Gemstones": ("gemstones",),
    "open-sci-ref": ("opensci_ref",),
}
EVERY = {"Pythia": 1, "Gemstones": 3, "open-sci-ref": 3}  # checkpoints of a run that get faults


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cell:
    """One healthy checkpoint, with the run just before it."""

    evidence: Evidence
    run: Run
    k: int
    states: tuple[State, ...]
    walked: tuple[tuple[Trial, ...], ...]

    @property
    def row(self) -> int:
        return int(self.run.rows[self.k])

    @property
    def scores(self) -> Floats:
        scores: Floats = self.evidence.table.scores[self.row]
        return scores

    def judged(self, scores: Floats, *, label: bool) -> tuple[bool, bool, bool]:
        """Error, any deviation, right or wrong label, if this checkpoint had these scores."""
        evidence = with_scores(self.evidence, {self.row: scores})
        trials, _ = step(evidence, self.run, self.k, self.states)
        sides = [trial.judgement.side for trial in trials]
        walked = (*self.walked[: self.k], trials)
        scene = Scene(evidence=evidence, gate=GATE, run=self.run, k=self.k, walked=walked)
        named = label and any(better_label(scene, t) for t in trials if t.judgement.worse)
        low = Side.WORSE in sides or any(trial.judgement.slide for trial in trials)
        return low, low or Side.BETTER in sides, named


Fault = Callable[[Cell], Iterator[Floats]]


def main(folder: Path, share: float) -> None:
    tables = {
        name: trimmed(read_records([folder / f"{name}.csv.gz"]).table)
        for names in GROUPS.values()
        for name in names
    }
    evidence = {name: MADE["prepared"](table) for name, table in tables.items()}
    print("== healthy files (before, after: .8 of a run's tokens)")
    for group, names in GROUPS.items():
        found = [v for name in names for v in off_trend(evidence[name], GATE).values()]
        MADE["report_healthy"](group, found)
    report_copies(tables["pythia_5shot"])
    for group, names in GROUPS.items():
        every = max(1, round(EVERY[group] / share))
        cells = [cell for name in names for cell in cells_of(evidence[name])]
        report_power(group, cells[::every])
        report_drift(group, [evidence[name] for name in names], max(1, round(1 / share)))
    report_shots(folder, max(1, round(1 / share)))
    MADE["main"](share)


def trimmed(table: EvalTable) -> EvalTable:
    def kept(model: str, at: float | None) -> bool:
        small = model.startswith("pythia") and model.split("-")[1] in SMALL
        return not small and not (model.startswith("pythia") and (at or 0) < FIRST_STEP)

    return table.take_rows(np.array([kept(c.model, c.step) for c in table.checkpoints]))


def with_scores(evidence: Evidence, rows: dict[int, Floats]) -> Evidence:
    scores = evidence.table.scores.copy()
    for row, values in rows.items():
        scores[row] = np.clip(values, 0, 1)
    quality = replace(evidence.quality, scores=scores)
    table = evidence.table.with_scores(scores)
    return replace(evidence, table=table, quality=quality, copies={}, unchanged={})


def cells_of(evidence: Evidence) -> Iterator[Cell]:
    for run in evidence.runs:
        walked = walk(evidence, run)
        for k, trials in enumerate(walked.trials):
            if any(trial.judgement.worse for trial in trials):
                yield Cell(
                    evidence=evidence,
                    run=run,
                    k=k,
                    states=walked.before[k],
                    walked=walked.trials,
                )


def report_copies(table: EvalTable) -> None:
    evidence = MADE["prepared"](table)
    rng = np.random.default_rng(0)
    rows = np.arange(len(table.checkpoints))
    found = 0
    for row in rows:
        source = int(rng.choice(rows[rows != row]))
        scores = table.scores.copy()
        scores[row] = scores[source]
        copies = find_copies(table.with_scores(scores), rows, evidence.runs, GATE.copies)
        found += row in copies or source in copies  # within a run, the later of the two
    print(f"copies put into the file, found: {found} of {len(rows)}")


def report_power(group: str, cells: Sequence[Cell]) -> None:
    print(f"\n== {group}: % of faults caught at {len(cells)} checkpoints")
    print(f"  {'':42s}{'error':>10s}{'any side':>10s}{'or a label':>11s}")
    rng = np.random.default_rng(0)
    for name, fault in faults(cells, rng).items():
        label = name.startswith("scores of")
        found = [cell.judged(scores, label=label) for cell in cells for scores in fault(cell)]
        if found:
            error, any_side, named = np.array(found).T
            parts = (error, any_side, error | any_side & named | named)
            shares = "".join(f"{100 * part.mean():10.0f}" for part in parts[: 3 if label else 2])
            print(f"  {name:42s}{shares}   n = {len(found)}")


def faults(cells: Sequence[Cell], rng: np.random.Generator) -> dict[str, Fault]:
    chosen: dict[str, Fault] = {}
    for points in (0.5, 1, 1.5, 2, 3):
        chosen[f"all down {points} points"] = uniform(points / 100)
    for share in (0.05, 0.1, 0.2):
        chosen[f"all down {share:.0%} of above chance"] = dip(share)
    for points in (3, 5, 8, 10):
        chosen[f"one benchmark down {points} points"] = one_down(points / 100)
    chosen["one benchmark to chance"] = one_to_chance(rng)
    chosen["all to chance"] = all_to_chance(rng)
    chosen["scores of a much older checkpoint"] = stale
    chosen["scores of the next smaller size"] = other_size(cells, -1)
    chosen["scores of the next larger size"] = other_size(cells, 1)
    return chosen


def uniform(drop: float) -> Fault:
    def fault(cell: Cell) -> Iterator[Floats]:
        yield cell.scores - drop

    return fault


def above_chance(cell: Cell) -> Floats:
    above: Floats = np.nan_to_num(cell.scores - cell.evidence.table.chance)
    return above


def dip(share: float) -> Fault:
    def fault(cell: Cell) -> Iterator[Floats]:
        yield cell.scores - share * np.maximum(above_chance(cell), 0)

    return fault


def one_down(drop: float) -> Fault:
    def fault(cell: Cell) -> Iterator[Floats]:
        for t in np.flatnonzero(above_chance(cell) > CLEAR):
            scores = cell.scores.copy()
            scores[t] -= drop
            yield scores

    return fault


def guessed(cell: Cell, rng: np.random.Generator) -> Floats:
    items = cell.evidence.quality.noise[cell.row].astype(int)
    guesses = rng.binomial(items, cell.evidence.table.chance) / items
    return np.where(np.isfinite(cell.scores), guesses, np.nan)


def one_to_chance(rng: np.random.Generator) -> Fault:
    def fault(cell: Cell) -> Iterator[Floats]:
        for t in np.flatnonzero(above_chance(cell) > CLEAR):
            scores = cell.scores.copy()
            scores[t] = guessed(cell, rng)[t]
            yield scores

    return fault


def all_to_chance(rng: np.random.Generator) -> Fault:
    def fault(cell: Cell) -> Iterator[Floats]:
        if (above_chance(cell) > CLEAR).any():
            yield guessed(cell, rng)

    return fault


def stale(cell: Cell) -> Iterator[Floats]:
    if cell.k >= 8:
        yield cell.evidence.table.scores[cell.run.rows[1 + (cell.k - 1) // 3]] + 1e-6


def other_size(cells: Sequence[Cell], move: int) -> Fault:
    def fault(cell: Cell) -> Iterator[Floats]:
        size = cell.run.model.split("-")[1]
        if cell.run.model.startswith("pythia") and 0 <= SIZES.index(size) + move < len(SIZES):
            model = cell.run.model.replace(size, SIZES[SIZES.index(size) + move])
            for other in cell.evidence.runs:
                same = np.isclose(other.log_tokens, cell.run.log_tokens[cell.k])
                if other.model == model and same.any():
                    yield cell.evidence.table.scores[other.rows[same][0]] + 1e-6

    return fault


def report_shots(folder: Path, every: int) -> None:
    tables = [
        to_benchmarks(trimmed(read_records([folder / f"{name}.csv.gz"]).table))
        for name in GROUPS["Pythia"]
    ]
    evidence = MADE["prepared"](both_counts(*tables))
    units = evidence.table.units
    place = {(unit.benchmark, unit.shots): t for t, unit in enumerate(units)}
    pairs = [
        (t, place[unit.benchmark, 0], place[unit.benchmark, 5]) for t, unit in enumerate(units)
    ]
    found = []
    for cell in list(cells_of(evidence))[::every]:
        for shots in (0, 5):
            scores = cell.scores.copy()
            for t, zero, five in pairs:
                if units[t].shots == shots:
                    scores[t] = cell.scores[five if shots == 0 else zero] + 1e-6
            found.append(cell.judged(scores, label=True))
    error, any_side, named = np.array(found).T
    print(
        "\n== Pythia, both shot counts, scores of one filed under the other: error "
        f"{100 * error.mean():.0f} %, any side {100 * any_side.mean():.0f} %, "
        f"or a label {100 * (error | named).mean():.0f} %"
    )


def both_counts(zero: EvalTable, five: EvalTable) -> EvalTable:
    place = {(c.model, c.step): row for row, c in enumerate(five.checkpoints)}
    rows = [place[c.model, c.step] for c in zero.checkpoints]
    units = [replace(unit, shots=shots) for t, shots in ((zero, 0), (five, 5)) for unit in t.units]
    return make_table(
        zero.checkpoints,
        units,
        np.hstack([zero.scores, five.scores[rows]]),
        n_items=np.hstack([zero.n_items, five.n_items[rows]]),
    )


def report_drift(group: str, evidence: Sequence[Evidence], every: int) -> None:
    for points in (0.2, 0.3, 0.5):
        delays = []
        for prepared in evidence:
            for run in prepared.runs[::every]:
                delays += [delay(prepared, run, start, points / 100) for start in DRIFT_STARTS]
        found = np.array([one for one in delays if one is not None])
        print(
            f"  drift of -{points} a checkpoint: found within 8 {100 * np.mean(found <= 8):.0f} %, "
            f"median delay {np.median(found):.1f}, n = {len(found)}"
        )


def delay(evidence: Evidence, run: Run, start: int, slide: float) -> float | None:
    if len(run.rows) < start + 4:
        return None
    changed = {
        int(run.rows[k]): evidence.table.scores[run.rows[k]] - slide * (k - start + 1)
        for k in range(start, min(len(run.rows), start + 10))
    }
    trials = walk(with_scores(evidence, changed), run).trials
    for k in range(start, min(len(run.rows), start + 10)):
        if any(t.judgement.side is Side.WORSE or t.judgement.slide for t in trials[k]):
            return k - start + 1.0
    return float(np.inf)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 1.0)
