"""How are hundreds of small curves fitted at once? One damped Gauss-Newton over a batch.

    minimise over x, inside the box:  1/2 sum_r scale^2 rho((f_r(x) / scale)^2)

Source: Levenberg-Marquardt with the damping rule of Nielsen (1999, IMM-REP-1999-05), robust losses
    as in Triggs et al. (1999, Bundle adjustment, section 4.3) and SciPy, and bounds by projection
    with the variables at a bound held while the gradient pushes outward (Bertsekas 1982).
Departures: all problems of a batch step together; one that has converged leaves the work.
Fails when: a residual is not finite at the start (reported as not converged, cost infinite).

Letters: B problems, S starts, R residuals, P parameters; b <= B problems still at work.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import Bools, Floats, Ints, taken

# Takes parameters (b, P) and the indices (b,) of the problems that they belong to; returns the
# residuals (b, R) and their derivatives (b, R, P). A missing datum has residual and derivative 0.
Residuals = Callable[[Floats, Ints], tuple[Floats, Floats]]

FIRST_DAMPING = 1e-3  # times the curvature of each parameter
LEAST_DAMPING, MOST_DAMPING = 1e-12, 1e15
TOLERANCE = 1e-10  # relative, on cost and step; on the cosine of residual and derivative
# Share of the monotone weight rho' that the curvature keeps where a robust loss has none, so that
# residuals in the linear part of Huber's loss still shape the step.
LEAST_CURVATURE = 0.02
LEAST_EIGENVALUE = 1e-9  # told from rounding error, of a curvature with unit diagonal


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A loss rho of z = (residual / scale)^2, as SciPy defines them.

    Attributes:
        rho: Returns rho(z), rho'(z) and rho''(z); any shape.
    """

    rho: Callable[[Floats], tuple[Floats, Floats, Floats]]


def _linear(z: Floats) -> tuple[Floats, Floats, Floats]:
    return z, np.ones_like(z), np.zeros_like(z)


def _soft_l1(z: Floats) -> tuple[Floats, Floats, Floats]:
    root = np.sqrt(1 + z)
    return 2 * (root - 1), 1 / root, -0.5 / root**3


def _huber(z: Floats) -> tuple[Floats, Floats, Floats]:
    root = np.sqrt(np.maximum(z, 1.0))
    inside = z <= 1
    return np.where(inside, z, 2 * root - 1), 1 / root, np.where(inside, 0.0, -0.5 / root**3)


LINEAR = Loss(rho=_linear)
SOFT_L1 = Loss(rho=_soft_l1)
HUBER = Loss(rho=_huber)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """The minima of B problems.

    Attributes:
        params: Parameters. Shape (B, P).
        cost: Half the sum of losses at ``params``; infinite where the start was not finite. (B,).
        converged: Whether a tolerance was met. Shape (B,).
        steps: Steps tried. Shape (B,).
        at_bound: -1 at the lower bound, 1 at the upper one, 0 inside. Shape (B, P).
        curvature: Gauss-Newton curvature J'J, of the robust weights. Shape (B, P, P).
    """

    params: Floats
    cost: Floats
    converged: Bools
    steps: Ints
    at_bound: Ints
    curvature: Floats

    def inverse_curvature(self) -> Floats:
        """(J'J)^-1: the covariance of the parameters in units of the noise variance. (B, P, P).

        A parameter at its bound has variance 0. Directions that the data do not determine get a
        large finite variance.
        """
        free = self.at_bound == 0
        curvature, size = _equilibrated(self.curvature, free)
        value, vector = np.linalg.eigh(curvature)
        inverse = (vector / np.maximum(value, LEAST_EIGENVALUE)[:, None, :]) @ np.swapaxes(
            vector, 1, 2
        )
        both = free[:, :, None] & free[:, None, :]
        result: Floats = np.where(both, inverse, 0.0) / (size[:, :, None] * size[:, None, :])
        return result

    def covariance(self, n_residuals: Floats | Ints) -> Floats:
        """Covariance of the parameters, s^2 (J'J)^-1 with s^2 = 2 cost / (n - P). Shape (B, P, P).

        Args:
            n_residuals: Residuals that are not missing; taken as P + 1 at least. Shape (B,).
        """
        spare = np.maximum(n_residuals - (self.at_bound == 0).sum(axis=1), 1.0)
        result: Floats = (2 * self.cost / spare)[:, None, None] * self.inverse_curvature()
        return result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BestOfStarts:
    """The best of several starts, problem by problem.

    Attributes:
        solution: The minimum of least cost.
        agreed: Starts that came within a thousandth of the least cost. Shape (B,).
        n_starts: Starts that were refined, for each problem.
    """

    solution: Solution
    agreed: Ints
    n_starts: int


