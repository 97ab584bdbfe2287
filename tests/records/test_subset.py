"""The chosen part of the records, and what is said of the rest."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.records.subset import of_families, refuse_mixed_phases, up_to
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def table() -> EvalTable:
    """Family a: 1B and 2B params; family b: 4B, the only one measured on ``rare``."""
    rows = [
        Checkpoint(model=f"m{n}", family=family, params=n * 1e9, tokens=1e10, flops=6e19 * n)
        for n, family in ((1, "a"), (2, "a"), (4, "b"))
    ]
    scores = np.array([[0.3, np.nan], [0.4, np.nan], [0.5, 0.6]])
    return make_table(rows, [Unit(benchmark="arc"), Unit(benchmark="rare")], scores)


def test_a_family_keeps_only_the_benchmarks_that_it_was_measured_on() -> None:
    chosen = of_families(table(), ["a"])
    assert [c.model for c in chosen.checkpoints] == ["m1", "m2"]
    assert chosen.benchmarks == ("arc",)
    assert of_families(table(), []).benchmarks == ("arc", "rare")
    with pytest.raises(RefusedError, match="there is no family 'c'; there are a, b"):
        of_families(table(), ["c"])


def test_a_limit_includes_its_own_value_and_tells_what_it_leaves_out() -> None:
    kept, notes = up_to(table(), params=2e9)
    assert [c.model for c in kept.checkpoints] == ["m1", "m2"]
    assert kept.benchmarks == ("arc",)
    assert tuple(map(str, notes)) == (
        "evidence: 2 of 3 checkpoints with at most 2B params; left out: 1 larger.",
    )
    kept, _ = up_to(table(), params=2e9, flops=7e19)
    assert [c.model for c in kept.checkpoints] == ["m1"]
    assert up_to(table())[1] == ()


def test_a_limit_below_everything_is_refused_with_the_smallest() -> None:
    with pytest.raises(RefusedError, match="at most 1e18 FLOPs; the smallest is m1"):
        up_to(table(), flops=1e18)


def test_several_phases_of_one_family_are_refused_with_the_commonest_as_advice() -> None:
    rows = [
        Checkpoint(model=f"m{i}", family=f, phase=p, params=1e9, tokens=1e9, flops=6e18)
        for i, (f, p) in enumerate(
            [("a", "decay"), ("b", "stable"), ("b", "decay"), ("b", "decay")]
        )
    ]
    mixed = make_table(rows, [Unit(benchmark="arc")], np.full((4, 1), 0.5))
    with pytest.raises(RefusedError, match=r"'b' .*stable \(1\), decay \(2\).*--phase decay"):
        refuse_mixed_phases(mixed)
    refuse_mixed_phases(mixed.take_rows([0, 1]))
