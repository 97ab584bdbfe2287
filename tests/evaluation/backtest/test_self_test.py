"""A fit is tried on its own evidence: small models forecast larger ones, beside the last value."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.self_test import backtest_evidence
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.direct.last import LastValue
from scalepredict.predictors.direct.trend import Trend
from scalepredict.predictors.fit_families import Fit, fit_families
from scalepredict.predictors.interface import Predictor
from scalepredict.records.table import Checkpoint, Unit, make_table


def fit(n_models: int, predictor: Predictor) -> Fit:
    """A ladder whose logits are a line in log C: the trend is right, the last value too low."""
    x = np.arange(n_models) * np.log10(3.0)
    scores = 1 / (1 + np.exp(-(np.array([-1.0, -0.5]) + 0.8 * x[:, None])))
    checkpoints = [
        Checkpoint(model=f"m{i}", family="f", params=1e8, tokens=1e9, flops=6e17 * 3.0**i)
        for i in range(n_models)
    ]
    units = [Unit(benchmark=name) for name in ("a", "b")]
    items = np.full(scores.shape, 1000.0)
    table = make_table(checkpoints, units, scores, n_items=items)
    return fit_families(table, predictor, rng=np.random.default_rng(0))


def test_the_method_stands_beside_the_last_value() -> None:
    report = backtest_evidence(
        fit(7, Trend()), load_calibration(), jobs=1, rng=np.random.default_rng(0)
    )
    whole = {row.predictor: row for row in report.summary if row.part == ""}
    assert set(whole) == {"trend", "last"}
    assert whole["trend"].figures["mae"].value < 0.2 * whole["last"].figures["mae"].value
    assert whole["last"].figures["skill"].value == pytest.approx(1.0)
    assert whole["last"].figures["bias"].value < 0


def test_the_last_value_alone_is_not_doubled() -> None:
    report = backtest_evidence(
        fit(7, LastValue()), load_calibration(), jobs=1, rng=np.random.default_rng(0)
    )
    assert {row.predictor for row in report.summary} == {"last"}
    assert {cell.predictor for cell in report.cells} == {"last"}


def test_a_family_that_holds_nothing_out_is_refused() -> None:
    with pytest.raises(RefusedError, match="no family of the fit is large enough"):
        backtest_evidence(
            fit(3, LastValue()), load_calibration(), jobs=1, rng=np.random.default_rng(0)
        )
