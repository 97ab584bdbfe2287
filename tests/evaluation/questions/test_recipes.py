"""Paired differences of recipes whose true difference is written down."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from scalepredict.errors import RefusedError
from scalepredict.evaluation.questions.recipes import Comparison, compare, match, shrink
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

N_ITEMS = 2000.0


def recipes(
    gain: Floats, *, sizes: int = 6, seed: int = 0, noise: bool = True, stretch: float = 1.0
) -> EvalTable:
    """Recipe a is ``gain`` (one for each benchmark) better than b at every size."""
    rng = np.random.default_rng(seed)
    rows, scores = [], []
    for family, better in (("a", 1.0), ("b", 0.0)):
        for i in range(sizes):
            n = 1e8 * 3**i * (stretch if family == "b" else 1.0)
            rows.append(
                Checkpoint(
                    model=f"{family}{i}", family=family, params=n, tokens=20 * n, flops=120 * n**2
                )
            )
            p = 0.4 + 0.03 * i + better * gain
            scores.append(rng.binomial(int(N_ITEMS), p) / N_ITEMS if noise else p)
    units = [Unit(benchmark=f"t{t}") for t in range(len(gain))]
    table = np.array(scores)
    return make_table(rows, units, table, n_items=np.full(table.shape, N_ITEMS))


def test_without_noise_the_difference_is_the_gain() -> None:
    found = compare(recipes(np.array([0.05, -0.02]), noise=False), "a", "b")
    np.testing.assert_allclose(found.difference, [0.05, -0.02], atol=1e-12)
    np.testing.assert_allclose(found.largest, [0.05, -0.02], atol=1e-12)
    assert found.suite_difference == pytest.approx(0.015)


def test_swapping_the_recipes_turns_every_sign() -> None:
    table = recipes(np.array([0.05, -0.02, 0.01, 0.0]))
    one, other = compare(table, "a", "b"), compare(table, "b", "a")
    np.testing.assert_allclose(one.difference, -other.difference)
    np.testing.assert_allclose(one.probability, 1 - other.probability)


def test_probabilities_come_true_as_often_as_they_say() -> None:
    """8,000 predicted signs with gains of sd 2 points: each bin's share is within 4 sigma, .04."""
    said, held = [], []
    for seed in range(200):
        gain = 0.02 * np.random.default_rng(1000 + seed).standard_normal(40)
        table = recipes(gain, seed=seed)
        evidence = table.take_rows([i for i, c in enumerate(table.checkpoints) if c.model[1] < "5"])
        largest = {c.model: s for c, s in zip(table.checkpoints, table.scores, strict=True)}
        found = compare(evidence, "a", "b", target_flops=120 * (1e8 * 3**5) ** 2)
        said.append(found.probability)
        held.append(largest["a5"] > largest["b5"])
    p, true = np.concatenate(said), np.concatenate(held)
    for low, high in ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
        inside = (p >= low) & (p < high)
        assert inside.sum() > 500
        # No gain drifts here, which the answer allows for: it may be too modest, never too sure.
        modest = np.sign(p[inside].mean() - 0.5) * (true[inside].mean() - p[inside].mean())
        assert -0.04 < modest < 0.15


def test_large_pairs_count_more() -> None:
    """A gain in the smallest pair alone is all but forgotten: e^-(.95 * 5 / .5) of the weight."""
    table = recipes(np.array([0.0, 0.0, 0.0]), noise=False)
    scores = table.scores.copy()
    scores[0] += 0.2
    found = compare(table.with_scores(scores), "a", "b")
    assert 0 < found.raw[0] < 2e-4


def test_farther_targets_are_less_certain() -> None:
    table = recipes(np.array([0.03, 0.04, 0.05]))
    near, far = (compare(table, "a", "b", target_flops=c) for c in (1e23, 1e25))
    assert (far.sd > near.sd).all()
    assert far.decades == pytest.approx(25 - np.log10(120 * (1e8 * 3**5) ** 2))


def test_models_match_once_and_nearest_first() -> None:
    table = recipes(np.array([0.0]), stretch=1.2)
    a, b = table.of_family("a"), table.of_family("b")
    rows_a, rows_b = match(a, b)
    assert rows_a.tolist() == rows_b.tolist() == [0, 1, 2, 3, 4, 5]
    assert len(match(a, b, tolerance=0.05)[0]) == 0


