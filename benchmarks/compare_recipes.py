"""How often does `compare` name the better recipe, and are its probabilities true?

    python benchmarks/compare_recipes.py DATA_FOLDER

DATA_FOLDER holds gadre_104.csv.gz: three data mixes at matched scales. From models up to a cutoff,
the sign of the difference of each two mixes is decided for larger models, on benchmarks where the
measured difference is larger than two standard errors. Beside it: the sign of the largest pair, and
of the difference of two independent forecasts. Then all signs, by stated probability.
"""

import argparse
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np

from scalepredict.evaluation.questions.recipes import compare, match
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.registry import predictor_type
from scalepredict.records.evidence import select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, Floats

CUTOFFS = (5e18, 2e19, 5e19, 2e20)
TARGETS = {"1B": "open_lm_1b-1.0", "7B": "open_lm_7b-1.0"}
EDGES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


def forecast_difference(known: EvalTable, pair: EvalTable) -> Floats:
    points = []
    for row in range(2):
        target = pair.take_rows([row])
        rng = np.random.default_rng(0)
        law = predictor_type("stack")().fit(known.of_family(target.families[0]), rng=rng)
        points.append(law.forecast(Targets.of_table(target)).point[0])
    return np.asarray(points[0] - points[1])


def decisions(table: EvalTable, name: str, cutoff: float) -> dict[str, list[bool]]:
    right: dict[str, list[bool]] = {}
    known = table.take_rows(table.flops <= cutoff)
    for first, second in combinations(table.families, 2):
        rows = [
            next(i for i, c in enumerate(table.checkpoints)
                 if c.family == family and c.model.endswith(name))
            for family in (first, second)
        ]  # fmt: skip
        pair = table.take_rows(rows)
        found = compare(known, first, second, target_flops=float(pair.flops.max()))
        true = pair.scores[0] - pair.scores[1]
        noise = np.sqrt((pair.scores * (1 - pair.scores) / pair.n_items).sum(axis=0))
        real = np.abs(true) > 2 * noise
        for method, difference in (
            ("compare", found.difference),
            ("unshrunk", found.raw),
            ("largest pair", found.largest),
            ("two forecasts", forecast_difference(known, pair)),
        ):
            same = np.sign(difference) == np.sign(true)
            right.setdefault(method, []).extend(same[real].tolist())
    return right


def stated_and_true(table: EvalTable) -> tuple[Floats, Floats]:
    stated: list[float] = []
    true: list[bool] = []
    for first, second in combinations(table.families, 2):
        a, b = table.of_family(first), table.of_family(second)
        for cutoff in CUTOFFS:
            known = table.take_rows(table.flops <= cutoff)
            for i, j in zip(*match(a, b), strict=True):
                if a.flops[i] > 1.05 * cutoff:
                    found = compare(known, first, second, target_flops=float(a.flops[i]))
                    measured = a.scores[i] - b.scores[j]
                    tied = measured == 0
                    sure = np.maximum(found.probability, 1 - found.probability)
                    held = (found.difference > 0) == (measured > 0)
                    stated += sure[~tied].tolist()
                    true += held[~tied].tolist()
    return np.array(stated), np.array(true)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    table = select_evidence(read_records([folder / "gadre_104.csv.gz"]).table).table
    for target, name in TARGETS.items():
        print(f"sign accuracy for the {target} model, percent, from cutoffs {CUTOFFS}")
        by_cutoff = [decisions(table, name, cutoff) for cutoff in CUTOFFS]
        for method in by_cutoff[0]:
            shares = " ".join(f"{100 * np.mean(found[method]):5.0f}" for found in by_cutoff)
            print(f"  {method:14s}{shares}   of {len(by_cutoff[0][method])}")
    stated, true = stated_and_true(table)
    print("all signs beyond the cutoffs: stated probability, share that came true, number")
    for low, high in pairwise(EDGES):
        inside = (stated >= low) & ((stated < high) | (high == EDGES[-1]))
        print(f"  {stated[inside].mean():.2f} {true[inside].mean():.2f} {inside.sum():6d}")


if __name__ == "__main__":
    main()
