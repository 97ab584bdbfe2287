"""The loss law behind the index: exact on clean losses, calm where the design says little."""

import numpy as np

from scalepredict.predictors.loss.index import LossSurface
from scalepredict.predictors.loss.loss_surface import fit_surface
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.table import Floats

TRUTH = LossSurface(
    entropy=1.9,
    params_coefficient=300.0,
    params_exponent=0.32,
    tokens_coefficient=900.0,
    tokens_exponent=0.31,
)


def grid(params: Floats, tokens: Floats) -> Scale:
    n, d = (axis.ravel() for axis in np.meshgrid(params, tokens))
    return Scale(params=n, tokens=d, flops=6 * n * d)


def test_the_loss_of_a_clean_grid_is_extrapolated_to_a_third_of_a_percent() -> None:
    small = grid(np.geomspace(5e7, 2e9, 5), np.geomspace(2e9, 1e11, 4))
    large = grid(np.array([7e9, 2e10]), np.array([2e11, 1e12]))
    surface = fit_surface(small, TRUTH.loss(small))
    assert surface is not None
    error = np.log(surface.loss(large) / TRUTH.loss(large))
    assert np.abs(error).max() < 0.0035


def test_an_outlier_hardly_moves_the_law() -> None:
    small = grid(np.geomspace(5e7, 2e9, 5), np.geomspace(2e9, 1e11, 4))
    loss = TRUTH.loss(small)
    loss[7] *= 1.3
    surface = fit_surface(small, loss)
    assert surface is not None
    assert np.abs(np.log(surface.loss(small) / TRUTH.loss(small))).max() < 0.01


def test_constant_tokens_get_a_law_in_flops_that_falls() -> None:
    small = grid(np.geomspace(7e7, 3e9, 6), np.array([3e11]))
    surface = fit_surface(small, TRUTH.loss(small))
    assert surface is not None
    assert surface.params_coefficient == surface.tokens_coefficient == 0.0
    assert surface.flops_exponent > 0
    error = np.log(surface.loss(small) / TRUTH.loss(small))
    assert np.abs(error).max() < 0.01


def test_two_losses_make_no_law_and_missing_ones_are_left_out() -> None:
    small = grid(np.geomspace(5e7, 2e9, 5), np.array([1e10, 1e11]))
    loss = TRUTH.loss(small)
    loss[::3] = np.nan
    assert fit_surface(small, loss) is not None
    loss[2:] = np.nan
    assert fit_surface(small, loss) is None


def test_a_short_range_leaves_the_exponent_at_its_prior() -> None:
    small = grid(np.array([1e9, 1.1e9, 1.2e9]), np.array([3e11]))
    surface = fit_surface(small, np.array([2.50, 2.49, 2.482]))
    assert surface is not None
    assert abs(surface.flops_exponent - 0.15) < 0.03
