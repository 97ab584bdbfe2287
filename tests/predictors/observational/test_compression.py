"""Losses as a column of the capability space: they place a model, and are not asked for."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.predictors.interface import Targets
from scalepredict.predictors.observational.capability_law import ObservationalLaw
from scalepredict.predictors.observational.compression import loss_range
from scalepredict.predictors.observational.observational import Observational
from scalepredict.predictors.store.json_codec import decode, encode
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

UNITS = [Unit(benchmark=f"b{i}") for i in range(6)]
SLOPE = np.array([0.14, 0.11, 0.16, 0.09, 0.12, 0.13])
MODELS = 40


def world(seed: int = 0) -> EvalTable:
    """One ability that compute hardly tells; losses tell it exactly, single scores by half."""
    rng = np.random.default_rng(seed)
    ability = np.linspace(-1.5, 1.5, MODELS)
    scores = 0.5 + ability[:, None] * SLOPE + 0.08 * rng.standard_normal((MODELS, len(UNITS)))
    checkpoints = [
        Checkpoint(
            model=f"m{i}",
            family=f"f{i % 5}",
            params=1e9,
            tokens=1e11,
            flops=6e20 * float(np.exp(rng.normal())),
            loss=3.0 - 0.4 * float(ability[i]),
        )
        for i in range(MODELS)
    ]
    return make_table(checkpoints, UNITS, np.clip(scores, 0, 1))


def with_losses(table: EvalTable, losses: Floats | None) -> EvalTable:
    told = [None] * len(table.checkpoints) if losses is None else losses.tolist()
    return replace(
        table,
        checkpoints=tuple(
            replace(c, loss=one) for c, one in zip(table.checkpoints, told, strict=True)
        ),
    )


def fit(table: EvalTable) -> ObservationalLaw:
    return Observational().fit(table, rng=np.random.default_rng(0))


def points(law: ObservationalLaw, table: EvalTable, *, told: int) -> Floats:
    """Forecasts of every benchmark where the first ones are known."""
    known = table.with_scores(np.where(np.arange(len(UNITS)) < told, table.scores, np.nan))
    return law.forecast(replace(Targets.of_table(table), known=known)).point


def test_a_loss_places_a_model_better_than_one_score_alone() -> None:
    table, fresh = world(), world(seed=1)
    errors = {}
    for name, evidence in (("with", table), ("without", with_losses(table, None))):
        made = points(fit(evidence), fresh, told=1)
        assert made.shape == fresh.scores.shape
        errors[name] = np.abs(made - fresh.scores)[:, 1:].mean()
    assert errors["with"] < 0.9 * errors["without"]


def test_losses_serve_in_any_unit() -> None:
    table = world()
    bits = with_losses(table, table.loss / (np.log(2) * 4.3))
    np.testing.assert_allclose(
        points(fit(table), table, told=2), points(fit(bits), bits, told=2), atol=1e-9
    )


def test_a_loss_without_a_score_says_no_more_than_compute() -> None:
    table = world()
    law = fit(table)
    silent = law.forecast(Targets.of_table(table)).point
    np.testing.assert_array_equal(points(law, table, told=0), silent)


def test_compression_is_stored_and_nowhere_asked_for() -> None:
    table = world()
    law = fit(table)
    again = decode(encode(law, ObservationalLaw), ObservationalLaw, where="law")
    np.testing.assert_array_equal(points(again, table, told=3), points(law, table, told=3))
    assert law.forecast(Targets.of_table(table)).units == tuple(UNITS)
    told = " ".join(map(str, law.notes()))
    assert "compression (loss)" in told
    assert "not forecast" not in told


@pytest.mark.parametrize("known", [0, 12])
def test_losses_of_too_few_models_are_left_out(known: int) -> None:
    table = world()
    few = with_losses(table, np.where(np.arange(MODELS) < known, table.loss, np.nan))
    assert loss_range(few) is None
    np.testing.assert_array_equal(
        points(fit(few), few, told=2), points(fit(with_losses(table, None)), table, told=2)
    )
