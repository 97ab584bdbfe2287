import numpy as np
import pytest
from scipy.optimize import nnls

from scalepredict.predictors.loss.priors import Priors
from scalepredict.predictors.loss.sizes_law import _non_negative, fit_sizes_laws
from scalepredict.records.asymptote import Asymptote
from scalepredict.records.table import Floats


def grid() -> tuple[Floats, Floats]:
    params, tokens = np.meshgrid(10.0 ** np.linspace(7, 9, 5), 10.0 ** np.linspace(9, 11, 5))
    return np.log(params.ravel()), np.log(tokens.ravel())


def truth(n: Floats, d: Floats) -> Floats:
    result: Floats = 1.7 + 400 * np.exp(-0.34 * n) + 410 * np.exp(-0.28 * d)
    return result


def test_a_clean_law_of_sizes_is_continued_in_every_direction() -> None:
    n, d = grid()
    loss = truth(n, d)[None]
    priors = Priors.of([Asymptote(low=1.7, high=1.7)], loss.min(axis=1))
    laws = fit_sizes_laws(n, d, np.log(6) + n + d, loss, priors)
    more_n, more_d = np.array([n.max() + 2, n.max(), 18.0]), np.array([d.max(), d.max() + 2, 25.0])
    found = laws.at(more_n, more_d, np.log(6) + more_n + more_d).quantiles()[0]
    np.testing.assert_allclose(found[:, 6], truth(more_n, more_d), rtol=0.01)


def test_scaling_all_losses_scales_the_forecast() -> None:
    n, d = grid()
    rng = np.random.default_rng(2)
    loss = truth(n, d)[None] * (1 + 0.003 * rng.standard_normal((1, 25)))
    far = (
        np.array([n.max() + 1]),
        np.array([d.max() + 1]),
        np.array([np.log(6) + n.max() + d.max() + 2]),
    )

    def quantiles(values: Floats) -> Floats:
        priors = Priors.of([None], values.min(axis=1))
        found: Floats = fit_sizes_laws(n, d, np.log(6) + n + d, values, priors).at(*far).quantiles()
        return found

    np.testing.assert_allclose(quantiles(loss / 2.9), quantiles(loss) / 2.9, rtol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_two_non_negative_terms_are_those_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features = rng.uniform(0.2, 2.0, (30, 2))
    y = features @ rng.normal(0.3, 1.0, 2) + 0.1 * rng.standard_normal(30)
    first, second = features.T
    sums = (first @ first, second @ second, first @ second, first @ y, second @ y, y @ y)
    a, b, misfit = _non_negative(*(np.array([[[[value]]]]) for value in sums))
    expected, norm = nnls(features, y)
    np.testing.assert_allclose([a.item(), b.item()], expected, atol=1e-9)
    assert misfit.item() == pytest.approx(norm**2)


def test_a_size_is_as_far_above_the_best_split_as_the_law_says() -> None:
    n, d = grid()
    loss = truth(n, d)[None]
    priors = Priors.of([Asymptote(low=1.7, high=1.7)], loss.min(axis=1))
    laws = fit_sizes_laws(n, d, np.log(6) + n + d, loss, priors)
    shift = np.linspace(-3, 3, 601)
    at = np.array([np.log(1e9)]), np.array([np.log(2e9)])
    least = truth(at[0] + shift, at[1] - shift).min()
    expected = np.log(truth(*at)[0] / least)
    assert expected > 0.02
    assert laws.above_best(*at)[0, 0] == pytest.approx(expected, abs=0.003)
