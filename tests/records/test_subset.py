"""The chosen part of the records, and what is said of the rest."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.records.subset import known_names, of_families, refuse_mixed_phases, up_to
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


def test_anchors_of_other_families_stay_with_a_chosen_one() -> None:
    rows = [*table().checkpoints[:2], replace(table().checkpoints[2], role="anchor")]
    chosen = of_families(replace(table(), checkpoints=tuple(rows)), ["a"])
    assert [c.model for c in chosen.checkpoints] == ["m1", "m2", "m4"]
    assert chosen.benchmarks == ("arc", "rare")


def test_models_of_unknown_size_are_not_below_a_limit() -> None:
    rows = [replace(table().checkpoints[0], params=None, flops=None), *table().checkpoints[1:]]
    kept, notes = up_to(replace(table(), checkpoints=tuple(rows)), params=3e9)
    assert [c.model for c in kept.checkpoints] == ["m2"]
    assert "1 of 3 checkpoints" in str(notes[0])


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (["trend", "stack"], "did you mean 'trend'.* there are trend, stack"),
        (["stack"], "there is only stack"),
        ([f"m{i}" for i in range(20)], "m0, m1, .*, m11 and 8 more"),
        ([], "there are"),
    ],
)
def test_a_name_that_does_not_occur_is_refused_with_those_that_do(
    known: list[str], words: str
) -> None:
    with pytest.raises(RefusedError, match=f"there is no method 'trnd'.*{words}"):
        known_names("method", ["trnd"], known)
    known_names("method", [], known)


def test_a_family_without_phases_is_one_phase() -> None:
    refuse_mixed_phases(table())
    rows = (replace(table().checkpoints[0], phase="decay"), *table().checkpoints[1:])
    with pytest.raises(RefusedError, match=r"decay \(1\), \(none\) \(1\)"):
        refuse_mixed_phases(replace(table(), checkpoints=rows))
