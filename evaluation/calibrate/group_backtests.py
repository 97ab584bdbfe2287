"""Which errors does a calibration learn from? Rolling backtests of every group of records."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.rolling_origin import Cell, Progress, run_backtest
from scalepredict.evaluation.backtest.splits import (
    Split,
    first_scales,
    gapped_origins,
    rolling_origins,
)
from scalepredict.evaluation.calibrate.estimate import independent_groups
from scalepredict.evaluation.intervals.calibration import without_reference
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import Predictor
from scalepredict.predictors.stack.stack import Stack
from scalepredict.records.table import EvalTable

Watch = Callable[[str], AbstractContextManager[Progress | None]]  # shows what is being done

THINNED = {"with a gap": gapped_origins, "of one or two scales": first_scales}


def backtest_groups(
    tables: Mapping[str, EvalTable],
    predictors: Sequence[Predictor],
    *,
    max_origins: int,
    thinned: bool = False,
    watch: Watch,
    jobs: int = 1,
    rng: np.random.Generator,
) -> list[Cell]:
    """Backtest the methods on each table, from scale and, where they can, from known scores.

    A method that public models take part in is tried without them, too, under a name of its own.

    Tables that share a family are one group; a single group is split by family.

    Args:
        tables: Evidence by name.
        predictors: The methods.
        max_origins: Origins of each family, at most.
        thinned: Also ladders of one and two scales, and clusters with far runs.
        watch: Shows progress.
        jobs: Processes; results do not depend on it.
        rng: Draws what methods draw.

    Raises:
        RefusedError: No family of any table has enough checkpoints.
    """
    constants = load_calibration()
    groups = independent_groups({name: table.families for name, table in tables.items()})
    alone = len(set(groups.values())) == 1
    cells: list[Cell] = []
    for (name, table), stream in zip(tables.items(), rng.spawn(len(tables)), strict=True):
        for part in _parts(name, table, predictors, max_origins=max_origins, thinned=thinned):
            with watch(part.what) as progress:
                made = run_backtest(
                    table,
                    part.splits,
                    part.methods,
                    constants,
                    records=part.records,
                    with_scores=part.with_scores,
                    jobs=jobs,
                    progress=progress,
                    rng=stream,
                )
            cells += [
                replace(
                    cell,
                    group=cell.family if alone else groups[name],
                    predictor=part.renamed(cell.predictor),
                )
                for cell in made
            ]
    if not cells:
        raise RefusedError(
            "a calibration needs families with three checkpoints and a larger one to forecast; "
            "none of the records has one. Give records of more sizes."
        )
    return cells


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    # One run of backtests of a table.
    what: str
    records: str
    splits: Sequence[Split]
    methods: Sequence[Predictor]
    with_scores: bool = False
    without_reference: bool = False

    def renamed(self, predictor_name: str) -> str:
        return without_reference(predictor_name) if self.without_reference else predictor_name


def _parts(
    name: str,
    table: EvalTable,
    predictors: Sequence[Predictor],
    *,
    max_origins: int,
    thinned: bool,
) -> Iterator[_Part]:
    splits = rolling_origins(table, max_origins=max_origins)
    what = f"backtest of {name}"
    yield _Part(what=what, records=name, splits=splits, methods=predictors)
    if readers := [p for p in predictors if p.reads_known_scores]:
        yield _Part(what=f"{what} with known scores", records=name, splits=splits, methods=readers,
                    with_scores=True)  # fmt: skip
    if stacks := [replace(p, reference=False) for p in predictors
                  if isinstance(p, Stack) and p.reference]:  # fmt: skip
        yield _Part(what=f"{what} without public models", records=name, splits=splits,
                    methods=stacks, without_reference=True)  # fmt: skip
    for kind, found in THINNED.items() if thinned else ():
        yield _Part(what=f"{what} {kind}", records=f"{name} {kind}", splits=found(table),
                    methods=predictors)  # fmt: skip
