"""Which curves of scale are there? Pure functions of parameters and features, with derivatives.

A curve lives on a link scale z, where it is close to a line; its link turns z into the share q of
the way from the floor to a perfect score. Shapes: B fits, R scales, F features, P parameters.
Features are (R, F) where all fits read the same, else (B, R, F).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from scalepredict.records.table import Floats

# Observed shares are clipped before they are put on a link scale: a score at the floor, where only
# noise tells 0.001 from 0.01, would otherwise lie arbitrarily far from the line.
LEAST_SHARE = 0.02
EXPONENT_LIMIT = 60.0  # exp(60) is finite and beyond every score


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A scale on which a law is close to a line.

    Attributes:
        forward: From shares to z, elementwise.
        inverse: From z to shares and their derivatives dq/dz, elementwise.
        least: Shares are clipped to [least, 1 - least] before ``forward``.
    """

    forward: Callable[[Floats], Floats]
    inverse: Callable[[Floats], tuple[Floats, Floats]]
    least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A law of scale.

    Attributes:
        link: Its link.
        line: From parameters (B, P) and features to z (B, R) and derivatives (B, R, P).
        from_floor: Whether shares are counted from the benchmark's floor, or from score 0.
    """

    link: Link
    line: Callable[[Floats, Floats], tuple[Floats, Floats]]
    from_floor: bool = True


def _same(q: Floats) -> Floats:
    return q


def _same_back(z: Floats) -> tuple[Floats, Floats]:
    return z, np.ones_like(z)


def _logit(q: Floats) -> Floats:
    result: Floats = np.log(q / (1 - q))
    return result


def _expit(z: Floats) -> tuple[Floats, Floats]:
    q = expit(z)
    return q, q * (1 - q)


def _log_log(q: Floats) -> Floats:
    result: Floats = -np.log(-np.log(q))
    return result


def _exp_exp(z: Floats) -> tuple[Floats, Floats]:
    rate = np.exp(np.clip(-z, -EXPONENT_LIMIT, EXPONENT_LIMIT))
    q = np.exp(-rate)
    return q, rate * q


IDENTITY = Link(forward=_same, inverse=_same_back, least=-np.inf)
LOGIT = Link(forward=_logit, inverse=_expit, least=LEAST_SHARE)
LOG_LOG = Link(forward=_log_log, inverse=_exp_exp, least=LEAST_SHARE)  # z = -log(-log q)


def line(params: Floats, features: Floats) -> tuple[Floats, Floats]:
    """Linear: z = p_0 + sum_f p_f x_f."""
    ones = np.ones((*features.shape[:-1], 1))
    design = np.concatenate([ones, features], axis=-1)
    z: Floats = (design @ params[:, :, None])[:, :, 0]
    return z, np.broadcast_to(design, (*z.shape, params.shape[1]))


def two_powers(params: Floats, features: Floats) -> tuple[Floats, Floats]:
    """Two terms: exp(-z) = exp(a - alpha x_0) + exp(b - beta x_1); parameters a, alpha, b, beta."""
    a, alpha, b, beta = params.T[:, :, None]
    x0, x1 = features[..., 0], features[..., 1]
    first, second = a - alpha * x0, b - beta * x1
    total = np.logaddexp(first, second)
    share = expit(first - second)  # of the first term in the sum
    rest = 1 - share
    return -total, np.stack([-share, share * x0, -rest, rest * x1], axis=-1)


def power_and_ceiling(params: Floats, features: Floats) -> tuple[Floats, Floats]:
    """Power and rest: exp(-z) = exp(a - b x_0) + c; q rises to exp(-c); parameters a, b, c."""
    a, b, c = params.T[:, :, None]
    x0 = features[..., 0]
    power = np.exp(np.clip(a - b * x0, -EXPONENT_LIMIT, EXPONENT_LIMIT))
    total = power + c
    share = power / total
    return -np.log(total), np.stack([-share, share * x0, -1 / total], axis=-1)


def logistic_and_ceiling(params: Floats, features: Floats) -> tuple[Floats, Floats]:
    """Logistic: q = exp(-c) / (1 + exp(-a - b x_0)) as z = logit q; parameters a, b, c."""
    a, b, c = params.T[:, :, None]
    x0 = features[..., 0]
    rise, ceiling = expit(np.clip(a + b * x0, -EXPONENT_LIMIT, EXPONENT_LIMIT)), np.exp(-c)
    rest = np.maximum(1 - ceiling * rise, np.exp(-EXPONENT_LIMIT))
    steepness = (1 - rise) / rest
    z: Floats = np.log(ceiling * rise) - np.log(rest)
    return z, np.stack([steepness, steepness * x0, -1 / rest], axis=-1)


def broken_power(params: Floats, features: Floats) -> tuple[Floats, Floats]:
    """Score 1 - a - exp(b - c0 x_0 - c1 f log(1 + exp((x_0 - d) / f))), f = exp(log f).

    Parameters a, b, c0, c1, d, log f: an error that falls as a power with exponent c0 before the
    break at d and c0 + c1 after it, to a in the end; f is the width of the break.
    """
    a, b, c0, c1, d, log_f = params.T[:, :, None]
    x0, width = features[..., 0], np.exp(log_f)
    past = (x0 - d) / width
    bend, share = np.logaddexp(0.0, past), expit(past)
    error = np.exp(np.clip(b - c0 * x0 - c1 * width * bend, -EXPONENT_LIMIT, EXPONENT_LIMIT))
    slopes = [
        np.full_like(error, -1.0),
        -error,
        error * x0,
        error * width * bend,
        -error * c1 * share,
        error * c1 * width * (bend - past * share),
    ]
    return 1 - a - error, np.stack(slopes, axis=-1)


CURVES: Mapping[str, Curve] = {
    "trend": Curve(link=IDENTITY, line=line, from_floor=False),
    "power_law": Curve(link=LOG_LOG, line=line),
    "sigmoid": Curve(link=LOGIT, line=line),
    "nd_law": Curve(link=LOG_LOG, line=two_powers),
    "cod_curve": Curve(link=LOG_LOG, line=power_and_ceiling),
    "bnsl": Curve(link=IDENTITY, line=broken_power, from_floor=False),
    "loss_to_score": Curve(link=LOGIT, line=logistic_and_ceiling),
}
