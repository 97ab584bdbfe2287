"""How good is `cod` where the truth is known, with 100, 10 or 1 answers to each question?

    python benchmarks/cod_simulation.py [--seeds 14] [--calibration FILE]

Worlds of evaluation/item_simulator.py, 27 times beyond the evidence. Errors are against the true
mean pass rate of the target, in points; coverage is of 90 % intervals over its measured score.
"no map" to "local line" are ways from the predictable part to the whole, "anchor" is cod with one
strong model of another family. Where questions have too few answers cod is an item-response curve;
the clusters are then shown for what they would have done.

The shipped intervals rest on worlds of other seeds, in some of which models differ by more than
compute, and on Gemstones (cod_calibration.sh).
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.intervals.calibration import Calibration, apply_calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.questions.item_simulator import (
    FLOPS,
    WORLDS,
    ItemWorld,
    SimulatedItems,
    simulate_items,
)
from scalepredict.predictors.cod.cluster_fit import fit_clusters
from scalepredict.predictors.cod.cod import ClusteringOnDifficulty
from scalepredict.predictors.cod.difficulty import Difficulty, read_difficulty
from scalepredict.predictors.cod.mapping import monotone_cubic, smoothing_spline
from scalepredict.predictors.interface import Forecast, Predictor, Targets
from scalepredict.predictors.registry import predictor_type
from scalepredict.records.aggregate import to_benchmarks

COD = ClusteringOnDifficulty()
DIRECT = ("cod_curve", "power_law", "stack", "last")
COLUMNS = (
    *("cod", "anchor", "no map", "cubic", "spline", "local line"),
    *("part", "outliers", "share", *DIRECT, "held", "width", "held+a"),
)


def main(seeds: int, calibration: Path | None) -> None:
    constants = load_calibration(calibration)
    print(f"mean absolute error in points over {seeds} worlds; shares and coverage in percent")
    print(f"{'world':6}{'answers':>8}" + "".join(f"{name:>11}" for name in COLUMNS))
    held = {}
    for trials in (100, 10, 1):
        held[trials] = np.empty((0, 2))
        for name, world in WORLDS.items():
            rows = [one(replace(world, trials=trials), seed, constants) for seed in range(seeds)]
            table = np.array([[row.get(column, np.nan) for column in COLUMNS] for row in rows])
            empty = np.isnan(table).all(axis=0)
            mean = np.where(empty, np.nan, np.nanmean(np.where(empty, 0.0, table), axis=0))
            print(f"{name:6}{trials:8}" + "".join(f"{100 * value:11.2f}" for value in mean))
            held[trials] = np.vstack([held[trials], [[r["held"], r["held+a"]] for r in rows]])
    for trials, hits in held.items():
        alone, anchored = 100 * hits.mean(axis=0)
        print(
            f"90 % intervals, {trials} answers: {alone:.1f} % of {len(hits)} held, "
            f"{anchored:.1f} % with the anchor"
        )


def one(world: ItemWorld, seed: int, constants: Calibration) -> dict[str, float]:
    items = simulate_items(world, rng=np.random.default_rng(seed))
    truth = float(items.truth[-1].mean())
    small = items.table.take_rows(range(8))
    row = {}
    for column, rows, flag in (("cod", 8, "held"), ("anchor", 9, "held+a")):
        law = COD.fit(items.table.take_rows(range(rows)), rng=np.random.default_rng(seed))
        forecast = law.forecast(target(items))
        row[column] = abs(forecast.point[0, 0] - truth)
        low, high = apply_calibration(forecast, constants, "cod").interval(0.9)
        row[flag] = float(low[0, 0] <= items.table.scores[-1].mean() <= high[0, 0])
        row["width"] = float(high[0, 0] - low[0, 0])
    row |= by_clusters(read_difficulty(small, "simulated"), items, seed)
    for name in DIRECT:
        row[name] = abs(direct(predictor_type(name)(), items) - truth)
    return row


def by_clusters(difficulty: Difficulty, items: SimulatedItems, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    fit = fit_clusters(difficulty, COD.clustering, n_resamples=0, rng=rng)
    if fit is None or not fit.extrapolatable.any():
        return {"outliers": 1.0, "share": 0.0}
    truth = float(items.truth[-1].mean())
    part = fit.part_at(FLOPS[-1:])[0]
    points = fit.part[0], fit.whole[0]
    return {
        "no map": abs(float(part[0]) - truth),
        "cubic": abs(float(monotone_cubic(*points, part)[0]) - truth),
        "spline": abs(float(smoothing_spline(*points, part)[0]) - truth),
        "local line": abs(float(fit.whole_at(FLOPS[-1:])[0, 0]) - truth),
        "part": abs(float(part[0] - items.truth[-1, fit.predictable].mean())),
        "outliers": float((fit.labels < 0).mean()),
        "share": fit.predictable_share,
    }


def direct(predictor: Predictor, items: SimulatedItems) -> float:
    totals = to_benchmarks(items.table.take_rows(range(8)))
    try:
        law = predictor.fit(totals, rng=np.random.default_rng(0))
    except RefusedError:
        return np.nan
    forecast: Forecast = law.forecast(target(items))
    return float(forecast.point[0, 0])


def target(items: SimulatedItems) -> Targets:
    return Targets.of_table(items.table.take_rows([9]))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=14)
    options.add_argument("--calibration", type=Path)
    main(**vars(options.parse_args()))
