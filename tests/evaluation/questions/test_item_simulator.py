"""A made world of questions holds what its docstring says: the rates, the counts, the scales."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.questions.item_simulator import (
    EASY,
    FLOPS,
    HARD,
    MID,
    PARAMS,
    ItemWorld,
    SimulatedItems,
    simulate_items,
)

TARGET, ANCHOR = 9, 8


def simulated(world: ItemWorld, *, seed: int = 0, **changes: float) -> SimulatedItems:
    return simulate_items(
        replace(world, **changes),  # type: ignore[arg-type]
        rng=np.random.default_rng(seed),
    )


def test_scores_are_shares_of_right_answers_among_the_trials() -> None:
    table = simulated(MID, n_questions=200, trials=7).table
    small = np.delete(np.arange(10), ANCHOR)
    assert (table.n_items[small] == 7).all()
    counts = 7 * table.scores[small]
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-12)
    assert counts.max() == 7
    assert counts.min() == 0
    assert set(table.n_items[ANCHOR]) == {1.0}
    assert set(table.scores[ANCHOR]) == {0.0, 1.0}


@pytest.mark.parametrize("world", [EASY, MID, HARD], ids=["easy", "mid", "hard"])
def test_answers_come_as_often_as_the_truth_says(world: ItemWorld) -> None:
    """1319 questions of 100 answers: the mean of a model has a standard error below .0013."""
    items = simulated(world)
    small = np.delete(np.arange(10), ANCHOR)
    np.testing.assert_allclose(
        items.table.scores[small].mean(axis=1), items.truth[small].mean(axis=1), atol=0.006
    )


def test_harder_worlds_are_harder_and_guessers_are_never_below_chance() -> None:
    level = [simulated(world).truth[0].mean() for world in (EASY, MID, HARD)]
    assert level == sorted(level, reverse=True)
    assert simulated(EASY).truth.min() >= 0.25
    assert simulated(HARD).truth.min() < 0.01


def test_an_answer_loss_is_a_power_of_compute() -> None:
    """Without chance, -log P less its floor is straight in log C; no floor for most questions."""
    items = simulated(MID, n_questions=400)
    loss = -np.log(np.maximum(items.truth[:8], 1e-300))
    straight = np.polyfit(np.log(FLOPS[:8] / 1e18), np.log(loss), 1, full=True)
    slopes, residuals = straight[0][0], straight[1]
    exact = residuals < 1e-12
    assert exact.mean() == pytest.approx(0.92, abs=0.05)  # the others have a ceiling
    assert -slopes[exact].mean() == pytest.approx(0.22, abs=0.02)
    assert slopes[exact].std() == pytest.approx(0.06, abs=0.01)


def test_models_that_differ_in_nothing_but_compute_never_fall() -> None:
    items = simulated(MID, n_questions=300)
    assert (np.diff(items.truth[[*range(8), TARGET]], axis=0) >= 0).all()


def test_models_that_stray_are_as_if_trained_with_other_compute() -> None:
    """The same questions (one seed): the curve of a lone model moves, and in both directions."""
    shifts = []
    for seed in range(12):
        still = simulated(MID, seed=seed, n_questions=60)
        stray = simulated(MID, seed=seed, n_questions=60, model_noise=0.3)
        np.testing.assert_array_equal(still.table.n_items, stray.table.n_items)
        # Along -log P ~ C^-beta a shift of log C is -(1 / beta) that of log loss.
        change = np.log(np.log(stray.truth[:8]) / np.log(still.truth[:8]))
        shifts.append(-np.median(change, axis=1) / 0.22)
    assert np.mean(shifts) == pytest.approx(0.0, abs=0.1)
    assert np.std(shifts) == pytest.approx(0.3, rel=0.25)


def test_an_endless_loss_leaves_chance_without_a_warning() -> None:
    items = simulated(EASY, n_questions=20, model_noise=1e9)
    assert np.isfinite(items.truth).all()
    assert items.truth.min() == 0.25


def test_the_rows_are_eight_models_an_anchor_of_another_family_and_the_target() -> None:
    items = simulate_items(
        replace(MID, n_questions=5), benchmark="quiz", family="mine", rng=np.random.default_rng(1)
    )
    rows = items.table.checkpoints
    assert [c.role for c in rows] == ["fit"] * 8 + ["anchor", "holdout"]
    assert rows[ANCHOR].family == "other-mine"
    assert rows[ANCHOR].flops is None
    assert rows[TARGET].flops == FLOPS[-1]
    assert rows[0].params == PARAMS[0] == 122e6
    assert {c.family for c in rows if c.role != "anchor"} == {"mine"}
    for row in (*rows[:8], rows[TARGET]):
        assert row.flops == pytest.approx(6 * row.params * row.tokens)  # type: ignore[operator]
        assert row.flops_given
    assert [u.task for u in items.table.units] == [f"q{i:05d}" for i in range(5)]
    assert {u.benchmark for u in items.table.units} == {"quiz"}


def test_the_anchor_has_half_again_the_compute_of_the_target() -> None:
    """Its losses stray by question, with a median factor of 1.5^-beta: higher scores by and by."""
    items = simulated(HARD)
    ratio = np.log(np.log(items.truth[ANCHOR]) / np.log(items.truth[TARGET]))
    assert np.median(ratio) == pytest.approx(-0.22 * np.log(1.5), abs=0.04)
    assert ratio.std() == pytest.approx(0.3, abs=0.05)


def test_one_seed_is_one_world_and_another_is_another() -> None:
    one, again, other = (simulated(MID, seed=s, n_questions=50) for s in (3, 3, 4))
    np.testing.assert_array_equal(one.table.scores, again.table.scores)
    assert not np.array_equal(one.table.scores, other.table.scores)
