"""The walk along a run: what joins the past, when an event ends, when a slide is told."""

import numpy as np

from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.own_past.bench import Bench
from scalepredict.evaluation.off_trend.own_past.run_judge import (
    GOES_ON,
    Judgement,
    Side,
    first_state,
    judge,
)
from scalepredict.records.table import Floats

GATE = load_gate().gate
LENGTH, N_UNITS, N_ITEMS = 20, 6, 1500
TOKENS = np.linspace(20e9, 400e9, LENGTH)
SHARE = TOKENS / TOKENS[-1]


def bench(n: int = N_UNITS, *, groups: Floats | None = None) -> Bench:
    return Bench(
        groups=np.eye(n, dtype=bool) if groups is None else groups.astype(bool),
        labels=np.zeros(n if groups is None else len(groups), dtype=bool),
        bounded=np.ones(n, dtype=bool),
        chance=np.full(n, 0.25),
        ceiling=np.full(n, np.inf),
        priors=GATE.noise,
        alpha=0.01,
        drift_over=GATE.drift_over,
        drift_threshold=GATE.drift_threshold,
    )


def run(seed: int, *, change: Floats | float = 0.0, n_items: int = N_ITEMS) -> Floats:
    """Saturating curves with binomial noise. Shape (K, T)."""
    rng = np.random.default_rng(seed)
    start, gain = rng.uniform(0.35, 0.5, N_UNITS), rng.uniform(0.05, 0.3, N_UNITS)
    truth = start + gain * (1 - np.exp(-2 * SHARE[:, None])) + change
    scores: Floats = rng.binomial(n_items, np.clip(truth, 0, 1)) / n_items
    return scores


def walk(scores: Floats, setting: Bench | None = None) -> list[Judgement]:
    setting = setting or bench(scores.shape[1])
    state, found = first_state(setting), []
    for place, y in zip(TOKENS, scores, strict=False):
        judgement, state = judge(
            setting, state, float(np.log(place)), y, np.full(scores.shape[1], float(N_ITEMS))
        )
        found.append(judgement)
    return found


def flagged(found: list[Judgement], side: Side = Side.WORSE) -> list[int]:
    return [k for k, j in enumerate(found) if j.side is side]


def test_the_sixth_checkpoint_is_the_first_with_a_verdict() -> None:
    assert [j.worse is not None for j in walk(run(0))] == [False] * 5 + [True] * (LENGTH - 5)


def test_healthy_runs_are_rarely_flagged() -> None:
    """40 runs, 600 checkpoints at a nominal 1 %: more than 12 come once in 100 by chance."""
    assert sum(len(flagged(walk(run(seed)))) for seed in range(40)) <= 12


def test_a_textbook_learning_curve_passes() -> None:
    curve = [
       .2824, .5694, .6439, .6503, .6675, .6700, .6835, .6835, .6911, .6877, .6991, .6974,
    ]  # fmt: skip
    setting, found = bench(1), []
    state = first_state(setting)
    for i, y in enumerate(curve):
        at = float(np.log(8.26e9 * (i + 1)))
        judgement, state = judge(setting, state, at, np.array([y]), np.array([2376.0]))
        found.append(judgement)
    assert all(j.side is None and not j.slide for j in found)
    assert found[-1].forecast.expected[0] < 0.72


def test_an_outlier_is_one_event_and_leaves_no_trace() -> None:
    change = np.zeros((LENGTH, 1))
    change[12] = -0.06
    found = walk(run(1, change=change))
    assert flagged(found) == [12]
    assert flagged(found, Side.BETTER) == []
    assert not found[12].settled


def test_a_lasting_shift_is_one_event_that_settles_after_three() -> None:
    change = np.where(np.arange(LENGTH)[:, None] >= 12, -0.06, 0.0)
    found = walk(run(2, change=change))
    assert flagged(found) == [12, 13, 14]
    assert [found[k].start for k in (12, 13, 14)] == [12, 12, 12]
    assert [found[k].n_agreeing for k in (12, 13, 14)] == [1, 2, 3]
    assert [found[k].settled for k in (12, 13, 14)] == [False, False, True]
    assert found[14].moved is not None
    np.testing.assert_allclose(found[14].moved.mean(), -0.06, atol=0.015)


def test_what_agrees_with_a_checkpoint_off_trend_needs_no_alarm_of_its_own() -> None:
    change = np.where(np.arange(LENGTH) >= 12, -0.03, 0.0)[:, None]
    events = [[j for j in walk(run(seed, change=change))[12:] if j.side] for seed in range(30)]
    seen = [event for event in events if event]
    assert len(seen) >= 27
    assert sum(event[-1].settled for event in seen) >= 0.85 * len(seen)
    weak = [j for event in seen for j in event if j.worse and j.worse.p_value >= 0.01]
    assert weak
    assert all(j.n_agreeing > 1 and j.worse and j.worse.p_value < GOES_ON for j in weak)


def test_a_fall_after_a_fall_that_does_not_agree_is_an_event_of_its_own() -> None:
    change = np.zeros((LENGTH, 1))
    change[12], change[13] = -0.06, -0.3
    found = walk(run(3, change=change))
    assert flagged(found)[:2] == [12, 13]
    assert found[13].start == 13


def test_better_scores_settle_after_two() -> None:
    change = np.where(np.arange(LENGTH)[:, None] >= 12, 0.06, 0.0)
    found = walk(run(5, change=change))
    assert flagged(found, Side.BETTER) == [12, 13]
    assert found[13].settled
    assert flagged(found) == []


def test_what_is_at_chance_cannot_fall() -> None:
    rng = np.random.default_rng(5)
    scores = rng.binomial(N_ITEMS, 0.25, (LENGTH, N_UNITS)) / N_ITEMS
    scores[12] -= 0.08
    found = walk(scores)
    assert not any(j.can_fall for j in found)
    assert flagged(found) == []


def test_a_slide_is_told_once_it_has_gone_far_enough() -> None:
    """Slides of half a point a checkpoint: most are found, by their trend or as drift."""
    n = 0
    for seed in range(10):
        slide = -0.005 * np.maximum(np.arange(LENGTH)[:, None] - 10, 0)
        flat = np.random.default_rng(seed).binomial(N_ITEMS, 0.6 + np.repeat(slide, N_UNITS, 1))
        found = walk(flat / N_ITEMS)
        n += any(j.slide < 0 or j.side is Side.WORSE for j in found[11:])
    assert n >= 7


def test_siblings_count_as_one_benchmark() -> None:
    """Five copies of one benchmark that all jump by chance: no common shift of five."""
    scores = run(6)
    scores[14, 0] -= 0.03
    copied = np.hstack([scores[:, :1].repeat(5, axis=1), scores[:, 1:]])
    together = np.vstack([np.arange(10) < 5, np.eye(10)[5:]])
    alone = walk(copied, bench(10))[14].worse
    grouped = walk(copied, bench(10, groups=together))[14].worse
    assert alone is not None
    assert grouped is not None
    assert abs(grouped.shift) < 0.7 * abs(alone.shift)


def test_a_benchmark_that_is_measured_now_and_then_is_judged_by_its_own_past() -> None:
    scores = run(7)
    scores[np.arange(LENGTH) % 3 != 0, 0] = np.nan
    found = walk(scores)
    assert found[18].tested[0]
    assert not found[17].tested[0]
