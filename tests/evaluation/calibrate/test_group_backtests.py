"""Errors that a calibration learns from, kept apart by what must be left out together."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.rolling_origin import Cell
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


def run(
    tables: dict[str, EvalTable], *, thinned: bool = False
) -> tuple[list[Cell], list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    cells = backtest_groups(
        tables,
        [LastValue()],
        max_origins=2,
        thinned=thinned,
        progress=lambda done, total: told.append((done, total)),
        rng=np.random.default_rng(0),
    )
    return cells, told


def test_tables_that_share_a_family_are_one_group() -> None:
    cells, told = run({"x": ladder("f"), "y": ladder("f", "g"), "z": ladder("h")})
    groups = {(cell.records, cell.family): cell.group for cell in cells}
    assert groups["x", "f"] == groups["y", "f"] == groups["y", "g"]
    assert groups["z", "h"] != groups["x", "f"]
    assert [done for done, _ in told] == list(range(1, len(cells) + 1))
    assert {total for _, total in told} == {len(cells)}


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
    cells, _ = run({"x": ladder("f", n_models=8)}, thinned=True)
    assert {cell.records for cell in cells} == {
        "x",
        "x with a gap",
        "x of one or two scales",
    }


def test_records_that_hold_nothing_out_are_refused() -> None:
    with pytest.raises(RefusedError, match="three checkpoints and a larger one"):
        run({"x": ladder("f", n_models=2)})
