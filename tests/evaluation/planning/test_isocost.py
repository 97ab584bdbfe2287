"""Every size of the line costs the same; more to be served asks for a smaller model."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.planning.counted import count_benchmarks
from scalepredict.evaluation.planning.isocost import Isocost, isocost, serving_cost
from scalepredict.predictors.limits import MAX_FACTOR
from tests.evaluation.planning.test_budget_curve import ladder, space, table

LADDER = ladder(table())
SPACE = replace(space(), ratios=(1.0, 1000.0))
COST = 6 * 8e9 * 160e9


def line(served: float, cost: float = COST, sizes: tuple[float, ...] = ()) -> Isocost:
    columns = count_benchmarks(LADDER).columns
    around = replace(SPACE, sizes=sizes)
    return isocost(LADDER, around, columns=columns, cost=cost, served=served)


def test_a_benchmark_at_chance_does_not_count_and_is_named() -> None:
    counted = count_benchmarks(LADDER)
    assert counted.columns == (0, 1, 2)
    assert counted.at_chance == ("idle",)


@pytest.mark.parametrize("served", [1e9, 1e12])
def test_training_and_serving_cost_the_same_at_every_size(served: float) -> None:
    targets = line(served).forecast.targets
    whole = 6 * targets.params * targets.tokens + 2 * targets.params * served
    np.testing.assert_allclose(whole, COST, rtol=1e-12)
    np.testing.assert_allclose(targets.flops, 6 * targets.params * targets.tokens)
    assert serving_cost(SPACE, 8e9, served) == pytest.approx(2 * 8e9 * served)


def test_more_tokens_to_serve_ask_for_a_smaller_model() -> None:
    few, many = line(1e9), line(2e12)
    sizes = [float(one.forecast.targets.params[one.best]) for one in (few, many)]
    assert sizes[1] < 0.8 * sizes[0]
    cheapest = [float(one.forecast.targets.params[one.cheapest]) for one in (few, many)]
    assert cheapest[1] < cheapest[0]


def test_what_is_as_good_as_the_best_lies_within_the_noise() -> None:
    found = line(1e11)
    mean, flat = found.mean, np.array(found.flat)
    assert found.mean[found.best] == mean.max()
    assert (mean[flat] >= mean.max() - found.noise).all()
    assert (mean[~flat] < mean.max() - found.noise).all()
    p, n = found.forecast.point[found.best, list(found.columns)], 2000.0
    phi = found.forecast.overdispersion[found.best, list(found.columns)]
    sd = np.sqrt((phi * p * (1 - p) / n).sum()) / 3
    assert found.noise == pytest.approx(1.645 * np.sqrt(2) * sd)
    assert found.cheapest == np.flatnonzero(flat)[0]


def test_tokens_per_parameter_of_the_ladder_are_told_from_others() -> None:
    targets, tested = line(1e11).forecast.targets, line(1e11).tested
    ratio = targets.tokens / targets.params
    assert not any(tested)  # the ladder has 20 everywhere, and the line passes between
    assert ratio.min() >= 20 / 16 * 0.99
    assert ratio.max() <= 20 * 16 * 1.01


def test_sizes_that_can_be_trained_are_the_line() -> None:
    found = line(1e11, sizes=(8e9, 1e9, 4e9))
    assert found.forecast.targets.params.tolist() == [1e9 * k for k in (1, 4, 8)][1:]
    assert not found.at_edge


def test_no_size_lies_beyond_what_can_be_forecast() -> None:
    largest = 120 * 800e6**2
    found = line(1e12, cost=2 * MAX_FACTOR * largest)
    assert found.forecast.targets.flops.max() <= MAX_FACTOR * largest * 1.001
    with pytest.raises(RefusedError, match="beyond 300x the largest evidence"):
        line(1e9, cost=1e9 * largest)
    with pytest.raises(RefusedError, match="no size can be trained and serve"):
        line(1e30)
