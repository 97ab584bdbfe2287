"""Runs of a file: their own FLOPs unless a cost is given, and why some cannot be chosen."""

from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.evaluation.planning.candidates import check_names, runs_of, sifted
from scalepredict.evaluation.planning.next_runs import Space

SPACE = Space(
    params=10e9,
    tokens=200e9,
    flops=1.2e22,
    ratios=(20.0, 20.0),
    most_flops=3e21,
    flops_of=lambda n, d: 6 * n * d,
)


def test_a_run_costs_its_flops_unless_the_file_says_otherwise() -> None:
    own, told = runs_of([("a", 1e9, 20e9, None), ("b", 1e9, 20e9, 5e18)], SPACE)
    assert own.flops == own.cost == pytest.approx(1.2e20)
    assert told.flops == pytest.approx(1.2e20)
    assert told.cost == 5e18
    assert (own.model, own.params, own.tokens) == ("a", 1e9, 20e9)


def test_runs_as_large_as_the_target_or_too_dear_are_named_with_the_reason() -> None:
    runs = runs_of(
        [("ok", 1e9, 20e9, None), ("big", 5e9, 101e9, None), ("dear", 1e9, 20e9, 2e21)], SPACE
    )
    kept, excluded = sifted(runs, SPACE, 1e21)
    assert [run.model for run in kept] == ["ok"]
    assert excluded["big"].startswith("3.03e21 FLOPs are more than 3e21; a run that large")
    assert excluded["dear"] == "costs 2e21 FLOPs, more than the budget"
    # At the bounds a run may still be chosen.
    edge = runs_of([("edge", 5e9, 1e11, 1e21)], SPACE)
    assert sifted(edge, SPACE, 1e21) == (edge, {})


def test_names_are_told_apart() -> None:
    check_names(["a", "b"], Path("c.csv"))
    with pytest.raises(RecordError, match=r"c.csv: candidate 'a' stands twice"):
        check_names(["a", "b", "a"], Path("c.csv"))
