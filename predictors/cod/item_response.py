"""What does a benchmark score whose questions were answered once each? Item response in compute.

    P(model m passes question i) = g + (1 - g) exp(-exp(-(level_i + slope_i x_m))),
    (level_i, slope_i) ~ Normal(mean, covariance),    x = log C, centred

Source: the two-parameter item-response model (Birnbaum 1968) with the marginal likelihood of Bock
    and Aitkin 1981 (doi:10.1007/BF02293801), shared over checkpoints with training compute as the
    ability, as in Item Response Scaling Laws (2606.07616). The link is the law of a single
    question of PassUntil (Hu et al. 2023, 2310.03262) and of COD's Eq. 4 without its ceiling:
    -log P is a power law of C.
Variance: sandwich over questions plus jackknife over models (Efron 1982), both through the Hessian.
Departures: weak priors on the five parameters; more than MAX_TRIALS answers count as MAX_TRIALS.
Fails when: questions have a ceiling, or compute does not order the models.

Letters: G groups of questions with alike answers, J quadrature nodes, d models, P = 5 parameters.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from scalepredict.predictors.cod.cluster_law import COMPUTE_UNIT
from scalepredict.records.table import Floats, Ints

MAX_TRIALS = 10.0  # the nodes cannot resolve a question that is known better than this
MAX_GROUPS = 300  # questions are grouped by sum and trend of their answers
PRIOR_MEAN = np.array([0.0, 0.3, 0.0, 0.0, -2.5])
PRIOR_SD = np.array([5.0, 0.5, 1.0, 0.3, 1.5])
_MAX_STEPS = 30
_REFIT_STEPS = 3
_TOLERANCE = 1e-3  # of the log posterior, per step: far below the 0.5 of one standard error
_STEP = 1e-4  # of the differences for the Hessian
_LEVELS, _SLOPES = 33, 7  # nodes

# Parameters: mean level, mean slope, log sd of the level, slope on standardised level, log sd of
# the slope given the level.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ItemCurve:
    """A fitted population of questions.

    Attributes:
        params: Shape (5,).
        by_questions: Covariance of the parameters over questions. Shape (5, 5).
        by_models: The same over models. Shape (5, 5).
        largest: Training FLOPs of the largest model.
        center: Natural log of the centre of compute in COMPUTE_UNIT.
        chance: Lower asymptote g, a fraction.
    """

    params: Floats
    by_questions: Floats
    by_models: Floats
    largest: float
    center: float
    chance: float

    def at(self, flops: Floats) -> Floats:
        """Mean pass rate of the questions at training FLOPs of shape (K,)."""
        return _mean_rate(self.params, self._x(flops), self.chance)

    def variance_at(self, flops: Floats) -> Floats:
        """Variance of that mean, squared fractions. Shape (K,).

        Over questions it is that of the distance from the largest model: the target answers the
        same questions, so that harder ones are no error of the level.
        """
        level = self._gradient(flops)
        rise = level - self._gradient(np.array([self.largest]))
        variance: Floats = np.einsum("pk,pq,qk->k", rise, self.by_questions, rise)
        variance += np.einsum("pk,pq,qk->k", level, self.by_models, level)
        return variance

    def _gradient(self, flops: Floats) -> Floats:
        x = self._x(flops)
        moved = self.params + _STEP * np.eye(len(self.params))
        back = self.params - _STEP * np.eye(len(self.params))
        return np.stack(
            [
                (_mean_rate(up, x, self.chance) - _mean_rate(down, x, self.chance)) / (2 * _STEP)
                for up, down in zip(moved, back, strict=True)
            ]
        )

    def _x(self, flops: Floats) -> Floats:
        x: Floats = np.log(flops / COMPUTE_UNIT) - self.center
        return x


def fit_items(
    rates: Floats, trials: Floats, weights: Floats, *, flops: Floats, chance: float
) -> ItemCurve:
    """Fit the population of questions by penalised marginal likelihood.

    Args:
        rates: Pass rates. Shape (n, d).
        trials: Graded answers behind each; NaN counts as MAX_TRIALS. Shape (n, d).
        weights: Share of each question in the benchmark; sums to 1. Shape (n,).
        flops: Training FLOPs. Shape (d,).
        chance: Declared chance level; lowered to the lowest mean where that lies below it.
    """
    center = float(np.log(flops / COMPUTE_UNIT).mean())
    x = np.log(flops / COMPUTE_UNIT) - center
    chance = float(np.clip(min(chance, (weights @ rates).min()), 0.0, 0.9))
    counted = np.minimum(np.where(np.isnan(trials), MAX_TRIALS, trials), MAX_TRIALS)
    answers = _grouped(rates * counted, counted, weights * len(weights), x)
    params = _maximise(answers, x, chance)
    hessian = _hessian(params, answers, x, chance)
    inverse = np.linalg.inv(hessian).astype(float)
    by_question = _scores(params, answers, x, chance) @ inverse * np.sqrt(answers.size)[:, None]
    without = _without_each_model(params, inverse, answers, x, chance) - params
    return ItemCurve(
        params=params,
        by_questions=by_question.T @ by_question,
        by_models=without.T @ without * (1 - 1 / len(x)),
        largest=float(flops.max()),
        center=center,
        chance=chance,
    )


class _Answers(NamedTuple):
    passed: Floats  # (G, d)
    failed: Floats  # (G, d)
    size: Floats  # questions in each group (G,)


def _grouped(passed: Floats, trials: Floats, weights: Floats, x: Floats) -> _Answers:
    # The likelihood is linear in the answers given their sum and trend over x, so questions that
    # agree in both are one with a weight. With few distinct answers this is exact.
    rows, index = np.unique(np.hstack([passed, trials]), axis=0, return_inverse=True)
    if len(rows) > MAX_GROUPS:
        side = int(MAX_GROUPS**0.5)
        level = _ranks(passed.sum(axis=1), side)
        index = level * side
        for i in np.unique(level):
            inside = level == i
            index[inside] += _ranks((passed[inside] @ x), side)
    index = np.unique(index.ravel(), return_inverse=True)[1].ravel()
    size: Floats = np.bincount(index, weights=weights).astype(float)

    def mean(values: Floats) -> Floats:
        total = np.stack(
            [np.bincount(index, weights=weights * column) for column in values.T], axis=1
        )
        result: Floats = total / size[:, None]
        return result

    passed_mean = mean(passed)
    return _Answers(passed_mean, mean(trials) - passed_mean, size)


def _ranks(values: Floats, n_bins: int) -> Ints:
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    result: Ints = order * n_bins // len(values)
    return result


def _nodes() -> tuple[Floats, Floats]:
    # Even nodes for the level, which many answers may pin down between two nodes of a Gauss rule.
    u = np.linspace(-4.0, 4.0, _LEVELS)
    wu = np.exp(-(u**2) / 2)
    v, wv = hermegauss(_SLOPES)
    points = np.stack([np.repeat(u, _SLOPES), np.tile(v, _LEVELS)], axis=1)
    weight = np.outer(wu, wv).ravel()
    return points, weight / weight.sum()


_POINTS, _WEIGHTS = _nodes()


def _items_at(params: Floats) -> tuple[Floats, Floats]:
    level = params[0] + np.exp(params[2]) * _POINTS[:, 0]
    slope = params[1] + params[3] * _POINTS[:, 0] + np.exp(params[4]) * _POINTS[:, 1]
    return level, slope


def _rates(params: Floats, x: Floats, chance: float) -> tuple[Floats, Floats]:
    # Pass rates (J, d) and their derivative by the linear predictor.
    level, slope = _items_at(params)
    loss = np.exp(-np.clip(level[:, None] + slope[:, None] * x, -4.0, 30.0))
    answered = np.exp(-loss)
    rate = chance + (1 - chance) * answered
    return np.clip(rate, 1e-9, 1 - 1e-9), (1 - chance) * answered * loss


def _mean_rate(params: Floats, x: Floats, chance: float) -> Floats:
    mean: Floats = _WEIGHTS @ _rates(params, x, chance)[0]
    return mean


def _posterior(
    params: Floats, answers: _Answers, x: Floats, chance: float
) -> tuple[Floats, Floats]:
    # Log marginal likelihood (G,), and the posterior of the nodes (G, J). By hand: with SciPy's
    # logsumexp a fit takes a quarter longer.
    rate, _ = _rates(params, x, chance)
    joint = answers.passed @ np.log(rate).T + answers.failed @ np.log1p(-rate).T + np.log(_WEIGHTS)
    top = joint.max(axis=1)
    share = np.exp(joint - top[:, None])
    total = share.sum(axis=1)
    return top + np.log(total), share / total[:, None]


def _per_node(params: Floats) -> Floats:
    # Derivative of level and slope of each node by the five parameters. Shape (2, J, 5).
    u, v = _POINTS.T
    one, zero = np.ones_like(u), np.zeros_like(u)
    level = np.stack([one, zero, np.exp(params[2]) * u, zero, zero], axis=1)
    slope = np.stack([zero, one, zero, u, np.exp(params[4]) * v], axis=1)
    return np.stack([level, slope])


def _scores(params: Floats, answers: _Answers, x: Floats, chance: float) -> Floats:
    # Derivative of the log marginal likelihood of one question of each group. Shape (G, 5).
    _, posterior = _posterior(params, answers, x, chance)
    rate, slope = _rates(params, x, chance)
    up, down = slope / rate, slope / (1 - rate)
    by_level = answers.passed @ up.T - answers.failed @ down.T
    by_slope = answers.passed @ (up * x).T - answers.failed @ (down * x).T
    level, change = _per_node(params)
    scores: Floats = (posterior * by_level) @ level + (posterior * by_slope) @ change
    return scores


def _gradient(params: Floats, answers: _Answers, x: Floats, chance: float) -> Floats:
    prior = (params - PRIOR_MEAN) / PRIOR_SD**2
    gradient: Floats = answers.size @ _scores(params, answers, x, chance) - prior
    return gradient


def _objective(params: Floats, answers: _Answers, x: Floats, chance: float) -> float:
    prior = 0.5 * (((params - PRIOR_MEAN) / PRIOR_SD) ** 2).sum()
    return float(answers.size @ _posterior(params, answers, x, chance)[0] - prior)


def _hessian(params: Floats, answers: _Answers, x: Floats, chance: float) -> Floats:
    # Negative Hessian of the log posterior by central differences of its gradient, made positive.
    moves = _STEP * np.eye(len(params))
    rows = [
        (
            _gradient(params - move, answers, x, chance)
            - _gradient(params + move, answers, x, chance)
        )
        / (2 * _STEP)
        for move in moves
    ]
    value, vector = np.linalg.eigh((np.stack(rows) + np.stack(rows).T) / 2)
    curvature: Floats = (vector * np.maximum(np.abs(value), 1 / PRIOR_SD.max() ** 2)) @ vector.T
    return curvature


def _maximise(answers: _Answers, x: Floats, chance: float) -> Floats:
    # Damped Newton; the curvature is made positive, so every small enough step climbs.
    params = PRIOR_MEAN.copy()
    height = _objective(params, answers, x, chance)
    damping = 1e-2
    for _ in range(_MAX_STEPS):
        gradient = _gradient(params, answers, x, chance)
        curvature = _hessian(params, answers, x, chance)
        gained = 0.0
        while damping < 1e8:
            step = np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), gradient)
            there = params + np.clip(step, -1.0, 1.0)
            gained = _objective(there, answers, x, chance) - height
            if gained >= 0:
                params, height, damping = there, height + gained, damping / 10
                break
            damping *= 10
        if gained < _TOLERANCE:
            break
    return params


def _without_each_model(
    params: Floats, inverse: Floats, answers: _Answers, x: Floats, chance: float
) -> Floats:
    # Parameters refitted without each model in turn, by Newton steps with the whole fit's Hessian.
    # Shape (d, 5).
    left_out = np.tile(params, (len(x), 1))
    for model in range(len(x)):
        weight = np.ones(len(x))
        weight[model] = 0.0
        rest = _Answers(answers.passed * weight, answers.failed * weight, answers.size)
        for _ in range(_REFIT_STEPS):
            step = inverse @ _gradient(left_out[model], rest, x, chance)
            left_out[model] += np.clip(step, -0.5, 0.5)
    return left_out
