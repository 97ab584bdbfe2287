"""How often does `compare` name the better recipe, and are its probabilities true?

    python benchmarks/compare_recipes.py DATA_FOLDER

DATA_FOLDER holds gadre_104.csv.gz, three data mixes at matched scales, and opensci_ref.csv.gz,
eight corpora at four sizes. From models of the mixes up to a cutoff, the sign of the difference of
each two is decided for larger models, on benchmarks where the measured difference is larger than
two standard errors. Beside it: the sign of the largest pair, and of the difference of two
independent forecasts. Then all signs of both tables, by stated probability, and how often 90 %
intervals hold.
"""

import argparse
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.questions.recipes import Comparison, compare, match
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.registry import predictor_type
from scalepredict.records.evidence import select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, Floats

CUTOFFS = (5e18, 2e19, 5e19, 2e20)
TARGETS = {"1B": "open_lm_1b-1.0", "7B": "open_lm_7b-1.0"}
EDGES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.985, 1.0)


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


@dataclass
class Signs:
    """Signs beyond the cutoffs, and 90 % intervals."""

    stated: list[float] = field(default_factory=list)
    true: list[bool] = field(default_factory=list)
    inside: list[bool] = field(default_factory=list)
    suite_stated: list[float] = field(default_factory=list)
    suite_true: list[bool] = field(default_factory=list)
    suite_inside: list[bool] = field(default_factory=list)

    def add(self, found: Comparison, measured: Floats) -> None:
        known = np.isfinite(measured) & (measured != 0)
        sure = np.maximum(found.probability, 1 - found.probability)
        low, high = found.interval(0.9)
        self.stated += sure[known].tolist()
        self.true += ((found.difference > 0) == (measured > 0))[known].tolist()
        self.inside += ((low <= measured) & (measured <= high))[known].tolist()
        if np.isfinite(measured).all():
            mean, bounds = float(measured.mean()), found.suite_interval(0.9)
            self.suite_stated += [max(found.suite_probability, 1 - found.suite_probability)]
            self.suite_true += [(found.suite_difference > 0) == (mean > 0)]
            self.suite_inside += [bounds[0] <= mean <= bounds[1]]


def all_signs(table: EvalTable, cutoffs: tuple[float, ...]) -> Signs:
    signs = Signs()
    names = [unit.shown for unit in table.units]
    for first, second in combinations(table.families, 2):
        a, b = table.of_family(first), table.of_family(second)
        for cutoff in cutoffs:
            known = table.take_rows(table.flops <= cutoff)
            for i, j in zip(*match(a, b), strict=True):
                if a.flops[i] > 1.05 * cutoff:
                    try:
                        found = compare(known, first, second, target_flops=float(a.flops[i]))
                    except RefusedError:
                        continue
                    columns = [names.index(name) for name in found.benchmarks]
                    signs.add(found, (a.scores[i] - b.scores[j])[columns])
    return signs


def show(name: str, signs: Signs) -> None:
    stated, true = np.array(signs.stated), np.array(signs.true)
    print(f"{name}: all signs beyond the cutoffs: stated probability, share that came true, number")
    for low, high in pairwise(EDGES):
        inside = (stated >= low) & ((stated < high) | (high == EDGES[-1]))
        if inside.any():
            print(f"  {stated[inside].mean():.3f} {true[inside].mean():.3f} {inside.sum():6d}")
    print(f"  90 % intervals hold {np.mean(signs.inside):.1%} of {len(signs.inside)}")
    print(
        f"  averages: stated {np.mean(signs.suite_stated):.3f}, came true "
        f"{np.mean(signs.suite_true):.3f}, 90 % intervals hold {np.mean(signs.suite_inside):.1%} "
        f"of {len(signs.suite_inside)}"
    )


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
    show("gadre_104, 3 mixes", all_signs(table, CUTOFFS))
    corpora = select_evidence(read_records([folder / "opensci_ref.csv.gz"]).table).table
    scales = np.unique(np.round(np.log10(corpora.flops), 1))
    cutoffs = tuple(float(10 ** (scale + 0.05)) for scale in scales[:-1])
    show("opensci_ref, 8 corpora", all_signs(corpora, cutoffs))


if __name__ == "__main__":
    main()
