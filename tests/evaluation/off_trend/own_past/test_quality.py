"""Scores turned so that more is better, and back."""

import numpy as np
import pytest

from scalepredict.evaluation.off_trend.own_past.quality import RELATIVE, Quality, quality_of
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


def one(metric: str, values: list[float], *, n_items: float = 500.0) -> Quality:
    rows = [Checkpoint(model="m", tokens=1e9 * (k + 1)) for k in range(len(values))]
    table = make_table(
        rows,
        [Unit(benchmark="b", metric=metric)],
        np.array(values)[:, None],
        n_items=np.full((len(values), 1), n_items),
    )
    return quality_of(table)[0]


def test_a_loss_that_cannot_have_a_logarithm_is_not_judged() -> None:
    found = one("loss", [2.5, 0.0, -1.0, np.nan])
    assert np.isnan(found.scores[:, 0]).tolist() == [False, True, True, True]


def test_equal_shares_of_a_loss_are_equal_distances() -> None:
    """A loss has no end that all know: it is judged by its ratio, and a fraction by its share."""
    halves = np.diff(one("loss", [4.0, 2.0, 1.0]).scores[:, 0])
    assert halves == pytest.approx([np.log(2)] * 2)
    tenths = np.diff(one("acc", [0.1, 0.2, 0.3]).scores[:, 0])
    assert tenths == pytest.approx([0.1] * 2)


def test_answers_that_nobody_counted_are_assumed_and_named() -> None:
    rows = [Checkpoint(model="m", tokens=1e9)]
    units = [Unit(benchmark="told"), Unit(benchmark="untold"), Unit(benchmark="c4", metric="loss")]
    table = make_table(
        rows, units, np.array([[0.5, 0.5, 2.5]]), n_items=np.array([[500.0, np.nan, np.nan]])
    )
    quality, assumed = quality_of(table)
    assert assumed == ("untold",)
    assert quality.noise[0].tolist() == [500, 1000, RELATIVE**2]


def test_some_columns_come_back_in_their_own_units() -> None:
    table = make_table(
        [Checkpoint(model="m", tokens=1e9)],
        [Unit(benchmark=f"b{t}", metric=metric) for t, metric in enumerate(METRICS)],
        VALUES[:1],
        n_items=np.full((1, 5), 500.0),
    )
    quality = quality_of(table)[0]
    chosen = np.array([4, 1])
    found = quality.recorded(chosen, quality.scores[:, chosen])
    np.testing.assert_allclose(found, VALUES[:1, chosen])
