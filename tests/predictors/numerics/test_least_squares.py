"""The batched solver finds what SciPy finds, problem by problem."""

from functools import partial
from typing import Literal

import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.optimize import least_squares as scipy_least_squares

from scalepredict.predictors.numerics.least_squares import (
    HUBER,
    LINEAR,
    SOFT_L1,
    Loss,
    best_of_starts,
    least_squares,
)
from scalepredict.records.table import Floats, Ints

X = np.linspace(0.0, 5.0, 40)
START = np.array([1.0, 0.5, 0.0])
BOX = (np.array([0.0, 0.4, -0.2]), np.array([1.5, 1.2, 0.2]))
N_PROBLEMS = 12


class Decays:
    """Noisy decays a exp(-b x) + c with outliers, and some missing points."""

    def __init__(self, noise: float = 0.02) -> None:
        rng = np.random.default_rng(7)
        low, high = [0.5, 0.3, -0.5], [2.0, 1.5, 0.5]
        self.truth = rng.uniform(low, high, size=(N_PROBLEMS, 3))
        e = np.exp(-self.truth[:, 1:2] * X)
        self.y = self.truth[:, :1] * e + self.truth[:, 2:]
        self.y += noise * rng.normal(size=self.y.shape)
        self.seen = rng.random(self.y.shape) > 0.1
        if noise:
            self.y[:, ::7] += 0.3

    def __call__(self, params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        e = np.exp(-params[:, 1:2] * X)
        r = params[:, :1] * e + params[:, 2:] - self.y[rows]
        jacobian = np.stack([e, -params[:, :1] * X * e, np.ones_like(e)], axis=-1)
        seen = self.seen[rows]
        return np.where(seen, r, 0.0), np.where(seen[:, :, None], jacobian, 0.0)

    def of_one(self, problem: int, part: int, params: Floats) -> Floats:
        answer: Floats = self(params[None], np.array([problem]))[part][0]
        return answer


@pytest.mark.parametrize("box", [None, BOX], ids=["free", "box"])
@pytest.mark.parametrize(
    ("loss", "name", "scale"),
    [(LINEAR, "linear", 1.0), (SOFT_L1, "soft_l1", 0.02), (HUBER, "huber", 0.03)],
    ids=["linear", "soft_l1", "huber"],
)
def test_minima_are_those_of_scipy(
    loss: Loss,
    name: Literal["linear", "soft_l1", "huber"],
    scale: float,
    box: tuple[Floats, Floats] | None,
) -> None:
    decays = Decays()
    low, high = box or (np.full(3, -np.inf), np.full(3, np.inf))
    found = least_squares(
        decays,
        np.tile(START, (N_PROBLEMS, 1)),
        lower=low,
        upper=high,
        loss=loss,
        loss_scale=scale,
    )
    assert found.converged.all()
    for b in range(N_PROBLEMS):
        oracle = scipy_least_squares(
            partial(decays.of_one, b, 0),
            START,
            jac=partial(decays.of_one, b, 1),
            loss=name,
            f_scale=scale,
            bounds=(low, high),
            xtol=1e-14,
            ftol=1e-14,
            gtol=1e-14,
        )
        assert found.cost[b] <= oracle.cost * (1 + 1e-9)
        np.testing.assert_allclose(found.params[b], oracle.x, rtol=0, atol=2e-5)


def test_a_bound_that_binds_is_flagged_and_held() -> None:
    found = least_squares(Decays(), np.tile(START, (N_PROBLEMS, 1)), lower=BOX[0], upper=BOX[1])
    assert (found.params >= BOX[0]).all()
    assert (found.params <= BOX[1]).all()
    assert (found.at_bound == np.where(found.params == BOX[0], -1, found.params == BOX[1])).all()
    assert set(found.at_bound.ravel()) == {-1, 0, 1}


def test_a_parameter_without_room_stays_and_has_no_variance() -> None:
    low, high = np.array([0.0, 0.7, -0.2]), np.array([1.5, 0.7, 0.2])
    found = least_squares(Decays(), np.tile(START, (N_PROBLEMS, 1)), lower=low, upper=high)
    assert (found.params[:, 1] == 0.7).all()
    assert (found.at_bound[:, 1] == -1).all()
    assert (found.inverse_curvature()[:, 1] == 0).all()
    assert found.converged.all()


def test_covariance_is_that_of_curve_fit() -> None:
    decays = Decays()
    found = least_squares(decays, np.tile(START, (N_PROBLEMS, 1)))
    covariance = found.covariance(decays.seen.sum(axis=1))
    for b, seen in enumerate(decays.seen):
        _, oracle = curve_fit(
            lambda x, a, k, c: a * np.exp(-k * x) + c, X[seen], decays.y[b, seen], p0=START
        )
        np.testing.assert_allclose(covariance[b], oracle, rtol=5e-3)


def test_noise_free_problems_return_their_parameters() -> None:
    decays = Decays(noise=0.0)
    found = least_squares(decays, np.tile(START, (N_PROBLEMS, 1)))
    np.testing.assert_allclose(found.params, decays.truth, rtol=1e-9, atol=1e-12)
    assert found.converged.all()


def test_a_problem_does_not_feel_its_neighbours() -> None:
    decays = Decays()
    together = least_squares(decays, np.tile(START, (N_PROBLEMS, 1)), loss=SOFT_L1, loss_scale=0.1)
    alone = least_squares(
        lambda p, rows: decays(p, rows + 5), START[None], loss=SOFT_L1, loss_scale=0.1
    )
    np.testing.assert_allclose(together.params[5], alone.params[0], rtol=1e-12)
    assert together.steps[5] == alone.steps[0]


def test_converged_problems_leave_the_work() -> None:
    decays, sizes = Decays(), []

    def counted(params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        sizes.append(len(rows))
        return decays(params, rows)

    found = least_squares(counted, np.tile(START, (N_PROBLEMS, 1)))
    assert sizes[0] == N_PROBLEMS
    assert sizes[-1] < N_PROBLEMS
    assert sum(sizes) == N_PROBLEMS + found.steps.sum()


def test_steps_are_clipped_and_running_out_of_them_is_told() -> None:
    def far(params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        return params - 10.0, np.ones((len(rows), 1, 1))

    short = least_squares(far, np.zeros((1, 1)), max_step=3.0, max_steps=2)
    assert short.params.tolist() == [[6.0]]
    assert short.converged.tolist() == [False]
    assert least_squares(far, np.zeros((1, 1)), max_step=3.0).converged.tolist() == [True]


def test_a_start_without_a_finite_cost_is_reported_not_raised() -> None:
    def roots(params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        root = np.sqrt(params)
        return root - 2.0, (0.5 / root)[:, :, None]

    found = least_squares(roots, np.array([[-1.0], [1.0]]))
    assert found.converged.tolist() == [False, True]
    assert found.cost[0] == np.inf
    np.testing.assert_allclose(found.params[1], 4.0)


def test_an_undetermined_direction_gets_a_finite_variance() -> None:
    def sums(params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        total = params.sum(axis=1, keepdims=True) - np.array([1.0, 1.1, 0.9])
        return total, np.ones((len(rows), 3, 2))

    found = least_squares(sums, np.zeros((1, 2)))
    np.testing.assert_allclose(found.params.sum(), 1.0)
    covariance = found.covariance(np.array([3.0]))
    assert np.isfinite(covariance).all()
    assert covariance[0, 0, 0] > 1e3
    np.testing.assert_allclose(covariance.sum(), 0.02 / 3, rtol=1e-4)


def test_the_best_of_several_starts_is_kept_and_agreement_counted() -> None:
    """(x^2 - 1)^2 with a tilt: the minimum near -1 is the lower one for a positive tilt."""
    tilt = np.array([0.1, -0.1])

    def wells(params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        x, t = params[:, 0], tilt[rows]
        r = np.stack([x**2 - 1, t * x + 1], axis=1)
        return r, np.stack([2 * x, t], axis=1)[:, :, None]

    starts = np.tile(np.array([-1.5, -0.5, 1.5])[:, None], (2, 1, 1))
    found = best_of_starts(wells, starts)
    assert found.solution.params[0, 0] < 0 < found.solution.params[1, 0]
    assert found.agreed.tolist() == [2, 1]
    assert found.n_starts == 3
