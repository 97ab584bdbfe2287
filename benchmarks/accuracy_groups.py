"""Which records does `accuracy.py` judge by? Groups, their tables, and the origins of each kind."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from scalepredict.evaluation.backtest.rolling_origin import Cell, run_backtest
from scalepredict.evaluation.backtest.splits import (
    Split,
    first_scales,
    gapped_origins,
    rolling_origins,
    spaced_checkpoints,
)
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import Predictor
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.evidence import ALL, LAST, select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import FLOPS_PER_PARAM_TOKEN, Checkpoint, EvalTable

ROLLING, GAPPED, FEW = "rolling", "gapped", "few"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Records that are judged together.

    Attributes:
        files: Names of the records, without ``.csv.gz``.
        fold: What a calibration leaves out together: groups of a fold share models.
        spaced: Every checkpoint of a run, each at half the next; else the last one.
        exclude: Pattern of families to leave out.
        tokens: What each model is assumed to have seen where tokens are not recorded.
    """

    files: tuple[str, ...]
    fold: str
    spaced: bool = False
    exclude: str = ""
    tokens: float | None = None


FIRST_FOUR = ("pythia", "open_lm", "gemstones", "families")  # the groups of version 0.1
GROUPS = {
    "pythia": Group(files=("pythia_0shot", "pythia_5shot"), fold="pythia"),
    "open_lm": Group(files=("gadre_104",), fold="open_lm"),
    "gemstones": Group(files=("gemstones",), fold="gemstones", spaced=True),
    "families": Group(files=("observational_base",), fold="public", exclude="Pythia"),
    "lm_eval": Group(files=("lm_eval_history",), fold="lm_eval"),
    "opt_bloom": Group(files=("opt_bloom_0shot",), fold="lm_eval"),
    "public_v2": Group(files=("public_models_v2",), fold="public"),
    "emergent": Group(files=("observational_emergent",), fold="public"),
    "opensci": Group(files=("opensci_ref",), fold="opensci"),
    "opensci_spaced": Group(files=("opensci_ref",), fold="opensci", spaced=True),
    "euroeval": Group(files=("euroeval",), fold="euroeval"),
    "openclip": Group(files=("openclip_probe",), fold="openclip"),
    "mteb": Group(files=("mteb_sizes",), fold="mteb", tokens=1e12),
}
FEW_GROUPS = (*FIRST_FOUR, "lm_eval", "opt_bloom", "public_v2", "emergent", "opensci")


def table_of(folder: Path, name: str, group: Group) -> EvalTable:
    """Benchmark scores of one of the records, without benchmarks that leave [0, 1]."""
    read = read_records([folder / f"{name}.csv.gz"]).table
    if group.tokens is not None:
        read = replace(read, checkpoints=tuple(_assumed(c, group.tokens) for c in read.checkpoints))
    table = select_evidence(read, choice=ALL if group.spaced else LAST).table
    if group.spaced:
        table = spaced_checkpoints(table)
    kept = [not fnmatchcase(c.family, group.exclude) for c in table.checkpoints]
    table = to_benchmarks(table.take_rows(np.array(kept, dtype=bool)))
    inside = np.isnan(table.scores) | ((table.scores >= 0) & (table.scores <= 1))
    return table.take_units(np.flatnonzero(inside.all(axis=0)))


def splits_of(table: EvalTable, kind: str) -> tuple[Split, ...]:
    """Origins of a kind: rolling ones, ladders with a gap, or one and two scales."""
    if kind == FEW:
        return first_scales(table)
    return gapped_origins(table) if kind == GAPPED else rolling_origins(table)


def cells_of(
    folder: Path, group_name: str, methods: Sequence[Predictor], *, kind: str, jobs: int
) -> list[tuple[EvalTable, Split, list[Cell]]]:
    """Cells of every origin of a group, with the table and the split that they come from."""
    group = GROUPS[group_name]
    found: list[tuple[EvalTable, Split, list[Cell]]] = []
    for name in group.files:
        table = table_of(folder, name, group)
        splits = splits_of(table, kind)
        made = run_backtest(
            table, splits, methods, load_calibration(), records=f"{group_name}/{name}/{kind}",
            jobs=jobs, rng=np.random.default_rng(0),
        )  # fmt: skip
        for number, split in enumerate(splits):
            own = [replace(c, group=group_name) for c in made if c.split == number]
            found.append((table, split, own))
    return found


def _assumed(checkpoint: Checkpoint, tokens: float) -> Checkpoint:
    flops = FLOPS_PER_PARAM_TOKEN * (checkpoint.params or np.nan) * tokens
    return replace(checkpoint, tokens=tokens, flops=flops)