def least_squares(
    residuals: Residuals,
    start: Floats,
    *,
    lower: Floats | None = None,
    upper: Floats | None = None,
    loss: Loss = LINEAR,
    loss_scale: float = 1.0,
    max_steps: int = 100,
    max_step: float = np.inf,
    tolerance: float = TOLERANCE,
) -> Solution:
    """Minimise B problems at once.

    Args:
        residuals: The curve; see `Residuals`.
        start: Where to begin; moved into the box. Shape (B, P).
        lower: Lower bounds, broadcast to (B, P).
        upper: Upper bounds, broadcast to (B, P).
        loss: Loss of a residual.
        loss_scale: Residual at which a robust loss begins to bend, in the residual's unit.
        max_steps: Steps after which a problem is given up as not converged.
        max_step: Largest change of a parameter in one step.
        tolerance: Relative tolerance on cost, step and gradient.
    """
    start = np.asarray(start, dtype=float)
    box = _Box(
        low=np.broadcast_to(-np.inf if lower is None else np.asarray(lower, float), start.shape),
        high=np.broadcast_to(np.inf if upper is None else np.asarray(upper, float), start.shape),
    )
    objective = _Objective(residuals=residuals, loss=loss, scale=loss_scale)
    work = _begin(objective, np.clip(start, box.low, box.high))
    rows = np.flatnonzero(np.isfinite(work.cost))
    for _ in range(max_steps):
        flat = _stationary(work, box, rows, tolerance)
        work.converged[rows[flat]] = True
        rows = rows[~flat]
        if rows.size == 0:
            break
        done = _advance(work, box, objective, rows, max_step, tolerance)
        work.converged[rows[done]] = True
        rows = rows[~done & (work.damping[rows] < MOST_DAMPING)]
    return Solution(
        params=work.x,
        cost=work.cost,
        converged=work.converged,
        steps=work.steps,
        at_bound=np.where(work.x <= box.low, -1, work.x >= box.high).astype(np.intp),
        curvature=work.curvature,
    )


