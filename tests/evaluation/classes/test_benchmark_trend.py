"""Noise of a benchmark is measured from its second differences, and a step is told from noise."""

from dataclasses import replace

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


def test_the_order_of_models_and_the_unit_of_flops_change_no_measure() -> None:
    rng = np.random.default_rng(0)
    rows = [
        Checkpoint(model=f"m{i}", params=1e8, tokens=1e9, flops=6e17 * 10 ** (i / 3))
        for i in range(9)
    ]
    scores = 0.3 + 0.03 * np.arange(9)[:, None] + 0.02 * rng.normal(size=(9, 3))
    units = [Unit(benchmark=f"b{t}") for t in range(3)]
    table = make_table(rows, units, scores, n_items=np.full(scores.shape, 800.0))
    plain = measure_trend(table)
    moved = tuple(replace(c, flops=1e3 * (c.flops or 0)) for c in rows)
    order = rng.permutation(9)
    for other in (replace(table, checkpoints=moved), table.take_rows(order)):
        found = measure_trend(other)
        for name in ("level", "level_se", "slope", "z", "noise", "phi", "step_z"):
            np.testing.assert_allclose(getattr(found, name), getattr(plain, name), err_msg=name)


def test_binomial_noise_is_a_phi_of_one_and_twice_the_noise_is_four() -> None:
    """60 benchmarks of 12 scores: the median of phi has a standard error of some 8 %."""
    rng = np.random.default_rng(1)
    rows = [
        Checkpoint(model=f"m{i}", params=1e8, tokens=1e9, flops=6e17 * 10 ** (i / 3))
        for i in range(12)
    ]
    units = [Unit(benchmark=f"b{t}") for t in range(60)]
    line = 0.4 + 0.01 * np.arange(12)[:, None]
    sd = np.sqrt(line * (1 - line) / 500)
    for factor in (1.0, 2.0):
        scores = line + factor * sd * rng.normal(size=(12, 60))
        table = make_table(rows, units, scores, n_items=np.full(scores.shape, 500.0))
        assert np.median(measure_trend(table).phi) == pytest.approx(factor**2, rel=0.35)
