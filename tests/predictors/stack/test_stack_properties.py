"""What the default must do on any ladder: clean worlds, few benchmarks, idle columns, units."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.stack.stack import Stack
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

PARAMS = np.geomspace(60e6, 4.2e9, 6)
FACTORS = np.array([3.1, 10.0])
CHANCE = 0.25


def table(params: Floats, tokens: Floats, scores: Floats, *, items: float = 2000.0) -> EvalTable:
    return make_table(
        [
            Checkpoint(model=f"m{i}", params=float(n), tokens=float(d), flops=float(6 * n * d))
            for i, (n, d) in enumerate(zip(params, tokens, strict=True))
        ],
        [Unit(benchmark=f"task{t}", chance=CHANCE) for t in range(scores.shape[1])],
        scores,
        n_items=np.full(scores.shape, items),
    )


def world(n_benchmarks: int, ratio: float, rng: np.random.Generator) -> tuple[EvalTable, EvalTable]:
    """Scores logistic in log C with the noise of 2,000 questions, and the truth at 3.1x and 10x."""
    n = np.concatenate([PARAMS, PARAMS[-1] * np.sqrt(FACTORS)])
    share = (rng.uniform(0.45, 0.75, n_benchmarks) - CHANCE) / (1 - CHANCE)
    slope = rng.uniform(0.15, 0.28, n_benchmarks) / ((1 - CHANCE) * share * (1 - share))
    decades = 2 * np.log10(n / PARAMS[-1])
    truth = CHANCE + (1 - CHANCE) * expit(logit(share) + slope * decades[:, None])
    scores = rng.binomial(2000, truth) / 2000
    evidence = table(n[:6], ratio * n[:6], scores[:6])
    return evidence, table(n[6:], ratio * n[6:], truth[6:])


def point(evidence: EvalTable, targets: EvalTable) -> Floats:
    return Stack().fit(evidence).forecast(Targets.of_table(targets)).point


@pytest.mark.parametrize("n_benchmarks", [1, 2, 3, 8])
def test_a_clean_logistic_world_is_forecast_without_bias(n_benchmarks: int) -> None:
    """Errors deviate by about 2 and 3 points, so means of 24 of them are known to .4 and .6."""
    rng = np.random.default_rng([7, n_benchmarks])
    worlds = [
        world(n_benchmarks, (20.0, 100.0)[i % 2], rng) for i in range(max(8, 24 // n_benchmarks))
    ]
    error = np.concatenate([point(seen, truth) - truth.scores for seen, truth in worlds], axis=1)
    assert (np.abs(error.mean(axis=1)) < [0.02, 0.03]).all()
    assert (np.abs(error).mean(axis=1) < [0.025, 0.035]).all()


@pytest.mark.parametrize("n_benchmarks", [1, 2, 3, 4, 5])
def test_a_benchmark_that_rises_is_not_forecast_below_its_last_score(n_benchmarks: int) -> None:
    """Six models at 200B tokens, up to 65 %, with 25 points in the last decade (true: 78.6)."""
    tokens = np.full(6, 2e11)
    params = np.array([6e7, 1.5e8, 4e8, 1e9, 2.1e9, 4.2e9])
    rows = np.array(
        [
            [0.2660, 0.2887, 0.5152, 0.2655, 0.2702],
            [0.3043, 0.3231, 0.5147, 0.2921, 0.2853],
            [0.3375, 0.4171, 0.5479, 0.3411, 0.3304],
            [0.4394, 0.5545, 0.5658, 0.4467, 0.4112],
            [0.5223, 0.6712, 0.6333, 0.5391, 0.4880],
            [0.6486, 0.7829, 0.6801, 0.6521, 0.5833],
        ]
    )
    target = table(np.array([1.3e10]), np.array([2e11]), np.full((1, n_benchmarks), np.nan))
    evidence = table(params, tokens, rows[:, :n_benchmarks])
    forecast = point(evidence, target)[0]
    assert (forecast > rows[-1, :n_benchmarks] + 0.02).all()
    idle = np.hstack([rows[:, :n_benchmarks], np.full((6, 1), 0.25), np.zeros((6, 1))])
    wide = table(np.array([1.3e10]), np.array([2e11]), np.full((1, n_benchmarks + 2), np.nan))
    beside = point(table(params, tokens, idle), wide)[0, :n_benchmarks]
    np.testing.assert_allclose(beside, forecast, atol=1e-4)


def test_pairs_of_image_and_text_are_no_tokens() -> None:
    """Two widths of encoder at one data size differ fourfold in FLOPs and little in params."""
    params = np.array([151.28e6, 149.62e6, 151.28e6, 427.62e6, 151.28e6, 149.62e6])
    samples = np.array([2.443992504e9, 2.443992504e9, 1.3216e10, 2.443992504e9, 3.42158950e10,
                        1.3034626688e10])  # fmt: skip
    flops = np.array([1.08513e20, 3.01638e20, 5.8679e20, 1.28647e21, 1.51919e21, 1.60873e21])
    scores = np.array([0.137467, 0.224267, 0.217733, 0.376533, 0.232, 0.331867])
    evidence = make_table(
        [
            Checkpoint(model=f"m{i}", params=n, tokens=d, flops=c, flops_given=True)
            for i, (n, d, c) in enumerate(zip(params, samples, flops, strict=True))
        ],
        [Unit(benchmark="imagenet-a", chance=0.005)],
        scores[:, None],
    )
    target = Targets(
        family=("default",),
        params=np.array([4.2762e8]),
        tokens=np.array([3.4215895056e10]),
        flops=np.array([1.80106e22]),
        assumption=("",),
    )
    forecast = Stack().fit(evidence).forecast(target).point[0, 0]
    assert 0.42 < forecast < 0.58  # measured .498; by samples alone .251


def test_seeds_of_a_size_are_no_scales() -> None:
    """Three seeds of each size: K stays 6, and the forecast that of the mean scores."""
    rng = np.random.default_rng(3)
    evidence, truth = world(3, 20.0, rng)
    noise = 0.005 * rng.standard_normal((3, 6, 3))
    noise -= noise.mean(axis=0)
    sizes, tokens = np.tile(evidence.params, 3), np.tile(evidence.tokens, 3)
    thrice = table(sizes, tokens, (evidence.scores + noise).reshape(18, 3))
    target = Targets.of_table(truth)
    once, again = (Stack().fit(t).forecast(target) for t in (evidence, thrice))
    np.testing.assert_array_equal(again.n_train, once.n_train)
    assert np.abs(again.point - once.point).max() < 0.02


@pytest.mark.parametrize("kind", ["seeds", "one budget"])
def test_models_of_one_compute_are_refused(kind: str) -> None:
    sizes = np.full(4, 1e9) if kind == "seeds" else np.array([1e8, 2e8, 4e8, 8e8])
    scores = np.array([[0.3], [0.4], [0.5], [0.6]])
    with pytest.raises(RefusedError, match=r"1 distinct scale, and|one compute, 1e20 FLOPs"):
        Stack().fit(table(sizes, 1e20 / 6 / sizes, scores))


@pytest.mark.parametrize(("n_scales", "kept"), [(3, 12 / 15), (4, 13 / 15), (6, 1.0)])
def test_few_scales_are_forecast_with_caution(n_scales: int, kept: float) -> None:
    evidence, truth = world(2, 20.0, np.random.default_rng(5))
    law = Stack().fit(evidence.take_rows(np.arange(n_scales)))
    assert law.kept_change == pytest.approx(kept)
    assert law.staying_share is not None
    plain = replace(law, staying_share=np.zeros(2))
    bold = replace(plain, kept_change=None)
    changes = [
        each.forecast(Targets.of_table(truth)).point - law.frontier.last for each in (plain, bold)
    ]
    assert (changes[1] > 0.05).all()
    np.testing.assert_allclose(changes[0], kept * changes[1])


def test_a_benchmark_with_public_models_needs_no_caution() -> None:
    evidence, _ = world(2, 20.0, np.random.default_rng(5))
    units = (Unit(benchmark="arc_easy", chance=CHANCE), evidence.units[1])
    few = replace(evidence, units=units).take_rows(np.arange(3))
    assert Stack().fit(few).kept_change == pytest.approx([1.0, 0.8])
    assert Stack(reference=False).fit(few).kept_change == pytest.approx([0.8, 0.8])


def test_the_last_score_of_several_seeds_is_their_mean() -> None:
    evidence, truth = world(2, 20.0, np.random.default_rng(6))
    rows = np.array([0, 1, 2, 3, 4, 5, 5, 5])
    seeds = evidence.take_rows(rows)
    apart = np.array([[-0.02, 0.01], [0.0, 0.02], [0.02, np.nan]])
    seeds = seeds.with_scores(np.concatenate([seeds.scores[:5], seeds.scores[5:] + apart]))
    last = Stack().fit(seeds).forecast(Targets.of_table(truth)).last[0]
    assert last == pytest.approx(evidence.scores[5] + [0.0, 0.015])


@pytest.mark.parametrize("unit", [1e-3, 0.25, 0.4, 0.5, 0.75, 2.0, 2.9, 4.0, 1e3])
def test_the_unit_of_tokens_is_of_no_importance_where_flops_are_given(unit: float) -> None:
    """Words, thousands of tokens or epochs in the column of tokens, at ratios of 5 to 200."""
    rng = np.random.default_rng(8)
    sizes, ratios = np.repeat(PARAMS, 3), np.tile([5.0, 30.0, 200.0], 6)
    flops = 6 * sizes**2 * ratios
    decades = np.log10(flops / flops.max()) - 0.1 * np.log10(ratios / 30) ** 2
    truth = CHANCE + (1 - CHANCE) * expit(np.array([0.4, -0.3]) + 0.7 * decades[:, None])
    evidence = table(sizes, ratios * sizes, rng.binomial(2000, truth) / 2000)
    targets = table(np.array([1e10, 2e10]), np.array([3e11, 4e11]), np.full((2, 2), np.nan))

    def told(known: EvalTable, factor: float) -> EvalTable:
        rows = [replace(c, tokens=factor * (c.tokens or 0), flops_given=True)
                for c in known.checkpoints]  # fmt: skip
        return replace(known, checkpoints=tuple(rows))

    plain = point(told(evidence, 1.0), told(targets, 1.0))
    other = point(told(evidence, unit), told(targets, unit))
    np.testing.assert_allclose(other, plain, atol=1e-9)


def test_a_benchmark_that_has_stopped_is_forecast_at_its_last_score() -> None:
    """Its ceiling is reached early; another one goes on rising."""
    params = np.geomspace(6e7, 6e9, 9)
    decades = 2 * np.log10(params / params[-1])
    rising = CHANCE + 0.75 * expit(0.2 + 1.2 * decades)
    stopped = 0.35 + 0.1 * np.minimum(decades + 4, 1.2)
    scores = np.stack([rising, stopped], axis=1)
    law = Stack().fit(table(params, 20 * params, scores))
    share = law.weights[law.members.labels.index("last score")]
    assert share[0] < 0.02
    assert share[1] > 0.5
    goal = table(np.array([1.9e10]), np.array([3.8e11]), np.full((1, 2), np.nan))
    forecast = law.forecast(Targets.of_table(goal)).point[0]
    assert forecast[0] > scores[-1, 0] + 0.08
    assert abs(forecast[1] - scores[-1, 1]) < 0.01
