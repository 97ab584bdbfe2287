"""The path to a target starts at the smallest checkpoint and ends at the target itself."""

import numpy as np
import pytest

import scalepredict
from scalepredict.evaluation.forecast.path import STEPS, path_to, standard_errors
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.direct.trend import Trend
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

SIZES = np.array([1e8, 4e8, 1.6e9, 6.4e9])


def ladder() -> EvalTable:
    rows = [Checkpoint(model=f"m{n:g}", params=n, tokens=20 * n, flops=120 * n * n) for n in SIZES]
    scores = np.array([[0.31], [0.4], [0.52], [0.6]])
    return make_table(rows, [Unit(benchmark="b")], scores, n_items=np.full((4, 1), 400.0))


def test_the_last_point_of_the_path_is_the_target_and_the_first_the_smallest_model() -> None:
    fitted = scalepredict.fit(ladder(), predictor=Trend())
    (family,) = scalepredict.forecast(fitted, params=[1e10, 5e10])
    path = path_to(fitted.fit, family, load_calibration(), index=1)
    assert path.inside == STEPS
    assert path.ahead.targets.params[0] == pytest.approx(1e8)
    assert path.ahead.targets.params[path.inside - 1] == pytest.approx(6.4e9)
    assert path.ahead.targets.params[-1] == pytest.approx(5e10)
    assert path.ahead.targets.flops[-1] == pytest.approx(family.targets.flops[1])
    assert path.ahead.forecast.point[-1] == pytest.approx(family.forecast.point[1])


def test_error_bars_are_binomial_and_none_where_answers_are_not_known() -> None:
    table = ladder()
    assert standard_errors(table)[1, 0] == pytest.approx(np.sqrt(0.4 * 0.6 / 400))
    bare = make_table(table.checkpoints, table.units, table.scores)
    assert (standard_errors(bare) == 0).all()
