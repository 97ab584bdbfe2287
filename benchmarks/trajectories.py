"""How well is the whole curve of a run forecast that was held out, and does its band hold it?

    python benchmarks/trajectories.py DATA_FOLDER

DATA_FOLDER holds pythia_0shot.csv.gz (accuracies; 12B and 6.9B are held out, each run whole) and
losses/gemstones_loss.csv.gz (losses; the four largest of each recipe are held out, one by one). The
ladder of a run is all smaller ones of its recipe. Errors are means over benchmarks, in points of
accuracies and in percent of losses; the band is of 90 %, counted beyond the first 5 % of each run.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scalepredict.evaluation.forecast.trajectory_ahead import FRACTIONS, trajectory_ahead
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.registry import predictor_type
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, Floats

QUARTERS = (0.25, 0.5, 0.75, 1.0)
EARLY = 0.05
LEVEL = 0.9
AT = np.unique([*FRACTIONS[FRACTIONS > EARLY], *QUARTERS])
HELD = {  # how many of the largest runs of each family
    "pythia_0shot.csv.gz": {"pythia-pile": 2, "pythia-pile-deduped": 2},
    "losses/gemstones_loss.csv.gz": {"gemstones": 4, "gemstones-cooldown": 4, "gemstones-lr": 4},
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """Errors of F fractions and T benchmarks, NaN = nothing to compare, and whether held."""

    error: Floats
    inside: Floats


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    print("error in percent at " + ", ".join(f"{100 * f:.0f} %" for f in QUARTERS) + "; band holds")
    for file, families in HELD.items():
        table = to_benchmarks(read_records([folder / file]).table)
        for family, wanted in families.items():
            own = table.of_family(family)
            for model in _largest(own, wanted):
                lines = held_out(own, model)
                errors = "".join(f"{_mean_at(lines, f):8.2f}" for f in QUARTERS)
                print(f"  {model:<30}{errors}{100 * np.nanmean(lines.inside):8.0f} %")


def held_out(table: EvalTable, model: str) -> Lines:
    """Forecast one run from the smaller ones of its family."""
    names = np.array([c.model for c in table.checkpoints])
    own = table.take_rows(names == model)
    ladder = table.take_rows((names != model) & (table.params < own.params[0]))
    target = Targets.of_table(own.take_rows([int(np.argmax(own.tokens))]))
    ahead = trajectory_ahead(
        ladder,
        predictor_type("stack")(),
        target,
        load_calibration(),
        fractions=AT,
        rng=np.random.default_rng(0),
    )
    order = np.argsort(own.tokens)
    x, ends = np.log(own.tokens[order]), np.log(AT * own.tokens.max())
    columns = {unit: t for t, unit in enumerate(own.units)}
    error = np.full((len(AT), len(own.units)), np.nan)
    inside = np.full_like(error, np.nan)
    for row, forecast in enumerate(ahead.forecasts):
        if forecast is None or ends[row] < x[0]:
            continue
        low, high = forecast.interval(LEVEL)
        for t, unit in enumerate(forecast.units):
            y = own.scores[order, columns[unit]]
            known = np.isfinite(y)
            truth = np.interp(ends[row], x[known], y[known]) if known.any() else np.nan
            away = forecast.point[0, t] - truth
            error[row, t] = away if unit.measure is None else away / truth
            if np.isfinite(away):
                inside[row, t] = low[0, t] <= truth <= high[0, t]
    return Lines(error=error, inside=inside)


def _largest(table: EvalTable, count: int) -> Sequence[str]:
    params = {c.model: c.params or 0.0 for c in table.checkpoints}
    return sorted(params, key=lambda name: params[name])[-count:][::-1]


def _mean_at(lines: Lines, fraction: float) -> float:
    return float(100 * np.nanmean(np.abs(lines.error[np.isclose(AT, fraction)])))


if __name__ == "__main__":
    main()
