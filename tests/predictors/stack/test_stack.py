"""The default forecaster: exact on clean ladders, calm on bad ones, indifferent to order."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Forecast, Targets
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.predictors.stack.stack import Stack, StackLaw
from scalepredict.predictors.store.json_codec import decode, encode
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

SIZES = np.array([70e6, 160e6, 410e6, 1e9, 1.4e9, 2.8e9])
LEVEL = np.array([-1.2, -0.4, 0.3, -2.0, 0.0, -0.8])
SLOPE = np.array([0.6, 0.4, 0.5, 0.7, 0.45, 0.55])
CHANCE = np.array([0.25, 0.5, 0.0, 0.25, 0.2, 0.0])


def world(params: Floats, tokens: Floats | float = 300e9, *, n_units: int = 6) -> EvalTable:
    """Scores that are logistic in -log of the Hoffmann loss, exactly; 10,000 items each."""
    n, d = np.broadcast_arrays(params, np.asarray(tokens, dtype=float))
    theta = -np.log(1.69 + 406.4 * n**-0.34 + 410.7 * d**-0.28)
    top = -np.log(1.69 + 406.4 * 2.8e9**-0.34 + 410.7 * 300e9**-0.28)
    x = (theta - top) / 0.11
    chance = CHANCE[:n_units]
    rise = 1 / (1 + np.exp(-(LEVEL[:n_units] + SLOPE[:n_units] * x[:, None])))
    return ladder(n, d, chance + (1 - chance) * rise, chance=chance)


def ladder(params: Floats, tokens: Floats, scores: Floats, *, chance: Floats) -> EvalTable:
    rows = zip(params, tokens, strict=True)
    return make_table(
        [
            Checkpoint(model=f"m{i}", params=float(n), tokens=float(d), flops=6 * float(n * d))
            for i, (n, d) in enumerate(rows)
        ],
        [Unit(benchmark=f"b{t}", chance=float(g)) for t, g in enumerate(chance)],
        scores,
        n_items=np.full(scores.shape, 10_000.0),
    )


def fit(table: EvalTable) -> StackLaw:
    return Stack().fit(table, rng=np.random.default_rng(0))


def forecast(table: EvalTable, targets: EvalTable) -> Forecast:
    return fit(table).forecast(Targets.of_table(targets))


def test_a_clean_ladder_is_forecast_within_a_point_at_four_times_the_compute() -> None:
    small, large = world(SIZES), world(np.array([6.9e9, 12e9]))
    error = np.abs(forecast(small, large).point - large.scores)
    assert error.max() < 0.015
    assert error.max() < 0.5 * np.abs(small.scores[-1] - large.scores).max()


def test_more_tokens_for_the_same_model_are_forecast_too() -> None:
    small = world(np.repeat(SIZES, 3), np.tile([20e9, 80e9, 300e9], 6))
    large = world(np.array([2.8e9, 6.9e9]), np.array([1200e9, 300e9]))
    assert np.abs(forecast(small, large).point - large.scores).max() < 0.01


def test_the_order_of_rows_and_of_benchmarks_does_not_matter() -> None:
    small, large = world(SIZES), world(np.array([6.9e9, 12e9]))
    before = forecast(small, large)
    rows, columns = np.array([3, 0, 5, 2, 4, 1]), np.array([4, 2, 0, 5, 1, 3])
    after = forecast(small.take_rows(rows).take_units(columns), large)
    np.testing.assert_allclose(after.point, before.point[:, columns], atol=1e-5)
    np.testing.assert_allclose(
        after.model_variance, before.model_variance[:, columns], rtol=1e-2, atol=1e-8
    )


def test_the_same_fit_twice_is_the_same_to_the_bit_and_survives_storage() -> None:
    small, large = world(SIZES), world(np.array([12e9]))
    law = fit(small)
    stored = decode(encode(law, StackLaw), StackLaw, where="law")
    targets = Targets.of_table(large)
    first = law.forecast(targets)
    assert np.array_equal(first.point, forecast(small, large).point)
    assert np.array_equal(first.point, stored.forecast(targets).point)
    assert np.array_equal(first.spread_weighted, stored.forecast(targets).spread_weighted)


def test_the_forecast_is_the_weighted_members_moved_by_the_gain() -> None:
    law, large = fit(world(SIZES)), world(np.array([12e9]))
    each = law.members.scores(Scale.of_targets(Targets.of_table(large)))[:, 0]
    horizon = np.log10(12e9 / 2.8e9)
    mean = (law.weights * each).sum(axis=0)
    moved = law.frontier.last + (1 + 0.02 * horizon) * (mean - law.frontier.last)
    assert law.staying_share is not None
    assert law.staying_share.max() < 1e-6
    np.testing.assert_allclose(law.weights.sum(axis=0), 1.0)
    np.testing.assert_allclose(law.forecast(Targets.of_table(large)).point[0], moved)


def served(table: EvalTable, *names: str) -> EvalTable:
    """The same table whose first units have the names of known benchmarks."""
    units = [replace(unit, benchmark=name) for unit, name in zip(table.units, names, strict=False)]
    return replace(table, units=(*units, *table.units[len(units) :]))


def test_a_served_benchmark_is_a_fixed_blend_with_its_reference_curve() -> None:
    small, large = (served(world(sizes), "arc_easy", "piqa") for sizes in (SIZES, np.array([12e9])))
    targets = Targets.of_table(large)
    law = fit(small)
    own = Stack(reference=False).fit(small).forecast(targets).point
    assert law.reference is not None
    curve = law.reference.scores(targets)
    blend = law.forecast(targets).point
    np.testing.assert_allclose(blend[:, :2], 0.8 * curve[:, :2] + 0.2 * own[:, :2])
    np.testing.assert_allclose(blend[:, 2:], own[:, 2:])
    assert np.isnan(curve[:, 2:]).all()


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_scales_are_forecast_by_public_models_where_there_are_any(n: int) -> None:
    small = served(world(SIZES[:n]), "arc_easy", "piqa")
    large = served(world(np.array([1e9])), "arc_easy", "piqa")
    law = fit(small)
    result = law.forecast(Targets.of_table(large))
    assert law.reference is not None
    np.testing.assert_array_equal(
        result.point[:, :2], law.reference.scores(Targets.of_table(large))[:, :2]
    )
    assert np.isnan(result.point[:, 2:]).all()
    assert result.failures[0] is None
    assert f"scored on {n} checkpoint" in str(result.failures[3])
    assert "rests on public models alone" in str(law.notes()[0])
    with pytest.raises(RefusedError, match="distinct scale"):
        Stack(reference=False).fit(small)


def test_seeds_of_one_size_are_one_scale() -> None:
    seeds, one = (
        served(world(np.repeat(SIZES[:1], 3)), "arc_easy"),
        served(world(SIZES[:1]), "arc_easy"),
    )
    large = Targets.of_table(world(np.array([1e9])))
    law = fit(seeds)
    assert "rests on public models alone" in str(law.notes()[0])
    assert "weight 1.0" in str(law.notes()[1])
    assert law.forecast(large).point[0, 0] == pytest.approx(
        fit(one).forecast(large).point[0, 0], abs=0.03
    )


def test_a_target_of_another_accounting_of_compute_has_no_reference() -> None:
    small, large = served(world(SIZES), "arc_easy"), served(world(np.array([12e9])), "arc_easy")
    odd = replace(Targets.of_table(large), flops=8 * large.flops)
    own = Stack(reference=False).fit(small).forecast(odd).point
    np.testing.assert_array_equal(fit(small).forecast(odd).point, own)


def test_a_lab_is_left_out_by_name_and_by_the_names_of_its_models() -> None:
    small = served(world(SIZES), "arc_easy")
    rows = [replace(c, family="my-pythia") for c in small.checkpoints]
    theirs = Stack(reference_without=("Meta",)).fit(replace(small, checkpoints=tuple(rows)))
    assert theirs.reference is not None
    assert theirs.reference.without == ("eleuther", "meta")
    assert any("eleuther, meta took no part" in str(note) for note in theirs.notes())


def test_noise_at_chance_is_not_lifted_by_the_slopes_of_others() -> None:
    """Scores about chance with half their binomial noise; the others rise."""
    small, large = world(SIZES), world(np.array([12e9]))
    scores = small.scores.copy()
    scores[:, 0] = 0.25 + 0.004 * np.array([1, -1, 0.5, 0, -0.5, 0.2])
    law = fit(small.with_scores(scores))
    assert law.staying_share is not None
    assert law.staying_share[0] > 0.6
    assert law.staying_share[1:].max() < 1e-3
    flat = law.forecast(Targets.of_table(large)).point[0, 0]
    lifted = replace(law, staying_share=None).forecast(Targets.of_table(large)).point[0, 0]
    assert abs(flat - 0.25) < 0.45 * abs(lifted - 0.25) + 0.002


def test_a_missing_score_changes_its_own_benchmark_and_hardly_the_others() -> None:
    small, large = world(SIZES), world(np.array([12e9]))
    holed = small.scores.copy()
    holed[0, 2] = holed[5, 4] = np.nan
    after = forecast(small.with_scores(holed), large)
    assert np.isfinite(after.point).all()
    assert np.abs(after.point - large.scores).max() < 0.03
    assert after.last[0, 4] == small.scores[4, 4]


def test_a_benchmark_with_two_scores_has_no_forecast_but_a_reason() -> None:
    small = world(SIZES)
    scores = small.scores.copy()
    scores[:4, 1] = np.nan
    result = forecast(small.with_scores(scores), world(np.array([12e9])))
    assert np.isnan(result.point[0, 1])
    assert np.isfinite(np.delete(result.point[0], 1)).all()
    assert result.failures[1] is not None
    assert "scored on 2 checkpoints" in result.failures[1]


@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_three_scales_are_refused_with_the_count(n: int) -> None:
    with pytest.raises(RefusedError, match=rf"{n} distinct scales?, and a curve needs 3"):
        fit(world(np.repeat(SIZES[:n], 3)))


def test_a_checkpoint_without_compute_is_refused() -> None:
    table = world(SIZES)
    bare = replace(table.checkpoints[0], flops=None)
    with pytest.raises(RefusedError, match="1 of 6 checkpoints without training compute"):
        fit(replace(table, checkpoints=(bare, *table.checkpoints[1:])))


def test_unknown_item_counts_are_assumed_and_said() -> None:
    table = world(SIZES)
    n_items = table.n_items.copy()
    n_items[:, :2] = np.nan
    law = fit(replace(table, n_items=n_items))
    assert any(
        "number of items not known for 2 of 6 benchmarks" in str(note) for note in law.notes()
    )


def test_checkpoints_known_by_flops_alone_are_forecast_and_said() -> None:
    table, large = world(SIZES, 20 * SIZES), world(np.array([6.9e9]), 20 * 6.9e9)
    bare = [replace(c, params=None, tokens=None) for c in table.checkpoints]
    law = fit(replace(table, checkpoints=tuple(bare)))
    targets = replace(Targets.of_table(large), params=np.array([np.nan]), tokens=np.array([np.nan]))
    result = law.forecast(targets)
    assert np.abs(result.point - large.scores).max() < 0.02
    assert any("6 checkpoints were completed" in str(note) for note in law.notes())


def test_losses_add_members_that_follow_the_loss_where_the_published_law_misleads() -> None:
    """A recipe whose tokens count for more than published: its own losses know."""
    n, d = np.repeat(SIZES, 3), np.tile([20e9, 80e9, 300e9], 6)
    big_n, big_d = np.array([2.8e9, 6.9e9]), np.array([1200e9, 300e9])

    def own_loss(params: Floats, tokens: Floats) -> Floats:
        return 1.8 + 300 * params**-0.34 + 5000 * tokens**-0.36

    def scores(params: Floats, tokens: Floats) -> Floats:
        x = -np.log(own_loss(params, tokens) / own_loss(SIZES[-1:], np.array([300e9]))) / 0.11
        rise: Floats = 1 / (1 + np.exp(-(LEVEL + SLOPE * x[:, None])))
        return CHANCE + (1 - CHANCE) * rise

    plain, large = (
        ladder(*size, scores(*size), chance=CHANCE) for size in ((n, d), (big_n, big_d))
    )
    losses = own_loss(n, d)
    rows = zip(plain.checkpoints, losses, strict=True)
    told = replace(plain, checkpoints=tuple(replace(c, loss=float(v)) for c, v in rows))
    error = np.abs(forecast(plain, large).point - large.scores).mean()
    error_with_loss = np.abs(forecast(told, large).point - large.scores).mean()
    assert error_with_loss < 0.9 * error
    assert "own losses" in str(fit(told).notes()[0])
    assert "own losses" not in str(fit(plain).notes()[0])


def test_params_without_embeddings_are_recognised_by_the_fit() -> None:
    """Widths of real models: the two embeddings hold 2 x 50304 x width parameters."""
    width = np.array([256, 512, 768, 1024, 1536, 2048, 2560])
    bare = 12.0 * width**2 * np.array([32, 16, 12, 24, 24, 24, 32])
    whole = bare + 2 * 50304 * width
    n, d = np.repeat(whole, 3), np.tile([10e9, 40e9, 160e9], 7)
    told = world(n, d)
    left_out = replace(
        told,
        checkpoints=tuple(
            replace(c, params=float(p), flops=6 * float(p) * float(t))
            for c, p, t in zip(told.checkpoints, np.repeat(bare, 3), d, strict=True)
        ),
    )
    assert fit(told).embedding_shares[0] > 0.5
    assert fit(left_out).embedding_shares[0] < 0.1
    assert any("params seem to leave out embeddings" in str(note) for note in fit(left_out).notes())
    assert not any("embeddings" in str(note) for note in fit(told).notes())


def test_losses_of_two_checkpoints_are_too_few_to_use() -> None:
    table = world(SIZES)
    rows = [replace(c, loss=3.0 - i / 10) for i, c in enumerate(table.checkpoints[:2])]
    law = fit(replace(table, checkpoints=(*rows, *table.checkpoints[2:])))
    assert "own losses" not in str(law.notes()[0])
    assert any("losses of 2 checkpoints are not used" in str(note) for note in law.notes())


FLAT = np.full((6, 3), 0.25)
ODD_LADDERS = {
    "identical scores": FLAT,
    "at chance with noise": FLAT + 0.004 * np.cos(np.arange(18.0)).reshape(6, 3),
    "saturated": np.full((6, 3), 0.99),
    "perfect": np.ones((6, 3)),
    "zero": np.zeros((6, 3)),
    "falling": np.linspace(0.6, 0.3, 6)[:, None] * np.ones(3),
    "a jump": np.r_[np.zeros(5), 0.8][:, None] * np.ones(3),
}


@pytest.mark.parametrize("name", ODD_LADDERS)
@pytest.mark.parametrize("n_units", [1, 3])
@pytest.mark.parametrize("n_models", [3, 6])
def test_odd_ladders_get_finite_forecasts_in_range(name: str, n_units: int, n_models: int) -> None:
    scores = ODD_LADDERS[name][-n_models:, :n_units]
    sizes, tokens = SIZES[-n_models:], np.full(n_models, 300e9)
    table = ladder(sizes, tokens, scores, chance=np.full(n_units, 0.25))
    result = forecast(table, world(np.array([1e9, 12e9, 400e9]), n_units=n_units))
    for values in (result.point, result.model_variance, result.overdispersion):
        assert np.isfinite(values).all()
    assert (result.point >= 0).all()
    assert (result.point <= 1).all()
    assert (result.model_variance >= 0).all()
    if np.ptp(scores) < 0.01:
        assert np.abs(result.point[:2] - scores[0, 0]).max() < 0.02


def test_a_grid_of_three_budgets_is_fitted() -> None:
    sizes = np.tile([1e8, 2e8, 4e8, 8e8], 3)
    table = world(sizes, np.repeat([1e18, 4e18, 1.6e19], 4) / sizes)
    result = forecast(table, world(np.array([1e9]), 20e9))
    assert np.isfinite(result.point).all()
