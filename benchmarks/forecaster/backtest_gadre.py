"""How long does a whole backtest take, how much memory, and how does it grow?

    python benchmarks/forecaster/backtest_gadre.py DATA_FOLDER [--jobs 2]

DATA_FOLDER holds gadre_104.csv.gz: 3 families x 46 benchmarks. Every method, up to 14 origins of
each family. Then one method at other numbers of origins and benchmarks (copies of the 46 under
other names), to show that its cost grows no faster than their product.
"""

import argparse
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from joblib.externals.loky import get_reusable_executor

from scalepredict.evaluation.backtest.backtest_report import make_report
from scalepredict.evaluation.backtest.rolling_origin import run_backtest
from scalepredict.evaluation.backtest.splits import rolling_origins
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors import registry
from scalepredict.predictors.interface import Predictor
from scalepredict.records.evidence import select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, make_table

MIB = 1024  # ru_maxrss is in KiB


def seconds(
    table: EvalTable, methods: list[Predictor], *, origins: int, jobs: int
) -> tuple[float, float]:
    """Seconds on the clock, and on this process's core: alike when the machine is idle."""
    constants = load_calibration()
    began, own = time.perf_counter(), time.process_time()
    splits = rolling_origins(table, max_origins=origins)
    cells = run_backtest(table, splits, methods, constants, jobs=jobs, rng=np.random.default_rng(0))
    make_report(
        cells, constants, by="factor_bin", interpolation={}, checkpoints={},
        rng=np.random.default_rng(0),
    )  # fmt: skip
    return time.perf_counter() - began, time.process_time() - own


def copies(table: EvalTable, n: int) -> EvalTable:
    units = [replace(u, benchmark=f"{u.benchmark}-{i}") for i in range(n) for u in table.units]
    return make_table(
        table.checkpoints,
        units,
        np.tile(table.scores, n),
        n_items=np.tile(table.n_items, n),
        stderr=np.tile(table.stderr, n),
        task_loss=np.tile(table.task_loss, n),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--predictor", default=registry.DEFAULT, help="for the growth table")
    arguments = parser.parse_args()
    table = select_evidence(read_records([arguments.folder / "gadre_104.csv.gz"]).table).table

    print("seconds of each method on one core, 14 origins: clock, core")
    for name in registry.names():
        taken, busy = seconds(table, [registry.predictor_type(name)()], origins=14, jobs=1)
        print(f"  {name:14s} {taken:6.1f} {busy:6.1f}")
    methods = [registry.predictor_type(name)() for name in registry.names()]
    taken, _ = seconds(table, methods, origins=14, jobs=arguments.jobs)
    get_reusable_executor().shutdown(wait=True)  # workers are counted once they have ended
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / MIB
    print(f"all {len(methods)} methods, {arguments.jobs} jobs: {taken:.1f} s (goal 60)")
    print(
        f"peak memory: {own:.0f} MiB here, {worker:.0f} MiB in the largest worker, at most "
        f"{own + arguments.jobs * worker:.0f} MiB in all (goal 1024)"
    )

    method = [registry.predictor_type(arguments.predictor)()]
    print(f"growth of {arguments.predictor}: origins, benchmarks, core seconds, ms per cell")
    for origins, benchmarks in ((7, 46), (14, 46), (14, 92), (14, 184), (14, 368)):
        part = copies(table, benchmarks // len(table.units))
        cells = len(rolling_origins(part, max_origins=origins)) * benchmarks
        _, busy = seconds(part, method, origins=origins, jobs=1)
        print(f"  {origins:3d} {benchmarks:4d} {busy:7.2f} {1000 * busy / cells:7.2f}")


if __name__ == "__main__":
    main()
