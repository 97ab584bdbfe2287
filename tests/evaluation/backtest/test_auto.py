"""A plain law is taken where it is clearly better on every family, and the default elsewhere."""

import numpy as np
import pytest

from scalepredict.evaluation.backtest.auto import Auto, choose
from scalepredict.evaluation.backtest.rivals import rivals
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.stack.stack import Stack
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

SIZES = np.geomspace(5e7, 5e9, 10)
FLOPS = 120 * SIZES**2


def table(scores: dict[str, Floats]) -> EvalTable:
    """Ten models a family, at 20 tokens per parameter, scores without noise."""
    rows = [
        Checkpoint(model=f"{family}{i}", family=family, params=n, tokens=20 * n, flops=120 * n * n)
        for family in scores
        for i, n in enumerate(SIZES.tolist())
    ]
    every = np.concatenate(list(scores.values()))
    units = [Unit(benchmark=f"task{t}") for t in range(every.shape[1])]
    return make_table(rows, units, every, n_items=np.full(every.shape, 10_000.0))


def power_laws() -> Floats:
    """-log score falls as powers of compute that differ, so that pooling slopes misleads."""
    exponents = np.array([0.12, 0.3, 0.2, 0.08])
    return np.asarray(
        np.exp(-np.array([2.0, 1.5, 3.0, 2.5]) * (FLOPS[:, None] / 1e18) ** -exponents)
    )


def logistic() -> Floats:
    decades = np.log10(FLOPS / FLOPS[-1])[:, None]
    return np.asarray(1 / (1 + np.exp(-(np.array([0.5, 1.0, -0.5, 0.0]) + 0.8 * decades))))


def taken(scores: dict[str, Floats]) -> str:
    rng = np.random.default_rng(1)
    return choose(table(scores), Stack(), load_calibration(), rng=rng).predictor.name


def test_power_laws_are_left_to_the_power_law() -> None:
    records = table({"a": power_laws()})
    choice = choose(records, Stack(), load_calibration(), rng=np.random.default_rng(1))
    assert choice.predictor.name == "power_law"
    law = choice.families["a"]
    assert law is not None
    assert law.error < 0.8 * law.default_error
    assert choice.sentence("stack").startswith("auto: power_law is taken. power_law forecasts")


def test_what_the_default_forecasts_well_is_left_to_it() -> None:
    assert taken({"a": logistic()}) == "stack"


def test_families_that_disagree_are_left_to_the_default() -> None:
    assert taken({"a": power_laws(), "b": power_laws()}) == "power_law"
    assert taken({"a": power_laws(), "b": logistic()}) == "stack"


def test_as_a_method_it_forecasts_what_the_law_taken_does() -> None:
    records = table({"a": power_laws()})
    goal = Targets.of_table(records.take_rows([9]))
    seen = records.take_rows(np.arange(9))
    (auto,) = (m for m in rivals(["auto"]) if m.name == "auto")
    assert isinstance(auto, Auto)
    (plain,) = (m for m in rivals(["power_law"]) if m.name == "power_law")
    forecast = auto.fit(seen).forecast(goal).point
    assert forecast == pytest.approx(plain.fit(seen).forecast(goal).point)
