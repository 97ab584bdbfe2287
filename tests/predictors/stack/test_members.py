"""The members of the stack on their own: exact on their own curves, careful with noise."""

import numpy as np
import pytest

from scalepredict.predictors.stack.hierarchical import CurveSetting, fit_curves, recency
from scalepredict.predictors.stack.local_line import fit_lines
from scalepredict.predictors.stack.shrinkage import Shrinkage
from scalepredict.records.table import Floats

X = np.array([-2.0, -1.6, -1.1, -0.7, -0.3, 0.0])
BEYOND = np.array([0.4, 1.2])
LEVEL = np.array([-1.3, -0.4, 0.2, -1.0, -0.1])
SLOPE = np.array([0.5, 0.3, 0.6, 0.45, 0.38])
FLOOR = np.array([0.25, 0.0, 0.5, 0.2, 0.0])
ITEMS = np.full((6, 5), 1e5)


def curve(x: Floats, *, gompertz: bool) -> Floats:
    z = LEVEL + SLOPE * x[:, None]
    rise: Floats = np.exp(-np.exp(-z)) if gompertz else 1 / (1 + np.exp(-z))
    return FLOOR + (1 - FLOOR) * rise


@pytest.mark.parametrize("gompertz", [False, True])
def test_curves_recover_their_own_shape(gompertz: bool) -> None:
    scores = curve(X, gompertz=gompertz)
    weight = recency(X, 10 ** (21 + X), np.isfinite(scores))
    setting = CurveSetting(x=X, weight=weight, gompertz=gompertz)
    (fitted,) = fit_curves([setting], scores, n_items=ITEMS, floor=FLOOR, shrinkage=Shrinkage())
    point, variance = fitted.scores(BEYOND)
    assert np.abs(point - curve(BEYOND, gompertz=gompertz)).max() < 0.004
    assert (np.sqrt(variance) < 0.02).all()


def test_scatter_far_beyond_the_items_is_taken_for_no_change_more_readily() -> None:
    """One slight rise, twice: with a scatter that the items explain, and with one they do not."""
    scores = curve(X, gompertz=False)
    noise = 0.03 * np.array([1.0, -1.2, 0.9, -1.0, 1.1, -0.8])
    scores[:, 0] = scores[:, 1] = 0.5 + 0.02 * X + noise
    items = ITEMS.copy()
    items[:, 0] = 250.0
    weight = recency(X, 10 ** (21 + X), np.isfinite(scores))
    setting = CurveSetting(x=X, weight=weight, gompertz=False)
    floor = np.array([0.0, 0.0, *FLOOR[2:]])
    (fitted,) = fit_curves([setting], scores, n_items=items, floor=floor, shrinkage=Shrinkage())
    assert fitted.overdispersion[1] > 20 * fitted.overdispersion[0]
    assert fitted.flat_probability[1] > fitted.flat_probability[0] > 0.1
    assert (fitted.flat_probability[2:] < 0.05).all()


def test_far_checkpoints_count_less_and_missing_ones_not_at_all() -> None:
    measured = np.array([[True, True], [True, True], [True, False]])
    weight = recency(np.array([-1.0, -0.25, 0.0]), np.array([1e20, 5e20, 1e21]), measured)
    np.testing.assert_allclose(weight[:, 0], np.exp([-2.0, -0.5, 0.0]))
    np.testing.assert_allclose(weight[:, 1], [np.exp(-1.5), 1.0, 0.0])


def test_lines_recover_their_own_shape_with_missing_scores() -> None:
    def line(x: Floats) -> Floats:
        return 1 - np.exp(-(0.6 + LEVEL / 4 + SLOPE / 3 * (x[:, None] + 0.2)))

    scores = line(X)
    scores[5, 0] = scores[1, 3] = np.nan
    fitted = fit_lines(X, scores, n_items=ITEMS)
    assert np.abs(fitted.scores(BEYOND) - line(BEYOND)).max() < 0.004


