"""Does a loss as a covariate of the capability space forecast scores better? With and without it.

    python benchmarks/questions/compression.py DATA_FOLDER

DATA_FOLDER holds gadre_104.csv.gz, losses/openlm8.csv.gz (eight validation losses of the same runs)
and gemstones.csv.gz (one). Huang et al. (2024, arXiv 2404.09937) find scores of public models near
linear in bits per byte; of one tokeniser these are the loss times a constant, so the covariate is
1 - loss / log(vocabulary), on which a straight line is a straight line in bits per byte.

Evidence is every run at or below a cutoff, the targets are later ones up to 64x larger. Of a target
may be known: its family and compute alone (the losses then serve the evidence), the losses alone,
and 3 or 20 % of its benchmarks beside them. Errors are means over the benchmarks that nobody knows,
in points, of `observational` without the losses and with them; `line` is a straight line in the
first loss for each benchmark, through all families.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from scalepredict.evaluation.backtest.splits import spaced_checkpoints
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.observational.observational import Observational
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.evidence import ALL, LAST, CheckpointChoice, select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import Bools, EvalTable, Floats, Ints, Unit, make_table

LOG_VOCABULARY = np.log(50_432)
CUTOFFS = (0.003, 0.01, 0.03, 0.1)  # of the largest compute
MOST_FACTOR = 64.0
SEEDS = (0, 1)
MOST_TARGETS = 60
KNOWN = {"family and compute": 0, "losses alone": 0, "3 benchmarks": 3, "20 % of them": 0.2}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """Scores of M models on T benchmarks, and their L losses as covariates, (M, L)."""

    name: str
    table: EvalTable
    compression: Floats


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    print("mean absolute error in points: without losses, with them, line in the loss")
    for source in sources(folder):
        print(source.name)
        for known, share in KNOWN.items():
            errors = np.array(list(_errors(source, known, share)))
            shown = "".join(f"{100 * value:8.2f}" for value in np.nanmean(errors, axis=0))
            better = int((errors[:, 1] < errors[:, 0]).sum())
            print(f"  {known:<22}{shown}   better in {better} of {len(errors)}")


def sources(folder: Path) -> Iterator[Source]:
    open_lm = _scores(folder / "gadre_104.csv.gz", LAST)
    yield Source(name="open_lm, C4", table=open_lm, compression=open_lm.loss[:, None])
    losses = select_evidence(read_records([folder / "losses/openlm8.csv.gz"]).table).table
    place = {c.model: row for row, c in enumerate(losses.checkpoints)}
    rows = [place[c.model] for c in open_lm.checkpoints]
    yield Source(name="open_lm, 8 losses", table=open_lm, compression=losses.scores[rows])
    gemstones = spaced_checkpoints(_scores(folder / "gemstones.csv.gz", ALL))
    yield Source(name="gemstones", table=gemstones, compression=gemstones.loss[:, None])


def _scores(path: Path, choice: CheckpointChoice) -> EvalTable:
    return to_benchmarks(select_evidence(read_records([path]).table, choice=choice).table)


def _errors(source: Source, known: str, share: float) -> Iterator[tuple[float, float, float]]:
    flops = source.table.flops
    for cutoff in np.array(CUTOFFS) * flops.max():
        evidence = np.flatnonzero(flops <= cutoff)
        later = np.flatnonzero((flops > 1.4 * cutoff) & (flops <= MOST_FACTOR * cutoff))
        for seed in SEEDS:
            rng = np.random.default_rng(seed)
            targets = rng.permutation(later)[:MOST_TARGETS]
            n_units = len(source.table.units)
            count = int(share * n_units) if share < 1 else int(share)
            told = np.zeros((len(targets), n_units), dtype=bool)
            told[:, rng.permutation(n_units)[:count]] = True
            yield _compared(
                source, evidence, targets, told, losses_told=known != "family and compute"
            )


def _compared(
    source: Source, evidence: Ints, targets: Ints, told: Bools, *, losses_told: bool
) -> tuple[float, float, float]:
    plain, wide = source.table, _with_losses(source)
    asked = ~told & np.isfinite(plain.scores[targets])
    extra = np.full((len(targets), source.compression.shape[1]), losses_told)
    points = (
        _forecast(plain, evidence, targets, told),
        _forecast(wide, evidence, targets, np.hstack([told, extra]))[:, : len(plain.units)],
        _line(source, evidence, targets),
    )
    asked &= np.isfinite(points).all(axis=0)
    errors = [float(np.abs(p - plain.scores[targets])[asked].mean()) for p in points]
    return errors[0], errors[1], errors[2]


def _with_losses(source: Source) -> EvalTable:
    table = source.table
    units = [Unit(benchmark=f"compression {i}") for i in range(source.compression.shape[1])]
    covariate = np.clip(1 - source.compression / LOG_VOCABULARY, 0.0, 1.0)
    return make_table(
        table.checkpoints, [*table.units, *units], np.hstack([table.scores, covariate])
    )


def _forecast(table: EvalTable, evidence: Ints, targets: Ints, told: Bools) -> Floats:
    law = Observational().fit(table.take_rows(evidence))
    held = table.take_rows(targets)
    asked = Targets.of_table(held)
    if told.any():
        asked = replace(asked, known=held.with_scores(np.where(told, held.scores, np.nan)))
    return law.forecast(asked).point


def _line(source: Source, evidence: Ints, targets: Ints) -> Floats:
    loss, scores = source.compression[:, 0], source.table.scores
    points = np.full((len(targets), scores.shape[1]), np.nan)
    for column, score in enumerate(scores.T):
        used = [row for row in evidence if np.isfinite(score[row]) and np.isfinite(loss[row])]
        if len(used) > 1:
            points[:, column] = np.polyval(np.polyfit(loss[used], score[used], 1), loss[targets])
    return points


if __name__ == "__main__":
    main()
