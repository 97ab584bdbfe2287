"""Paired differences of recipes whose true difference is written down."""

import numpy as np
import pytest

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
