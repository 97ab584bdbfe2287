"""How good is the forecast of a run in progress, by its own line, by the ladder, and by both?

    python benchmarks/gate/check_in_flight.py DATA_FOLDER

Each Pythia run of 1.4B or more is cut at a step; its final scores are forecast from its own past
and a ladder fitted to the finished smaller models of its family.
"""

import sys
from pathlib import Path

import numpy as np

from scalepredict.cli.inputs.gate_inputs import make_comparison
from scalepredict.evaluation.intervals.levels import CLAIM
from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.in_flight import InFlight
from scalepredict.evaluation.off_trend.run_check import check
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, Floats

GATE = load_gate().gate
COMPARISON = make_comparison(None, calibration=None, until=None)
CUTS = (63_000, 83_000, 103_000, 123_000)
LAST = 143_000
MIN_PARAMS = 1.2e9
UPDATED = 0.8  # level at which the updated forecast is counted


def main(folder: Path) -> None:
    tables = [read_records([find(folder, shots)]).table for shots in ("0", "5")]
    print(f"{'cut at':>8s}{'n':>6s}{'now':>8s}{'line':>8s}{'ladder':>8s}{'both':>8s}"
          f"{f'{UPDATED:.0%} holds':>12s}{f'{CLAIM:.0%} holds':>12s}{'said':>8s}")  # fmt: skip
    for cut in CUTS:
        rows = [row for table in tables for row in runs_cut_at(table, cut)]
        mean = np.concatenate(rows, axis=1).mean(axis=1)
        n = sum(row.shape[1] for row in rows)
        errors = "".join(f"{100 * error:8.2f}" for error in mean[:4])
        print(
            f"{cut:8d}{n:6d}{errors}{100 * mean[4]:12.1f}{100 * mean[5]:12.1f}{100 * mean[6]:8.1f}"
        )
    print("now, line, ladder, both: mean absolute error in points; holds: measured coverage in %;")
    print("said: mean probability that was given to a final score inside the original interval, %")


def find(folder: Path, shots: str) -> Path:
    names = (f"pythia_{shots}shot.csv.gz", f"pythia_checkpoints{'_5shot' * (shots == '5')}.csv.gz")
    return next(path for name in names if (path := folder / name).exists())


def runs_cut_at(table: EvalTable, cut: int) -> list[Floats]:
    rows = []
    for checkpoint, final in zip(table.checkpoints, table.scores, strict=True):
        if checkpoint.step == LAST and (checkpoint.params or 0) >= MIN_PARAMS:
            kept = np.array(
                [c.model != checkpoint.model or (c.step or 0) <= cut for c in table.checkpoints]
            )
            part = table.take_rows(kept)
            new = np.array(
                [c.model == checkpoint.model and c.step == cut for c in part.checkpoints]
            )
            (run,) = check(part, new, gate=GATE, comparison=COMPARISON).in_flight
            rows.append(errors(run, final, table))
    return rows


def errors(run: InFlight, final: Floats, table: EvalTable) -> Floats:
    # Benchmarks with tasks have no column of their own in the table: they are left out.
    place = {unit.benchmark: t for t, unit in enumerate(table.units) if not unit.task}
    columns = [t for t, unit in enumerate(run.units) if unit.benchmark in place]
    truth = final[[place[run.units[t].benchmark] for t in columns]]
    parts = (run.now, run.trajectory, run.ladder, run.together)
    inside = [
        (low[columns] <= truth) & (truth <= high[columns])
        for low, high in (run.interval(UPDATED), run.original(CLAIM))
    ]
    return np.array([*(np.abs(p[columns] - truth) for p in parts), *inside, run.inside[columns]])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
