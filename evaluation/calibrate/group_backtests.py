"""Which errors does a calibration learn from? Rolling backtests of every group of records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.rolling_origin import (
    Backtest,
    Cell,
    Progress,
    run_backtests,
)
from scalepredict.evaluation.backtest.splits import (
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

THINNED = {"with a gap": gapped_origins, "of one or two scales": first_scales}


def backtest_groups(
    tables: Mapping[str, EvalTable],
    predictors: Sequence[Predictor],
    *,
    max_origins: int,
    thinned: bool = False,
    progress: Progress | None = None,
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
        progress: Told how many forecasts are done.
        jobs: Processes; results do not depend on it.
        rng: Draws what methods draw.

    Raises:
        RefusedError: No family of any table has enough checkpoints.
    """
    groups = independent_groups({name: table.families for name, table in tables.items()})
    alone = len(set(groups.values())) == 1
    streams = dict(zip(tables, rng.spawn(len(tables)), strict=True))
    parts = [
        part
        for name, table in tables.items()
        for part in _parts(name, table, predictors, max_origins=max_origins, thinned=thinned)
    ]
    made = run_backtests(
        [(part.backtest, streams[part.table_name]) for part in parts],
        load_calibration(),
        jobs=jobs,
        progress=progress,
    )
    cells = [
        replace(
            cell,
            group=cell.family if alone else groups[part.table_name],
            predictor=part.renamed(cell.predictor),
        )
        for part, answered in zip(parts, made, strict=True)
        for cell in answered
    ]
    if not cells:
        raise RefusedError(
            "a calibration needs families with three checkpoints and a larger one to forecast; "
            "none of the records has one. Give records of more sizes."
        )
    return cells


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    # A backtest of a table, with the reference curves or without them.
    table_name: str
    backtest: Backtest
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
    whole = Backtest(
        table=table,
        splits=rolling_origins(table, max_origins=max_origins),
        predictors=predictors,
        records=name,
    )
    yield _Part(table_name=name, backtest=whole)
    if readers := [p for p in predictors if p.reads_known_scores]:
        told = replace(whole, predictors=readers, with_scores=True)
        yield _Part(table_name=name, backtest=told)
    if stacks := [
        replace(p, reference=False) for p in predictors if isinstance(p, Stack) and p.reference
    ]:
        alone = replace(whole, predictors=stacks)
        yield _Part(table_name=name, backtest=alone, without_reference=True)
    for kind, found in THINNED.items() if thinned else ():
        part = replace(whole, splits=found(table), records=f"{name} {kind}")
        yield _Part(table_name=name, backtest=part)
