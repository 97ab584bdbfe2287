"""How well is a model card completed, and do its intervals hold?

    python benchmarks/completion.py DATA

A third of the scores of each model is hidden, the rest is evidence and all that is known of the
model; three draws. Tables: `observational_base.csv.gz`, and 37 benchmarks of `euroeval.csv.gz` with
a third of the cells empty. Prints the absolute error in points of the benchmark's median, of the
completion alone (`predictors/observational/completion.py`), of links alone, and of
`observational`, which averages both; and how often its 90 % intervals hold, and their width.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from scalepredict.evaluation.intervals.calibration import apply_calibration, of_scores
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import Forecast, Targets
from scalepredict.predictors.observational.capability_law import ObservationalLaw
from scalepredict.predictors.observational.completion import complete, fit_completion
from scalepredict.predictors.observational.observational import Observational
from scalepredict.records.table import Bools, Checkpoint, EvalTable, Floats, Unit, make_table

CHANCE = {"MMLU": 0.25, "ARC-C": 0.25, "HellaSwag": 0.25, "Winograd": 0.5, "XWinograd": 0.5}
HIDDEN, FEWEST = 1 / 3, 3
SEEDS = (0, 1, 2)
WIDTH = 37  # benchmarks that are drawn from a wider table


def tables(folder: Path) -> Iterator[tuple[str, EvalTable]]:
    for name in ("observational_base", "euroeval"):
        rows = pd.read_csv(folder / f"{name}.csv.gz")
        wide = rows.pivot_table(index="model", columns="benchmark", values="score")
        wide = wide.clip(0, 1)  # correlations around zero
        if wide.shape[1] > WIDTH:
            drawn = np.random.default_rng(1).choice(wide.shape[1], WIDTH, replace=False)
            wide = wide.iloc[:, np.sort(drawn)]
        wide = wide[wide.notna().sum(axis=1) >= FEWEST]
        models = [Checkpoint(model=str(m), family=str(m)) for m in wide.index]
        units = [Unit(benchmark=str(b), chance=CHANCE.get(str(b), 0.0)) for b in wide]
        yield name, make_table(models, units, wide.to_numpy(dtype=float))


def hidden_cells(scores: Floats, seed: int) -> Bools:
    rng = np.random.default_rng(seed)
    hidden = np.zeros(scores.shape, dtype=bool)
    for row, measured in enumerate(np.isfinite(scores)):
        columns = np.flatnonzero(measured)
        hidden[row, rng.choice(columns, int(HIDDEN * len(columns)), replace=False)] = True
    return hidden


def card_forecast(law: ObservationalLaw, known: EvalTable) -> Forecast:
    nowhere = np.full(len(known.checkpoints), np.nan)
    scale = Targets.of_table(known)
    return law.forecast(replace(scale, params=nowhere, tokens=nowhere, flops=nowhere, known=known))


def main(folder: Path) -> None:
    calibration = load_calibration(None)
    for name, table in tables(folder):
        print(f"\n{name}: {table.scores.shape[0]} models, {table.scores.shape[1]} benchmarks")
        missed: dict[str, list[Floats]] = {}
        inside, widths = [], []
        for seed in SEEDS:
            hidden = hidden_cells(table.scores, seed)
            known = table.with_scores(np.where(hidden, np.nan, table.scores))
            law = Observational().fit(known)
            made = card_forecast(law, known)
            points = {
                "median of the benchmark": np.tile(
                    np.nanmedian(known.scores, axis=0), (len(hidden), 1)
                ),
                "completion alone": complete(fit_completion(known.scores), known.scores)[0],
                "links alone": card_forecast(replace(law, card=None), known).point,
                "observational": made.point,
            }
            for method, point in points.items():
                missed.setdefault(method, []).append(np.abs(point - table.scores)[hidden])
            low, high = apply_calibration(
                made, calibration, of_scores(Observational.name)
            ).interval(0.9)
            inside.append(((low <= table.scores) & (table.scores <= high))[hidden])
            widths.append((high - low)[hidden])
        _print(missed)
        held = np.concatenate(inside)
        width = 100 * float(np.nanmedian(np.concatenate(widths)))
        print(f"90 % intervals hold {held.mean():.1%} of {held.size}, median width {width:.1f}")


def _print(missed: dict[str, list[Floats]]) -> None:
    print(f"{'':24}{'median':>8}{'mean':>8}{'p90':>8}{'RMSE':>8}{'within 5':>10}{'none':>6}")
    for method, parts in missed.items():
        error = 100 * np.concatenate(parts)
        made = error[np.isfinite(error)]
        figures = np.median(made), made.mean(), np.quantile(made, 0.9), np.sqrt((made**2).mean())
        cells = "".join(f"{figure:8.2f}" for figure in figures)
        print(f"{method:24}{cells}{(made <= 5).mean():10.1%}{error.size - made.size:6d}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
