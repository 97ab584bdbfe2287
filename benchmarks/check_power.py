"""How often does `scalepredict check` cry wolf, and what does it catch?

    python benchmarks/check_power.py DATA_FOLDER

Reads `pythia_0shot.csv.gz` and `pythia_5shot.csv.gz` (16 runs each; the shipped checkpoint series
under sample_data/ work too). Every checkpoint is judged from its own run's past, with noise learned
from the *other* runs of the same file only. False alarms are counted on the files as they are, all
rules on, and on `gemstones.csv.gz`, on which nothing was tuned. Faults are injected one at a time
into checkpoints of runs of 410M and more.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import betaincinv

from scalepredict.cli.inputs.gate_inputs import make_comparison
from scalepredict.evaluation.off_trend.copied_scores import find_copies
from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.rules import Finding, Level, Verdict
from scalepredict.evaluation.off_trend.run_check import check
from scalepredict.evaluation.off_trend.runs import Run
from scalepredict.evaluation.off_trend.walk_runs import Evidence, Walk, gather
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, Floats

SIZES = ("70m", "160m", "410m", "1b", "1.4b", "2.8b", "6.9b", "12b")
SMALL = ("70m", "160m")
CORE = ("arc_challenge", "arc_easy", "lambada_openai", "logiqa", "piqa", "sciq", "winogrande")
COPIED = {"pythia-2.8b", "pythia-2.8b-deduped"}
FIRST_STEP = 13_000
DEGRADES = 83_000  # step from which 70M and 160M really degrade
DRIFT_STARTS = range(5, 9)  # checkpoints from FIRST_STEP on before the drift sets in
GATE = load_gate().gate
COMPARISON = make_comparison(None, calibration=None, until=None)
STRICT = 0.001


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cell:
    """One healthy checkpoint, with the state of the walk just before it."""

    shots: str
    evidence: Evidence
    run: Run
    k: int
    walk: Walk

    @property
    def row(self) -> int:
        return int(self.run.rows[self.k])

    @property
    def scores(self) -> Floats:
        scores: Floats = self.evidence.table.scores[self.row]
        return scores

    @property
    def step(self) -> float:
        return self.evidence.table.checkpoints[self.row].step or 0.0

    def column(self, benchmark: str) -> int:
        return [u.benchmark for u in self.evidence.table.units].index(benchmark)

    def judged(self, scores: Floats) -> Verdict:
        """Verdict on this checkpoint if it had these scores."""
        changed = self.evidence.table.scores.copy()
        changed[self.row] = scores
        evidence = replace(self.evidence, table=self.evidence.table.with_scores(changed), copies={})
        return replace(self.walk, evidence=evidence, past=list(self.walk.past)).judge(self.k)


Fault = Callable[[Cell], Iterator[Floats]]


def main(folder: Path) -> None:
    cells: dict[tuple[str, str, float], Cell] = {}
    verdicts: dict[tuple[str, str, float], Verdict] = {}
    tables = []
    for shots in ("0", "5"):
        table = read_records([find(folder, shots)]).table
        tables.append(table)
        found = check(
            table,
            np.ones(len(table.checkpoints), bool),
            gate=GATE,
            comparison=COMPARISON,
        )
        report_file(shots, found.verdicts)
        for v in found.verdicts:
            verdicts[shots, v.checkpoint.model, v.checkpoint.step or 0.0] = v
        evidence = gather(table, GATE)
        for run in evidence.runs:
            walk = Walk(evidence=evidence, gate=GATE, accepted=frozenset(), run=run)
            for k in range(len(run.rows)):
                before = replace(walk, past=list(walk.past))
                cell = Cell(shots=shots, evidence=evidence, run=run, k=k, walk=before)
                if walk.judge(k).p_value is not None:
                    cells[shots, run.model, cell.step] = cell
    report_false_alarms(cells, verdicts)
    if (folder / "gemstones.csv.gz").exists():
        report_other_runs(folder / "gemstones.csv.gz")
    report_copies(tables)
    report_power(cells)
    report_drift(cells)


def find(folder: Path, shots: str) -> Path:
    names = (f"pythia_{shots}shot.csv.gz", f"pythia_checkpoints{'_5shot' * (shots == '5')}.csv.gz")
    return next(path for name in names if (path := folder / name).exists())


def report_file(shots: str, verdicts: tuple[Verdict, ...]) -> None:
    print(f"\n== {shots}-shot file as it is: what {len(verdicts)} checkpoints are flagged for")
    found: dict[tuple[str, str], list[str]] = {}
    for verdict in verdicts:
        for finding in verdict.findings:
            if finding.level is Level.ERROR and finding.benchmark is None:
                step = f"{(verdict.checkpoint.step or 0) / 1000:g}k"
                found.setdefault((verdict.checkpoint.model, finding.rule), []).append(step)
    for (model, rule), steps in found.items():
        print(f"  {model:22s}{rule:16s}{' '.join(steps)}")


def report_false_alarms(
    cells: dict[tuple[str, str, float], Cell], verdicts: dict[tuple[str, str, float], Verdict]
) -> None:
    groups: dict[str, list[bool]] = {}
    for key, verdict in verdicts.items():
        name = "410M and more"
        if verdict.p_value is None:
            continue
        if key not in cells:
            name = "without a past, against smaller ones"
        elif size_of(key[1]) in SMALL:
            name = f"70M and 160M {'before' if key[2] < DEGRADES else 'from'} step {DEGRADES}"
        alarms = [f for f in verdict.findings if is_alarm(f)]
        groups.setdefault(name, []).append(bool(alarms))
    print(f"\n== alarms per untouched checkpoint at alpha = {GATE.alpha}, all tests and CUSUM")
    for name, flags in groups.items():
        low, high = clopper_pearson(sum(flags), len(flags))
        print(
            f"  {name:36s}{sum(flags):3d} / {len(flags):3d} = {100 * np.mean(flags):4.1f} %   "
            f"95 % CI {100 * low:.2f} to {100 * high:.2f} %"
        )


def report_other_runs(path: Path) -> None:
    table = read_records([path]).table
    everything = np.ones(len(table.checkpoints), bool)
    verdicts = check(table, everything, gate=GATE, comparison=COMPARISON).verdicts
    judged = [v for v in verdicts if v.p_value is not None]
    alarms = sum(any(is_alarm(f) for f in v.findings) for v in judged)
    low, high = clopper_pearson(alarms, len(judged))
    print(
        f"  {path.name:36s}{alarms:3d} / {len(judged):3d} = {100 * alarms / len(judged):4.1f} %   "
        f"95 % CI {100 * low:.2f} to {100 * high:.2f} %"
    )


def report_copies(tables: list[EvalTable]) -> None:
    rng = np.random.default_rng(0)
    print("\n== copies: every late record put in the place of another one, and the untouched rest")
    for table in tables:
        late = np.array(
            [r for r, c in enumerate(table.checkpoints) if (c.step or 0) >= GATE.copies.min_step]
        )
        natural = set(find_copies(table, late, GATE.copies))
        found = 0
        for row in late:
            source = int(rng.choice(late[late != row]))
            scores = table.scores.copy()
            scores[row] = scores[source]
            found += int(row) in find_copies(
                table.with_scores(scores), np.array([row]), GATE.copies
            )
        strange = {table.checkpoints[r].model for r in natural} - COPIED
        print(
            f"  copies found: {found} of {len(late)}; called a copy as the file is: "
            f"{len(natural)}, of these outside the 2.8B pair: {len(strange)}"
        )


def is_alarm(finding: Finding) -> bool:
    alarm = finding.rule.startswith(("off-trend", "off-ladder", "drift"))
    return alarm and finding.benchmark is None


def report_power(cells: dict[tuple[str, str, float], Cell]) -> None:
    rng = np.random.default_rng(0)
    print(f"\n== power, % flagged{'at 1 %':>28s}{'at 0.1 %':>10s}{'cases':>8s}  names a label")
    for name, fault in faults(cells, rng).items():
        p: list[float] = []
        named: list[bool] = []
        for key, cell in cells.items():
            if size_of(key[1]) in SMALL:
                continue
            for scores in fault(cell):
                verdict = cell.judged(scores)
                p.append(verdict.p_value if verdict.p_value is not None else 1.0)
                named.append(any(f.rule == "mislabelled" for f in verdict.findings))
        caught, strict = (100 * np.mean(np.array(p) < a) for a in (GATE.alpha, STRICT))
        print(f"  {name:38s}{caught:8.1f}{strict:10.1f}{len(p):8d}{100 * np.mean(named):10.1f}")


def faults(cells: dict[tuple[str, str, float], Cell], rng: np.random.Generator) -> dict[str, Fault]:
    chosen: dict[str, Fault] = {}
    for points in (0.5, 1, 1.5, 2, 3):
        chosen[f"all down {points} points"] = uniform(points / 100)
    chosen["all up 1.5 points"] = uniform(-0.015)
    for share in (0.05, 0.1, 0.2):
        chosen[f"all down {share:.0%} of above chance"] = dip(share)
    for points in (3, 5, 8, 10):
        chosen[f"one benchmark down {points} points"] = one_down(points / 100)
    chosen["one benchmark to chance"] = one_to_chance(rng)
    chosen["all to chance"] = all_to_chance(rng)
    chosen["scores of the next smaller size"] = other_size(cells, -1)
    chosen["scores of the next larger size"] = other_size(cells, 1)
    chosen["scores of another shot count"] = other_shots(cells)
    chosen["scores of a much older checkpoint"] = stale
    return chosen


def uniform(drop: float) -> Fault:
    def fault(cell: Cell) -> Iterator[Floats]:
        yield np.clip(cell.scores - drop, 0, 1)

    return fault


def dip(share: float) -> Fault:
    def fault(cell: Cell) -> Iterator[Floats]:
        yield cell.scores - share * np.maximum(cell.scores - cell.evidence.table.chance, 0)

    return fault


def one_down(drop: float) -> Fault:
    def fault(cell: Cell) -> Iterator[Floats]:
        for benchmark in CORE:
            scores = cell.scores.copy()
            t = cell.column(benchmark)
            scores[t] = max(0.0, scores[t] - drop)
            yield scores

    return fault


def guessed(cell: Cell, rng: np.random.Generator) -> Floats:
    items = cell.evidence.n_items[cell.row].astype(int)
    guesses: Floats = rng.binomial(items, cell.evidence.table.chance) / items
    return guesses


def one_to_chance(rng: np.random.Generator) -> Fault:
    def fault(cell: Cell) -> Iterator[Floats]:
        for benchmark in CORE:
            t = cell.column(benchmark)
            if cell.scores[t] - cell.evidence.table.chance[t] > 0.1:
                scores = cell.scores.copy()
                scores[t] = guessed(cell, rng)[t]
                yield scores

    return fault


def all_to_chance(rng: np.random.Generator) -> Fault:
    def fault(cell: Cell) -> Iterator[Floats]:
        yield guessed(cell, rng)

    return fault


def size_of(model: str) -> str:
    return model.split("-")[1]


def other_size(cells: dict[tuple[str, str, float], Cell], step: int) -> Fault:
    def fault(cell: Cell) -> Iterator[Floats]:
        size = size_of(cell.run.model)
        other = SIZES.index(size) + step
        if other < len(SIZES):
            model = cell.run.model.replace(size, SIZES[other])
            yield cells[cell.shots, model, cell.step].scores

    return fault


def other_shots(cells: dict[tuple[str, str, float], Cell]) -> Fault:
    def fault(cell: Cell) -> Iterator[Floats]:
        yield cells["5" if cell.shots == "0" else "0", cell.run.model, cell.step].scores

    return fault


def stale(cell: Cell) -> Iterator[Floats]:
    late = late_positions(cell.evidence, cell.run)
    position = late.index(cell.k)
    if position >= 7:
        yield cell.evidence.table.scores[cell.run.rows[late[position // 3]]]


def late_positions(evidence: Evidence, run: Run) -> list[int]:
    steps = [evidence.table.checkpoints[row].step or 0.0 for row in run.rows]
    return [k for k, step in enumerate(steps) if step >= FIRST_STEP]


def report_drift(cells: dict[tuple[str, str, float], Cell]) -> None:
    runs = {(c.shots, c.run.model): c for c in cells.values() if size_of(c.run.model) not in SMALL}
    print("\n== slow drift: checkpoints until the first alarm (any rule)")
    for points in (0.2, 0.3, 0.5):
        delays = []
        for cell in runs.values():
            late = late_positions(cell.evidence, cell.run)
            for start in DRIFT_STARTS:
                delays.append(delay(cell, late[start:], points / 100))
        found = np.array(delays)
        print(
            f"  -{points} points per checkpoint: within 8 {100 * np.mean(found <= 8):.0f} %, "
            f"median {np.median(found):.1f}, n = {len(found)}"
        )


def delay(cell: Cell, positions: list[int], step: float) -> float:
    table = cell.evidence.table
    scores = table.scores.copy()
    for i, k in enumerate(positions):
        row = cell.run.rows[k]
        scores[row] = np.clip(scores[row] - step * (i + 1), 0, 1)
    evidence = replace(cell.evidence, table=table.with_scores(scores), copies={})
    walk = Walk(evidence=evidence, gate=GATE, accepted=frozenset(), run=cell.run)
    verdicts = [walk.judge(k) for k in range(len(cell.run.rows))]
    for i, k in enumerate(positions):
        if any(is_alarm(f) for f in verdicts[k].findings):
            return i + 1.0
    return float(np.inf)


def clopper_pearson(hits: int, n: int) -> tuple[float, float]:
    low = float(betaincinv(hits, n - hits + 1, 0.025)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, 0.975)) if hits < n else 1.0
    return low, high


if __name__ == "__main__":
    main(Path(sys.argv[1]))
