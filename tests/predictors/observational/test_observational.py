"""Capability space: forecasts from known scores and from compute, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Forecast, Targets
from scalepredict.predictors.observational.capability_law import ObservationalLaw
from scalepredict.predictors.observational.capability_link import (
    _prior_share,
    apply_links,
    fit_links,
)
from scalepredict.predictors.observational.observational import Observational
from scalepredict.predictors.store.json_codec import decode, encode
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

FAMILIES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")
UNITS = [
    *(Unit(benchmark=f"standard{i}", chance=c) for i, c in enumerate((0.25, 0.5, 0.0, 0.25, 0.0))),
    Unit(benchmark="late", metric="acc"),
]


def world(per_family: int = 6, *, seed: int = 0) -> EvalTable:
    """Families whose one main and one minor ability rise with compute; `late` rises last."""
    rng = np.random.default_rng(seed)
    rows = []
    scores = []
    for f, family in enumerate(FAMILIES):
        for size in np.geomspace(3e8, 7e10, per_family):
            flops = 6 * size * 1e12
            decades = np.log10(flops) - 22
            main = 0.9 * decades + 0.35 * (f - 2.5)
            minor = 0.3 * decades - 0.2 * (f % 3 - 1)
            index = main * np.array([0.9, 0.7, 1.2, 0.8, 1.0, 1.8])
            index = index + minor * np.array([0.5, -0.2, -0.6, 0.3, 0.8, 0.3])
            share = expit(index - np.array([0.0, 0.3, 0.8, -0.2, 0.5, 2.5]))
            chance = np.array([unit.chance for unit in UNITS])
            rows.append(
                Checkpoint(
                    model=f"{family}-{size / 1e9:.1f}b",
                    family=family,
                    params=float(size),
                    tokens=1e12,
                    flops=float(flops),
                )
            )
            scores.append(chance + (1 - chance) * share)
    noise = 0.01 * rng.normal(size=(len(rows), len(UNITS)))
    return make_table(rows, UNITS, np.clip(np.array(scores) + noise, 0, 1))


def fit(table: EvalTable, *, components: int | None = None) -> ObservationalLaw:
    return Observational(components=components).fit(table, rng=np.random.default_rng(0))


def known_targets(table: EvalTable, *, hide: str = "late") -> Targets:
    scores = table.scores.copy()
    scores[:, [unit.benchmark == hide for unit in table.units]] = np.nan
    unknown = np.full(len(scores), np.nan)
    return Targets(
        family=tuple(c.family for c in table.checkpoints),
        params=unknown,
        tokens=unknown,
        flops=unknown,
        assumption=("",) * len(scores),
        known=table.with_scores(scores),
    )


def forecast(law: ObservationalLaw, targets: Targets) -> Forecast:
    return law.forecast(targets)


def split(table: EvalTable, cutoff: float) -> tuple[EvalTable, EvalTable]:
    return table.take_rows(table.flops <= cutoff), table.take_rows(table.flops > cutoff)


def test_scores_on_standard_benchmarks_forecast_a_downstream_one_without_compute() -> None:
    train, test = split(world(), 1e23)
    result = forecast(fit(train), known_targets(test))
    error = np.abs(result.point[:, -1] - test.scores[:, -1])
    assert error.mean() < 0.06
    assert error.mean() < 0.3 * np.abs(train.scores[:, -1].max() - test.scores[:, -1]).mean()


def test_family_and_compute_forecast_every_benchmark() -> None:
    train, test = split(world(), 1e23)
    result = forecast(fit(train), Targets.of_table(test))
    error = np.abs(result.point - test.scores)
    assert error.mean() < 0.05
    assert error.mean() < 0.5 * np.abs(result.last - test.scores).mean()


def test_compute_tells_of_a_standard_benchmark_what_the_trend_says() -> None:
    """Averaged over components, its axes are the common ones, in which the trend is fitted."""
    train, test = split(world(), 1e23)
    law, targets = fit(train), Targets.of_table(test)
    assert law.trend is not None
    mean, variance = law.trend.capabilities(targets.family, targets.flops)
    shape = (len(targets), len(law.fitted), law.coordinates.shape[1])
    read = np.broadcast_to(mean[:, None, :], shape)
    spread = np.broadcast_to(variance[:, None, :], shape)[..., None] * np.eye(shape[2])
    point, known, _ = apply_links(law.links, read, spread)
    result = forecast(law, targets)
    assert list(law.fitted[law.standard]) == list(law.standard)
    np.testing.assert_allclose(result.point[:, law.standard], point[:, law.standard], rtol=1e-6)
    np.testing.assert_allclose(
        result.model_variance[:, law.standard], known[:, law.standard], rtol=1e-6
    )


def test_few_models_make_the_next_score_less_certain_than_their_own_scatter() -> None:
    """Student's t: with 9 models and 3 parameters, 6 / 4 of the variance about the curve."""
    rng = np.random.default_rng(0)
    ratio = {}
    for n_models in (9, 90):
        ability = np.linspace(-1.5, 1.5, n_models)
        scores = expit(ability)[:, None] + 0.02 * rng.normal(size=(n_models, 60))
        read = np.repeat(ability[:, None, None], 60, axis=1)
        ratio[n_models] = fit_links(read, scores, np.zeros(60), (1,)).residual.mean() / 0.02**2
    assert ratio[90] == pytest.approx(1.0, abs=0.1)
    assert ratio[9] > 1.3


