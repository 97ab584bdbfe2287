"""Errors that a calibration learns from, kept apart by what must be left out together."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.rolling_origin import Cell, Progress
from scalepredict.evaluation.calibrate.group_backtests import backtest_groups
from scalepredict.predictors.direct.last import LastValue
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def ladder(*families: str, n_models: int = 6) -> EvalTable:
    checkpoints = [
        Checkpoint(model=f"{family}{i}", family=family, params=1e8, tokens=1e9, flops=6e17 * 4.0**i)
        for family in families
        for i in range(n_models)
    ]
    scores = np.array([[0.3 + 0.05 * (j % n_models)] for j in range(len(checkpoints))])
    return make_table(
        checkpoints, [Unit(benchmark="a")], scores, n_items=np.full(scores.shape, 1000.0)
    )


def run(tables: dict[str, EvalTable], *, thinned: bool = False) -> tuple[list[Cell], list[str]]:
    told: list[str] = []

    @contextmanager
    def watch(what: str) -> Iterator[Progress | None]:
        told.append(what)
        yield None

    cells = backtest_groups(
        tables,
        [LastValue()],
        max_origins=2,
        thinned=thinned,
        watch=watch,
        rng=np.random.default_rng(0),
    )
    return cells, told


def test_tables_that_share_a_family_are_one_group() -> None:
    cells, told = run({"x": ladder("f"), "y": ladder("f", "g"), "z": ladder("h")})
    groups = {(cell.records, cell.family): cell.group for cell in cells}
    assert groups["x", "f"] == groups["y", "f"] == groups["y", "g"]
    assert groups["z", "h"] != groups["x", "f"]
    assert told == ["backtest of x", "backtest of y", "backtest of z"]


def test_a_single_group_is_split_by_family() -> None:
    cells, _ = run({"x": ladder("f", "g")})
    assert {(cell.family, cell.group) for cell in cells} == {("f", "f"), ("g", "g")}


def test_every_origin_forecasts_what_lies_above_it() -> None:
    cells, _ = run({"x": ladder("f")})
    assert len({cell.split for cell in cells}) == 2
    for cell in cells:
        assert all((target.flops or 0) > cell.origin_flops for target in cell.targets)
        assert cell.predictor == "last"


def test_thinned_ladders_are_named_as_other_records() -> None:
    cells, told = run({"x": ladder("f", n_models=8)}, thinned=True)
    assert told == [
        "backtest of x",
        "backtest of x with a gap",
        "backtest of x of one or two scales",
    ]
    names = {cell.records for cell in cells}
    assert "x" in names
    assert "x of one or two scales" in names


def test_records_that_hold_nothing_out_are_refused() -> None:
    with pytest.raises(RefusedError, match="three checkpoints and a larger one"):
        run({"x": ladder("f", n_models=2)})
