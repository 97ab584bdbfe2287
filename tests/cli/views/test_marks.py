"""Every class has a sign of its own meaning, with and without colour."""

from scalepredict.cli.views.marks import MARKS
from scalepredict.evaluation.classes.classes import Kind


def test_every_class_has_a_mark_that_is_told_apart_by_its_sign_alone() -> None:
    assert set(MARKS) == set(Kind)
    marks = set(MARKS.values())
    assert len({mark.sign for mark in marks}) == len({mark.plain for mark in marks}) == len(marks)
    assert all(mark.plain.isascii() for mark in marks)
