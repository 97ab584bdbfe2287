"""A target is completed from the ladder's own design, and what was assumed is said."""

import re
from collections.abc import Callable

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.predictors.scale.targets import (
    TargetRequest,
    describe_target,
    factors,
    resolve_targets,
    target_warnings,
)
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

SIZES = (1.1e8, 4.3e8, 1.4e9, 2.9e9, 7.1e9)


def ladder(
    tokens: Callable[[float], float],
    *,
    ratio: Callable[[float], float] | None = None,
    sizes: tuple[float, ...] = SIZES,
) -> EvalTable:
    """One model of each size; FLOPs are recorded as ``ratio`` times 6ND if it is given."""
    rows = [
        Checkpoint(
            model=f"m{i}",
            params=n,
            tokens=tokens(n),
            flops=6 * n * tokens(n) * (ratio(n) if ratio else 1.0),
            flops_given=ratio is not None,
        )
        for i, n in enumerate(sizes)
    ]
    return make_table(rows, [Unit(benchmark="arc")], np.full((len(rows), 1), 0.5))


def constant(n: float) -> float:
    del n
    return 300e9


@pytest.mark.parametrize(
    ("tokens", "expected", "words"),
    [
        (constant, 300e9, "300B at every size"),
        (lambda n: 21.5 * n, 21.5 * 30e9, "21.5 per parameter"),
        (lambda n: 4e4 * n**0.7, 4e4 * 30e9**0.7, r"N\^0\.70"),
    ],
)
def test_params_alone_continue_the_design_of_the_ladder(
    tokens: Callable[[float], float], expected: float, words: str
) -> None:
    evidence = ladder(tokens)
    by_params = resolve_targets(evidence, TargetRequest(params=[30e9]))
    assert by_params.tokens == pytest.approx([expected])
    assert by_params.flops == pytest.approx([6 * 30e9 * expected])
    assert re.search(words, by_params.assumption[0])
    by_flops = resolve_targets(evidence, TargetRequest(flops=[6 * 30e9 * expected]))
    assert by_flops.params == pytest.approx([30e9])
    assert by_flops.tokens == pytest.approx([expected])


def test_flops_follow_the_evidences_own_accounting_at_the_size_of_the_target() -> None:
    evidence = ladder(constant, ratio=lambda n: 3.6 * n**-0.05)
    request = TargetRequest(params=[30e9], tokens=[1e12])
    targets = resolve_targets(evidence, request)
    assert targets.flops == pytest.approx([6 * 30e9 * 1e12 * 3.6 * 30e9**-0.05])
    assert "x 6ND here" in targets.assumption[0]
    solved = resolve_targets(evidence, TargetRequest(flops=list(targets.flops), tokens=[1e12]))
    assert solved.params == pytest.approx([30e9])
    solved = resolve_targets(evidence, TargetRequest(flops=list(targets.flops), params=[30e9]))
    assert solved.tokens == pytest.approx([1e12])


def test_flops_beyond_6nd_do_not_fall_below_it_at_larger_sizes() -> None:
    evidence = ladder(constant, ratio=lambda n: 3.2 * n**-0.05)  # 1.3 at 70M, below 1 at 30B
    targets = resolve_targets(evidence, TargetRequest(params=[30e9], tokens=[1e12]))
    assert targets.flops == pytest.approx([6 * 30e9 * 1e12])
    solved = resolve_targets(evidence, TargetRequest(flops=[1.8e23], tokens=[1e12]))
    assert solved.params == pytest.approx([30e9])


def test_nothing_is_assumed_where_params_and_tokens_are_given() -> None:
    targets = resolve_targets(ladder(constant), TargetRequest(params=[30e9], tokens=[1e12]))
    assert targets.assumption == ("",)


def test_given_flops_that_contradict_the_accounting_are_kept_and_said() -> None:
    request = TargetRequest(params=[30e9], tokens=[1e12], flops=[3e23])
    targets = resolve_targets(ladder(constant), request)
    assert targets.flops == pytest.approx([3e23])
    assert "FLOPs as given, 1.67 x" in targets.assumption[0]


def test_lists_are_read_side_by_side_and_one_value_holds_for_all() -> None:
    request = TargetRequest(params=[13e9, 30e9], tokens_per_param=[20, 50])
    assert resolve_targets(ladder(constant), request).tokens == pytest.approx([260e9, 1500e9])
    request = TargetRequest(params=[13e9, 30e9], tokens=[1e12])
    assert resolve_targets(ladder(constant), request).tokens == pytest.approx([1e12, 1e12])
    request = TargetRequest(tokens=[1e12], tokens_per_param=[20, 50])
    assert resolve_targets(ladder(constant), request).params == pytest.approx([50e9, 20e9])


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (TargetRequest(), "no target was given"),
        (TargetRequest(params=[1e9, 2e9], tokens=[1e9, 2e9, 3e9]), "2 --params, 3 --tokens"),
        (TargetRequest(tokens=[1e12]), "--tokens alone"),
        (TargetRequest(tokens_per_param=[20]), "--tokens-per-param alone"),
        (TargetRequest(params=[1e9], tokens=[1e9], tokens_per_param=[1]), "already fix the size"),
        (TargetRequest(params=[1e9], flops=[1e21], tokens_per_param=[1]), "say too much"),
    ],
)
def test_too_little_or_too_much_is_refused(request_: TargetRequest, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        resolve_targets(ladder(constant), request_)


def test_one_size_with_many_token_counts_has_no_design() -> None:
    evidence = ladder(lambda n: 1e3 * (n - 1e9), sizes=(1.001e9, 1.002e9, 1.004e9))
    with pytest.raises(RefusedError, match="has one size"):
        resolve_targets(evidence, TargetRequest(params=[2e9]))


def test_beyond_300x_is_refused_and_the_advice_works() -> None:
    evidence = ladder(constant)
    with pytest.raises(RefusedError, match="beyond 300x") as caught:
        resolve_targets(evidence, TargetRequest(params=[2.5e12], tokens=[300e9]))
    assert "ask for at most 3.83e24 FLOPs (about 2.12T params" in str(caught.value)
    near = resolve_targets(evidence, TargetRequest(flops=[3.83e24]))
    assert 295 < factors(near, evidence)[0] <= 300
    near = resolve_targets(evidence, TargetRequest(params=[2.12e12], tokens=[300e9]))
    assert 295 < factors(near, evidence)[0] <= 300


def test_each_reason_for_doubt_is_said() -> None:
    few = ladder(constant, sizes=SIZES[:4])
    request = TargetRequest(params=[1e9, 200e9, 12e9, 1e9], tokens=[300e9, 300e9, 300e9, 20e12])
    targets = resolve_targets(few, request)
    said = [" | ".join(map(str, target_warnings(targets, i, few))) for i in range(4)]
    assert all("only 4 models" in line for line in said)
    assert ["smaller than the largest" in line for line in said] == [True, False, False, False]
    assert ["69x the FLOPs" in line for line in said] == [False, True, False, False]
    assert ["tokens per parameter" in line for line in said] == [False, False, False, True]


def test_the_echo_says_what_was_understood() -> None:
    evidence = ladder(constant)
    targets = resolve_targets(evidence, TargetRequest(params=[12e9]))
    assert describe_target(targets, 0, evidence) == (
        "12B params, 300B tokens = 2.16e22 FLOPs, 1.69x the largest evidence (m4); "
        "assumed: tokens as in the ladder, 300B at every size"
    )
