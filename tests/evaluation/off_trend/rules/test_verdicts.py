"""Levels, findings and their identity."""

from dataclasses import replace

import pytest

from scalepredict.evaluation.off_trend.rules.verdicts import (
    Finding,
    Level,
    Verdict,
    mildest,
    place_in_words,
    place_of,
    unit_finding,
)
from scalepredict.records.table import Checkpoint, Unit


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


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"observed": 0.9}, True),
        ({"level": Level.NOTE}, True),
        ({"message": "other words"}, True),
        ({"z": -9.0, "p_value": 1e-9}, True),
        ({"rule": "off-trend-high"}, False),
        ({"metric": "acc_norm"}, False),
        ({"shots": 5}, False),
        ({"shots": 0}, False),
        ({"variant": "chat template"}, False),
        ({"benchmark": None}, False),
    ],
    ids=str,
)
def test_a_fingerprint_is_of_what_was_found_and_not_of_how_much(
    change: dict[str, object], same: bool
) -> None:
    plain = Finding(
        rule="off-trend-low", level=Level.ERROR, message="x", benchmark="b", metric="acc"
    )
    at = Checkpoint(model="m", family="f")
    other = replace(plain, **change)  # type: ignore[arg-type]
    assert (other.fingerprint(at) == plain.fingerprint(at)) is same


def test_names_with_odd_characters_have_fingerprints_too() -> None:
    at = Checkpoint(model="m\udcff", family="f")
    finding = Finding(rule="drift", level=Level.ERROR, message="x", benchmark="\x1f")
    assert len(finding.fingerprint(at)) == 32


@pytest.mark.parametrize(
    ("checkpoint", "place", "words"),
    [
        (Checkpoint(model="m", tokens=27.3e9, step=13000.0), "27300000000 tokens", "step 13000"),
        (Checkpoint(model="m", tokens=27.3e9), "27300000000 tokens", "27.3B tokens"),
        (Checkpoint(model="m", step=13000.0), "step 13000", "step 13000"),
        (Checkpoint(model="m"), "", "its place"),
    ],
)
def test_a_place_is_by_tokens_for_files_and_by_step_for_people(
    checkpoint: Checkpoint, place: str, words: str
) -> None:
    assert place_of(checkpoint) == place
    assert place_in_words(checkpoint) == words


def test_a_verdict_is_flagged_from_the_level_that_is_asked_for() -> None:
    warning = Finding(rule="drift", level=Level.WARNING, message="x")
    verdict = Verdict(checkpoint=Checkpoint(model="m"), p_value=0.5, findings=(warning,))
    assert [verdict.flagged(level) for level in (Level.NOTE, Level.WARNING, Level.ERROR)] == [
        True,
        True,
        False,
    ]
    accepted = replace(verdict, findings=(), accepted=(warning,))
    assert not accepted.flagged(Level.NOTE)


def test_a_finding_about_a_benchmark_names_how_it_was_measured() -> None:
    unit = Unit(benchmark="arc", metric="acc", shots=5, variant="chat template")
    found = unit_finding("drift", Level.NOTE, unit, "x", z=-2.0)
    assert (found.benchmark, found.metric, found.shots, found.variant, found.z) == (
        "arc",
        "acc",
        5,
        "chat template",
        -2.0,
    )
