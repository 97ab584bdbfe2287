"""Runs of a file: their own FLOPs unless a cost is given, and why some cannot be chosen."""

from dataclasses import replace

import pytest

from scalepredict.evaluation.planning.candidates import left_out, runs_of
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
    rows = [("ok", 1e9, 20e9, None), ("big", 5e9, 101e9, None), ("dear", 1e9, 20e9, 2e21)]
    why = left_out(replace(SPACE, candidates=tuple(runs_of(rows, SPACE))), 1e21)
    assert set(why) == {"big", "dear"}
    assert why["big"].startswith("3.03e21 FLOPs are more than 3e21; a run that large")
    assert why["dear"] == "costs 2e21 FLOPs, more than the budget"
    # At the bounds a run may still be chosen.
    edge = runs_of([("edge", 5e9, 1e11, 1e21)], SPACE)
    assert left_out(replace(SPACE, candidates=tuple(edge)), 1e21) == {}
