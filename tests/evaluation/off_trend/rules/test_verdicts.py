"""Levels, findings and their identity."""

from dataclasses import replace

import pytest

from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level, mildest
from scalepredict.records.table import Checkpoint


def test_levels_have_an_order_and_the_old_word_is_understood() -> None:
    assert Level("warn") is Level.WARNING
    assert mildest(Level.ERROR, Level.NOTE, Level.WARNING) is Level.NOTE
    assert Level.ERROR.reaches(Level.WARNING)
    assert not Level.NOTE.reaches(Level.WARNING)
    with pytest.raises(ValueError, match="fatal"):
        Level("fatal")


def test_a_fingerprint_ignores_values_and_the_place_but_not_the_benchmark() -> None:
    low = Finding(rule="off-trend-low", level=Level.ERROR, message="x", benchmark="b", observed=0.1)
    early, late = Checkpoint(model="m", step=1.0), Checkpoint(model="m", step=2.0, line=7)
    assert low.fingerprint(early) == replace(low, observed=0.2, message="y").fingerprint(late)
    assert low.fingerprint(early) != replace(low, benchmark="c").fingerprint(early)
    assert low.fingerprint(early) != low.fingerprint(Checkpoint(model="n"))


def test_an_event_keeps_the_identity_of_its_first_checkpoint() -> None:
    first, later = Checkpoint(model="m", tokens=1e9), Checkpoint(model="m", tokens=2e9)
    low = Finding(rule="off-trend-low", level=Level.ERROR, message="x")
    shift = Finding(
        rule="level-shift", level=Level.ERROR, message="y", identity=low.rule, since=first
    )
    assert shift.fingerprint(later) == low.fingerprint(first)
    assert shift.place(later) == low.place(first) != low.place(later)
