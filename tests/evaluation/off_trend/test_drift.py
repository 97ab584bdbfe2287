"""A drift adds up what is below the reference, and starts anew at zero."""

from scalepredict.evaluation.off_trend.drift import Drift


def test_small_shifts_down_add_up_and_one_up_takes_them_back() -> None:
    drift = Drift().after(-1.5, 0.5).after(-1.0, 0.5)
    assert (drift.total, drift.n) == (1.5, 2)
    assert drift.after(0.25, 0.5) == Drift(total=0.75, n=3)
    assert drift.after(2.0, 0.5) == Drift(total=0.0, n=0)
