"""Noise of a benchmark is measured from its second differences, and a step is told from noise."""

import numpy as np
import pytest

from scalepredict.evaluation.classes.benchmark_trend import binomial_variance, measure_trend
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

N_ITEMS = 2000.0


def ladder(truth: Floats, *, noise: float, seed: int = 0) -> EvalTable:
    """Scores whose scatter has ``noise`` times the variance of their answers."""
    rng = np.random.default_rng(seed)
    sd = np.sqrt(noise * truth * (1 - truth) / N_ITEMS)
    rows = [Checkpoint(model=f"m{i}", flops=10 ** (19 + 0.3 * i)) for i in range(len(truth))]
    units = [Unit(benchmark=f"b{t}") for t in range(truth.shape[1])]
    scores = truth + sd * rng.normal(size=truth.shape)
    return make_table(rows, units, scores, n_items=np.full(truth.shape, N_ITEMS))


@pytest.mark.parametrize("noise", [1.0, 6.0])
def test_the_noise_of_many_benchmarks_is_found_on_average(noise: float) -> None:
    """400 benchmarks of 12 scores: the standard error of the mean is below 3 %."""
    truth = np.tile(np.linspace(0.3, 0.6, 12)[:, None], (1, 400))
    phi = measure_trend(ladder(truth, noise=noise)).phi
    assert np.mean(phi) == pytest.approx(noise, rel=0.12)


def test_a_step_is_many_standard_errors_and_a_line_few() -> None:
    line = np.linspace(0.3, 0.5, 10)
    step = np.where(np.arange(10) < 6, 0.3, 0.7)
    trend = measure_trend(ladder(np.stack([line, step], axis=1), noise=1.0))
    assert trend.step_z[1] > 15 > trend.step_z[0]


def test_the_variance_is_that_of_the_answers_and_never_zero() -> None:
    table = ladder(np.array([[0.5, 1.0]]), noise=0.0)
    assert binomial_variance(table)[0] == pytest.approx([0.25 / N_ITEMS, 0.98 * 0.02 / N_ITEMS])


def test_one_broken_score_does_not_turn_a_steep_line() -> None:
    rise = np.linspace(0.2, 0.7, 9)
    table = ladder(np.tile(rise[:, None], (1, 2)), noise=0.0)
    scores = table.scores.copy()
    scores[5, 1] -= 0.2
    clean, broken = measure_trend(table.with_scores(scores)).slope
    per_decade = (0.7 - 0.2) / (8 * 0.3)
    assert clean == pytest.approx(per_decade, rel=1e-6)
    assert broken == pytest.approx(per_decade, rel=0.05)
