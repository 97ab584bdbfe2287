"""How well are the larger models of a family forecast from other families and its own small ones?

    python benchmarks/skills_families.py DATA

Families of `observational_base.csv.gz` and `public_models_v2.csv.gz` with two or more models of
known params and tokens, in turn: the largest model is hidden, or all but the smallest. All other
families are evidence. Prints the mean absolute error in points, mean over families, and how often
90 % intervals hold. `published` is the method of Maia Polo et al. (2024, 2412.06540) as described
there: free family intercepts, plain sigmoids, smooth L1 loss; `other families` is the mean score
of the five models of other families that are nearest in log FLOPs. The penalties of `skills` were
chosen on the first records; its numbers of skills are chosen inside the evidence of each split.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.intervals.calibration import apply_calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import Predictor, Targets
from scalepredict.predictors.observational.capability_link import apply_links, fit_links
from scalepredict.predictors.observational.observational import Observational
from scalepredict.predictors.registry import predictor_type
from scalepredict.predictors.skills.skills import AS_PUBLISHED, SkillLaws
from scalepredict.predictors.stack.stack import Stack
from scalepredict.records.evidence import select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable, Floats

STACK = "stack (its own family)"
RECORDS = ("observational_base.csv.gz", "public_models_v2.csv.gz")
NEAREST = 5
Method = Callable[[EvalTable, EvalTable], Floats]


def splits(table: EvalTable, *, seen: int | None) -> Iterator[tuple[EvalTable, EvalTable]]:
    for family in table.families:
        own = np.flatnonzero([c.family == family for c in table.checkpoints])
        own = own[np.argsort(table.flops[own], kind="stable")]
        hidden = own[-1:] if seen is None else own[seen:]
        hidden = hidden[table.flops[hidden] > table.flops[own[0]]]
        if hidden.size:
            yield (
                table.take_rows(np.setdiff1d(np.arange(len(table.scores)), hidden)),
                (table.take_rows(hidden)),
            )


def copied(train: EvalTable, test: EvalTable) -> Floats:
    """The score of the largest model of the family that is known."""
    own = train.of_family(test.checkpoints[0].family)
    last = own.scores[int(np.argmax(own.flops))]
    named = {unit.benchmark: score for unit, score in zip(own.units, last, strict=True)}
    row = [named.get(unit.benchmark, np.nan) for unit in test.units]
    return np.repeat(np.array([row]), len(test.checkpoints), axis=0)


def nearest(train: EvalTable, test: EvalTable) -> Floats:
    """Mean score of the nearest models of other families in log FLOPs."""
    family = test.checkpoints[0].family
    other = np.array([c.family != family for c in train.checkpoints]) & np.isfinite(train.flops)
    rows = []
    for flops in test.flops:
        away = np.abs(np.log10(train.flops) - np.log10(flops))
        order = np.argsort(np.where(other, away, np.inf), kind="stable")[: other.sum()]
        scores = train.scores[order]
        counted = np.isfinite(scores) & (np.cumsum(np.isfinite(scores), axis=0) <= NEAREST)
        rows.append(mean(np.where(counted, scores, np.nan)))
    return np.array(rows)


def of_axis(axis: Callable[[EvalTable], Floats]) -> Method:
    """One sigmoid of one axis for all families."""

    def points(train: EvalTable, test: EvalTable) -> Floats:
        x, y = np.log10(axis(train)), np.log10(axis(test))
        shape = (*train.scores.shape, 1)
        links = fit_links(
            np.broadcast_to(((x - x.mean()) / x.std())[:, None, None], shape),
            train.scores,
            train.chance,
            (1,),
        )
        there = ((y - x.mean()) / x.std())[:, None, None]
        there = np.broadcast_to(there, (*test.scores.shape, 1))
        return apply_links(links, there, np.zeros((*test.scores.shape, 1, 1)))[0]

    return points


def of_predictor(predictor: Predictor) -> Method:
    def points(train: EvalTable, test: EvalTable) -> Floats:
        family = test.checkpoints[0].family
        evidence = train if predictor.pools_families else train.of_family(family)
        rng = np.random.default_rng(0)
        try:
            law = predictor.fit(evidence, rng=rng)
        except RefusedError:
            return np.full(test.scores.shape, np.nan)
        forecast = law.forecast(Targets.of_table(test))
        named = {unit.benchmark: i for i, unit in enumerate(forecast.units)}
        columns = [named.get(unit.benchmark, -1) for unit in test.units]
        padded = np.concatenate([forecast.point, np.full((len(test.scores), 1), np.nan)], axis=1)
        return padded[:, columns]

    return points


def errors(table: EvalTable, method: Method, *, seen: int | None) -> Floats:
    """Mean absolute error of each family and benchmark; NaN = not forecast. Shape (F, T)."""
    rows = []
    for train, test in splits(table, seen=seen):
        missed = np.abs(method(train, test) - test.scores)
        rows.append(mean(missed))
    return np.array(rows)


def mean(values: Floats) -> Floats:
    """Mean of the finite entries of each column; NaN if there are none."""
    there = np.isfinite(values)
    total, count = np.where(there, values, 0.0).sum(axis=0), there.sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def coverage(table: EvalTable, predictor: Predictor, *, seen: int | None) -> tuple[int, int]:
    """Held-out scores inside the 90 % intervals of a method, and all that it forecast."""
    calibration, rng = load_calibration(None), np.random.default_rng(0)
    inside = count = 0
    for train, test in splits(table, seen=seen):
        family = test.checkpoints[0].family
        try:
            law = predictor.fit(
                train if predictor.pools_families else train.of_family(family), rng=rng
            )
        except RefusedError:
            continue
        forecast = apply_calibration(
            law.forecast(Targets.of_table(test)), calibration, predictor.name
        )
        place = {unit.benchmark: i for i, unit in enumerate(forecast.units)}
        columns = [i for i, unit in enumerate(test.units) if unit.benchmark in place]
        chosen = [place[test.units[i].benchmark] for i in columns]
        (low, high), scores = forecast.interval(0.9), test.scores[:, columns]
        low, high = low[:, chosen], high[:, chosen]
        there = np.isfinite(scores) & np.isfinite(low)
        inside += int((there & (low <= scores) & (scores <= high)).sum())
        count += int(there.sum())
    return inside, count


def main(folder: Path) -> None:
    for name in RECORDS:
        print(f"\n# {name}")
        compare(select_evidence(read_records([folder / name]).table).table)


def compare(table: EvalTable) -> None:
    methods: dict[str, Method] = {
        "largest known model": copied,
        "other families": nearest,
        "params only": of_axis(lambda t: t.params),
        "FLOPs only": of_axis(lambda t: t.flops),
        "power_law (own family)": of_predictor(predictor_type("power_law")()),
        STACK: of_predictor(Stack()),
        "observational": of_predictor(Observational()),
        **{
            f"published, {d} skills": of_predictor(SkillLaws(components=d, penalties=AS_PUBLISHED))
            for d in (1, 2, 3)
        },
        **{f"skills, {d}": of_predictor(SkillLaws(components=d)) for d in (1, 2, 3)},
        "skills": of_predictor(SkillLaws()),
    }
    names = [unit.benchmark for unit in table.units]
    for seen, title in ((None, "largest model hidden"), (1, "only the smallest model known")):
        print(f"\n{title}: mean absolute error in points")
        found = {name: errors(table, method, seen=seen) for name, method in methods.items()}
        common = np.isfinite(found[STACK]).any(axis=1)
        head = f"{'':24}{'families':>9}{'mean':>7}{f'on {common.sum()}':>7}"
        print(head + "".join(f"{name.removeprefix('leaderboard_'):>11}" for name in names))
        for name, error in found.items():
            families = int(np.isfinite(error).any(axis=1).sum())
            by_unit = 100 * mean(error)
            on_common = 100 * mean(error[common]).mean() if common.any() else np.nan
            cells = "".join(f"{e:11.1f}" for e in by_unit)
            print(f"{name:24}{families:9d}{by_unit.mean():7.2f}{on_common:7.2f}{cells}")
        print(f"on {common.sum()}: the families that `stack` can forecast from their own models")
        for predictor in (SkillLaws(), Observational(), Stack()):
            inside, count = coverage(table, predictor, seen=seen)
            held = f"{inside} of {count}: {inside / count:.1%}"
            print(f"90 % intervals of {predictor.name} cover {held}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
