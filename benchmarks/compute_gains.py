"""Do intervals of what a recipe is worth in compute hold at larger scales than they come from?

    python benchmarks/compute_gains.py DATA_FOLDER

DATA_FOLDER holds losses/openlm8.csv.gz (losses) and gadre_104.csv.gz (accuracies): three recipes at
matched scales. Gains of two recipes beside a third are computed from the runs up to a cutoff, and
again from the later ones alone, whose middle is what the first 90 % interval should hold. Each
recipe is also set beside a copy of itself.
"""

import argparse
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np

from scalepredict.evaluation.questions.compute_gain import compare_arms
from scalepredict.predictors.limits import MAX_FACTOR
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.evidence import select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, Floats

FILES = ("losses/openlm8.csv.gz", "gadre_104.csv.gz")
LEVEL = 0.9
CUTOFFS = (3e19, 1e20, 3e20)  # FLOPs
MOST = MAX_FACTOR / 2  # of the evidence; the largest pair may be smaller than the largest run


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for file in FILES:
        table = to_benchmarks(select_evidence(read_records([folder / file]).table).table)
        print(file)
        for cutoff in CUTOFFS:
            inside, width, error = backtest(table, cutoff)
            print(
                f"  up to {cutoff:.0e}: {np.sum(inside):.0f} of {inside.size} hold, "
                f"median error a factor {np.exp(np.median(error)):.2f}, "
                f"median interval a factor {np.exp(np.median(width)):.2f}"
            )
        for family in table.families:
            low, high = beside_itself(table.of_family(family))
            around = np.mean((low <= 0) & (high >= 0))
            median = np.exp(np.median(high - low)) if len(low) else float("nan")
            print(f"  {family} beside itself: {100 * around:.0f} % around 1, a factor {median:.2f}")


def backtest(table: EvalTable, cutoff: float) -> tuple[Floats, Floats, Floats]:
    """Whether each gain was held, the width of its interval, and its error, in log compute."""
    known = table.take_rows(table.flops <= cutoff)
    ahead = (table.flops > cutoff) & (table.flops <= MOST * known.flops.max())
    later = table.take_rows(ahead)
    parts = [np.zeros((3, 0))]
    for names in permutations(table.families):
        top = float(later.flops.max())
        small = compare_arms(known, names, target_flops=top, rng=np.random.default_rng(0))
        large = compare_arms(later, names, rng=np.random.default_rng(0))
        low, high = (np.log(end[1:]) for end in small.gain_interval(LEVEL))
        truth, point = large.log_gain[1:], small.log_gain[1:]
        told = np.isfinite(truth) & np.isfinite(point)
        inside = (low <= truth) & (truth <= high)
        parts.append(np.stack([inside, high - low, np.abs(point - truth)])[:, told])
    inside, width, error = np.concatenate(parts, axis=1)
    return inside, width, error


def beside_itself(table: EvalTable) -> tuple[Floats, Floats]:
    """Ends of the log gains of a recipe over a copy of it."""
    copy = replace(table, checkpoints=tuple(replace(c, family="copy") for c in table.checkpoints))
    both = table.with_rows(copy)
    found = compare_arms(both, both.families, rng=np.random.default_rng(0))
    low, high = (np.log(end[1]) for end in found.gain_interval(LEVEL))
    told = np.isfinite(low)
    return low[told], high[told]


if __name__ == "__main__":
    main()
