"""Repeated tokens are worth what the data-constrained law says, wherever a law reads N and D."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.predictors.interface import Targets
from scalepredict.predictors.loss.index import LossSurface
from scalepredict.predictors.loss.loss_law import data_constrained_loss
from scalepredict.predictors.scale.repetition import effective_tokens
from scalepredict.predictors.scale.scale_evidence import Ladder, Scale
from scalepredict.predictors.scale.targets import TargetRequest, resolve_targets
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

# Constants of the code of Muennighoff et al. (2023): exp(a), exp(b), exp(e), alpha = beta.
DATABLATIONS = LossSurface(
    entropy=np.exp(0.6254804),
    params_coefficient=np.exp(6.255414),
    params_exponent=0.3526596,
    tokens_coefficient=np.exp(7.3049974),
    tokens_exponent=0.3526596,
)


def ladder(unique_tokens: float | None) -> EvalTable:
    sizes = np.array([1e8, 3e8, 1e9, 3e9])
    checkpoints = [
        Checkpoint(
            model=f"m{n:g}",
            params=n,
            tokens=20 * n,
            flops=120 * n**2,
            unique_tokens=unique_tokens,
        )
        for n in sizes
    ]
    return make_table(checkpoints, [Unit(benchmark="b")], np.linspace(0.2, 0.5, 4)[:, None])


@pytest.mark.parametrize(
    ("params", "tokens", "loss"),
    [(6.34e9, 242e9, 2.2256440889984477), (8.67e9, 178e9, 2.2269634075087867)],
)
def test_the_data_constrained_law_is_the_published_one(
    params: float, tokens: float, loss: float
) -> None:
    scale = Scale(
        params=np.array([params]), tokens=np.array([tokens]), flops=np.array([6 * params * tokens])
    )
    result = data_constrained_loss(DATABLATIONS, scale, np.array([25e9]))
    assert result[0] == pytest.approx(loss, rel=1e-13)


def test_repeated_tokens_count_less_and_never_more_than_sixteen_epochs_worth() -> None:
    unique = np.full(4, 1e9)
    worth = effective_tokens(np.array([5e8, 1e9, 4e9, 1e12]), unique) / 1e9
    assert worth[:2].tolist() == [0.5, 1.0]
    assert worth[2] == pytest.approx(1 + 15.387756 * (1 - np.exp(-3 / 15.387756)))
    assert worth[3] == pytest.approx(16.387756, rel=1e-6)
    assert effective_tokens(np.array([4e9]), np.array([np.nan])).tolist() == [4e9]


def test_a_ladder_reads_effective_tokens_and_leaves_flops_alone() -> None:
    plain = Ladder.of_table(ladder(None), method="x").scale
    repeated = Ladder.of_table(ladder(1e10), method="x").scale
    assert repeated.tokens[:2].tolist() == plain.tokens[:2].tolist()
    assert repeated.tokens[2] == pytest.approx(effective_tokens(np.array(2e10), np.array(1e10)))
    assert repeated.flops.tolist() == plain.flops.tolist()
    (remark,) = Ladder.of_table(ladder(1e10), method="x").remarks()
    assert str(remark).startswith("2 of 4 checkpoints saw tokens more than once")
    assert Ladder.of_table(ladder(None), method="x").remarks() == ()


def test_targets_repeat_the_data_of_the_evidence_and_say_so() -> None:
    request = TargetRequest(params=[1e9, 2e10], tokens=[2e10, 4e11])
    targets = resolve_targets(ladder(6e10), request)
    assert "epochs" not in targets.assumption[0]
    assert "6.67 epochs of the 60B unique tokens" in targets.assumption[1]
    scale = Scale.of_targets(targets)
    assert scale.tokens[0] == 2e10
    assert scale.tokens[1] == pytest.approx(effective_tokens(np.array(4e11), np.array(6e10)))
    assert Scale.of_targets(resolve_targets(ladder(None), request)).tokens[1] == 4e11


def test_a_measured_target_keeps_its_own_unique_tokens() -> None:
    table = ladder(1e10)
    own = Targets.of_table(table)
    assert Scale.of_targets(own).tokens.tolist() == Scale.of_table(table).tokens.tolist()
    unknown = replace(own, unique_tokens=None)
    assert Scale.of_targets(unknown).tokens.tolist() == table.tokens.tolist()
