"""A plain law is named where it is clearly better inside the evidence, and nowhere else."""

import numpy as np
import pytest

from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.evaluation.backtest.simpler_law import simpler_law
from scalepredict.predictors.interface import Frontier, Targets, make_forecast
from scalepredict.records.table import Checkpoint, Floats, Unit, make_table


def cell(predictor: str, split: int, error: Floats) -> Cell:
    """Two targets by T benchmarks of forecast minus measured, around .5."""
    rows = [Checkpoint(model=f"m{i}", params=1e9, tokens=1e10, flops=1e20 * (i + 1.0))
            for i in range(2)]  # fmt: skip
    units = tuple(Unit(benchmark=f"b{t}") for t in range(error.shape[1]))
    table = make_table(rows, units, np.full(error.shape, 0.5))
    forecast = make_forecast(Targets.of_table(table), Frontier.of_table(table), 0.5 + error)
    return Cell(
        predictor=predictor, records="", group="", family="f", split=split, origin_flops=1e19,
        n_train=4, targets=tuple(rows), units=units, observed=table.scores, forecast=forecast,
        failure=None,
    )  # fmt: skip


def cells(law: list[float], default: list[float], *, origins: int = 2) -> list[Cell]:
    return [
        cell(name, split, np.tile(np.array(errors), (2, 1)))
        for split in range(origins)
        for name, errors in (("stack", default), ("power_law", law))
    ]


def test_a_law_that_is_clearly_better_is_named_with_both_errors() -> None:
    found = simpler_law(cells([0.014, -0.012, 0.016], [0.022, 0.021, -0.023]), "stack")
    assert found is not None
    assert found.name == "power_law"
    assert found.error == pytest.approx(0.014)
    assert found.default_error == pytest.approx(0.022)
    assert "power_law forecasts your own last rungs better than stack: 1.4 against 2.2" in (
        found.sentence()
    )


@pytest.mark.parametrize(
    ("law", "default"),
    [
        ([0.019, 0.018, 0.02], [0.022, 0.021, 0.023]),  # better, but not by much
        ([0.001, 0.03, 0.03], [0.09, 0.021, 0.022]),  # by one benchmark alone
        ([0.03, 0.03, 0.03], [0.02, 0.02, 0.02]),  # worse
        ([0.01, np.nan, np.nan], [0.02, 0.02, 0.02]),  # refused most
    ],
)
def test_a_law_is_not_named_for_less(law: list[float], default: list[float]) -> None:
    assert simpler_law(cells(law, default), "stack") is None


def test_one_origin_is_not_enough() -> None:
    assert simpler_law(cells([0.01, 0.01], [0.03, 0.03], origins=1), "stack") is None
