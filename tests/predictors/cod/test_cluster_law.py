"""Laws of clusters, the map to the whole, and item response, on curves whose answer is known."""

import numpy as np
import pytest
from scipy.optimize import curve_fit

from scalepredict.predictors.cod.cluster_law import (
    EXTRAPOLATABLE,
    NON_EMERGENT,
    NON_EXTRAPOLATABLE,
    fit_curves,
    kinds,
    passes_paper_rule,
)
from scalepredict.predictors.cod.item_response import fit_items
from scalepredict.predictors.cod.mapping import local_line, monotone_cubic, smoothing_spline
from scalepredict.records.table import Floats

FLOPS = np.geomspace(4e19, 1.5e23, 8)
MAPS = [local_line, monotone_cubic, smoothing_spline]


def law(flops: Floats, a: float, b: float, c: float, g: float) -> Floats:
    """Eq. 4 of the COD paper, C in units of 1e18 FLOPs."""
    y: Floats = g + (1 - g) * np.exp(-a * (flops / 1e18) ** -b - c)
    return y


def test_a_noise_free_law_returns_its_constants_and_extrapolates() -> None:
    truth = [(5.2, 0.25, 0.1, 0.2), (9.0, 0.31, 0.0, 0.0)]
    rates = np.stack([law(FLOPS, *row) for row in truth])
    curves = fit_curves(rates, np.full_like(rates, 0.01), flops=FLOPS, chance=0.2)
    np.testing.assert_allclose(curves.a, [5.2, 9.0], rtol=0.02)
    np.testing.assert_allclose(curves.params[:, 1], [0.25, 0.31], rtol=0.02)
    np.testing.assert_allclose(curves.params[:, 2], [0.1, 0.0], atol=0.01)
    np.testing.assert_allclose(curves.params[:, 3], [0.2, 0.0], atol=0.01)
    far = np.array([4e24])
    np.testing.assert_allclose(
        curves.at(far)[:, 0], [law(far, *row)[0] for row in truth], atol=0.003
    )


def test_the_weighted_fit_is_that_of_scipy() -> None:
    rng = np.random.default_rng(3)
    noise = np.linspace(0.01, 0.04, 8)
    rates = law(FLOPS, 6.0, 0.24, 0.15, 0.1) + noise * rng.standard_normal(8)
    x = np.log(FLOPS / 1e18) - np.log(FLOPS / 1e18).mean()

    def curve(at: Floats, level: float, b: float, c: float, g: float) -> Floats:
        y: Floats = g + (1 - g) * np.exp(-np.exp(level - b * at) - c)
        return y

    bounds = ([-15, 1e-3, 0, 0], [12, 3, 5, 0.2])
    best, _ = curve_fit(curve, x, rates, p0=[0, 0.3, 0.05, 0.1], sigma=noise, bounds=bounds)
    ours = fit_curves(rates[None], noise[None], flops=FLOPS, chance=0.1)
    theirs = np.sum(((curve(x, *best) - rates) / noise) ** 2)
    assert np.sum(((ours.at(FLOPS)[0] - rates) / noise) ** 2) <= theirs * (1 + 1e-4)


def test_kinds_do_not_depend_on_the_unit_of_compute_but_the_paper_rule_does() -> None:
    rates = np.stack(
        [
            law(FLOPS, 5.2, 0.25, 0.1, 0.0),  # rising
            np.full(8, 0.02),  # never solved
            np.full(8, 0.97),  # saturated
            law(FLOPS, 5.2, 0.25, 1.6, 0.0),  # ends below a quarter
            np.linspace(0.6, 0.4, 8),  # falling
        ]
    )
    noise = np.full_like(rates, 0.01)
    expected = [
        EXTRAPOLATABLE,
        NON_EMERGENT,
        NON_EXTRAPOLATABLE,
        NON_EXTRAPOLATABLE,
        NON_EXTRAPOLATABLE,
    ]
    rule = []
    for unit in (1.0, 1e-6):
        curves = fit_curves(rates, noise, flops=FLOPS * unit, chance=0.0)
        np.testing.assert_array_equal(kinds(curves, rates, noise, flops=FLOPS * unit), expected)
        rule.append(bool(passes_paper_rule(curves)[0]))
    assert rule == [True, False]


def test_with_three_models_ceiling_and_chance_are_assumed() -> None:
    flops = FLOPS[[0, 3, 6]]
    rates = law(flops, 5.0, 0.25, 0.0, 0.25)[None]
    curves = fit_curves(rates, np.full((1, 3), 0.01), flops=flops, chance=0.25)
    np.testing.assert_allclose(curves.params[0, 2:], [0.0, 0.25], atol=1e-6)
    np.testing.assert_allclose(
        curves.at(FLOPS[-1:])[0], law(FLOPS[-1:], 5, 0.25, 0, 0.25), rtol=0.01
    )


@pytest.mark.parametrize("read", MAPS)
def test_maps_rise_from_0_to_1_through_their_points(read: object) -> None:
    assert callable(read)
    part = np.array([0.08, 0.2, 0.33, 0.47, 0.6])
    whole = np.array([0.05, 0.13, 0.24, 0.36, 0.46])
    grid = np.linspace(0, 1, 201)
    mapped = read(part, whole, grid)
    assert np.all(np.diff(mapped) >= -1e-9)
    np.testing.assert_allclose(mapped[[0, -1]], [0.0, 1.0], atol=2e-3)
    np.testing.assert_allclose(read(part, whole, part), whole, atol=0.012)


def test_the_local_line_continues_where_part_and_whole_are_exponential_losses() -> None:
    flops = np.append(FLOPS, 4e24)
    part, whole = law(flops, 5.0, 0.25, 0, 0), law(flops, 9.0, 0.2, 0, 0)
    line = local_line(part[:8], whole[:8], part[8:])[0]
    cubic = monotone_cubic(part[:8], whole[:8], part[8:])[0]
    assert line == pytest.approx(whole[8], abs=0.005)
    assert abs(cubic - whole[8]) > 2 * abs(line - whole[8])


def test_item_response_recovers_the_population_of_questions() -> None:
    """One answer each of 6000 questions: the mean at 27x has a standard error of about 1 point."""
    rng = np.random.default_rng(5)
    x = np.log(FLOPS / 1e18) - np.log(FLOPS / 1e18).mean()
    level, slope = rng.normal(-0.4, 1.1, 6000), rng.normal(0.25, 0.05, 6000)

    def rates(at: Floats) -> Floats:
        p: Floats = 0.2 + 0.8 * np.exp(-np.exp(-(level[:, None] + slope[:, None] * at)))
        return p

    answers = (rng.random((6000, 8)) < rates(x)).astype(float)
    weights = np.full(6000, 1 / 6000)
    fit = fit_items(answers, np.ones((6000, 8)), weights, flops=FLOPS, chance=0.2)
    target = FLOPS[-1:] * 27
    truth = rates(x[-1:] + np.log(27)).mean()
    assert fit.params[0] == pytest.approx(-0.4, abs=0.15)
    assert fit.params[1] == pytest.approx(0.25, abs=0.04)
    assert fit.at(target)[0] == pytest.approx(truth, abs=0.03)
    sd = float(np.sqrt(fit.variance_at(target)[0]))
    assert 0.004 < sd < 0.03
    assert fit.variance_at(FLOPS[4:5])[0] < sd**2
