"""A model known by its scores says how far it lies beyond the evidence."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.forecast.known_scores import fitted_models, forecast_known
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.direct.last import LastValue
from scalepredict.predictors.fit_families import Fit, fit_families
from scalepredict.predictors.interface import Predictor
from scalepredict.predictors.observational.observational import Observational
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def models() -> EvalTable:
    rng = np.random.default_rng(3)
    rows = [
        Checkpoint(model=f"m{i}", family=f"f{i % 4}", params=n, tokens=1e11, flops=6e11 * n)
        for i, n in enumerate(np.geomspace(1e8, 1e10, 16))
    ]
    rise = np.linspace(-1.5, 1.5, 16)[:, None] * np.linspace(0.6, 1.2, 5)
    scores = 1 / (1 + np.exp(-rise - rng.normal(0, 0.05, (16, 5))))
    return make_table(rows, [Unit(benchmark=f"b{t}") for t in range(5)], scores)


def fitted(method: Predictor) -> Fit:
    return fit_families(models(), method, rng=np.random.default_rng(0))


def test_the_factor_is_its_compute_over_the_largest_of_the_evidence() -> None:
    fit, table = fitted(Observational()), models()
    large = Checkpoint(model="x", family="new", params=4e10, tokens=1e11, flops=2.4e22)
    known = make_table([large], table.units, table.scores[-1:])
    ((family, comparison),) = forecast_known(fit, known, load_calibration())
    assert family.factor == pytest.approx([2.4e22 / 6e21])
    assert comparison.models == ("x",)
    assert comparison.observed == pytest.approx(table.scores[-1:])


def test_models_of_the_fit_are_found_by_name_and_other_methods_are_refused() -> None:
    table = fitted_models(fitted(Observational()), ["m3", "m7"])
    assert [c.model for c in table.checkpoints] == ["m3", "m7"]
    with pytest.raises(RefusedError, match="a fit by last forecasts from scale"):
        forecast_known(fitted(LastValue()), table, load_calibration())
