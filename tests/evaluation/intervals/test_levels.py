"""One list of levels: what is shown is what was asked for, and documents hold four always."""

import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.intervals.levels import ALWAYS, SCORED, Levels, percent_key


def test_what_is_asked_for_is_shown_in_rising_order_and_once() -> None:
    assert Levels.of([0.95, 0.5, 0.95]).shown == (0.5, 0.95)
    assert Levels.of([]).shown == (0.5, 0.8, 0.9)


def test_documents_hold_the_fixed_levels_and_those_asked_for() -> None:
    assert Levels.of([0.7, 0.9]).kept == (0.5, 0.7, 0.8, 0.9, 0.95)
    assert set(SCORED) <= set(ALWAYS)


@pytest.mark.parametrize("level", [0.0, 1.0, 90.0, -0.5, float("nan")])
def test_a_level_that_is_no_share_is_refused(level: float) -> None:
    with pytest.raises(RefusedError, match=r"write 0\.9 for 90 %"):
        Levels.of([0.5, level])


@pytest.mark.parametrize(("level", "key"), [(0.9, "90"), (0.55, "55"), (0.995, "99.5")])
def test_a_level_is_named_in_percent(level: float, key: str) -> None:
    assert percent_key(level) == key
