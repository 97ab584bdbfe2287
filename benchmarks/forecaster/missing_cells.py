"""How much worse do pooled methods get when a fifth of the scores is missing?

    python benchmarks/forecaster/missing_cells.py DATA

On `observational_base.csv.gz`, a random 20 % of the cells of the evidence is dropped, five times:

- known scores: families are left out in turn, and every score of their models is forecast from the
  others by `observational` (a fifth of those is dropped, too);
- largest model: the largest model of each family is forecast from the rest by `skills`.

Prints mean absolute errors in points, whole and with holes.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from scalepredict.evaluation.backtest.splits import leave_largest_of_family_out
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.observational.observational import Observational
from scalepredict.predictors.skills.skills import SkillLaws
from scalepredict.records.evidence import select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, Floats, Ints

SHARE, SEEDS = 0.2, 5
FOLDS = 5


def holed(table: EvalTable, rng: np.random.Generator | None) -> EvalTable:
    if rng is None:
        return table
    return table.with_scores(np.where(rng.random(table.scores.shape) < SHARE, np.nan, table.scores))


def from_scores(table: EvalTable, rng: np.random.Generator | None) -> Floats:
    """Errors of every score of every model, from its others and models of other families."""
    seen = holed(table, rng)
    families = np.array([c.family for c in table.checkpoints])
    fold = np.array([table.families.index(f) for f in families]) % FOLDS
    errors = np.full(table.scores.shape, np.nan)
    for f in range(FOLDS):
        law = Observational().fit(seen.take_rows(fold != f), rng=np.random.default_rng(0))
        held: Ints = np.flatnonzero(fold == f)
        # The score that is forecast is never read, so it need not be dropped to be tested.
        targets = replace(Targets.of_table(table.take_rows(held)), known=seen.take_rows(held))
        informed = np.isfinite(seen.scores[held]).sum(axis=1) >= 2
        point = law.forecast(targets).point
        errors[held] = np.where(informed[:, None], point - table.scores[held], np.nan)
    return np.asarray(np.abs(errors))


def of_largest(table: EvalTable, rng: np.random.Generator | None) -> Floats:
    seen = holed(table, rng)
    rows = []
    for split in leave_largest_of_family_out(table):
        if not any(table.checkpoints[i].family == split.family for i in split.train):
            continue
        law = SkillLaws().fit(seen.take_rows(split.train), rng=np.random.default_rng(0))
        target = table.take_rows(split.targets)
        point = law.forecast(Targets.of_table(target)).point
        rows.append(np.abs(point - target.scores)[0])
    return np.array(rows)


def report(name: str, errors: Callable[[np.random.Generator | None], Floats]) -> None:
    whole = errors(None)
    runs = [errors(np.random.default_rng(seed)) for seed in range(SEEDS)]
    there = np.isfinite(whole)
    full = 100 * float(whole[there].mean())
    holes = [100 * float(run[there & np.isfinite(run)].mean()) for run in runs]
    mean = float(np.mean(holes))
    each = ", ".join(f"{hole:.2f}" for hole in holes)
    print(f"{name:16} whole {full:.2f}, with holes {mean:.2f} ({each}): {mean / full - 1:+.1%}")


def main(folder: Path) -> None:
    table = select_evidence(read_records([folder / "observational_base.csv.gz"]).table).table
    report("known scores", lambda rng: from_scores(table, rng))
    report("largest model", lambda rng: of_largest(table, rng))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
