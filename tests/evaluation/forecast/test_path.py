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


def test_the_way_is_straight_in_log_params_and_log_tokens() -> None:
    """The target has half the tokens per parameter of the ladder: shape turns after its top."""
    fitted = scalepredict.fit(ladder(), predictor=Trend())
    (family,) = scalepredict.forecast(fitted, params=[5e10], tokens=[5e11])
    targets = path_to(fitted.fit, family, load_calibration(), index=0).ahead.targets
    for sizes, end in ((targets.params, 5e10), (targets.tokens, 5e11)):
        steps = np.diff(np.log(sizes))
        assert steps[: STEPS - 1] == pytest.approx(np.log(64) / (STEPS - 1))
        assert sizes[STEPS - 1] == pytest.approx(sizes[STEPS])  # both stretches have the top
        assert steps[STEPS:] == pytest.approx(np.log(end / sizes[STEPS]) / (STEPS - 1))
    assert (targets.tokens / targets.params)[[0, STEPS, -1]] == pytest.approx([20, 20, 10])


def test_rows_in_any_order_make_the_same_path() -> None:
    shuffled = ladder().take_rows([2, 0, 3, 1])
    paths = []
    for table in (ladder(), shuffled):
        fitted = scalepredict.fit(table, predictor=Trend())
        (family,) = scalepredict.forecast(fitted, params=[5e10])
        paths.append(path_to(fitted.fit, family, load_calibration(), index=0).ahead)
    np.testing.assert_allclose(paths[0].targets.flops, paths[1].targets.flops)
    np.testing.assert_allclose(paths[0].forecast.point, paths[1].forecast.point)


def test_public_models_show_a_band_where_they_were_measured_and_none_elsewhere() -> None:
    known = Unit(benchmark="arc_easy", metric="acc", chance=0.25)
    table = make_table(
        ladder().checkpoints,
        [Unit(benchmark="of my own", chance=0.25), known],
        np.array([[0.31, 0.45], [0.4, 0.52], [0.52, 0.6], [0.6, 0.67]]),
        n_items=np.full((4, 2), 2000.0),
    )
    fitted = scalepredict.fit(table)
    (family,) = scalepredict.forecast(fitted, params=[5e10])
    public = path_to(fitted.fit, family, load_calibration(), index=0).public
    assert public is not None
    low, high = public
    assert low.shape == (2 * STEPS, 2)
    assert np.isnan(low[:, 0]).all()
    assert (low[:, 1] < high[:, 1]).all()
    assert (np.diff(high[:STEPS, 1]) > 0).all()
    plain = scalepredict.fit(table, predictor=Trend())
    (family,) = scalepredict.forecast(plain, params=[5e10])
    assert path_to(plain.fit, family, load_calibration(), index=0).public is None