def test_a_benchmark_that_was_measured_in_one_pair_rests_on_that_pair() -> None:
    table = recipes(np.array([0.05, 0.05, 0.05]), noise=False)
    scores = table.scores.copy()
    scores[[0, 1, 2, 3, 5], 1] = np.nan
    found: Comparison = compare(table.with_scores(scores), "a", "b")
    assert found.n_pairs.tolist() == [6, 1, 6]
    assert found.raw[1] == pytest.approx(0.05)
    assert found.sd[1] > found.sd[0]


def test_shrinkage_by_hand() -> None:
    """Equal variances 1, scatter 8/2 = 4: between = 3, so three quarters of each deviation stay."""
    mean, variance = shrink(np.array([-2.0, 0.0, 2.0]), np.ones(3))
    np.testing.assert_allclose(mean, [-1.5, 0.0, 1.5])
    np.testing.assert_allclose(variance, 0.75 + 0.25**2 * 4 / 3)


@pytest.mark.parametrize(
    ("second", "words"), [("c", "did you mean|there is no family"), ("far", "same scales")]
)
def test_recipes_that_cannot_be_paired_are_refused(second: str, words: str) -> None:
    table = recipes(np.array([0.0]))
    alien = Checkpoint(model="x", family="far", params=1e13, tokens=1e14, flops=6e27)
    both = make_table([*table.checkpoints, alien], table.units, np.vstack([table.scores, [[0.5]]]))
    with pytest.raises(RefusedError, match=words):
        compare(both, "a", second)


def test_intervals_and_probabilities_are_of_a_t_with_five_degrees_of_freedom() -> None:
    found = compare(recipes(np.array([0.05, -0.02, 0.01, 0.0])), "a", "b")
    one = stats.t(5, loc=found.difference, scale=found.sd)
    assert found.probability == pytest.approx(one.sf(0.0))
    for ours, theirs in zip(found.interval(0.8), one.interval(0.8), strict=True):
        assert ours == pytest.approx(theirs)
    suite = stats.t(5, loc=found.suite_difference, scale=found.suite_sd)
    assert found.suite_probability == pytest.approx(suite.sf(0.0))
    assert found.suite_interval(0.9) == pytest.approx(suite.interval(0.9))


def test_an_average_is_surer_than_the_benchmarks_in_it() -> None:
    found = compare(recipes(np.zeros(12)), "a", "b")
    assert found.suite_sd < found.sd.min()
    assert found.suite_difference == pytest.approx(found.raw.mean())


def test_the_order_of_rows_and_benchmarks_changes_nothing() -> None:
    table = recipes(np.array([0.05, -0.02, 0.01, 0.0]))
    columns = [2, 0, 3, 1]
    shuffled = table.take_rows(np.random.default_rng(1).permutation(12)).take_units(columns)
    one, other = compare(table, "a", "b"), compare(shuffled, "a", "b")
    np.testing.assert_allclose(other.difference, one.difference[columns])
    np.testing.assert_allclose(other.sd, one.sd[columns])
    assert [a.model for a, _ in other.pairs] == [a.model for a, _ in one.pairs]
    assert other.suite_sd == pytest.approx(one.suite_sd)


def test_fewer_questions_make_a_difference_less_sure() -> None:
    table = recipes(np.array([0.03, 0.03]), noise=False)
    few = replace(table, n_items=np.full_like(table.scores, 100.0))
    assert (compare(few, "a", "b").sd > 2 * compare(table, "a", "b").sd).all()


def test_a_target_inside_the_evidence_is_asked_at_the_largest_pair() -> None:
    table = recipes(np.array([0.03, 0.04]))
    inside, default = compare(table, "a", "b", target_flops=1e18), compare(table, "a", "b")
    assert inside.decades == default.decades == 0.0
    np.testing.assert_array_equal(inside.sd, default.sd)


def test_models_without_a_partner_are_named() -> None:
    table = recipes(np.array([0.03, 0.04]))
    found = compare(table.take_rows([0, 1, 2, 3, 8, 9, 10]), "a", "b")
    assert [(a.model, b.model) for a, b in found.pairs] == [("a2", "b2"), ("a3", "b3")]
    assert [c.model for c in found.unmatched] == ["a0", "a1", "b4"]


def test_a_model_between_two_takes_the_nearer_and_leaves_the_other_alone() -> None:
    rows = [
        Checkpoint(model=name, family=name[0], params=n, tokens=20 * n, flops=120 * n * n)
        for name, n in (("a near", 1e9), ("a far", 1.2e9), ("b", 1.05e9))
    ]
    table = make_table(rows, [Unit(benchmark="t")], np.full((3, 1), 0.5))
    one, other = (
        match(table.of_family("a"), table.of_family("b")),
        match(table.of_family("b"), table.of_family("a")),
    )
    assert (one[0].tolist(), one[1].tolist()) == ([0], [0])
    assert (other[0].tolist(), other[1].tolist()) == ([0], [0])


