"""A run off its trajectory is told once while it stays off, and again after it was back."""

import numpy as np

from scalepredict.evaluation.off_trend.ladders.against_ladder import LadderOutcome
from scalepredict.evaluation.off_trend.ladders.against_trajectory import BACK
from scalepredict.evaluation.off_trend.rules.scene import Scene
from scalepredict.evaluation.off_trend.rules.trajectory_rules import (
    HIGH,
    LOW,
    trajectory_p_value,
)
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level
from tests.evaluation.off_trend.rules.made_runs import runs, scene

OFF = 1e-5


def outcome(p_value: float, z: float = -4.0) -> LadderOutcome:
    return LadderOutcome(
        p_value=p_value,
        shift=z,
        shift_p=p_value / 2,
        n_models=5,
        columns=np.arange(2),
        expected=np.full(2, 0.5),
        low=np.full(2, 0.4),
        high=np.full(2, 0.6),
        z=np.full(2, z),
        sign=np.ones(2),
        unit_p=np.array([1e-6, 0.5]),
    )


def at(k: int, **outcomes: LadderOutcome) -> Scene:
    found = {int(name.removeprefix("k")): one for name, one in outcomes.items()}
    return scene(runs(0, 1e9), k, trajectory=found)


def whole(here: Scene) -> Finding:
    return next(finding for finding in LOW.find(here) if finding.benchmark is None)


def test_the_first_checkpoint_tells_all_and_later_ones_since_when() -> None:
    here = at(7, k7=outcome(OFF))
    first, single = LOW.find(here)
    assert (first.since, first.level, single.benchmark) == (None, Level.ERROR, "b0")
    assert "the trajectory of 5 smaller runs predicts here" in first.message
    later = at(9, k7=outcome(OFF), k8=outcome(BACK / 2), k9=outcome(OFF))
    (told,) = LOW.find(later)
    assert told.since is later.checkpoint_at(7)
    assert told.fingerprint(later.checkpoint) == first.fingerprint(here.checkpoint)
    assert told.place(later.checkpoint) == first.place(here.checkpoint)


def test_a_run_that_was_back_is_told_anew() -> None:
    for between in (outcome(BACK), outcome(OFF, z=4.0)):
        assert whole(at(9, k7=outcome(OFF), k8=between, k9=outcome(OFF))).since is None
    assert whole(at(9, k7=outcome(OFF), k9=outcome(OFF))).since is None


def test_the_comparison_has_its_share_of_alpha() -> None:
    here = at(9, k9=outcome(0.004))
    assert trajectory_p_value(here) == 0.004 / (1 - 0.8)
    assert not list(LOW.find(here))
    assert trajectory_p_value(at(9)) is None


def test_better_runs_warn() -> None:
    here = at(9, k9=outcome(OFF, z=4.0))
    assert not list(LOW.find(here))
    assert {finding.level for finding in HIGH.find(here)} == {Level.WARNING}
