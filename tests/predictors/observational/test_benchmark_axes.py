"""Axes of each benchmark: the common ones, or turned towards it; nothing is lost in turning."""

import numpy as np
import pytest

from scalepredict.predictors.observational.benchmark_axes import (
    along,
    benchmark_axes,
    coordinates_of,
    own_weight,
)
from scalepredict.predictors.observational.factor_model import (
    FactorModel,
    Posterior,
    fit_factors,
    posterior,
)
from scalepredict.records.table import Floats, Ints

STANDARD = np.arange(5)
LOADING = np.array([[0.15, 0.01], [0.12, -0.05], [0.10, 0.06], [0.13, 0.0], [0.05, 0.08]])
MINOR = 5  # a further benchmark, which measures the second capability alone


@pytest.fixture(scope="module")
def world() -> tuple[FactorModel, Floats, Posterior]:
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(400, 2))
    scores = 0.5 + theta @ LOADING.T + 0.02 * rng.normal(size=(400, 5))
    minor = 0.5 + 0.1 * theta[:, 1:] + 0.02 * rng.normal(size=(400, 1))
    scores = np.hstack([scores, minor])
    space = fit_factors(scores[:, :5], 2)
    return space, scores, posterior(space, scores[:, :5])


def axes_of(world: tuple[FactorModel, Floats, Posterior], weight: float) -> Floats:
    space, scores, known = world
    return benchmark_axes(space, scores, STANDARD, known, weight)


def correlations(world: tuple[FactorModel, Floats, Posterior], weight: float) -> Floats:
    """Of each benchmark with the leading coordinate that it reads."""
    space, scores, known = world
    read, _ = coordinates_of(space, axes_of(world, weight), scores, STANDARD, known)
    return np.array([np.corrcoef(read[:, t, 0], scores[:, t])[0, 1] for t in range(6)])


def test_a_standard_benchmark_that_counts_once_reads_the_common_axes(
    world: tuple[FactorModel, Floats, Posterior],
) -> None:
    common = np.diag(world[0].strength)
    for axes in axes_of(world, 1.0)[STANDARD]:
        np.testing.assert_allclose(axes, common, atol=1e-9)


def test_the_first_axis_of_a_standard_benchmark_turns_to_its_own_loading(
    world: tuple[FactorModel, Floats, Posterior],
) -> None:
    for loading, axes in zip(world[0].loading, axes_of(world, 100.0)[STANDARD], strict=True):
        lengths = np.linalg.norm(loading) * np.linalg.norm(axes[:, 0])
        assert abs(loading @ axes[:, 0]) == pytest.approx(lengths, rel=1e-3)


def test_few_components_turn_more_and_more_models_turn_them_further() -> None:
    assert own_weight(1, 10) == own_weight(2, 10) < own_weight(1, 20) < own_weight(1, 100)
    assert own_weight(1, 100) == own_weight(1, 1000)
    assert own_weight(3, 100) < own_weight(2, 100)


def test_one_component_carries_a_minor_benchmark_only_when_turned_towards_it(
    world: tuple[FactorModel, Floats, Posterior],
) -> None:
    assert abs(correlations(world, 0.0)[MINOR]) < 0.3
    assert correlations(world, 20.0)[MINOR] > 0.9


def test_turning_towards_a_benchmark_never_makes_its_first_component_worse(
    world: tuple[FactorModel, Floats, Posterior],
) -> None:
    assert np.all(correlations(world, 2.0) > correlations(world, 0.0) - 0.01)


def test_all_components_together_hold_the_same_whatever_the_weight(
    world: tuple[FactorModel, Floats, Posterior],
) -> None:
    """The span of the coordinates, and so the best linear forecast, does not depend on it."""
    space, scores, known = world
    fitted = []
    for weight in (0.0, 2.0):
        read, _ = coordinates_of(space, axes_of(world, weight), scores, STANDARD, known)
        design = np.hstack([np.ones((len(scores), 1)), read[:, MINOR]])
        fitted.append(design @ np.linalg.lstsq(design, scores[:, MINOR], rcond=None)[0])
    np.testing.assert_allclose(fitted[0], fitted[1], atol=1e-9)


def test_covariances_turn_with_the_coordinates(
    world: tuple[FactorModel, Floats, Posterior],
) -> None:
    """A variance along any direction of theta is the same read along turned axes."""
    _, _, known = world
    axes = axes_of(world, 2.0)
    theta, covariance = known.theta[:, None, :], known.covariance[:, None]
    _, turned = along(axes, theta, covariance)
    back = np.linalg.inv(axes)
    unit: Ints = np.array([0, MINOR])
    again = back.swapaxes(1, 2)[unit] @ turned[:, unit] @ back[unit]
    np.testing.assert_allclose(again, np.repeat(covariance, 2, axis=1), atol=1e-9)


def test_models_of_which_little_is_known_turn_no_axis(
    world: tuple[FactorModel, Floats, Posterior],
) -> None:
    space, scores, known = world
    unsure = Posterior(theta=known.theta, covariance=known.covariance + 1e6 * np.eye(2))
    axes = benchmark_axes(space, scores, STANDARD, unsure, 2.0)
    np.testing.assert_allclose(axes[MINOR], axes_of(world, 0.0)[MINOR], atol=1e-4)


def test_two_models_that_hardly_differ_turn_an_axis_little(
    world: tuple[FactorModel, Floats, Posterior],
) -> None:
    space, scores, _ = world
    theta = np.zeros((len(scores), 2))
    theta[0, 1] = 0.1  # a jump of 60 points for it alone would be a slope of 6
    exact = Posterior(theta=theta, covariance=np.zeros((len(scores), 2, 2)))
    odd = scores.copy()
    odd[2:, MINOR] = np.nan
    odd[:2, MINOR] = 0.8, 0.2
    axes = benchmark_axes(space, odd, STANDARD, exact, 2.0)
    np.testing.assert_allclose(axes[MINOR, :, 0], axes_of(world, 0.0)[MINOR, :, 0], atol=0.1)


def test_a_standard_benchmark_is_read_with_the_doubt_of_a_model_without_its_score(
    world: tuple[FactorModel, Floats, Posterior],
) -> None:
    space, scores, known = world
    axes = np.repeat(np.eye(2)[None], 6, axis=0)
    _, covariance = coordinates_of(space, axes, scores, STANDARD, known)
    doubt = np.trace(covariance, axis1=2, axis2=3)
    assert np.all(doubt[:, STANDARD] > 1.01 * doubt[:, MINOR:])
