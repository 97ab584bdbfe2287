"""Mixtures of experts: FLOPs and laws go with active parameters, and rungs keep one sparsity."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.predictors.scale.sparsity import read_sparsity, sparsity_warnings
from scalepredict.predictors.scale.targets import (
    TargetRequest,
    describe_target,
    resolve_targets,
    target_warnings,
)
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def ladder(experts: tuple[float, ...] = (8.0, 8.0, 8.0, 8.0)) -> EvalTable:
    rows = [
        Checkpoint(
            model=f"m{i}",
            family="moe",
            params=ratio * 1e8 * 3**i,
            params_active=1e8 * 3**i,
            tokens=20e8 * 3**i,
            flops=6 * 20 * (1e8 * 3**i) ** 2,
        )
        for i, ratio in enumerate(experts)
    ]
    return make_table(rows, [Unit(benchmark="c4", metric="loss")], np.full((len(rows), 1), 3.0))


def test_laws_of_sizes_read_active_parameters() -> None:
    assert Scale.of_table(ladder()).params == pytest.approx([1e8, 3e8, 9e8, 27e8])


def test_a_target_by_its_total_gets_the_ladders_own_share_of_active_ones_and_says_so() -> None:
    targets = resolve_targets(ladder(), TargetRequest(params=(8e9,)))
    assert targets.params == pytest.approx([8e9])
    assert targets.params_active == pytest.approx([1e9])
    assert targets.flops == pytest.approx([6 * 20 * 1e18])
    assert "active parameters by the ladder's own ratio, 1 in 8" in targets.assumption[0]
    assert "8B params (1B active)" in describe_target(targets, 0, ladder())


def test_a_target_by_its_active_parameters_or_flops_gets_the_total() -> None:
    by_active = resolve_targets(ladder(), TargetRequest(params_active=(2e9,)))
    by_flops = resolve_targets(ladder(), TargetRequest(flops=(6 * 20 * 4e18,)))
    assert by_active.params == pytest.approx([16e9])
    assert by_flops.params_active == pytest.approx([2e9])
    assert by_flops.params == pytest.approx([16e9])


def test_more_active_than_all_parameters_is_refused() -> None:
    with pytest.raises(RefusedError, match="--params-active 2B is more than --params 1B"):
        resolve_targets(ladder(), TargetRequest(params=(1e9,), params_active=(2e9,)))


def test_a_rung_of_another_sparsity_is_named_and_one_trend_is_not() -> None:
    odd = ladder((8.0, 8.0, 8.0, 32.0))
    [warning] = sparsity_warnings(odd)
    assert str(warning).startswith("m3: another share of active parameters")
    targets = resolve_targets(odd, TargetRequest(flops=(1e22,)))
    assert warning in target_warnings(targets, 0, odd)
    assert sparsity_warnings(ladder((4.0, 8.0, 16.0, 32.0))) == ()


def test_dense_ladders_have_no_sparsity() -> None:
    rows = [Checkpoint(model="a", params=1e9, tokens=1e10, flops=6e19)]
    dense = make_table(rows, [Unit(benchmark="c4")], np.array([[0.5]]))
    assert read_sparsity(dense) is None
    assert sparsity_warnings(dense) == ()
