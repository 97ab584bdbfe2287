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
    assert widths["ten"] < 0.2 * binomial
