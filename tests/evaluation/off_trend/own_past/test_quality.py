"""Scores turned so that more is better, and back."""

import numpy as np
import pytest

from scalepredict.evaluation.off_trend.own_past.quality import RELATIVE, quality_of
from scalepredict.records.table import Checkpoint, Unit, make_table

METRICS = ("acc", "loss", "error", "mcc", "time_horizon")
VALUES = np.array([[0.6, 2.5, 0.2, -0.4, 30.0], [0.7, 2.4, 0.1, 0.2, 40.0]])


def test_more_is_better_for_every_metric_and_values_come_back() -> None:
    table = make_table(
        [Checkpoint(model="m", tokens=1e9), Checkpoint(model="m", tokens=2e9)],
        [Unit(benchmark=f"b{t}", metric=metric) for t, metric in enumerate(METRICS)],
        VALUES,
        n_items=np.full(VALUES.shape, 500.0),
    )
    quality, assumed = quality_of(table)
    assert (quality.scores[1] > quality.scores[0]).all()
    assert quality.sign.tolist() == [1, -1, -1, 1, 1]
    assert quality.bounded.tolist() == [True, False, True, True, False]
    np.testing.assert_allclose(quality.scores[0, [0, 2, 3]], [0.6, 0.8, 0.3])
    assert quality.scores[0, 1] == pytest.approx(-np.log(2.5))
    np.testing.assert_allclose(quality.recorded(np.arange(5), quality.scores), VALUES)
    assert quality.noise[0].tolist() == [500, RELATIVE**2, 500, 500, RELATIVE**2]
    assert np.isneginf(quality.chance[[1, 4]]).all()
    assert assumed == ()
