"""How much does the clustering of `cod` matter? Its paper's ablation, on known and real questions.

    python benchmarks/questions/cod_clusterings.py [DATA_FOLDER] [--seeds 5]

Everything but the clustering stays as it is in `cod`. Columns are those of Xu et al. 2025 (COD,
2502.17262): IAD, the mean distance of a clustered question from the centre of its cluster; OR, the
share of questions that are outliers; EE, the error on the predictable part; FE, that on the whole
benchmark, and the largest FE; errors in points. Beside them the clusters, the share of the score
that is predictable, and the forecasts that clusters could make: where none can be extrapolated
`cod` is an item-response curve, which this table leaves out. "common" is FE over what all five
clusterings forecast.

Simulated worlds have 100 answers to each question, and a target of 27 times the compute. With
DATA_FOLDER also items_gemstones (above 500M parameters from those below) and items_arithmetic
(6.9B and 12B from models up to 2.8B, answers of the last three checkpoints).
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.questions.item_simulator import FLOPS, WORLDS, simulate_items
from scalepredict.predictors.cod.cluster_fit import ClusterFit, fit_clusters
from scalepredict.predictors.cod.clustering import CLUSTERINGS, OUTLIER, Clustering, cluster_means
from scalepredict.predictors.cod.difficulty import Difficulty, read_difficulty
from scalepredict.records.evidence import CheckpointChoice, select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, Floats

FITTED = range(8)  # rows of a simulated world; row 8 is an anchor, row 9 the target
COLUMNS = ("clusters", "IAD", "OR %", "share %", "EE", "FE", "max FE", "common", "forecasts")


class Task(NamedTuple):
    """Evidence of one benchmark, and what K larger models score on its n questions."""

    evidence: Difficulty
    flops: Floats  # (K,)
    truth: Floats  # (n, K)


def main(folder: Path | None, seeds: int) -> None:
    show(f"simulated: {len(WORLDS)} worlds x {seeds} seeds", list(simulated(seeds)))
    if folder is not None:
        gemstones = read_records([folder / "items_gemstones.parquet"]).table
        show("items_gemstones", list(tasks(gemstones, "last", 5e8)))
        arithmetic = read_records([folder / "items_arithmetic.parquet"]).table
        show("items_arithmetic", list(tasks(arithmetic, "pool-last-3", 3e9)))


def simulated(seeds: int) -> Iterator[Task]:
    for world in WORLDS.values():
        for seed in range(seeds):
            items = simulate_items(world, rng=np.random.default_rng(seed))
            evidence = read_difficulty(items.table.take_rows(FITTED), "simulated")
            yield Task(evidence, FLOPS[-1:], items.truth[-1][:, None])


def tasks(table: EvalTable, checkpoints: str, max_params: float) -> Iterator[Task]:
    table = select_evidence(table, choice=CheckpointChoice.parse(checkpoints)).table
    small = table.take_rows(table.params <= max_params)
    large = table.take_rows(table.params > max_params)
    for benchmark in table.benchmarks:
        try:
            evidence = read_difficulty(small, benchmark)
        except RefusedError as reason:
            print(f"refused: {reason}")
            continue
        column = {u.task: i for i, u in enumerate(large.units) if u.benchmark == benchmark}
        truth = large.scores[:, [column[question] for question in evidence.questions]].T
        yield Task(evidence, large.flops, truth)


def show(title: str, found: list[Task]) -> None:
    measured = [
        np.array([measure(task, Clustering(method=name)) for task in found]) for name in CLUSTERINGS
    ]
    common = np.isfinite([rows[:, 5] for rows in measured]).all(axis=0)
    print(f"\n{title}: {len(found)} benchmarks, {common.sum()} that all clusterings forecast")
    print(f"{'':17}" + "".join(f"{column:>10}" for column in COLUMNS))
    for name, rows in zip(CLUSTERINGS, measured, strict=True):
        made = np.isfinite(rows[:, 5])
        mean = np.nanmean(rows, axis=0)
        values = (*mean, rows[made, 5].max(), rows[common, 5].mean(), made.sum())
        print(f"{name:17}" + "".join(f"{value:10.3g}" for value in values))


def measure(task: Task, clustering: Clustering) -> tuple[float, ...]:
    evidence = task.evidence
    fit = fit_clusters(evidence, clustering, n_resamples=0, rng=np.random.default_rng(0))
    if fit is None or not fit.extrapolatable.any():
        return (np.nan, np.nan, np.nan, 0.0, np.nan, np.nan)
    whole = fit.whole_at(task.flops)[0] - evidence.weights @ task.truth
    inside = evidence.weights * fit.predictable
    part = fit.part_at(task.flops)[0] - inside @ task.truth / inside.sum()
    return (
        float(len(fit.sizes)),
        spread(evidence.rates, fit),
        100 * float((fit.labels == OUTLIER).mean()),
        100 * fit.predictable_share,
        100 * float(np.abs(part).mean()),
        100 * float(np.abs(whole).mean()),
    )


def spread(rates: Floats, fit: ClusterFit) -> float:
    inside = fit.labels >= 0
    centers = cluster_means(rates, fit.labels)
    return float(np.linalg.norm(rates[inside] - centers[fit.labels[inside]], axis=1).mean())


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path, nargs="?")
    options.add_argument("--seeds", type=int, default=5)
    main(**vars(options.parse_args()))