def test_a_family_with_one_model_gets_the_common_slope_at_its_own_level() -> None:
    table = world()
    lone = np.array([c.family == "zeta" for c in table.checkpoints])
    smallest = int(np.flatnonzero(lone)[0])
    seen = table.take_rows(~lone | (np.arange(len(lone)) == smallest))
    target = Targets.of_table(table.take_rows(np.flatnonzero(lone)[2:]))
    mine = forecast(fit(seen), target).point
    stranger = replace(target, family=("unheard-of",) * len(target))
    common = forecast(fit(seen), stranger).point
    observed = table.scores[np.flatnonzero(lone)[2:]]
    assert np.abs(mine - observed).mean() < 0.5 * np.abs(common - observed).mean()


def test_the_target_s_own_score_does_not_enter_its_forecast() -> None:
    train, test = split(world(), 1e23)
    law, targets = fit(train), known_targets(test, hide="nothing")
    assert targets.known is not None
    moved = targets.known.scores.copy()
    moved[:, 2] = 1 - moved[:, 2]
    other = replace(targets, known=targets.known.with_scores(moved))
    before, after = forecast(law, targets).point, forecast(law, other).point
    assert np.allclose(before[:, 2], after[:, 2], rtol=1e-9)
    assert not np.allclose(before[:, 3], after[:, 3])


def test_models_without_compute_shape_the_space_and_are_counted() -> None:
    table = world()
    closed = [replace(c, flops=None, tokens=None, params=None) for c in table.checkpoints[:6]]
    mixed = replace(table, checkpoints=(*closed, *table.checkpoints[6:]))
    law = fit(mixed)
    assert len(law.models) == len(table.checkpoints)
    assert np.array_equal(law.space.loading, fit(table).space.loading)
    assert any("6 models of unknown compute" in str(note) for note in law.notes())
    with pytest.raises(RefusedError, match=r"'alpha'.*neither"):
        forecast(law, known_targets(mixed.with_scores(np.full_like(mixed.scores, np.nan))))


def test_a_constant_benchmark_is_a_failure_and_leaves_the_rest_alone() -> None:
    table = world()
    scores = table.scores.copy()
    scores[:, 1] = 0.5
    law = fit(table.with_scores(scores))
    result = forecast(law, Targets.of_table(table))
    assert (
        result.failures[1] == "'standard1' has the same score in all 36 models: nothing to "
        "learn from."
    )
    assert np.isnan(result.point[:, 1]).all()
    assert np.isfinite(np.delete(result.point, 1, axis=1)).all()
    assert 1 not in law.standard
    assert f"not forecast from scale: {result.failures[1]}" in map(str, law.notes())


def test_a_model_that_shares_no_standard_benchmark_is_left_out_by_name() -> None:
    table = world()
    scores = table.scores.copy()
    scores[4, :-1] = np.nan
    law = fit(table.with_scores(scores))
    assert law.left_out == (table.checkpoints[4].model,)
    assert any(table.checkpoints[4].model in str(note) for note in law.notes())


def test_too_many_components_are_refused_with_the_number_that_is_carried() -> None:
    with pytest.raises(RefusedError, match=r"9 components asked for; .* carry 1 to 5"):
        fit(world(), components=9)
    assert fit(world(), components=2).links.share.shape[1] == 1


def test_an_unknown_standard_benchmark_is_refused_with_those_there_are() -> None:
    with pytest.raises(RefusedError, match=r"no standard benchmark 'mmlu'; there are standard0"):
        Observational(standard=("mmlu",)).fit(world(), rng=np.random.default_rng(0))


def test_too_few_models_are_refused_with_the_count() -> None:
    with pytest.raises(RefusedError, match="5 models have two or more"):
        fit(world().take_rows(np.arange(5)))


