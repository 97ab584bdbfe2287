"""How accurate are forecasts of losses, and do their intervals hold? Error by source and factor.

    python benchmarks/losses.py DATA_FOLDER [--question front|any] [--origins 8] [--constants]

DATA_FOLDER holds the loss ladders named in SOURCES. For each family and each origin, a compute at
or below which its front has four rungs or more, everything at or below the origin is evidence; the
targets are the later runs on the front of all runs (`front`), or all other later runs (`any`).
Errors are medians of |forecast / measured - 1| in percent over benchmarks, targets and origins.
Coverage is nested: the stretch of each source's quantiles comes from the other sources.

The default's constants were chosen with some of these sources in sight. So `--constants` (five
times as slow) also gives each source the constants of GRID that are best on the other sources: the
least mean over sources and factors of the log of the median error.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np

from scalepredict.evaluation.backtest.splits import spaced_checkpoints
from scalepredict.evaluation.calibrate.stretch import fit_stretch, needed_stretch
from scalepredict.predictors.interface import PROBABILITIES, Targets
from scalepredict.predictors.loss import compute_law, members, priors, shares
from scalepredict.predictors.loss.baselines import Form, LossBaseline
from scalepredict.predictors.loss.envelope import envelope
from scalepredict.predictors.loss.excess import MEDIAN
from scalepredict.predictors.loss.losses import Losses
from scalepredict.records.evidence import ALL, LAST, select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import Bools, EvalTable, Floats

# Which checkpoints are runs of their own: the last, or, at a constant learning rate, all of them.
SOURCES = {
    "openlm8": ("openlm8", LAST),
    "gemstones": ("gemstones_loss", ALL),
    "formll": ("formll_isoflop", LAST),
    "routed_moe": ("routed_moe", LAST),
    "datablations": ("datablations", LAST),
}
FAMILIES = {"gemstones": ("gemstones",)}  # of cooldowns and of another learning rate: other recipes
BINS = {"2x": (1.4, 4.0), "8x": (4.0, 16.0), "32x": (16.0, 64.0)}
LEAST_RUNGS = 4
COVERAGES = (0.5, 0.8, 0.9)
DEFAULT = "losses (default)"
GRID = (  # one constant at a time beside those that ship
    (priors, "LEAST_SHARE", (0.5, 0.55, 0.65, 0.7)),
    (priors, "DEVIATION", (0.2, 0.35)),
    (compute_law, "HALVING", (2.0, 8.0)),
    (compute_law, "FORM", ((4.0, 0.0075), (4.0, 0.03))),
    (members, "NEAR", (0.005, 0.02)),
    (shares, "SHARPNESS", (1.0, 3.0)),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """R forecasts: relative errors, and the stretch that each level would have needed."""

    factor: Floats
    error: Floats
    needed: Floats
    width: Floats


def main() -> None:
    asked = _arguments()
    tables = {name: _table(asked.data, name) for name in SOURCES}
    lines = {
        name: {method: _lines(table, fit, asked) for method, fit in METHODS.items()}
        for name, table in tables.items()
    }
    print(f"median / mean relative error in percent at {', '.join(BINS)}; of {asked.question}")
    for name, by_method in lines.items():
        print(f"\n{name}: {_of_bins(by_method[DEFAULT], _count)} forecasts")
        for method, found in by_method.items():
            print(f"  {method:<28}{_of_bins(found, _both)}")
    print("\nnested coverage of 50 / 80 / 90 % intervals, and width of 90 % in percent, by bin")
    for name in lines:
        others = [by_method[DEFAULT] for other, by_method in lines.items() if other != name]
        stretch = fit_stretch([line.needed[-1] for line in others])
        print(f"  {name:<14}stretch {stretch:.2f}  {_coverage(lines[name][DEFAULT], stretch)}")
    whole = fit_stretch([by_method[DEFAULT].needed[-1] for by_method in lines.values()])
    print(f"stretch from all sources: {whole:.2f}")
    if asked.constants:
        _print_constants(tables, {name: by[DEFAULT] for name, by in lines.items()}, asked)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of the loss ladders")
    parser.add_argument("--question", choices=["front", "any"], default="front")
    parser.add_argument("--origins", type=int, default=8, help="of each family, at most")
    parser.add_argument("--constants", action="store_true", help="chosen without each source, too")
    return parser.parse_args()


def _table(data: Path, name: str) -> EvalTable:
    file, choice = SOURCES[name]
    table = read_records([data / f"{file}.csv.gz"]).table
    table = select_evidence(table, choice=choice, needs_compute=True).table
    if families := FAMILIES.get(name):
        table = table.take_rows(
            np.array([c.family in families for c in table.checkpoints], dtype=bool)
        )
    table = spaced_checkpoints(table) if choice == ALL else table
    with np.errstate(invalid="ignore"):  # no law holds where data is repeated; see `losses`
        return table.take_rows(~(table.tokens > 1.01 * table.unique_tokens))


def _lines(table: EvalTable, fit: "Method", asked: argparse.Namespace) -> Lines:
    parts = [np.zeros((3 + len(COVERAGES), 0))]
    for evidence, targets, wanted in _splits(table, asked.question == "front", asked.origins):
        quantiles = fit(evidence, Targets.of_table(targets))
        observed = np.where(wanted, targets.scores, np.nan)
        middle = quantiles[..., MEDIAN]
        factor = np.broadcast_to((targets.flops / evidence.flops.max())[:, None], observed.shape)
        low, high = (quantiles[..., np.flatnonzero(p == PROBABILITIES)[0]] for p in (0.05, 0.95))
        known = np.isfinite(observed)
        values = np.stack(
            [
                factor,
                middle / observed - 1,
                (high - low) / middle,
                *(needed_stretch(quantiles, observed, level) for level in COVERAGES),
            ]
        )
        parts.append(values[:, known])
    factor, error, width, *needed = np.concatenate(parts, axis=1)
    return Lines(factor=factor, error=error, needed=np.array(needed), width=width)


def _splits(
    table: EvalTable, front: bool, most: int
) -> Iterator[tuple[EvalTable, EvalTable, Bools]]:
    # Evidence, later runs, and which of their losses are asked for.
    for family in table.families:
        own = table.of_family(family)
        x = np.log(own.flops)
        on_front = envelope(x, own.scores.T).T
        cutoffs = [c for c in np.unique(x[on_front.any(axis=1)]) if _rungs(own, x <= c).any()]
        cutoffs = [c for c in cutoffs if (x > c + np.log(BINS["2x"][0])).any()]
        for i in np.unique(np.linspace(0, len(cutoffs) - 1, min(most, len(cutoffs))).round()):
            known = x <= cutoffs[int(i)]
            later = np.flatnonzero(
                (x > cutoffs[int(i)] + np.log(1.4)) & (x < cutoffs[int(i)] + np.log(64))
            )
            if not len(later):
                continue
            columns = np.flatnonzero(_rungs(own, known))
            evidence = own.take_rows(known).take_units(columns)
            asked = on_front[later][:, columns]
            yield evidence, own.take_rows(later).take_units(columns), asked if front else ~asked


def _rungs(table: EvalTable, known: Bools) -> Bools:
    found = envelope(np.log(table.flops[known]), table.scores[known].T).sum(axis=1)
    enough: Bools = found >= LEAST_RUNGS
    return enough


Method = Callable[[EvalTable, Targets], Floats]


def _default(evidence: EvalTable, targets: Targets) -> Floats:
    quantiles = Losses().fit(evidence).forecast(targets).quantiles
    assert quantiles is not None
    return quantiles


def _baseline(form: Form) -> Method:
    def fit(evidence: EvalTable, targets: Targets) -> Floats:
        quantiles = LossBaseline(form=form).fit(evidence).forecast(targets).quantiles
        assert quantiles is not None
        return quantiles

    return fit


METHODS: Mapping[str, Method] = {
    DEFAULT: _default,
    "last": _baseline("last"),
    "line in log C": _baseline("trend"),
    "E + A C^-gamma, free": _baseline("power_law"),
    "OLS, E pinned at .6 L_min": _baseline("pinned"),
    "N,D law, free": _baseline("nd_law"),
    "mean of pinned and two N,D": _baseline("mean"),
}


def _print_constants(
    tables: Mapping[str, EvalTable], shipped: Mapping[str, Lines], asked: argparse.Namespace
) -> None:
    made = {"as shipped": shipped}
    for module, constant, values in GRID:
        for value in values:
            with patch.object(module, constant, value):
                found = {name: _lines(table, _default, asked) for name, table in tables.items()}
            made[f"{constant} = {value}"] = found
    print("\nwith constants chosen on the other sources")
    for name in tables:
        others = {
            label: np.mean([_log_error(lines) for other, lines in by.items() if other != name])
            for label, by in made.items()
        }
        best = min(others, key=others.__getitem__)
        print(f"  {name:<14}{_of_bins(made[best][name], _median)}   {best}")
    print("\nmean log error of each, by source: " + ", ".join(tables))
    for label, by in made.items():
        print(f"  {label:<24}" + "".join(f"{_log_error(lines):8.3f}" for lines in by.values()))


def _log_error(lines: Lines) -> float:
    bins = [(lines.factor >= low) & (lines.factor < high) for low, high in BINS.values()]
    return float(np.mean([np.log(np.median(np.abs(lines.error[b]))) for b in bins if b.any()]))


def _median(lines: Lines) -> str:
    return f"{100 * np.median(np.abs(lines.error)):8.2f}"


def _both(lines: Lines) -> str:
    return f"{_median(lines)} /{100 * np.mean(np.abs(lines.error)):6.2f}"


def _count(lines: Lines) -> str:
    return f"{len(lines.error):6d}"


def _coverage(lines: Lines, stretch: float) -> str:
    def show(part: Lines) -> str:
        shares = "/".join(f"{100 * np.mean(row <= stretch):.0f}" for row in part.needed)
        return f"  {shares:>10} ({100 * stretch * np.median(part.width):.1f})"

    return _of_bins(lines, show)


def _of_bins(lines: Lines, show: Callable[[Lines], str]) -> str:
    return "".join(_of_bin(lines, ends, show) for ends in BINS.values())


def _of_bin(lines: Lines, ends: tuple[float, float], show: Callable[[Lines], str]) -> str:
    inside = (lines.factor >= ends[0]) & (lines.factor < ends[1])
    if not inside.any():
        return f"{'-':>8}"
    names = ("factor", "error", "needed", "width")
    return show(replace(lines, **{name: getattr(lines, name)[..., inside] for name in names}))


if __name__ == "__main__":
    main()
