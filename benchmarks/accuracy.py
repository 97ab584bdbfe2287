"""How accurate is each method, and do its intervals hold? Error by group and factor, with goals.

    python benchmarks/accuracy.py DATA_FOLDER [--predictor stack ...] [--jobs 2]

DATA_FOLDER holds the public records named in GROUPS. Errors are mean absolute errors in points,
from rolling origins inside each family, averaged over benchmarks, targets, origins and families in
turn. Skill is the mean over factor bins of the error over that of the last value. The second table
is nested: each group's intervals come from constants that the other groups gave.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from scalepredict.evaluation.backtest.floor import interpolation_noise
from scalepredict.evaluation.backtest.outcomes import FACTOR_BINS, outcomes
from scalepredict.evaluation.backtest.rolling_origin import Cell, run_backtest
from scalepredict.evaluation.backtest.splits import (
    rolling_origins,
    spaced_checkpoints,
)
from scalepredict.evaluation.backtest.summary import SummaryRow, summarise
from scalepredict.evaluation.calibrate.coverage import (
    AVERAGE,
    BENCHMARK,
    CoverageRow,
    nested_coverage,
)
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors import registry
from scalepredict.predictors.interface import Predictor
from scalepredict.records.evidence import ALL, LAST, select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable

BINS = FACTOR_BINS[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Records that are left out together. ``spaced``: every checkpoint, each at half the next."""

    files: tuple[str, ...]
    spaced: bool = False
    exclude: str = ""
    min_models: int | None = None


GROUPS = {
    "pythia": Group(files=("pythia_0shot", "pythia_5shot")),
    "open_lm": Group(files=("gadre_104",)),
    "gemstones": Group(files=("gemstones",), spaced=True),
    "families": Group(files=("observational_base",), exclude="Pythia"),
}
# Not among the groups: origins where a fit has a ladder to stand on, as in published comparisons.
LATE_ORIGINS = ("open_lm", 13)
# Error goals by group and bin, and the ceiling of 90 % widths by bin, in points.
ERROR_GOALS = {
    ("pythia", "2x"): 1.55, ("pythia", "8x"): 2.5,
    ("open_lm", "2x"): 1.9, ("open_lm", "8x"): 2.9, ("open_lm", "32x"): 4.4,
    ("gemstones", "2x"): 0.95, ("gemstones", "8x"): 1.6, ("gemstones", "32x"): 2.5,
}  # fmt: skip
WIDTH_GOALS = {"2x": 8.0, "8x": 12.0, "32x": 16.0}
SKILL_GOAL = 0.50
COVERAGE_GOALS = {0.5: (0.45, 0.55), 0.8: (0.76, 0.84), 0.9: (0.87, 0.93)}
GROUP_GOAL = (0.85, 0.95)  # of the 90 % intervals of each group


def table_of(folder: Path, name: str, group: Group) -> EvalTable:
    read = read_records([folder / f"{name}.csv.gz"]).table
    table = select_evidence(read, choice=ALL if group.spaced else LAST).table
    if group.spaced:
        table = spaced_checkpoints(table)
    kept = [not fnmatchcase(c.family, group.exclude) for c in table.checkpoints]
    return table.take_rows(np.array(kept, dtype=bool))


def cells_of(folder: Path, group: Group, methods: Sequence[Predictor], *, jobs: int) -> list[Cell]:
    cells: list[Cell] = []
    for name in group.files:
        table = table_of(folder, name, group)
        splits = rolling_origins(table, min_models=group.min_models)
        cells += run_backtest(
            table, splits, methods, load_calibration(), records=name, jobs=jobs,
            rng=np.random.default_rng(0),
        )  # fmt: skip
    return cells


def errors(cells: Sequence[Cell]) -> dict[str, dict[str, SummaryRow]]:
    """Summaries by method and bin; a bin in which a method forecast nothing is left out."""
    found: dict[str, dict[str, SummaryRow]] = {}
    for row in summarise(outcomes(cells), rng=np.random.default_rng(0)):
        parts = found.setdefault(row.predictor, {})
        if row.n_forecasts:
            parts[row.part] = row
    return found


def mark(met: bool) -> str:
    return "ok" if met else "MISSED"


def print_errors(name: str, cells: Sequence[Cell], floor: float) -> dict[str, float]:
    """Print one group's table; return the skill of methods that forecast half of it or more."""
    found = errors(cells)
    print(f"\n{name}: MAE in points, bias in brackets; interpolation floor {100 * floor:.2f}")
    print(f"{'':14s}" + "".join(f"{part:>13s}" for part in BINS) + "   skill  forecast")
    skills = {}
    for method, parts in sorted(found.items(), key=lambda item: mean_skill(item[1])):
        texts = (cell_text(parts[part]) if part in parts else "-" for part in BINS)
        share = coverage_share(cells, method)
        skill = mean_skill(parts)
        print(f"{method:14s}" + "".join(f"{text:>13s}" for text in texts), end="")
        print(f"   {skill:.3f}  {share:7.0%}" if parts else f"       -  {share:7.0%}")
        skills[method] = skill if share > 0.5 else float("nan")
    for (group, part), goal in ERROR_GOALS.items():
        if name.startswith(group) and registry.DEFAULT in found:
            reached = 100 * found[registry.DEFAULT][part].figures["mae"].value
            print(f"  goal {part}: {goal:.2f}, reached {reached:.2f} {mark(reached <= goal)}")
    return skills


