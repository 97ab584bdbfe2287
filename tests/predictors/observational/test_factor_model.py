"""Probabilistic PCA with missing cells: recovers a space, keeps its signs, lets nothing leak."""

import numpy as np
import pytest

from scalepredict.predictors.observational.factor_model import (
    fit_factors,
    posterior,
    stable_signs,
    without_own_score,
)
from scalepredict.records.table import Floats

LOADING = np.array([[0.15, 0.01], [0.12, -0.05], [0.10, 0.06], [0.13, 0.0], [0.05, 0.08]])
NOISE = 0.02


def world(n_models: int = 300, *, seed: int = 0) -> tuple[Floats, Floats]:
    """Scores and true capabilities of models with two capabilities."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(n_models, 2))
    noise = NOISE * rng.normal(size=(n_models, len(LOADING)))
    return 0.5 + theta @ LOADING.T + noise, theta


def test_the_space_of_noisy_scores_is_recovered() -> None:
    scores, _ = world(4000)
    model = fit_factors(scores, 2)
    assert np.allclose(model.mean, 0.5, atol=0.01)
    assert np.allclose(model.loading @ model.loading.T, LOADING @ LOADING.T, atol=0.0015)
    assert np.allclose(np.sqrt(model.noise), NOISE, atol=0.002)


def test_missing_cells_are_reconstructed_better_than_by_column_means() -> None:
    scores, _ = world(150)
    holes = np.random.default_rng(1).random(scores.shape) < 0.25
    seen = np.where(holes, np.nan, scores)
    seen = seen[np.isfinite(seen).sum(axis=1) >= 2]
    truth = scores[np.isfinite(np.where(holes, np.nan, scores)).sum(axis=1) >= 2]
    model = fit_factors(seen, 2)
    guess = model.mean + posterior(model, seen).theta @ model.loading.T
    error = np.sqrt(np.mean((guess - truth)[np.isnan(seen)] ** 2))
    by_mean = np.sqrt(np.mean((np.nanmean(seen, axis=0) - truth)[np.isnan(seen)] ** 2))
    assert error < 0.6 * by_mean


def test_a_model_without_scores_is_an_average_one_with_unit_uncertainty() -> None:
    scores, _ = world()
    known = posterior(fit_factors(scores, 2), np.full((1, 5), np.nan))
    assert np.array_equal(known.theta, np.zeros((1, 2)))
    assert np.allclose(known.covariance, np.eye(2))


def test_the_own_score_is_left_out_exactly_as_if_it_were_missing() -> None:
    scores, _ = world(20)
    scores[3, 1] = np.nan
    model = fit_factors(scores, 2)
    own = without_own_score(model, scores, posterior(model, scores))
    for unit in range(scores.shape[1]):
        hidden = scores.copy()
        hidden[:, unit] = np.nan
        expected = posterior(model, hidden)
        assert np.allclose(own.theta[:, unit], expected.theta, atol=1e-9)
        assert np.allclose(own.covariance[:, unit], expected.covariance, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_signs_do_not_flip_when_a_tenth_of_the_models_is_dropped(seed: int) -> None:
    scores, _ = world(60)
    kept = np.random.default_rng(seed).random(60) > 0.1
    whole, part = fit_factors(scores, 2).loading, fit_factors(scores[kept], 2).loading
    assert (np.sum(whole * part, axis=0) > 0).all()


def test_nearly_equal_loadings_of_opposite_sign_do_not_decide_the_sign_by_a_hair() -> None:
    for tip in (-0.01, 0.01):
        loading = np.array([[0.5 + tip], [-0.5], [0.1]])
        assert np.array_equal(stable_signs(loading), [1.0])
        assert np.array_equal(stable_signs(-loading), [-1.0])


def test_row_order_does_not_matter() -> None:
    scores, _ = world(40)
    scores[::7, 2] = np.nan
    order = np.random.default_rng(2).permutation(40)
    assert np.allclose(fit_factors(scores, 2).loading, fit_factors(scores[order], 2).loading)