def test_params_and_tokens_must_both_be_alike() -> None:
    """A wide model of few tokens has the compute of a narrow one of many, and is no match."""
    rows = [
        Checkpoint(model="wide", family="a", params=2e9, tokens=1e10, flops=1.2e20),
        Checkpoint(model="long", family="b", params=1e9, tokens=2e10, flops=1.2e20),
    ]
    table = make_table(rows, [Unit(benchmark="t")], np.full((2, 1), 0.5))
    assert len(match(table.of_family("a"), table.of_family("b"))[0]) == 0
    assert len(match(table.of_family("a"), table.of_family("b"), tolerance=0.31)[0]) == 1


def test_models_of_unknown_size_match_nothing() -> None:
    table = recipes(np.array([0.0]))
    unknown = [replace(c, tokens=None) if c.family == "b" else c for c in table.checkpoints]
    with pytest.raises(RefusedError, match="no model of 'a' is within a factor"):
        compare(replace(table, checkpoints=tuple(unknown)), "a", "b")


def test_a_hole_in_one_benchmark_is_no_move_of_the_average() -> None:
    """Both gain five points everywhere, so the average of those measured does not move either."""
    table = recipes(np.full(4, 0.05), noise=False)
    scores = table.scores.copy()
    scores[2, 1], scores[9, 3] = np.nan, np.nan
    whole, holed = compare(table, "a", "b"), compare(table.with_scores(scores), "a", "b")
    assert holed.suite_difference == pytest.approx(0.05)
    assert holed.suite_sd == pytest.approx(whole.suite_sd, rel=0.2)


def test_recipes_that_share_no_benchmark_are_refused() -> None:
    table = recipes(np.array([0.0, 0.0]))
    scores = table.scores.copy()
    scores[:6, 0], scores[6:, 1] = np.nan, np.nan
    with pytest.raises(RefusedError, match="share no benchmark at a matched scale"):
        compare(table.with_scores(scores), "a", "b")


def test_a_benchmark_of_one_recipe_has_no_part() -> None:
    table = recipes(np.array([0.05, 0.02, 0.01]), noise=False)
    scores = table.scores.copy()
    scores[6:, 1] = np.nan
    found = compare(table.with_scores(scores), "a", "b")
    assert found.benchmarks == ("t0", "t2")
    assert found.largest == pytest.approx([0.05, 0.01])


def test_recipes_that_were_measured_on_other_benchmarks_are_compared_on_the_common_ones() -> None:
    """And what a third one lacks moves no difference to another benchmark."""
    table = recipes(np.array([0.05, 0.02, 0.01, -0.03]), noise=False)
    scores = table.scores.copy()
    scores[:6, 0], scores[6:, 2] = np.nan, np.nan
    common = compare(table.with_scores(scores), "a", "b")
    plain = compare(table.take_units([1, 3]), "a", "b")
    assert common.benchmarks == ("t1", "t3")
    np.testing.assert_allclose(common.difference, plain.difference)
    np.testing.assert_allclose(common.sd, plain.sd)
    third = tuple(replace(c, family="c", model=f"c{i}") for i, c in enumerate(table.checkpoints))
    sparse = np.where(np.arange(4) == 1, table.scores, np.nan)
    both = make_table(
        (*table.checkpoints, *third[:6]), table.units, np.vstack([table.scores, sparse[:6]])
    )
    assert np.isfinite(compare(both, "a", "b").sd).all()


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_benchmarks_are_not_drawn_together(n: int) -> None:
    raw, variance = np.array([0.1, -0.1])[:n], np.full(n, 1.0)
    found = shrink(raw, variance)
    assert found[0].tolist() == raw.tolist()
    assert found[1].tolist() == variance.tolist()


def test_differences_that_scatter_less_than_their_noise_become_their_mean() -> None:
    mean, variance = shrink(np.array([0.1, 0.2, 0.6]), np.array([1.0, 1.0, 2.0]))
    assert mean == pytest.approx([(0.1 + 0.2 + 0.3) / 2.5] * 3)
    assert variance == pytest.approx([1 / 2.5] * 3)


def test_a_noisier_benchmark_is_drawn_further() -> None:
    raw = np.array([-1.0, 0.0, 1.0, 4.0, 4.0])
    mean, variance = shrink(raw, np.array([0.1, 0.1, 0.1, 0.1, 2.0]))
    assert mean[4] < mean[3] < 4.0
    assert variance[4] > variance[3]
