"""Which errors does a calibration learn from? Rolling backtests of every group of records."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.rolling_origin import Cell, Progress, run_backtest
from scalepredict.evaluation.backtest.splits import (
    first_scales,
    gapped_origins,
    rolling_origins,
)
from scalepredict.evaluation.calibrate.estimate import independent_groups
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import Predictor
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
    readers = [p for p in predictors if p.reads_known_scores]
    cells: list[Cell] = []
    for (name, table), stream in zip(tables.items(), rng.spawn(len(tables)), strict=True):
        splits = rolling_origins(table, max_origins=max_origins)
        for methods, with_scores in ((predictors, False), (readers, True)):
            if not methods:
                continue
            how = " with known scores" if with_scores else ""
            with watch(f"backtest of {name}{how}") as progress:
                made = run_backtest(
                    table,
                    splits,
                    methods,
                    constants,
                    records=name,
                    with_scores=with_scores,
                    jobs=jobs,
                    progress=progress,
                    rng=stream,
                )
            cells += [replace(c, group=c.family if alone else groups[name]) for c in made]
        for kind, found in THINNED.items() if thinned else ():
            with watch(f"backtest of {name} {kind}") as progress:
                made = run_backtest(
                    table,
                    found(table),
                    predictors,
                    constants,
                    records=f"{name} {kind}",
                    jobs=jobs,
                    progress=progress,
                    rng=stream,
                )
            cells += [replace(c, group=c.family if alone else groups[name]) for c in made]
    if not cells:
        raise RefusedError(
            "a calibration needs families with three checkpoints and a larger one to forecast; "
            "none of the records has one. Give records of more sizes."
        )
    return cells
