"""One decision for all values of a metric: scores, percent, losses beside scores, or left out."""

import math

import pytest

from scalepredict.records.admission import Admission, admit, is_score
from scalepredict.records.metrics import Metric, shipped_metrics

ACC = shipped_metrics().find("acc")
LOSS = shipped_metrics().find("nll")
UNKNOWN = Metric(name="odd")


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (ACC, True),
        (Metric(name="mcc", lower=-1.0), True),
        (Metric(name="wide", lower=-1.5), False),
        (Metric(name="elo", upper=math.inf), False),
        (Metric(name="error", direction="lower"), False),
    ],
)
def test_scores_are_higher_the_better_and_lie_between_minus_1_and_1(
    metric: Metric, expected: bool
) -> None:
    assert is_score(metric) is expected


def test_fractions_stay_and_percent_is_divided_by_100() -> None:
    assert admit(ACC, 0.1, 0.9) == Admission(use="score")
    assert admit(ACC, 0.0, 1.0) == Admission(use="score")
    assert admit(ACC, 0.9, 90.0) == Admission(use="score", divisor=100.0)
    assert admit(ACC, 0.0, 100.0).divisor == 100.0
    # Said to be in percent: values that would pass as fractions are divided too.
    assert admit(ACC, 0.1, 0.9, percent=True).divisor == 100.0


def test_values_beyond_percent_or_below_the_range_are_left_out_with_the_range() -> None:
    beyond = admit(ACC, 0.0, 100.5)
    assert (beyond.use, beyond.reason) == ("out", "values outside 0 to 1, also as percent")
    assert admit(ACC, -0.01, 0.9).use == "out"


def test_a_metric_that_nobody_knows_may_go_below_0_but_is_not_taken_for_percent() -> None:
    assert admit(UNKNOWN, -0.4, 0.9) == Admission(use="score")
    refused = admit(UNKNOWN, 10.0, 90.0)
    assert refused.use == "out"
    assert "metrics: {odd: {direction: lower, upper: inf}}" in refused.reason
    assert admit(UNKNOWN, 10.0, 90.0, percent=True).divisor == 100.0


def test_a_loss_is_a_covariate_beside_scores_and_a_score_of_its_own_alone() -> None:
    assert admit(LOSS, 1.0, 3.0, beside=True) == Admission(use="loss")
    assert admit(LOSS, 1.0, 3.0) == Admission(use="score")
    error = Metric(name="wer", direction="lower", kind="error")
    assert admit(error, 0.1, 0.2, beside=True).use == "score"  # no loss of the right answer
    assert admit(error, 0.1, 1.2).reason == "values outside 0 to 1"
