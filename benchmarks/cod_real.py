"""How does `cod` do on real questions, beside the methods that see totals only?

    python benchmarks/cod_real.py DATA_FOLDER

Holds out the larger models of items_arithmetic (6.9B and 12B from 160M to 2.8B; two benchmarks of
100 operand groups) and of items_gemstones (above 500M; mean probability of the right answer, 63
benchmarks), and prints mean absolute errors in points and the percentage of scores inside the
shipped 50, 80 and 90 % intervals. The arithmetic table is four numbers: it shows a jump, not a
ranking.
"""

import sys
from pathlib import Path

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.intervals.calibration import apply_calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.interface import Forecast, Targets
from scalepredict.predictors.registry import predictor_type
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.evidence import CheckpointChoice, select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable

METHODS = ("cod", "last", "sigmoid", "cod_curve", "power_law", "stack")
LEVELS = (50, 80, 90)


def main(folder: Path) -> None:
    arithmetic = read_records([folder / "items_arithmetic.parquet"]).table
    for choice in ("last", "pool-last-3"):
        print(f"\nitems_arithmetic, {choice}: 6.9B and 12B from models up to 2.8B")
        chosen = select_evidence(arithmetic, choice=CheckpointChoice.parse(choice)).table
        compare(chosen, max_params=3e9, each=True)
    print("\nitems_gemstones: 23M to 500M forecast the larger ones")
    gemstones = select_evidence(read_records([folder / "items_gemstones.parquet"]).table).table
    compare(gemstones, max_params=5e8, each=False)


def compare(table: EvalTable, *, max_params: float, each: bool) -> None:
    small = table.take_rows(table.params <= max_params)
    large = to_benchmarks(table.take_rows(table.params > max_params))
    names = [
        f"{(c.params or 0) / 1e9:.1f}B {b.removeprefix('arithmetic_')}"
        for c in large.checkpoints
        for b in large.benchmarks
    ]
    print(f"{'':10}{'MAE':>7}" + "".join(f"{f'in {level}':>7}" for level in LEVELS), end="")
    print("".join(f"{name:>22}" for name in names) if each else "")
    if each:
        print(f"{'measured':38}" + "".join(f"{100 * x:22.1f}" for x in large.scores.ravel()))
    for method in METHODS:
        try:
            made = forecast(method, small, large)
        except RefusedError as reason:
            print(f"{method:10} refused: {str(reason).splitlines()[0]}")
            continue
        error = 100 * np.abs(made.point - large.scores)
        line = f"{method:10}{np.nanmean(error):7.2f}"
        for level in LEVELS:
            low, high = made.interval(level / 100)
            inside = (low <= large.scores) & (large.scores <= high)
            line += f"{100 * inside[np.isfinite(error)].mean():7.1f}"
        if each:
            line += "".join(f"{100 * x:22.1f}" for x in made.point.ravel())
        else:
            line += f"  over {np.isfinite(error).sum()} forecasts of {len(large.benchmarks)} "
            line += f"benchmarks, {int(np.isnan(error).sum())} refused"
        print(line)


def forecast(method: str, small: EvalTable, large: EvalTable) -> Forecast:
    fit = fit_families(small, predictor_type(method)(), rng=np.random.default_rng(0))
    made: Forecast = fit.groups[0].law.forecast(Targets.of_table(large))
    place = {unit.benchmark: i for i, unit in enumerate(made.units)}
    made = made.take_units([place[name] for name in large.benchmarks])
    return apply_calibration(made, load_calibration(), method)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
