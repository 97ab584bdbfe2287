"""How accurate is the default, and do its intervals hold? All public records, group by group.

    python benchmarks/accuracy.py DATA_FOLDER [--predictor NAME ...] [--group NAME ...] [--jobs 2]

DATA_FOLDER holds the records named in accuracy_groups.py. Whatever the default has
learned from public models leaves out the lab of the records that it is judged on. Errors are mean
absolute errors in points, averaged over benchmarks, targets, origins and families in turn; skill is
the mean over factor bins of the error over that of the last value, on cells that every method
forecasts. Intervals and probabilities are nested: constants come from the other groups.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from accuracy_groups import (  # it lies beside this file
    FEW,
    FEW_GROUPS,
    FIRST_FOUR,
    GAPPED,
    GROUPS,
    ROLLING,
    cells_of,
)

from scalepredict.evaluation.backtest.outcomes import FACTOR_BINS, Outcomes, outcomes
from scalepredict.evaluation.backtest.rivals import rivals
from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.evaluation.backtest.splits import Split
from scalepredict.evaluation.backtest.summary import SummaryRow, summarise
from scalepredict.evaluation.calibrate.estimate import nested_cells
from scalepredict.evaluation.classes.classes import Kind, classify
from scalepredict.evaluation.forecast.forecasting import above_chance
from scalepredict.predictors import registry
from scalepredict.predictors.limits import MEASURABLE
from scalepredict.predictors.reference.served import ServedBenchmark, served_benchmark
from scalepredict.predictors.stack.stack import Stack
from scalepredict.records.table import EvalTable, Floats

BINS = FACTOR_BINS[1:]
BY_EVIDENCE = {"1": (1, 1), "2": (2, 2), "3-4": (3, 4), "5-8": (5, 8), "> 8": (9, 10**6)}
SIMPLE = ("last", "power_law", "trend")
WITHOUT_REFERENCE = Stack(reference=False)
Origins = list[tuple[EvalTable, Split, list[Cell]]]


def in_common(cells: Sequence[Cell]) -> list[Cell]:
    """The cells of one origin with the scores that some method did not forecast taken out."""
    made = [c.forecast.point if c.forecast else np.full(c.observed.shape, np.nan) for c in cells]
    all_made = np.isfinite(np.stack(made)).all(axis=0)
    return [replace(c, observed=np.where(all_made, c.observed, np.nan)) for c in cells]


def by_method(lines: Outcomes, by: str | None = "factor_bin") -> dict[str, dict[str, SummaryRow]]:
    found: dict[str, dict[str, SummaryRow]] = {}
    for row in summarise(lines, by=by, rng=np.random.default_rng(0)):
        if row.n_forecasts:
            found.setdefault(row.predictor, {})[row.part] = row
    return found


def mean_skill(parts: dict[str, SummaryRow]) -> float:
    return float(np.mean([parts[p].figures["skill"].value for p in BINS if p in parts]))


def print_errors(name: str, origins: Origins) -> dict[str, float]:
    """One group's table on common cells; the skill of each method."""
    cells = [cell for _, _, own in origins for cell in in_common(own)]
    found = by_method(outcomes(cells))
    print(f"\n{name}: MAE in points (bias), on common cells")
    print(f"{'':14s}" + "".join(f"{part:>13s}" for part in BINS) + "   skill  refused")
    for method, parts in sorted(found.items(), key=lambda item: mean_skill(item[1])):
        texts = []
        for part in BINS:
            figures = parts[part].figures if part in parts else None
            mae, bias = (figures["mae"].value, figures["bias"].value) if figures else (0, 0)
            texts.append(f"{100 * mae:.2f}({100 * bias:+.1f})" if figures else "-")
        line = "".join(f"{text:>13s}" for text in texts)
        print(f"{method:14s}{line}   {mean_skill(parts):.3f}  {refused(origins, method):6d}")
    return {method: mean_skill(parts) for method, parts in found.items()}


def refused(origins: Origins, method: str) -> int:
    """Measured scores that a method did not forecast."""
    own = [c for _, _, cells in origins for c in cells if c.predictor == method]
    return sum(
        int((np.isfinite(c.observed) & ~np.isfinite(c.forecast.point)).sum())
        if c.forecast
        else int(np.isfinite(c.observed).sum())
        for c in own
    )


def print_by_evidence(origins: dict[str, Origins]) -> None:
    print("\nby models in the evidence: MAE of default / last, points (series); served benchmarks")
    for label, (low, high) in BY_EVIDENCE.items():
        cells = [
            only_served(cell)
            for own in origins.values()
            for _, _, made in own
            for cell in made
            if low <= cell.n_train <= high and cell.predictor in (registry.DEFAULT, "last")
        ]
        found = by_method(outcomes(cells), None)
        if registry.DEFAULT in found:
            row = found[registry.DEFAULT][""]
            mae = [100 * found[m][""].figures["mae"].value for m in (registry.DEFAULT, "last")]
            print(f"  K = {label:4s} {mae[0]:6.2f} / {mae[1]:6.2f}   ({row.n_series})")


def only_served(cell: Cell) -> Cell:
    served = [isinstance(served_benchmark(unit), ServedBenchmark) for unit in cell.units]
    return replace(cell, observed=np.where(served, cell.observed, np.nan))


def nested(origins: dict[str, Origins]) -> tuple[list[Cell], list[Cell]]:
    """Cells of the default calibrated without their fold, and averages; ``group`` is the group."""
    cells = [
        replace(cell, group=GROUPS[name].fold)
        for name, own in origins.items()
        for _, _, made in own
        for cell in made
        if cell.predictor == registry.DEFAULT and cell.forecast is not None
    ]
    single, averages = nested_cells(cells)

    def regrouped(held: Sequence[Cell]) -> list[Cell]:
        return [replace(cell, group=cell.records.split("/")[0]) for cell in held]

    return regrouped(single), regrouped(averages)


