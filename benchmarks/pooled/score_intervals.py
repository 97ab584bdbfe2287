"""How wide are intervals of forecasts from known scores, so that they hold on other groups?

    python benchmarks/pooled/score_intervals.py DATA [OUTPUT.yaml]

Later models are forecast from their scores on other benchmarks: the splits and questions of
observational_splits.py, `public_models_v2` by cutoffs of compute, and benchmarks of `euroeval`,
`gadre_104` and `lm_eval_history`, whose largest quarter is forecast by the rest. Groups count
alike, and within them kinds; one of fewer cells than ENOUGH counts as much less. The inflation for
few models (SMALL_EVIDENCE) is the one of 0, 5, 10, 20, 40 and 80 near the best weighted interval
score with groups left out.

Prints the quantiles of absolute errors over the scale, stretched so that nine in ten hold on
average over kinds whose group is left out, and how often they do. OUTPUT.yaml is the shipped
calibration with these in its entry `observational-scores`.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))
from observational_splits import (
    BEGUN,
    CUTOFFS,
    LEAST_TEST,
    LEAST_TRAIN,
    SCORES,
    Question,
    forecast,
    question,
    questions,
    read_question,
)

from scalepredict.errors import RefusedError
from scalepredict.evaluation.intervals.calibration import scale
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import PROBABILITIES
from scalepredict.records.evidence import select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import Floats

SHIPPED = Path(__file__).resolve().parents[2] / "configs" / "calibration.yaml"
HOW = "python benchmarks/pooled/score_intervals.py DATA_FOLDER OUTPUT.yaml (scale as before)"
GROUPS = {"published": "base", "emergent": "base", "standard": "base"}
GROUPS |= {"agents": "instruct", "instruct": "instruct"}
LATER_CUTOFF = 500e21  # of public_models_v2, beside CUTOFFS
TABLES = ("euroeval", "gadre_104", "lm_eval_history")
PER_TABLE, FEATURES, FEWEST = 30, 12, 20  # benchmarks forecast, read, and models of each
ENOUGH = 100  # cells of a group
SMALL_EVIDENCE = 10.0
HIGHEST_Z = 4.0
LEVELS = (0.5, 0.8, 0.9, 0.95)


def asked(folder: Path) -> Iterator[tuple[str, Question]]:
    for path in sorted((folder / "splits").glob("*.csv")):
        yield "published", read_question(path)
    for kind, one in questions(folder):
        best = np.sort(one.train.scores[:, -1])[-3:].mean()
        if best - (0.25 if "parsinlu" in one.name else 0) >= BEGUN:
            yield kind, one
    rows = pd.read_csv(folder / "public_models_v2.csv.gz")
    wide = rows.pivot_table(index="model", columns="benchmark", values="score")
    about = rows.groupby("model")[["family", "params", "tokens", "flops"]].first()
    flops = about["flops"].dropna()
    for cutoff in (*CUTOFFS, LATER_CUTOFF):
        for name in map(str, wide):
            others = wide[[b for b in wide if b != name]]
            yield "v2", question(others, wide[name].reindex(flops.index), about, flops > cutoff)
    for table in TABLES:
        for one in largest_quarters(folder / f"{table}.csv.gz"):
            yield table, one


def largest_quarters(path: Path) -> Iterator[Question]:
    table = select_evidence(read_records([path]).table).table
    rng = np.random.default_rng(0)
    common = np.flatnonzero(np.isfinite(table.scores).sum(axis=0) >= FEWEST)
    for column in rng.permutation(common)[:PER_TABLE]:
        known = np.isfinite(table.scores[:, column]) & np.isfinite(table.flops)
        order = np.flatnonzero(known)[np.argsort(table.flops[known], kind="stable")]
        if len(order) < FEWEST:
            continue
        often = np.isfinite(table.scores[order]).mean(axis=0) > 0.5
        others = rng.permutation([c for c in common if c != column and often[c]])[:FEATURES]
        units = table.take_units(np.array([*others, column]))
        first = len(order) - len(order) // 4
        yield Question(
            name=table.units[column].shown,
            train=units.take_rows(np.sort(order[:first])),
            test=units.take_rows(np.sort(order[first:])),
            published={},
        )


def errors(folder: Path) -> pd.DataFrame:
    """Absolute errors and scales of forecasts whose intervals are the shipped ones."""
    entry = replace(load_calibration(None).of(SCORES), small_evidence=SMALL_EVIDENCE)
    parts = []
    for kind, one in asked(folder):
        if len(one.train.scores) < LEAST_TRAIN or len(one.observed) < LEAST_TEST:
            continue
        try:
            made = forecast(one, None)
        except RefusedError:
            continue
        part = pd.DataFrame(
            {
                "error": np.abs(made.point[:, -1] - one.observed),
                "scale": scale(made, entry)[:, -1],
                "kind": kind,
                "group": GROUPS.get(kind, kind),
            }
        )
        own = made.quantiles is not None and np.isfinite(made.quantiles[:, -1, 0])
        parts.append(part[np.logical_not(own) & np.isfinite(part["error"])])
    cells: pd.DataFrame = pd.concat(parts, ignore_index=True)
    of_kind = cells.groupby("kind")["kind"].transform("size")
    kinds = cells.groupby("group")["kind"].transform("nunique")
    of_group = cells.groupby("group")["group"].transform("size")
    cells["weight"] = np.minimum(of_group / ENOUGH, 1) / of_kind / kinds
    return cells


def quantiles(cells: pd.DataFrame, coverage: Floats) -> Floats:
    """Of absolute errors over the scale, by weight."""
    z = cells["error"] / cells["scale"]
    return weighted_quantiles(z.to_numpy(), cells["weight"].to_numpy(), coverage)


def weighted_quantiles(values: Floats, weight: Floats, level: Floats) -> Floats:
    order = np.argsort(values)
    share = (np.cumsum(weight[order]) - weight[order] / 2) / weight.sum()
    return np.asarray(np.interp(level, np.concatenate([[0.0], share]), [0.0, *values[order]]))


def main(folder: Path, output: Path | None) -> None:
    cells = errors(folder)
    nested = {
        group: quantiles(cells[cells["group"] != group], np.array(LEVELS))
        for group in cells["group"].unique()
    }
    at_90 = cells["group"].map(lambda group: nested[group][LEVELS.index(0.9)])
    over = (cells["error"] / cells["scale"] / at_90).to_numpy()
    each = 1 / cells.groupby("kind")["kind"].transform("size").to_numpy(dtype=float)
    stretch = float(weighted_quantiles(over, each, np.array([0.9]))[0])
    print(f"stretch, for 90 % on average over kinds whose group is left out: {stretch:.3f}")
    print(
        f"{'kind':16}{'cells':>6}"
        + "".join(f"{f'in {100 * p:g}':>7}" for p in LEVELS)
        + "  width 90"
    )
    for (group, kind), part in cells.groupby(["group", "kind"]):
        limits = stretch * nested[group]
        held = [(part["error"] <= q * part["scale"]).mean() for q in limits]
        width = 200 * limits[LEVELS.index(0.9)] * part["scale"].median()
        print(f"{kind:16}{len(part):6}" + "".join(f"{h:7.1%}" for h in held) + f"{width:10.1f}")
    coverage = np.abs(2 * PROBABILITIES - 1)
    spread = stretch * np.sign(PROBABILITIES - 0.5) * quantiles(cells, coverage)
    z2 = np.minimum(cells["error"] / cells["scale"], HIGHEST_Z) ** 2
    named = zip(PROBABILITIES, spread, strict=True)
    entry = {
        "small_evidence": SMALL_EVIDENCE,
        "quantiles": {float(p): float(f"{q:.4g}") for p, q in named},
        "reference_z2": float(f"{np.average(z2, weights=cells['weight']):.4g}"),
    }
    print(yaml.safe_dump(entry, default_flow_style=None, sort_keys=False))
    if output is not None:
        document = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
        shipped = document["predictors"][SCORES]
        narrower = spread[-1] / shipped["quantiles"][PROBABILITIES[-1]]
        suites = shipped["suite_quantiles"]  # in units of the same scale
        entry["suite_quantiles"] = {p: float(f"{narrower * q:.4g}") for p, q in suites.items()}
        shipped |= entry
        document["provenance"][SCORES] = {"command": HOW, "groups": sorted(set(cells["group"]))}
        text = yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=118)
        output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
