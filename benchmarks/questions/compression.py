"""Does the loss of a model as a covariate of the capability space forecast its scores better?

    python benchmarks/questions/compression.py DATA_FOLDER

DATA_FOLDER holds gadre_104.csv.gz and gemstones.csv.gz: scores with a validation loss. Huang et al.
(2024, arXiv 2404.09937) find scores of public models near linear in bits per byte, which of one
tokeniser are the loss times a constant.

Evidence is every run at or below a cutoff, the targets are later ones up to 64x larger. Of a target
are known its family and compute, or 3, or 20 % of its benchmarks. Errors are means over benchmarks
that nobody told, in points: of `observational` on records without losses, on the same with losses,
and of a straight line in the loss for each benchmark, through all families.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from scalepredict.evaluation.backtest.splits import spaced_checkpoints
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.observational.observational import Observational
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.evidence import ALL, LAST, CheckpointChoice, select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import Bools, EvalTable, Floats, Ints

CUTOFFS = (0.003, 0.01, 0.03, 0.1)  # of the largest compute
MOST_FACTOR = 64.0
SEEDS = (0, 1)
MOST_TARGETS = 60
KNOWN = {"family and compute": 0.0, "3 benchmarks": 3, "20 % of them": 0.2}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    print("mean absolute error in points: without losses, with them, line in the loss")
    for name, table in tables(folder):
        print(name)
        for known, share in KNOWN.items():
            errors = np.array(list(_errors(table, share)))
            shown = "".join(f"{100 * value:8.2f}" for value in errors.mean(axis=0))
            better = int((errors[:, 1] < errors[:, 0]).sum())
            print(f"  {known:<22}{shown}   better in {better} of {len(errors)}", flush=True)


def tables(folder: Path) -> Iterator[tuple[str, EvalTable]]:
    yield "open_lm", _scores(folder / "gadre_104.csv.gz", LAST)
    yield "gemstones", spaced_checkpoints(_scores(folder / "gemstones.csv.gz", ALL))


def _scores(path: Path, choice: CheckpointChoice) -> EvalTable:
    return to_benchmarks(select_evidence(read_records([path]).table, choice=choice).table)


def _errors(table: EvalTable, share: float) -> Iterator[tuple[float, ...]]:
    without = replace(table, checkpoints=tuple(replace(c, loss=None) for c in table.checkpoints))
    for cutoff in np.array(CUTOFFS) * table.flops.max():
        evidence = np.flatnonzero(table.flops <= cutoff)
        later = (table.flops > 1.4 * cutoff) & (table.flops <= MOST_FACTOR * cutoff)
        for seed in SEEDS:
            rng = np.random.default_rng(seed)
            targets = rng.permutation(np.flatnonzero(later))[:MOST_TARGETS]
            n_units = len(table.units)
            count = int(share * n_units) if share < 1 else int(share)
            told = np.zeros((len(targets), n_units), dtype=bool)
            told[:, rng.permutation(n_units)[:count]] = True
            points = (
                _forecast(without, evidence, targets, told),
                _forecast(table, evidence, targets, told),
                _line(table, evidence, targets),
            )
            asked = ~told & np.isfinite(points).all(axis=0)
            observed = table.scores[targets]
            yield tuple(float(np.nanmean(np.abs(p - observed)[asked])) for p in points)


def _forecast(table: EvalTable, evidence: Ints, targets: Ints, told: Bools) -> Floats:
    law = Observational().fit(table.take_rows(evidence))
    held = table.take_rows(targets)
    asked = Targets.of_table(held)
    if told.any():
        asked = replace(asked, known=held.with_scores(np.where(told, held.scores, np.nan)))
    return law.forecast(asked).point


def _line(table: EvalTable, evidence: Ints, targets: Ints) -> Floats:
    points = np.full((len(targets), len(table.units)), np.nan)
    for column, score in enumerate(table.scores.T):
        used = evidence[np.isfinite(score[evidence]) & np.isfinite(table.loss[evidence])]
        if len(used) > 1:
            line = np.polyfit(table.loss[used], score[used], 1)
            points[:, column] = np.polyval(line, table.loss[targets])
    return points


if __name__ == "__main__":
    main()