def cell_text(row: SummaryRow) -> str:
    return f"{100 * row.figures['mae'].value:.2f}({100 * row.figures['bias'].value:+.1f})"


def mean_skill(parts: dict[str, SummaryRow]) -> float:
    """Mean over factor bins; methods without a forecast come last."""
    ratios = [parts[part].figures["skill"].value for part in BINS if part in parts]
    return float(np.mean(ratios)) if ratios else float("inf")


def coverage_share(cells: Sequence[Cell], method: str) -> float:
    """Share of the measured scores that the method forecast at all."""
    own = [cell for cell in cells if cell.predictor == method]
    asked = sum(int(np.isfinite(cell.observed).sum()) for cell in own)
    made = sum(
        int((np.isfinite(cell.observed) & np.isfinite(cell.forecast.point)).sum())
        for cell in own
        if cell.forecast is not None
    )
    return made / asked


def print_coverage(rows: Sequence[CoverageRow]) -> None:
    for of in (BENCHMARK, AVERAGE):
        print(
            f"\nnested coverage of {registry.DEFAULT}, {of}: 50 / 80 / 90 % (90 % width) in percent"
        )
        for group in dict.fromkeys(row.group for row in rows):
            parts = []
            for row in rows:
                if (row.of, row.group) == (of, group):
                    share = "/".join(f"{100 * row.coverage[c]:.0f}" for c in COVERAGE_GOALS)
                    parts.append(f"{row.factor_bin or 'all'} {share} ({100 * row.width[0.9]:.1f})")
            print(f"  {group or 'all':10s} " + "  ".join(parts))
    found = {(r.group, r.factor_bin): r for r in rows if r.of == BENCHMARK}
    for level, (low, high) in COVERAGE_GOALS.items():
        reached = found["", ""].coverage[level]
        met = mark(low <= reached <= high)
        print(f"  goal {level:.0%} pooled: {low:.0%} to {high:.0%}, reached {reached:.1%} {met}")
    for group in GROUPS:
        reached = found[group, ""].coverage[0.9]
        print(
            f"  goal 90% of {group}: 85% to 95%, {reached:.1%} "
            f"{mark(GROUP_GOAL[0] <= reached <= GROUP_GOAL[1])}"
        )
    for part, goal in WIDTH_GOALS.items():
        reached = 100 * found["", part].width[0.9]
        print(f"  goal width 90 at {part}: {goal:.0f}, {reached:.1f} {mark(reached <= goal)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--predictor", action="append", help="default: all but the slow `skills`")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    names = arguments.predictor or [name for name in registry.names() if name != "skills"]
    names = list(dict.fromkeys([registry.DEFAULT, *names, "last"]))
    methods = [registry.predictor_type(name)() for name in names]
    skills: dict[str, dict[str, float]] = {}
    default: list[Cell] = []
    for name, group in GROUPS.items():
        tables = [table_of(arguments.folder, file, group) for file in group.files]
        noise = [error for table in tables for error in interpolation_noise(table).values()]
        floor = float(np.mean(noise))
        cells = cells_of(arguments.folder, group, methods, jobs=arguments.jobs)
        skills[name] = print_errors(name, cells, floor)
        default += [replace(c, group=name) for c in cells if c.predictor == registry.DEFAULT]
    name, least = LATE_ORIGINS
    late = cells_of(
        arguments.folder, replace(GROUPS[name], min_models=least), methods, jobs=arguments.jobs
    )
    print_errors(f"{name}, origins of {least} models or more", late, float("nan"))
    print("\nskill: mean over groups, where a method forecast more than half of each")
    for method in names:
        own = [skills[name].get(method, np.nan) for name in GROUPS]
        text = "  ".join(f"{name} {value:.3f}" for name, value in zip(GROUPS, own, strict=True))
        print(f"  {method:14s} {np.mean(own):6.3f}   {text}")
    reached = np.mean([skills[name][registry.DEFAULT] for name in GROUPS])
    print(f"  goal: {SKILL_GOAL}, reached {reached:.3f} {mark(bool(reached <= SKILL_GOAL))}")
    print_coverage(nested_coverage(default, rng=np.random.default_rng(0)))


if __name__ == "__main__":
    main()