def print_coverage(title: str, cells: Sequence[Cell]) -> None:
    print(f"\n{title}: held at 50/80/90 %, 90 % width, WIS (points), mean over factor bins")
    for name in (*dict.fromkeys(cell.group for cell in cells), "first four", "all"):
        names = {"first four": FIRST_FOUR, "all": tuple(GROUPS)}.get(name, (name,))
        rows = [
            row
            for group in names
            for row in by_method(outcomes([c for c in cells if c.group == group]))
            .get(registry.DEFAULT, {})
            .values()
        ]
        if rows:
            held = "/".join(f"{100 * mean_of(rows, 'coverage', x):.0f}" for x in (0.5, 0.8, 0.9))
            width = 100 * mean_of(rows, "width", 0.9)
            wis, mae = (100 * np.mean([r.figures[f].value for r in rows]) for f in ("wis", "mae"))
            print(f"  {name:15s} {held:12s} {width:6.1f} {wis:6.2f}   MAE {mae:.2f}")


def mean_of(rows: Sequence[SummaryRow], what: str, level: float) -> float:
    return float(np.mean([getattr(row, what)[level].value for row in rows]))


def print_at_chance(origins: dict[str, Origins], held: Sequence[Cell]) -> None:
    """Brier and log score of P(score > chance + 5 points) for benchmarks at chance."""
    evidence = {
        (cell.records, cell.split): table.take_rows(split.train).of_family(split.family)
        for own in origins.values()
        for table, split, made in own
        for cell in made[:1]
    }
    p, rose, timed = [], [], []
    for cell in held:
        classes = classify(evidence[cell.records, cell.split])
        kind = dict(zip(classes.units, classes.kinds, strict=True))
        entries = [served_benchmark(unit) for unit in cell.units]
        chance = np.array([unit.chance for unit in cell.units])
        at = np.array([kind.get(unit) is Kind.AT_CHANCE for unit in cell.units], dtype=bool)
        known = np.isfinite(cell.observed) & at
        assert cell.forecast is not None
        p.append(above_chance(cell.forecast, chance)[known])
        rose.append((cell.observed > chance + MEASURABLE)[known])
        told = np.array([not isinstance(e, ServedBenchmark) or e.timing for e in entries])
        timed.append(np.broadcast_to(told, known.shape)[known])
    probability, event, told = (np.concatenate(v) for v in (p, rose, timed))
    print("\nat chance: P(score > chance + 5 points)")
    for label, chosen in (("all", told | ~told), ("without mmlu, gsm8k, humaneval", told)):
        print(f"  {label:32s} {scores_of(probability[chosen], event[chosen])}")


def scores_of(p: Floats, event: Floats) -> str:
    inside = np.clip(p, 1e-3, 1 - 1e-3)
    log = -np.mean(np.where(event, np.log(inside), np.log1p(-inside)))
    return (
        f"Brier {np.mean((p - event) ** 2):.3f}, log {log:.3f}, rate {event.mean():.2f}, n {len(p)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--predictor", action="append", help="beside the default and simple laws")
    parser.add_argument("--group", action="append", choices=tuple(GROUPS), help="default: all")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    names = dict.fromkeys([registry.DEFAULT, *SIMPLE, *(arguments.predictor or ())])
    methods = rivals(tuple(names))
    rolling: dict[str, Origins] = {}
    skills: dict[str, dict[str, float]] = {}
    for group in arguments.group or GROUPS:
        rolling[group] = cells_of(
            arguments.folder, group, methods, kind=ROLLING, jobs=arguments.jobs
        )
        skills[group] = print_errors(group, rolling[group])
    print("\nskill on common cells")
    for method in names:
        own = {group: found.get(method, np.nan) for group, found in skills.items()}
        four = np.mean([value for group, value in own.items() if group in FIRST_FOUR])
        new = np.mean([value for group, value in own.items() if group not in FIRST_FOUR])
        text = "  ".join(f"{group} {value:.3f}" for group, value in own.items())
        print(f"  {method:10s} first four {four:.3f}, others {new:.3f}   {text}")
    few = {
        group: cells_of(arguments.folder, group, methods[:2], kind=FEW, jobs=arguments.jobs)
        for group in rolling
        if group in FEW_GROUPS
    }
    print_by_evidence({**{f"{g}/few": cells for g, cells in few.items()}, **rolling})
    gapped = {
        group: cells_of(arguments.folder, group, methods[:1], kind=GAPPED, jobs=arguments.jobs)
        for group in rolling
    }
    kinds = {ROLLING: rolling, GAPPED: gapped, FEW: few}
    together = {g: [o for kind in kinds.values() for o in kind.get(g, [])] for g in rolling}
    single, averages = nested(together)
    for kind in kinds:
        of_kind = [cell for cell in single if cell.records.endswith(kind)]
        print_coverage(f"{kind} origins, benchmarks", of_kind)
    for kind in kinds:
        print_coverage(
            f"{kind} origins, averages of all benchmarks (intervals approximate)",
            [cell for cell in averages if cell.records.endswith(kind)],
        )
    without = {
        group: cells_of(
            arguments.folder, group, [WITHOUT_REFERENCE], kind=ROLLING, jobs=arguments.jobs
        )
        for group in rolling
        if group in FEW_GROUPS
    }
    print_coverage("rolling origins without public models, benchmarks", nested(without)[0])
    print_at_chance(rolling, [cell for cell in single if cell.records.endswith(ROLLING)])


if __name__ == "__main__":
    main()
