"""Curves of scale have the derivatives that they claim, and the shapes that they are named for."""

import numpy as np
import pytest

from scalepredict.predictors.direct.curves import CURVES, LOG_LOG, broken_power, two_powers
from scalepredict.records.table import Floats

RNG = np.random.default_rng(3)
FEATURES = RNG.normal(size=(9, 2))
PARAMS = {
    "trend": RNG.normal(size=(4, 3)),
    "power_law": RNG.normal(size=(4, 3)),
    "sigmoid": RNG.normal(size=(4, 3)),
    "nd_law": RNG.normal(size=(4, 4)),
    "cod_curve": np.abs(RNG.normal(size=(4, 3))),
    "bnsl": RNG.normal(size=(4, 6)),
    "loss_to_score": np.abs(RNG.normal(size=(4, 3))),
}


@pytest.mark.parametrize("name", CURVES)
def test_derivatives_are_those_of_finite_differences(name: str) -> None:
    def score(params: Floats) -> Floats:
        return CURVES[name].link.inverse(CURVES[name].line(params, FEATURES)[0])[0]

    params, step = PARAMS[name], 1e-6
    z, derivative = CURVES[name].line(params, FEATURES)
    slope = CURVES[name].link.inverse(z)[1]
    for p in range(params.shape[1]):
        move = step * np.eye(params.shape[1])[p]
        numeric = (score(params + move) - score(params - move)) / (2 * step)
        np.testing.assert_allclose(slope * derivative[:, :, p], numeric, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", CURVES)
def test_features_of_their_own_give_each_fit_its_own_curve(name: str) -> None:
    own = RNG.normal(size=(4, 9, 2))
    z, derivative = CURVES[name].line(PARAMS[name], own)
    for b in range(4):
        alone = CURVES[name].line(PARAMS[name][[b]], own[b])
        np.testing.assert_allclose(z[b], alone[0][0])
        np.testing.assert_allclose(derivative[b], alone[1][0])


@pytest.mark.parametrize("name", CURVES)
def test_a_link_undoes_itself(name: str) -> None:
    link = CURVES[name].link
    shares = np.array([0.03, 0.4, 0.97])
    np.testing.assert_allclose(link.inverse(link.forward(shares))[0], shares, rtol=1e-12)


def test_two_powers_are_the_published_law_of_parameters_and_tokens() -> None:
    params, tokens = np.array([4e8, 7e9]), np.array([8e9, 1.4e11])
    law = np.array([[np.log(50.0), 0.2, np.log(900.0), 0.3]])
    z, _ = two_powers(law, np.log(np.stack([params, tokens], axis=1)))
    expected = np.exp(-(50.0 / params**0.2 + 900.0 / tokens**0.3))
    np.testing.assert_allclose(LOG_LOG.inverse(z)[0][0], expected, rtol=1e-12)


def test_the_broken_power_law_is_the_published_formula_at_its_published_constants() -> None:
    """Four-digit addition of Caballero et al. (2022): the fit that their repository prints."""
    a, b, c0, c1 = 0.413885, 2.277272, 0.0550774, 5.662909
    d, f = 612.5837, 0.0591931
    x = np.array([144.0, 405.0, 612.5837, 1000.0])
    expected = a + b * x**-c0 * (1 + (x / d) ** (1 / f)) ** (-c1 * f)
    law = np.array([[a, np.log(b), c0, c1, np.log(d), np.log(f)]])
    score, _ = broken_power(law, np.log(x)[:, None])
    np.testing.assert_allclose(1 - score[0], expected, rtol=1e-12)


def test_extreme_parameters_stay_within_the_scores() -> None:
    wild = np.array([[300.0, 2.0, -300.0, 2.0], [-300.0, 0.0, -300.0, 0.0]])
    shares = LOG_LOG.inverse(two_powers(wild, 40 * FEATURES)[0])[0]
    assert np.isfinite(shares).all()
    assert ((shares >= 0) & (shares <= 1)).all()