def best_of_starts(
    residuals: Residuals,
    starts: Floats,
    *,
    lower: Floats | None = None,
    upper: Floats | None = None,
    loss: Loss = LINEAR,
    loss_scale: float = 1.0,
    max_steps: int = 100,
    max_step: float = np.inf,
    tolerance: float = TOLERANCE,
) -> BestOfStarts:
    """Minimise B problems from S starts each and keep the best; see `least_squares`.

    Args:
        residuals: The curve, called with the indices of problems (a problem appears once a start).
        starts: Shape (B, S, P), or (S, P) if there is one problem.
        lower: Lower bounds, broadcast to (B, P).
        upper: Upper bounds, broadcast to (B, P).
        loss: Loss of a residual.
        loss_scale: Residual at which a robust loss begins to bend.
        max_steps: Steps after which a start is given up.
        max_step: Largest change of a parameter in one step.
        tolerance: Relative tolerance on cost, step and gradient.
    """
    starts = starts[None] if starts.ndim == 2 else starts
    n, n_starts, width = starts.shape

    def spread(bound: Floats | None) -> Floats | None:
        if bound is None:
            return None
        return np.repeat(np.broadcast_to(bound, (n, width)), n_starts, axis=0)

    found = least_squares(
        lambda x, rows: residuals(x, rows // n_starts),
        starts.reshape(n * n_starts, width),
        lower=spread(lower),
        upper=spread(upper),
        loss=loss,
        loss_scale=loss_scale,
        max_steps=max_steps,
        max_step=max_step,
        tolerance=tolerance,
    )
    cost = found.cost.reshape(n, n_starts)
    best = np.argmin(cost, axis=1)
    least = cost[np.arange(n), best]
    agreed = (cost <= 1.001 * least[:, None] + 1e-15) & np.isfinite(cost)
    pick = np.arange(n) * n_starts + best
    return BestOfStarts(solution=taken(found, pick), agreed=agreed.sum(axis=1), n_starts=n_starts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Objective:
    residuals: Residuals
    loss: Loss
    scale: float

    def __call__(self, x: Floats, rows: Ints) -> tuple[Floats, Floats, Floats]:
        # Far-off trials may overflow; their cost is then infinite and the step is refused.
        with np.errstate(all="ignore"):
            r, jacobian = self.residuals(x, rows)
            square = (r / self.scale) ** 2
            transposed = jacobian.swapaxes(1, 2)
            if self.loss is LINEAR:  # all weights are 1
                rho, pull, weighted = square, r, jacobian
            else:
                rho, slope, bend = self.loss.rho(square)
                weight = np.maximum(slope + 2 * bend * square, LEAST_CURVATURE * slope)
                pull, weighted = slope * r, weight[:, :, None] * jacobian
            cost = 0.5 * self.scale**2 * rho.sum(axis=1)
            gradient = (transposed @ pull[:, :, None])[:, :, 0]
            curvature = transposed @ weighted
        sound = np.isfinite(cost) & np.isfinite(curvature).all(axis=(1, 2))
        return (
            np.where(sound, cost, np.inf),
            np.where(sound[:, None], gradient, 0.0),
            np.where(sound[:, None, None], curvature, 0.0),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Box:
    low: Floats
    high: Floats

    def free(self, x: Floats, gradient: Floats, rows: Ints) -> Bools:
        low, high = self.low[rows], self.high[rows]
        held = ((x <= low) & (gradient > 0)) | ((x >= high) & (gradient < 0)) | (low == high)
        return np.asarray(~held, dtype=bool)


@dataclass(slots=True, kw_only=True, eq=False)
class _Work:
    # The memory of one call, changed in place. Shapes (B, P), (B,), (B, P), (B, P, P), then (B,).
    x: Floats
    cost: Floats
    gradient: Floats
    curvature: Floats
    damping: Floats
    growth: Floats
    converged: Bools
    steps: Ints


def _begin(objective: _Objective, x: Floats) -> _Work:
    cost, gradient, curvature = objective(x, np.arange(len(x)))
    return _Work(
        x=x,
        cost=cost,
        gradient=gradient,
        curvature=curvature,
        damping=np.full(len(x), FIRST_DAMPING),
        growth=np.full(len(x), 2.0),
        converged=np.zeros(len(x), dtype=bool),
        steps=np.zeros(len(x), dtype=np.intp),
    )


def _advance(
    work: _Work,
    box: _Box,
    objective: _Objective,
    rows: Ints,
    max_step: float,
    tolerance: float,
) -> Bools:
    # One step of the problems ``rows``; returns which of them are done.
    x, gradient, curvature, cost = (
        array[rows] for array in (work.x, work.gradient, work.curvature, work.cost)
    )
    step, size = _damped_step(gradient, curvature, box.free(x, gradient, rows), work.damping[rows])
    there = np.clip(x + np.clip(step, -max_step, max_step), box.low[rows], box.high[rows])
    step = there - x
    new_cost, new_gradient, new_curvature = objective(there, rows)
    work.steps[rows] += 1

    expected = -(step * (gradient + 0.5 * (curvature @ step[:, :, None])[:, :, 0])).sum(axis=1)
    gained = cost - new_cost
    better = gained > 0
    taken = rows[better]
    work.x[taken], work.cost[taken] = there[better], new_cost[better]
    work.gradient[taken], work.curvature[taken] = new_gradient[better], new_curvature[better]

    with np.errstate(over="ignore"):
        ratio = np.clip(gained / np.where(expected > 0, expected, np.inf), -1.0, 2.0)
    shrink = np.maximum(1 / 3, 1 - (2 * ratio - 1) ** 3)
    damping = work.damping[rows] * np.where(better, shrink, work.growth[rows])
    work.damping[rows] = np.clip(damping, LEAST_DAMPING, MOST_DAMPING)
    work.growth[rows] = np.where(better, 2.0, 2 * work.growth[rows])

    length, reach = (np.sqrt(((v * size) ** 2).sum(axis=1)) for v in (step, x))
    still = length <= tolerance * (tolerance + reach)
    settled = np.maximum(np.abs(gained), np.abs(expected)) <= tolerance * cost
    return np.asarray(still | settled, dtype=bool)


def _equilibrated(curvature: Floats, free: Bools) -> tuple[Floats, Floats]:
    # Unit diagonal, and nothing but the diagonal where a parameter is held. Also the divisors.
    size = np.sqrt(np.diagonal(curvature, axis1=1, axis2=2))
    size = np.where(size > 0, size, 1.0)
    both = free[:, :, None] & free[:, None, :]
    scaled = np.where(both, curvature / (size[:, :, None] * size[:, None, :]), 0.0)
    diagonal = np.arange(size.shape[1])
    scaled[:, diagonal, diagonal] = 1.0
    return scaled, size


def _damped_step(
    gradient: Floats, curvature: Floats, free: Bools, damping: Floats
) -> tuple[Floats, Floats]:
    scaled, size = _equilibrated(curvature, free)
    damped = scaled + damping[:, None, None] * np.eye(size.shape[1])
    downhill = np.where(free, -gradient / size, 0.0)
    return np.linalg.solve(damped, downhill[:, :, None])[:, :, 0] / size, size


def _stationary(work: _Work, box: _Box, rows: Ints, tolerance: float) -> Bools:
    # The gradient as a cosine between residuals and derivatives (MINPACK's gtol): free of units.
    gradient, cost = work.gradient[rows], work.cost[rows]
    size = np.sqrt(np.diagonal(work.curvature[rows], axis1=1, axis2=2))
    free = box.free(work.x[rows], gradient, rows) & (size > 0)
    scale = np.where(free, size, 1.0) * np.sqrt(2 * cost)[:, None]
    flat = np.abs(np.where(free, gradient, 0.0)) <= tolerance * scale
    return np.asarray(flat.all(axis=1) | (cost == 0), dtype=bool)
