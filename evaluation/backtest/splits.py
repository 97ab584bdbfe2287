"""What may a forecast see, and what must it predict? Splits of a table into evidence and targets.

A split is a value: row numbers of one table. How it was made (rolling origin, one cutoff, a family
held out) is decided here; what is done with it (backtest.py) does not depend on that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeVar

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.limits import MAX_FACTOR
from scalepredict.predictors.numerics.rungs import rungs
from scalepredict.records.table import Bools, EvalTable, Floats, Ints
from scalepredict.records.text.counts import count_of

T = TypeVar("T")

MIN_MODELS = 4  # scales at or below an origin
MIN_MODELS_SMALL = 3  # the same for a small family, which has no other origin to offer
SMALL_FAMILY = 8  # fewer scales than this
MAX_ORIGINS = 14
MIN_FACTOR = 1.2  # a target is at least this many times the origin's FLOPs
CLUSTER, CLUSTER_GAP = 5, 10.0  # checkpoints of a cheap ladder, and FLOPs of a far run over them
FAR_RUNS = (1, 3)
GAPPED_ORIGINS = 6  # of each family
SPACING = 2.0  # of FLOPs between checkpoints of a run that both say something


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """One question of a backtest: these rows are known, what are the scores of those?

    Attributes:
        family: Recipe of the targets.
        origin_flops: Largest training FLOPs of the evidence of that family, or of all evidence
            if it has none.
        train: Rows of the evidence. A method that pools families sees all of them; one that does
            not sees those of ``family``. Shape (M,).
        targets: Rows to forecast. Shape (K,).
    """

    family: str
    origin_flops: float
    train: Ints
    targets: Ints


def rolling_origins(
    table: EvalTable,
    *,
    max_origins: int = MAX_ORIGINS,
    min_models: int | None = None,
) -> tuple[Split, ...]:
    """Train on everything at or below a compute cutoff, forecast what lies above it.

    Origins of a family are its distinct FLOPs with enough scales at or below (those of FLOPs within
    10 % count as one) and a target above, at most ``max_origins`` of them, spread evenly by rank.
    Rows of other families above the cutoff are hidden as well, and targets beyond MAX_FACTOR times
    it are left out.

    Args:
        table: Evidence with FLOPs.
        max_origins: For each family.
        min_models: Scales at or below an origin; by default 4, or 3 for a family of fewer than 8.
    """
    splits: list[Split] = []
    flops = table.flops
    for family, own in _families(table):
        rung = np.zeros(len(flops), dtype=int)
        rung[own] = rungs(flops[own])
        n_scales = len(np.unique(rung[own]))
        least = min_models or (MIN_MODELS_SMALL if n_scales < SMALL_FAMILY else MIN_MODELS)
        candidates = []
        for cutoff in np.unique(flops[own]):
            known, factor = flops <= cutoff, flops / cutoff
            wanted = (factor > MIN_FACTOR) & (factor <= MAX_FACTOR)
            if len(np.unique(rung[known & own])) >= least and (wanted & own).any():
                candidates.append(_split(family, own, flops, known=known, wanted=wanted))
        splits += _spread(candidates, max_origins)
    return tuple(splits)


def first_scales(table: EvalTable) -> tuple[Split, ...]:
    """Origins at the smallest one and two scales of each family, all larger ones as targets.

    Only what rests on public models forecasts so little; its targets are as far as the records go.
    """
    splits = []
    flops = table.flops
    for family, own in _families(table):
        sizes = np.unique(flops[own])
        for cutoff in sizes[: min(2, len(sizes) - 1)]:
            known, wanted = own & (flops <= cutoff), own & (flops > MIN_FACTOR * cutoff)
            if wanted.any():
                splits.append(_split(family, own, flops, known=known, wanted=wanted))
    return tuple(splits)


def gapped_origins(table: EvalTable) -> tuple[Split, ...]:
    """Origins whose evidence has a gap: a small cluster, and one or three far larger runs.

    Such ladders are what a plan for the next run makes of a cheap one. The cluster is the five
    smallest checkpoints of a family; the largest run has CLUSTER_GAP times their FLOPs or more.
    Targets are those above it, as of ``rolling_origins``.
    """
    splits: list[Split] = []
    flops = table.flops
    for family, own in _families(table):
        rows = np.flatnonzero(own)
        rows = rows[np.argsort(flops[rows], kind="stable")]
        if len(rows) <= CLUSTER:
            continue
        edge = flops[rows[CLUSTER - 1]]
        candidates = []
        for n_far in FAR_RUNS:
            for end in range(CLUSTER + n_far, len(rows)):
                far, top = rows[end - n_far : end], flops[rows[end - 1]]
                factor = flops / top
                wanted = own & (factor > MIN_FACTOR) & (factor <= MAX_FACTOR)
                if flops[far[0]] >= CLUSTER_GAP * edge and wanted.any():
                    known = np.zeros(len(flops), dtype=bool)
                    known[[*rows[:CLUSTER], *far]] = True
                    candidates.append(_split(family, own, flops, known=known, wanted=wanted))
        splits += _spread(candidates, GAPPED_ORIGINS)
    return tuple(splits)


def cutoff_split(
    table: EvalTable, *, flops: float | None = None, params: float | None = None
) -> tuple[Split, ...]:
    """One origin for each family: train at or below the cutoff, forecast everything above.

    Raises:
        RefusedError: Nothing lies on one side of the cutoff.
    """
    name = "params" if flops is None else "FLOPs"
    axis = table.params if flops is None else table.flops
    cutoff = params if flops is None else flops
    if cutoff is None:
        raise ValueError("give a cutoff: flops or params")
    known = axis <= cutoff
    if known.all() or not known.any():
        side = "above" if known.all() else "at or below"
        raise RefusedError(
            f"no checkpoint lies {side} the cutoff of {cutoff:.4g} {name}; they range from "
            f"{np.min(axis):.4g} to {np.max(axis):.4g}."
        )
    return _splits(table, known, ~known)


def holdout_split(table: EvalTable, patterns: Sequence[str]) -> tuple[Split, ...]:
    """Forecast the models or families whose name fits a pattern such as ``*-12b`` from the rest.

    Raises:
        RefusedError: No model or family fits, or all do.
    """
    held = np.array(
        [
            any(fnmatchcase(name, pattern) for name in (c.model, c.family) for pattern in patterns)
            for c in table.checkpoints
        ]
    )
    if held.all() or not held.any():
        count = "every" if held.all() else "no"
        raise RefusedError(
            f"holdout {' '.join(patterns)} fits {count} model of the records; their families are "
            f"{', '.join(table.families)}."
        )
    return _splits(table, ~held, held)


def leave_one_family_out(table: EvalTable) -> tuple[Split, ...]:
    """Forecast each family from the others; only methods that pool families can."""
    return tuple(
        _split(family, own, table.flops, known=~own, wanted=own)
        for family, own in _families(table)
        if not own.all()
    )


def leave_largest_of_family_out(table: EvalTable) -> tuple[Split, ...]:
    """Forecast the largest model of each family from its others and from all other families."""
    splits = []
    for family, own in _families(table):
        largest = _only(table, int(np.argmax(np.where(own, table.flops, -np.inf))))
        if not largest.all():
            splits.append(_split(family, own, table.flops, known=~largest, wanted=largest))
    return tuple(splits)


def spaced_checkpoints(table: EvalTable) -> EvalTable:
    """Thin the checkpoints of each model: its last, and earlier ones each SPACING apart in FLOPs.

    Neighbouring checkpoints say nearly the same; a dense grid costs time and counts one run
    many times.
    """
    kept: list[int] = []
    runs: dict[tuple[str, str], list[int]] = {}
    for row in np.argsort(table.flops, kind="stable")[::-1]:
        checkpoint = table.checkpoints[row]
        runs.setdefault((checkpoint.family, checkpoint.model), []).append(int(row))
    for rows in runs.values():
        edge = np.inf
        for row in rows:
            if table.flops[row] * SPACING <= edge * (1 + 1e-9):
                kept.append(row)
                edge = table.flops[row]
    return table.take_rows(sorted(kept))


def _families(table: EvalTable) -> list[tuple[str, Bools]]:
    families = np.array([c.family for c in table.checkpoints])
    return [(family, families == family) for family in table.families]


def _only(table: EvalTable, row: int) -> Bools:
    return np.asarray(np.arange(len(table.checkpoints)) == row)


def _splits(table: EvalTable, known: Bools, wanted: Bools) -> tuple[Split, ...]:
    return tuple(
        _split(family, own, table.flops, known=known, wanted=wanted)
        for family, own in _families(table)
        if (wanted & own).any()
    )


def _split(family: str, own: Bools, flops: Floats, *, known: Bools, wanted: Bools) -> Split:
    evidence = known & own if (known & own).any() else known
    return Split(
        family=family,
        origin_flops=float(np.max(flops[evidence])),
        train=np.flatnonzero(known),
        targets=np.flatnonzero(wanted & own),
    )


def _spread(candidates: Sequence[T], most: int) -> list[T]:
    # Evenly by rank, both ends kept.
    if len(candidates) <= most:
        return list(candidates)
    return [candidates[i] for i in np.linspace(0, len(candidates) - 1, most).round().astype(int)]


def why_no_origin(table: EvalTable) -> str:
    """What a table without any split lacks, a sentence."""
    return (
        f"a backtest needs a family with {MIN_MODELS_SMALL} checkpoints and a larger one to "
        f"forecast; the records have {count_of(len(table.checkpoints), 'checkpoint')} with FLOPs "
        f"in {count_of(len(table.families), 'family', 'families')}. Add checkpoints of other sizes."
    )
