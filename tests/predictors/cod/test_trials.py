"""Trials on held-out models: what they measure, and what is chosen by them."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.questions.item_simulator import EASY, MID, simulate_items
from scalepredict.predictors.cod.cod import ClusteringOnDifficulty
from scalepredict.predictors.cod.totals import Totals
from scalepredict.predictors.cod.trials import NOISE, Trial, mixed, to_z
from scalepredict.predictors.interface import Targets
from scalepredict.records.table import EvalTable

QUICK = ClusteringOnDifficulty(n_resamples=10)


def evidence(*, models: int = 8, trials: int = 1, flat: int = 0) -> EvalTable:
    """A world of 400 questions; the ``flat`` largest models answer like the one below them."""
    world = replace(MID, n_questions=400, trials=trials)
    table = simulate_items(world, rng=np.random.default_rng(2)).table.take_rows(range(models))
    scores = table.scores.copy()
    scores[models - flat :] = scores[models - flat - 1]
    return table.with_scores(scores)


def test_a_mixed_forecast_lies_between_on_the_scale_of_its_laws() -> None:
    """Scores of exp(-4) and exp(-1) meet in the middle at exp(-2)."""
    middle = mixed(np.array([np.exp(-4)]), np.array([np.exp(-1)]), 0.5)
    assert middle == pytest.approx(np.exp(-2))
    assert mixed(np.array([0.3]), np.array([0.6]), 0.0) == pytest.approx(0.3)
    assert to_z(np.array([np.exp(-4)])) == pytest.approx(-np.log(4))


def test_the_default_has_a_share_only_where_it_gains_clearly() -> None:
    gains = Trial(items=0.30, default=0.13, items_ratio=0.6)
    own, other = (0.30 + NOISE) ** -2, (0.13 + NOISE) ** -2
    assert gains.default_share(by_clusters=False) == pytest.approx(other / (own + other))
    assert replace(gains, items_ratio=0.8).default_share(by_clusters=False) == 0
    assert gains.default_share(by_clusters=True) == 0  # clusters were not tried
    assert Trial().default_share(by_clusters=False) == 0


def test_items_are_taken_where_clusters_miss_by_more_or_cannot_be_tried() -> None:
    assert Trial(items=0.1, clusters=0.3).why_items
    assert "no clusters" in Trial(items=0.1).why_items
    assert not Trial(items=0.1, clusters=0.11).why_items
    assert not Trial().why_items


def test_a_ladder_that_went_flat_is_forecast_by_its_totals_too_and_lower() -> None:
    table = evidence(flat=5, trials=30)
    law = QUICK.fit(table, rng=np.random.default_rng(0))
    fit = law.benchmarks[0]
    assert fit.default_share > 0.2
    assert law.default is not None
    assert any(note.code == "cod-mixed" for note in law.notes())
    target = Targets.of_table(
        simulate_items(MID, rng=np.random.default_rng(0)).table.take_rows([9])
    )
    alone = replace(law, default=None).forecast(target).point
    assert law.forecast(target).point[0, 0] < alone[0, 0] - 0.01


def test_a_ladder_of_the_method_own_world_is_forecast_by_it_alone() -> None:
    law = QUICK.fit(evidence(trials=100), rng=np.random.default_rng(0))
    assert law.benchmarks[0].clusters is not None
    assert law.benchmarks[0].default_share == 0
    assert law.default is None


@pytest.mark.parametrize(("models", "tried"), [(3, False), (4, True)])
def test_three_models_cannot_be_tried_and_four_can(models: int, tried: bool) -> None:
    table = simulate_items(replace(EASY, n_questions=200), rng=np.random.default_rng(0)).table
    table = table.take_rows(range(models))
    totals = Totals.of(table)
    assert bool(totals.held_out) is tried
    fit, _ = QUICK.fit_one(table, "simulated", totals, {"simulated": np.random.default_rng(0)})
    assert fit.trial is not None
    assert np.isfinite(fit.trial.items) == tried