def test_the_slope_of_a_noisy_line_is_pulled_to_the_others() -> None:
    clean = 1 - np.exp(-(0.5 + 0.2 * X[:, None] + np.array([0.0, 0.1, 0.2, 0.3, 0.4])))
    clean[:, 4] = 0.5 + 0.3 * X + 0.03 * np.array([1, -1, 1, -1, 1, -1])
    items = ITEMS.copy()
    items[:, 4] = 200
    slope = fit_lines(X, clean, n_items=items).slope
    np.testing.assert_allclose(slope[:4], 0.2, atol=0.02)
    alone = fit_lines(X, clean[:, 4:], n_items=items[:, 4:]).slope[0]
    assert 0.2 < slope[4] < alone - 0.05


def test_the_slope_of_a_line_that_does_not_follow_scale_is_pulled_to_none() -> None:
    scores = 1 - np.exp(-(0.5 + 0.2 * X[:, None] + np.array([0.0, 0.1, 0.2, 0.3, 0.4])))
    scores[:, 4] = 0.5 - 0.1 * X + 0.15 * np.array([1, -1, 1, -1, 1, -1])
    items = ITEMS.copy()
    items[:, 4] = 20
    assert -0.1 < fit_lines(X, scores, n_items=items).slope[4] < 0.0


IDLE = np.stack(
    [
        np.zeros(6),  # never answered
        np.full(6, 0.25),  # the guesser's score
        np.array([0.251, 0.246, 0.255, 0.249, 0.243, 0.252]),  # the same with noise
        np.full(6, 0.991),  # saturated
    ],
    axis=1,
)


@pytest.mark.parametrize("n_units", [1, 2, 5])
def test_columns_that_say_nothing_move_no_other_benchmark(n_units: int) -> None:
    scores = curve(X, gompertz=False)[:, :n_units]
    both = np.hstack([scores, IDLE])
    items = np.full(both.shape, 1e3)
    floor = np.concatenate([FLOOR[:n_units], [0.0, 0.24, 0.24, 0.0]])
    weight = recency(X, 10 ** (21 + X), np.isfinite(both))
    here, beyond = slice(0, n_units), np.array([0.5, 1.0])
    for gompertz in (False, True):
        alone = fit_curves(
            [CurveSetting(x=X, weight=weight[:, here], gompertz=gompertz)], scores,
            n_items=items[:, here], floor=floor[here], shrinkage=Shrinkage(),
        )[0]  # fmt: skip
        beside = fit_curves(
            [CurveSetting(x=X, weight=weight, gompertz=gompertz)],
            both,
            n_items=items,
            floor=floor,
            shrinkage=Shrinkage(),
        )[0]
        for before, after in zip(alone.scores(beyond), beside.scores(beyond), strict=True):
            np.testing.assert_allclose(after[:, here], before, atol=1e-9)
    lines = fit_lines(X, both, n_items=items).scores(beyond)
    expected = fit_lines(X, scores, n_items=items[:, here]).scores(beyond)
    np.testing.assert_allclose(lines[:, here], expected, atol=1e-9)


def test_a_firm_prior_draws_slopes_to_it_and_a_weak_one_leaves_them() -> None:
    scores = curve(X, gompertz=False)
    weight = recency(X, 10 ** (21 + X), np.isfinite(scores))
    setting = CurveSetting(x=X, weight=weight, gompertz=False)
    firm = Shrinkage(mean_strength=1e6, covariance_strength=1e6, slope_variance=1e-6)
    for prior, off in ((Shrinkage(), 0.1), (firm, 0.01)):
        (fitted,) = fit_curves([setting], scores, n_items=ITEMS / 1e3, floor=FLOOR, shrinkage=prior)
        slope = fitted.rising[:, 1]
        assert np.abs(slope - (SLOPE if off == 0.1 else 0.5)).max() < off
