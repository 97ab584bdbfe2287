"""Two steps: a noise-free chain is recovered, and what is missing is said."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.loss.index import LossSurface
from scalepredict.predictors.loss.two_step import TwoStep, TwoStepLaw
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

TIED = LossSurface(
    entropy=1.7,
    params_coefficient=150.0,
    params_exponent=0.26,
    tokens_coefficient=300.0,
    tokens_exponent=0.26,
)
PARAMS = np.repeat(np.array([7e7, 1.6e8, 4.1e8, 1.0e9, 2.8e9]), 3)
TOKENS = PARAMS * np.tile([10.0, 40.0, 160.0], 5)
BIG = Targets(
    family=("f",),
    params=np.array([1.2e10]),
    tokens=np.array([4.8e11]),
    flops=np.array([6 * 1.2e10 * 4.8e11]),
    assumption=("",),
)


def loss_of(params: Floats, tokens: Floats) -> Floats:
    return TIED.loss(Scale(params=params, tokens=tokens, flops=6 * params * tokens))


def score_of(loss: Floats, ceiling: float) -> Floats:
    return ceiling / (1 + np.exp(2.5 * (loss - 2.9)))


def world(ceiling: float, *, with_loss: bool = True, task_loss: bool = False) -> EvalTable:
    losses = loss_of(PARAMS, TOKENS)
    checkpoints = [
        Checkpoint(
            model=f"m{i}",
            family="f",
            params=n,
            tokens=d,
            flops=6 * n * d,
            loss=float(losses[i]) if with_loss else None,
        )
        for i, (n, d) in enumerate(zip(PARAMS, TOKENS, strict=True))
    ]
    scores = score_of(losses, ceiling)[:, None]
    return make_table(
        checkpoints,
        [Unit(benchmark="b")],
        scores,
        n_items=np.full(scores.shape, 1e6),
        task_loss=losses[:, None] if task_loss else None,
    )


def fit(table: EvalTable) -> TwoStepLaw:
    return TwoStep().fit(table, rng=np.random.default_rng(0))


def forecast(table: EvalTable) -> float:
    return float(fit(table).forecast(BIG).point[0, 0])


@pytest.mark.parametrize(("ceiling", "tolerance"), [(1.0, 0.0005), (0.7, 0.012)])
def test_a_noise_free_chain_is_recovered(ceiling: float, tolerance: float) -> None:
    """A ceiling below 1 is found up to the pull towards 1; held at 1 it is 2.3 points off."""
    truth = score_of(loss_of(BIG.params, BIG.tokens), ceiling)[0]
    assert forecast(world(ceiling)) == pytest.approx(truth, abs=tolerance)


def test_task_loss_serves_where_no_validation_loss_is_recorded() -> None:
    table = world(0.9, with_loss=False, task_loss=True)
    assert forecast(table) == pytest.approx(forecast(world(0.9)), abs=1e-9)
    assert any("task_loss" in str(note) for note in fit(table).notes())


def test_a_family_without_losses_is_refused_with_what_to_record() -> None:
    with pytest.raises(RefusedError, match=r"0 checkpoints with a loss.*Record the validation"):
        fit(world(0.9, with_loss=False))


def test_checkpoints_without_a_loss_still_leave_a_fit() -> None:
    table = world(0.9)
    sparse = tuple(
        replace(c, loss=None) if i in (1, 5) else c for i, c in enumerate(table.checkpoints)
    )
    law = fit(replace(table, checkpoints=sparse))
    point = law.forecast(BIG).point
    assert point[0, 0] == pytest.approx(forecast(table), abs=0.01)
    assert "validation loss of 13 checkpoints" in str(law.notes()[0])


def test_an_uncertain_loss_law_widens_the_forecast() -> None:
    table = world(0.9)
    rng = np.random.default_rng(2)
    noisy = tuple(
        replace(c, loss=float(c.loss or 0) * float(np.exp(0.02 * rng.normal())))
        for c in table.checkpoints
    )
    exact = fit(table).forecast(BIG).model_variance[0, 0]
    widened = fit(replace(table, checkpoints=noisy)).forecast(BIG).model_variance[0, 0]
    assert widened > 10 * exact
    assert widened < 0.25
