"""What a recipe is worth in compute, against closed forms and against itself."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.questions.compute_gain import Arms, compare_arms
from scalepredict.records.asymptote import Asymptote
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

PARAMS = 10.0 ** np.linspace(8, 10, 6)
FLOPS = 120 * PARAMS**2
E, GAMMA = 1.6, 0.15
C4 = Unit(
    benchmark="c4",
    metric="loss",
    measure=shipped_metrics().find("loss"),
    asymptote=Asymptote(low=E, high=E),
)
ARC = Unit(benchmark="arc", metric="acc", chance=0.25)


def loss(worth: float) -> Floats:
    result: Floats = E + 1.2 * (worth * FLOPS / FLOPS[-1]) ** -GAMMA
    return result


def table(arms: dict[str, tuple[Floats, Floats]]) -> EvalTable:
    rows = [
        Checkpoint(model=f"{name}{i}", family=name, params=n, tokens=20 * n, flops=120 * n * n)
        for name in arms
        for i, n in enumerate(PARAMS.tolist())
    ]
    scores = np.concatenate([np.stack(values, axis=1) for values in arms.values()])
    made = make_table(rows, [C4, ARC], scores)
    return replace(made, n_items=np.tile([np.nan, 2000.0], (len(rows), 1)))


def scores(worth: float) -> Floats:
    result: Floats = 0.3 + 0.1 * np.log10(worth * FLOPS / FLOPS[0])
    return result


def compared(worth: dict[str, float]) -> Arms:
    arms = {name: (loss(w), scores(w)) for name, w in worth.items()}
    return compare_arms(table(arms), list(worth), rng=np.random.default_rng(0))


def test_a_recipe_that_is_worth_1_point_2_of_the_compute_is_found_to_be() -> None:
    arms = compared({"a": 1.0, "b": 1.2})
    assert np.exp(arms.log_gain[1]) == pytest.approx([1.2, 1.2], rel=1e-6)
    low, high = arms.gain_interval(0.9)
    assert (low[1] < 1.2).all()
    assert (high[1] > 1.2).all()


def test_the_gain_of_a_loss_is_the_published_formula() -> None:
    arms = compared({"a": 1.0, "b": 0.7})
    ratio = (loss(1.0)[-1] - E) / (loss(0.7)[-1] - E)
    assert np.exp(arms.log_gain[1, 0]) == pytest.approx(ratio ** (1 / GAMMA), rel=1e-6)


def test_a_recipe_beside_itself_has_a_gain_of_one_with_the_interval_around_it() -> None:
    arms = compared({"a": 1.0, "again": 1.0})
    low, high = arms.gain_interval(0.9)
    assert arms.log_gain[1] == pytest.approx([0.0, 0.0])
    assert (low[1] < 1).all()
    assert (high[1] > 1).all()
    assert high[1, 0] / low[1, 0] < 1.3
    assert high[1, 1] / low[1, 1] < 3
    assert arms.p_better[1] == pytest.approx([0.5, 0.5], abs=0.05)


def test_of_three_arms_the_best_is_named_and_probabilities_sum_to_one() -> None:
    arms = compared({"a": 1.0, "b": 1.3, "c": 0.8})
    assert arms.p_best.sum(axis=0) == pytest.approx([1.0, 1.0])
    assert (arms.p_best.argmax(axis=0) == 1).all()
    average, draws = arms.average_gain()
    assert np.exp(average) == pytest.approx([1.0, 1.3, 0.8], rel=1e-6)
    assert draws.shape == (2000, 3)


def test_without_a_trend_there_is_a_difference_and_no_gain() -> None:
    flat = np.full(6, 0.25)
    arms = compare_arms(
        table({"a": (loss(1.0), flat), "b": (loss(1.0), flat + 0.01)}),
        ["a", "b"],
        rng=np.random.default_rng(0),
    )
    assert arms.difference[1, 1] == pytest.approx(0.01)
    assert np.isnan(arms.log_gain[1, 1])
    assert np.isnan(arms.gain_interval(0.9)[0][1, 1])


def test_arms_that_share_no_scale_or_name_are_refused() -> None:
    known = table({"a": (loss(1.0), scores(1.0)), "b": (loss(1.0), scores(1.0))})
    with pytest.raises(RefusedError, match="two different families or more"):
        compare_arms(known, ["a", "a"], rng=np.random.default_rng(0))
    with pytest.raises(RefusedError, match="nope"):
        compare_arms(known, ["a", "nope"], rng=np.random.default_rng(0))


def test_a_gain_that_grows_along_the_ladder_is_less_sure_further_out() -> None:
    steady, growing = loss(1.2), loss(1.2) - 0.05 * np.log10(FLOPS / FLOPS[0]) / 4

    def width(values: Floats, times: float) -> float:
        arms = compare_arms(
            table({"a": (loss(1.0), scores(1.0)), "b": (values, scores(1.0))}),
            ["a", "b"],
            target_flops=times * FLOPS[-1],
            rng=np.random.default_rng(0),
        )
        low, high = arms.gain_interval(0.9)
        return float(np.log(high[1, 0] / low[1, 0]))

    assert width(growing, 1.0) < width(growing, 100.0)
    assert width(growing, 100.0) > 2 * width(steady, 100.0)


def test_recipes_that_are_alike_stay_so_at_any_distance() -> None:
    arms = compare_arms(
        table({"a": (loss(1.0), scores(1.0)), "again": (loss(1.0), scores(1.0))}),
        ["a", "again"],
        target_flops=250 * FLOPS[-1],
        rng=np.random.default_rng(0),
    )
    low, high = arms.gain_interval(0.9)
    assert high[1, 0] / low[1, 0] < 1.3


def test_noise_that_two_recipes_share_does_not_widen_what_lies_between_them() -> None:
    """Both move alike by two points from run to run, and two points lie between them in all.

    Ten pairs tell that their difference has no noise; one pair does not, and keeps all of it.
    """
    sizes = 10.0 ** np.linspace(9.6, 10, 10)
    common = 0.5 + 0.02 * np.resize([1, -1], 10)
    rows = [
        Checkpoint(model=f"{name}{i}", family=name, params=n, tokens=20 * n, flops=120 * n * n)
        for name in "ab"
        for i, n in enumerate(sizes.tolist())
    ]
    made = make_table(rows, [ARC], np.concatenate([common, common + 0.02])[:, None])
    made = replace(made, n_items=np.full(made.scores.shape, 2000.0))
    widths = {}
    for name, chosen in (("ten", made), ("one", made.take_rows([9, 19]))):
        arms = compare_arms(chosen, ["a", "b"], rng=np.random.default_rng(0))
        low, high = arms.interval(0.9)
        widths[name] = (high - low)[1, 0]
        assert low[1, 0] < 0.02 < high[1, 0]
    binomial = 2 * 1.645 * np.sqrt(2 * 0.5 * 0.5 / 2000)
    assert widths["one"] == pytest.approx(binomial, rel=0.1)
    assert widths["ten"] < 0.3 * binomial


def of(rows: dict[str, tuple[Floats, Floats]], **more: float) -> Arms:
    return compare_arms(table(rows), list(rows), rng=np.random.default_rng(0), **more)


def test_the_unit_of_flops_and_the_order_of_rows_change_no_gain() -> None:
    plain = table({"a": (loss(1.0), scores(1.0)), "b": (loss(1.2), scores(1.2))})
    rows = tuple(replace(c, flops=1e3 * (c.flops or 0)) for c in plain.checkpoints)
    expected = compare_arms(plain, ["a", "b"], rng=np.random.default_rng(0))
    for other in (replace(plain, checkpoints=rows), plain.take_rows(range(11, -1, -1))):
        found = compare_arms(other, ["a", "b"], rng=np.random.default_rng(0))
        np.testing.assert_allclose(found.log_gain, expected.log_gain, rtol=1e-6)
        np.testing.assert_allclose(found.difference, expected.difference, rtol=1e-9)


def test_the_difference_weighs_large_pairs_by_half_a_decade() -> None:
    gain = np.array([0.0, 0.01, 0.02, 0.03, 0.05, 0.08])
    arms = of({"a": (loss(1.0), scores(1.0)), "b": (loss(1.0) - gain, scores(1.0) + gain)})
    weight = np.exp(np.log10(FLOPS / FLOPS[-1]) / 0.5)
    expected = (weight * gain).sum() / weight.sum()
    assert arms.difference[1] == pytest.approx([-expected, expected])


def test_a_lower_loss_is_better_and_a_lower_score_is_not() -> None:
    arms = of({"a": (loss(1.0), scores(1.0)), "b": (loss(1.0) - 0.1, scores(1.0) - 0.1)})
    assert arms.difference[1] == pytest.approx([-0.1, -0.1])
    assert arms.p_better[1] == pytest.approx([1.0, 0.0], abs=0.01)
    assert arms.p_best[:, 0] == pytest.approx([0.0, 1.0], abs=0.01)
    assert arms.p_best[:, 1] == pytest.approx([1.0, 0.0], abs=0.01)
    assert arms.log_gain[1, 0] > 0 > arms.log_gain[1, 1]


def test_wider_levels_hold_narrower_ones_and_every_interval_its_estimate() -> None:
    arms = compared({"a": 1.0, "b": 1.2})
    inner, outer = arms.gain_interval(0.5), arms.gain_interval(0.95)
    assert (outer[0][1] < inner[0][1]).all()
    assert (inner[1][1] < outer[1][1]).all()
    low, high = arms.interval(0.8)
    assert (low[1] < arms.difference[1]).all()
    assert (arms.difference[1] < high[1]).all()


def test_a_gain_of_more_than_ten_times_is_not_told() -> None:
    arms = compared({"a": 1.0, "b": 9.0, "c": 11.0})
    assert np.exp(arms.log_gain[1]) == pytest.approx([9.0, 9.0], rel=1e-6)
    assert np.isnan(arms.log_gain[2]).all()
    assert np.isfinite(arms.difference[2]).all()
    assert np.nanmax(np.abs(arms.log_gain_draws)) <= np.log(10) + 1e-12


def test_the_average_gain_is_over_benchmarks_that_have_one() -> None:
    flat = np.full(6, 0.25)
    arms = of({"a": (loss(1.0), flat), "b": (loss(1.2), flat)})
    average, draws = arms.average_gain()
    assert average == pytest.approx(arms.log_gain[:, 0])
    np.testing.assert_allclose(draws, arms.log_gain_draws[..., 0])
    none = of({"a": (2 + 0 * FLOPS, flat), "b": (2 + 0 * FLOPS, flat)})
    assert np.isnan(none.average_gain()[0]).all()
    assert np.isnan(none.average_gain()[1]).all()


@pytest.mark.parametrize(("n_models", "told"), [(3, True), (2, False)])
def test_a_front_of_three_models_tells_what_a_loss_is_worth_and_one_of_two_does_not(
    n_models: int, told: bool
) -> None:
    rows = table({"a": (loss(1.0), scores(1.0)), "b": (loss(1.2), scores(1.2))})
    kept = rows.take_rows([*range(n_models), *range(6, 6 + n_models)])
    arms = compare_arms(kept, ["a", "b"], rng=np.random.default_rng(0))
    assert np.isfinite(arms.log_gain[1, 0]) == told
    assert arms.n_pairs.tolist() == [n_models, n_models]
    if told:
        assert np.exp(arms.log_gain[1, 0]) == pytest.approx(1.2, rel=0.02)


def test_a_model_that_only_one_arm_was_trained_at_makes_no_pair() -> None:
    rows = table({"a": (loss(1.0), scores(1.0)), "b": (loss(1.2), scores(1.2))})
    fewer = rows.take_rows([*range(6), 7, 8, 10])
    arms = compare_arms(fewer, ["a", "b"], rng=np.random.default_rng(0))
    assert arms.n_pairs.tolist() == [6, 3]
    assert np.exp(arms.log_gain[1]) == pytest.approx([1.2, 1.2], rel=1e-6)


def test_a_score_that_is_missing_leaves_its_pair_out_for_its_benchmark_alone() -> None:
    rows = table({"a": (loss(1.0), scores(1.0)), "b": (loss(1.2), scores(1.2))})
    holed = rows.scores.copy()
    holed[9, 1] = np.nan
    arms = compare_arms(rows.with_scores(holed), ["a", "b"], rng=np.random.default_rng(0))
    assert np.exp(arms.log_gain[1]) == pytest.approx([1.2, 1.2], rel=1e-6)
    holed[6:, 1] = np.nan
    arms = compare_arms(rows.with_scores(holed), ["a", "b"], rng=np.random.default_rng(0))
    assert np.isnan(arms.difference[1]).tolist() == [False, True]
    assert np.isnan(arms.interval(0.9)[0][1]).tolist() == [False, True]
    assert np.isfinite(arms.p_better[1]).tolist() == [True, False]
    assert np.isfinite(arms.p_best).tolist() == [[True, False], [True, False]]


def test_who_is_best_is_said_of_the_arms_that_were_measured() -> None:
    rows = table(
        {
            "a": (loss(1.0), scores(1.0)),
            "b": (loss(1.3), scores(1.3)),
            "c": (loss(1.0), scores(1.0)),
        }
    )
    holed = rows.scores.copy()
    holed[12:, 1] = np.nan
    arms = compare_arms(rows.with_scores(holed), ["a", "b", "c"], rng=np.random.default_rng(0))
    assert np.isnan(arms.p_best[:, 1]).tolist() == [False, False, True]
    assert np.nansum(arms.p_best, axis=0) == pytest.approx([1.0, 1.0])


def test_more_questions_make_a_difference_of_scores_surer() -> None:
    def width(n_items: float) -> float:
        rows = table({"a": (loss(1.0), scores(1.0)), "b": (loss(1.2), scores(1.2))})
        asked = replace(rows, n_items=np.full_like(rows.scores, n_items))
        arms = compare_arms(asked, ["a", "b"], rng=np.random.default_rng(0))
        low, high = arms.interval(0.9)
        return float(high[1, 1] - low[1, 1])

    assert width(200.0) == pytest.approx(width(2000.0) * np.sqrt(10), rel=0.1)


def test_a_target_too_far_beyond_the_largest_pair_is_refused_with_the_farthest() -> None:
    with pytest.raises(RefusedError, match=r"beyond 300x the largest pair .*at most 3.6e24"):
        of({"a": (loss(1.0), scores(1.0)), "b": (loss(1.2), scores(1.2))}, target_flops=3.7e24)
    near = of({"a": (loss(1.0), scores(1.0)), "b": (loss(1.2), scores(1.2))}, target_flops=1.2e23)
    assert near.decades == pytest.approx(1.0)


def test_models_within_a_larger_factor_match_where_it_is_asked_for() -> None:
    rows = table({"a": (loss(1.0), scores(1.0)), "b": (loss(1.2), scores(1.2))})
    far = [
        replace(c, params=1.5 * (c.params or 0), tokens=1.5 * (c.tokens or 0))
        if c.family == "b"
        else c
        for c in rows.checkpoints
    ]
    apart = replace(rows, checkpoints=tuple(far))
    with pytest.raises(RefusedError, match=r"within a factor 1\.26 .*--within"):
        compare_arms(apart, ["a", "b"], rng=np.random.default_rng(0))
    arms = compare_arms(apart, ["a", "b"], tolerance=0.2, rng=np.random.default_rng(0))
    assert arms.n_pairs[1] == 6
