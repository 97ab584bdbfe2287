"""The default forecaster on real records that ship: Pythia up to 2.8B, then 6.9B and 12B."""

from importlib.resources import files

import numpy as np
import pytest

from scalepredict.predictors.interface import Targets
from scalepredict.predictors.stack.stack import Stack
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.evidence import select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable


@pytest.fixture(scope="module")
def ladder() -> EvalTable:
    path = str(files("scalepredict.sample_data").joinpath("pythia_ladder.csv"))
    return select_evidence(to_benchmarks(read_records([path]).table)).table


def test_the_large_pythia_models_are_forecast_far_better_than_by_the_last_value(
    ladder: EvalTable,
) -> None:
    """6.9B and 12B from up to 2.8B; wsc answers with one label (36.5 or 63.5 %) and is left out."""
    known = np.array([unit.benchmark != "wsc" for unit in ladder.units])
    ladder = ladder.take_units(known)
    small, large = ladder.take_rows(ladder.params < 3e9), ladder.take_rows(ladder.params > 3e9)
    rng = np.random.default_rng(0)
    forecast = Stack().fit(small, rng=rng).forecast(Targets.of_table(large))
    error = np.abs(forecast.point - large.scores).mean(axis=1)
    of_last = np.abs(forecast.last - large.scores).mean(axis=1)
    assert (error < [1.3e-2, 1.6e-2]).all()
    assert (error / of_last < [0.7, 0.5]).all()
