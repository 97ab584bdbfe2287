"""What the uncertainty of COD is made of, and how wide its shipped intervals are."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from scalepredict.evaluation.intervals.calibration import apply_calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.questions.item_simulator import HARD, MID, ItemWorld, simulate_items
from scalepredict.predictors.cod.cod import ClusteringOnDifficulty, ClusteringOnDifficultyLaw
from scalepredict.predictors.cod.difficulty import read_difficulty
from scalepredict.predictors.direct.power_law import PowerLaw
from scalepredict.predictors.interface import Targets
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.table import EvalTable

TARGET = 9


def world(
    kind: ItemWorld = MID,
    seed: int = 0,
    *,
    n_questions: int = 1319,
    trials: int = 100,
    model_noise: float = 0.0,
) -> EvalTable:
    kind = replace(kind, n_questions=n_questions, trials=trials, model_noise=model_noise)
    return simulate_items(kind, rng=np.random.default_rng(seed)).table


def fitted(table: EvalTable, models: int = 8) -> ClusteringOnDifficultyLaw:
    cod = ClusteringOnDifficulty(n_resamples=60)
    return cod.fit(table.take_rows(range(8 - models, 8)), rng=np.random.default_rng(1))


def target(table: EvalTable) -> Targets:
    return Targets.of_table(table.take_rows([TARGET]))


@cache
def interval(kind: ItemWorld, seed: int, model_noise: float) -> tuple[float, float]:
    table = world(kind, seed, model_noise=model_noise)
    forecast = fitted(table).forecast(target(table))
    low, high = apply_calibration(forecast, load_calibration(), "cod").interval(0.9)
    return float(low[0, 0]), float(high[0, 0])


@pytest.mark.parametrize("kind", [MID, pytest.param(HARD, marks=pytest.mark.slow)])
def test_90_percent_intervals_hold_and_are_narrow_where_compute_alone_tells_models_apart(
    kind: ItemWorld,
) -> None:
    """Hits ~ Binomial(12, 0.9) or better: 8 or fewer about once in 40. The target scores 13 to 15
    points more than the largest of the evidence, and forecasts miss by half a point."""
    seeds = range(300, 312)
    ends = np.array([interval(kind, seed, 0.0) for seed in seeds])
    truth = np.array([world(kind, seed).scores[TARGET].mean() for seed in seeds])
    assert ((ends[:, 0] <= truth) & (truth <= ends[:, 1])).sum() >= 9
    assert np.median(ends[:, 1] - ends[:, 0]) < 0.035


def test_intervals_widen_with_what_models_differ_by_beyond_compute() -> None:
    """Their log compute strays by 0.3, which moves a score by some 1.2 points."""
    seeds = range(300, 306)
    width = [
        np.median([np.diff(interval(MID, seed, noise)) for seed in seeds]) for noise in (0.0, 0.3)
    ]
    assert width[1] > 1.6 * width[0]


def test_the_variance_is_that_of_a_mixture_of_cod_and_a_direct_law_of_the_totals() -> None:
    table = world(n_questions=300)
    small, rng = table.take_rows(range(8)), np.random.default_rng(0)
    law = fitted(table)
    forecast = law.forecast(target(table))
    totals = PowerLaw().fit(to_benchmarks(small), rng=rng).forecast(target(table))
    both = np.array([forecast.point[0, 0], totals.point[0, 0]])
    assert both.var() > 1e-6
    assert forecast.spread_equal[0, 0] == pytest.approx(both.var(), rel=1e-9)
    _, own = law.benchmarks[0].forecast(target(table).flops)
    halves = [own[0], totals.model_variance[0, 0]]
    assert halves[0] > 1.2 * halves[1]
    assert forecast.model_variance[0, 0] == pytest.approx(np.mean(halves), rel=1e-9)


def test_without_a_direct_law_the_spread_is_the_distance_from_the_last_score() -> None:
    table = world(n_questions=300)
    law = replace(fitted(table), direct=None)
    forecast = law.forecast(target(table))
    rise = forecast.point[0, 0] - forecast.last[0, 0]
    assert rise > 0.05
    assert forecast.spread_equal[0, 0] == pytest.approx(rise**2 / 4)


def test_only_scatter_beyond_that_of_the_answers_is_laid_to_the_models() -> None:
    """One answer to a question leaves a score of 300 questions a standard error of 3 points. Models
    that stray by 0.3 scatter by 1, which shows behind a hundred answers: of eight models, three are
    spent on the curve, and two count for the prior that the answers say it all."""
    table = world(n_questions=300, trials=1)
    assert fitted(table).benchmarks[0].overdispersion == 0
    table = world(n_questions=300, model_noise=0.3)
    fit = fitted(table).benchmarks[0]
    seen = read_difficulty(table.take_rows(range(8)), "simulated")
    residual = seen.full - fit.forecast(seen.flops)[0]
    ratio = (residual**2 / (seen.full * (1 - seen.full) / 30000)).sum()
    assert fit.overdispersion == pytest.approx((ratio + 2) / (5 + 2) - 1)
    assert fit.overdispersion > 5


def test_graded_probabilities_count_as_answers_that_leave_their_mean_as_uncertain() -> None:
    """Probabilities of p have the variance of p (1 - p) / n answers, n = questions for 0 and 1."""
    table = world(n_questions=300).take_rows(range(8))
    graded = replace(table, n_items=np.full_like(table.n_items, np.nan))
    (n_items,) = fitted(graded).frontier.n_items
    rates = read_difficulty(graded, "simulated").rates[:, -1]
    mean = rates.mean()
    assert mean * (1 - mean) / n_items == pytest.approx(rates.var() / 300)
    assert 300 < n_items < 300 * 100


def test_a_chance_level_of_0_is_not_replaced_by_0() -> None:
    table = world(n_questions=300).take_rows(range(8))
    unsolved = table.with_scores(np.zeros_like(table.scores))
    assert not any("chance" in str(note) for note in read_difficulty(unsolved, "simulated").notes)