def test_a_table_too_thin_for_any_link_is_refused() -> None:
    table = world(2)  # 12 models; each has two of the six benchmarks, each benchmark four models
    row, column = np.indices(table.scores.shape)
    thin = np.where((column - row) % 6 < 2, table.scores, np.nan)
    with pytest.raises(RefusedError, match=r"no benchmark is measured on 6 of the 12 models .*: 4"):
        fit(replace(table, scores=thin))


def test_a_target_that_the_space_does_not_carry_is_said() -> None:
    table = world()
    scores = table.scores.copy()
    scores[:, -1] = np.random.default_rng(3).uniform(0.2, 0.8, len(scores))
    notes = fit(table.with_scores(scores)).notes()
    assert any("late: the capabilities explain only" in str(note) for note in notes)
    assert not any(note.subject == "late" for note in fit(table).notes())


def test_a_benchmark_at_chance_is_forecast_near_chance_however_far_the_target() -> None:
    table = world()
    scores = table.scores.copy()
    scores[:, 3] = 0.25 + 0.01 * np.random.default_rng(5).normal(size=len(scores))
    train, test = split(table.with_scores(scores), 1e22)
    assert np.abs(forecast(fit(train), Targets.of_table(test)).point[:, 3] - 0.25).max() < 0.06


def test_intervals_widen_when_fewer_scores_of_the_target_are_known() -> None:
    train, test = split(world(), 1e23)
    law, targets = fit(train), known_targets(test)
    assert targets.known is not None
    few = targets.known.scores.copy()
    few[:, 2:] = np.nan
    sparse = replace(targets, known=targets.known.with_scores(few))
    wide = forecast(law, sparse).model_variance[:, -1]
    narrow = forecast(law, targets).model_variance[:, -1]
    assert wide.mean() > 1.2 * narrow.mean()


def test_a_law_comes_back_from_json_with_the_same_forecast() -> None:
    train, test = split(world(), 1e23)
    law = fit(train)
    again = decode(encode(law, ObservationalLaw), ObservationalLaw, where="law")
    one, two = forecast(law, known_targets(test)), forecast(again, known_targets(test))
    assert np.array_equal(one.point, two.point)
    assert np.array_equal(one.model_variance, two.model_variance)


@pytest.mark.parametrize("n_scores", [5, 6])
def test_a_benchmark_needs_six_scores_to_be_explained(n_scores: int) -> None:
    table = world()
    scores = table.scores.copy()
    scores[n_scores:, -1] = np.nan
    law = fit(table.with_scores(scores))
    assert (law.failures[-1] is None) == (n_scores == 6)
    of_scale = forecast(law, Targets.of_table(table))
    assert bool(np.isfinite(of_scale.point[:, -1]).all()) == (n_scores == 6)
    assert np.isfinite(forecast(law, known_targets(table)).point[:, -1]).all()  # by its card


def test_a_floor_below_chance_is_found_and_told() -> None:
    """The scores say that a guesser's level is 6 points lower than declared."""
    table = world(8)
    high = tuple(
        replace(unit, chance=unit.chance + 0.06) if unit.benchmark == "standard3" else unit
        for unit in table.units
    )
    law = fit(make_table(table.checkpoints, high, table.scores))
    assert law.links.floor[3] == pytest.approx(0.25, abs=0.02)
    assert any("below chance" in str(note) and "standard3" in str(note) for note in law.notes())
    assert not any(
        "standard2 " in str(note) for note in law.notes()
    )  # nothing is below a chance of 0


def test_many_components_count_only_where_models_are_many() -> None:
    """Six families of 3, and of 6: a component for each five models, and three at least."""
    few, many = (fit(world(per_family)).links.share for per_family in (3, 6))
    assert (few[:, 3:] == 0).all()
    assert (few[:, :3] > 0).all()
    assert (many[:, 3:] > 0).all()
    assert fit(world(3), components=1).links.share.tolist() == [[1.0]] * len(UNITS)


def test_one_component_alone_counts_less_where_models_tell_more_apart() -> None:
    errors = np.full((3, 4), 0.01)
    share = _prior_share(np.array([20, 40, 12]), (1, 2, 3, 4)) / errors
    share /= share.sum(axis=1, keepdims=True)
    assert share[0] == pytest.approx([0.25, 0.25, 0.25, 0.25])
    assert share[1] == pytest.approx([0.0625, 0.3125, 0.3125, 0.3125])
    assert share[2] == pytest.approx([0.5, 0.25, 0.25, 0.0])
