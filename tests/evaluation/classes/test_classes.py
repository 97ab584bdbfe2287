"""Each class is given where it holds, and noise alone is rarely taken for a trend."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from scalepredict.evaluation.classes.classes import Kind, classify
from scalepredict.evaluation.forecast.doubts import benchmark_doubts
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

DECADES = np.linspace(18.3, 21.1, 9)  # log10 FLOPs of the ladder
ITEMS = 1200.0


def ladder(truth: NDArray[np.float64], *, chance: float, seed: int = 0) -> EvalTable:
    """Benchmarks whose true scores are the columns of ``truth``, with binomial noise."""
    rng = np.random.default_rng(seed)
    scores = rng.binomial(int(ITEMS), np.clip(truth, 0, 1)) / ITEMS
    rows = [
        Checkpoint(model=f"m{i}", params=1e8, tokens=1e9, flops=10**c)
        for i, c in enumerate(DECADES)
    ]
    units = [Unit(benchmark=f"b{i}", chance=chance) for i in range(truth.shape[1])]
    return make_table(rows, units, scores, n_items=np.full(scores.shape, ITEMS))


def curve(shape: str) -> NDArray[np.float64]:
    x = DECADES - DECADES[-1]
    shapes: dict[str, NDArray[np.float64]] = {
        "rising": 0.3 + 0.45 / (1 + np.exp(-2 * (x + 1))),
        "emerging": 0.25 + 0.2 * np.exp(3 * x),
        "chance": np.full(len(x), 0.257),
        "flat": np.full(len(x), 0.41),
        "saturated": 0.98 - 0.02 * np.exp(-x - 3),
        "levelled off": np.full(len(x), 0.91),
        "inverse": 0.55 - 0.05 * x,
        "below chance and falling": 0.16 - 0.03 * x,
        "falling to chance": 0.25 - 0.08 * x,
        "noisy": 0.5 + 0.06 * np.array([1, -1, 0.5, -1, 1, -0.5, -1, 1, 0.5]),
    }
    return shapes[shape]


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ("rising", Kind.RISING),
        ("emerging", Kind.RISING),
        ("chance", Kind.AT_CHANCE),
        ("flat", Kind.FLAT),
        ("saturated", Kind.SATURATED),
        ("levelled off", Kind.SATURATED),
        ("inverse", Kind.INVERSE),
        ("below chance and falling", Kind.INVERSE),
        ("falling to chance", Kind.INVERSE),
        ("noisy", Kind.NOISY),
    ],
)
def test_each_shape_gets_its_class(shape: str, kind: Kind) -> None:
    # Among benchmarks of plain noise, which set what overdispersion is normal.
    others = np.full((len(DECADES), 5), 0.6)
    truth = np.column_stack([curve(shape), others])
    assert classify(ladder(truth, chance=0.25, seed=2)).kinds[0] == kind


@pytest.mark.parametrize(("n_above", "kind"), [(2, Kind.AT_CHANCE), (3, Kind.NOISY)])
def test_fewer_than_a_quarter_of_the_scores_above_chance_are_odd_ones(
    n_above: int, kind: Kind
) -> None:
    truth = np.full(len(DECADES), 0.25)
    truth[[1, 4, 3][:n_above]] = 0.38
    assert classify(ladder(truth[:, None], chance=0.25)).kinds == (kind,)


def test_noise_alone_is_taken_for_a_trend_at_most_once_in_50() -> None:
    """2000 flat benchmarks; measured 1 in 70 (1 in 370 if the noise were known): 28 +- 6."""
    classes = classify(ladder(np.full((len(DECADES), 2000), 0.5), chance=0.25, seed=4))
    wrong = sum(kind != Kind.FLAT for kind in classes.kinds)
    assert 0 < wrong < 40


def test_one_failed_run_does_not_hide_a_rise() -> None:
    table = ladder(np.column_stack([curve("rising")] * 4), chance=0.25)
    scores = table.scores.copy()
    scores[3, 0] = 0.02
    assert classify(table.with_scores(scores)).kinds[0] == Kind.RISING


def test_missing_scores_are_left_out_and_two_are_too_few() -> None:
    table = ladder(np.column_stack([curve("rising")] * 3), chance=0.25)
    scores = table.scores.copy()
    scores[[1, 4], 1] = np.nan
    scores[:-2, 2] = np.nan
    classes = classify(table.with_scores(scores))
    assert classes.kinds == (Kind.RISING, Kind.RISING, Kind.TOO_FEW)
    assert classes.trend.n_scores.tolist() == [9, 7, 2]
    assert np.isnan(classes.trend.slope[2])


def test_order_of_rows_does_not_matter() -> None:
    table = ladder(np.column_stack([curve("rising"), curve("noisy"), curve("flat")]), chance=0.25)
    forward, backward = classify(table), classify(table.take_rows(np.arange(9)[::-1]))
    assert forward.kinds == backward.kinds
    assert forward.trend.slope == pytest.approx(backward.trend.slope, rel=1e-12)


def test_slope_and_level_are_in_fractions_per_decade_of_flops() -> None:
    table = ladder(np.column_stack([0.7 + 0.08 * (DECADES - DECADES[-1])] * 3), chance=0.1)
    exact = table.with_scores(np.column_stack([0.7 + 0.08 * (DECADES - DECADES[-1])] * 3))
    trend = classify(exact).trend
    assert trend.slope == pytest.approx([0.08] * 3)
    assert trend.level == pytest.approx([0.7 - 0.08 * 0.158] * 3, abs=2e-3)


def test_a_breakthrough_beyond_the_noise_has_a_large_step_z() -> None:
    step = np.where(DECADES > 20.5, 0.6, 0.3)
    trend = classify(ladder(np.column_stack([step, curve("flat")]), chance=0.1)).trend
    assert trend.step_z[0] > 8 > 4 > trend.step_z[1]


@pytest.mark.parametrize("step", [2.0, 4.0, 10.0])
def test_a_ladder_whose_last_run_failed_is_noisy_and_not_at_chance(step: float) -> None:
    scores = np.array([[0.30, 0.36], [0.45, 0.24], [0.60, 0.27], [0.25, 0.25]])
    rows = [
        Checkpoint(model=f"m{i}", params=1e8, tokens=1e9, flops=1e19 * step**i) for i in range(4)
    ]
    units = [Unit(benchmark=name, chance=0.25) for name in ("failed", "one odd score")]
    table = make_table(rows, units, scores, n_items=np.full(scores.shape, ITEMS))
    assert classify(table).kinds == (Kind.NOISY, Kind.AT_CHANCE)


def note(table: EvalTable) -> str:
    [doubts] = benchmark_doubts(classify(table), (None,))
    return doubts[0].text


def test_a_noisy_benchmark_that_lies_above_chance_is_not_called_immeasurable() -> None:
    truth = np.array([0.23, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.4])
    three = ladder(truth[:, None], chance=0.25).take_rows(np.array([0, 5, 8]))
    assert classify(three).kinds == (Kind.AT_CHANCE,)
    assert note(three) == "too noisy to tell from chance"
    assert note(ladder(curve("chance")[:, None], chance=0.25)) == "not yet measurable"


def test_scatter_is_told_with_the_questions_that_were_assumed_and_the_bend_it_may_be() -> None:
    table = ladder(curve("noisy")[:, None], chance=0.25)
    unknown = replace(table, n_items=np.full_like(table.n_items, np.nan))
    three = table.take_rows(np.array([0, 5, 8]))
    assert "x more than its questions explain" in note(table)
    assert note(table).endswith("or a run that failed")
    assert "x more than 1000 assumed questions explain" in note(unknown)
    assert note(three).endswith("or, as there are only 3 scores, a bend")


def test_losses_among_scores_are_classed_as_if_they_stood_alone() -> None:
    """And every benchmark keeps its place, its class and its measures."""
    names = ("rising", "chance", "noisy", "flat")
    scores = ladder(np.stack([curve(name) for name in names], axis=1), chance=0.25)
    measure = shipped_metrics().find("loss")
    falling = np.stack([3.0 - 0.2 * np.arange(9), 3.0 + 0 * DECADES], axis=1)
    losses = make_table(
        scores.checkpoints,
        [Unit(benchmark=name, metric="loss", measure=measure) for name in ("c4", "still")],
        falling,
    )
    mixed = make_table(
        scores.checkpoints,
        [*scores.units[:1], losses.units[0], *scores.units[1:], losses.units[1]],
        np.hstack([scores.scores[:, :1], falling[:, :1], scores.scores[:, 1:], falling[:, 1:]]),
        n_items=np.hstack(
            [
                scores.n_items[:, :1],
                np.full((9, 1), np.nan),
                scores.n_items[:, 1:],
                np.full((9, 1), np.nan),
            ]
        ),
    )
    found, alone, apart = classify(mixed), classify(scores), classify(losses)
    assert found.units == mixed.units
    assert found.kinds == (alone.kinds[0], apart.kinds[0], *alone.kinds[1:], apart.kinds[1])
    assert apart.kinds == (Kind.FALLING, Kind.FLAT)
    np.testing.assert_allclose(found.trend.slope[[0, 2, 3, 4]], alone.trend.slope)
    np.testing.assert_allclose(found.trend.slope[[1, 5]], apart.trend.slope)
    assert found.of("c4") is Kind.FALLING
    assert found.items_assumed.tolist() == [False] * 6
