"""How does a score rise with skills? A sigmoid to a power, and bent further by a monotone spline.

    score = floor + (top - floor) * G(sigmoid(index) ** power)
    G(u) = sum_k weight_k I_k(u),  weight_k >= 0,  sum_k weight_k = 1

with quadratic I-splines I_k over PIECES equal parts of [0, 1]; without spline parameters G(u) = u.

Source: I-splines (Ramsay 1988, doi:10.1214/ss/1177012761), in place of the monotone network that
    Maia Polo et al. (2024, 2412.06540) learn.

Letters: T benchmarks, S = 3 or 3 + K shape parameters, K = PIECES + 1 splines.
"""

from functools import cache

import numpy as np
from scipy.special import expit

from scalepredict.records.table import Floats

BAND = 0.2  # a floor is at most this far above chance, a top this far below 1
SHAPE = np.array([-3.0, -5.0, 0.0])  # floor, top (logits in their bands), log power: a sigmoid
PIECES = 4
N_SPLINES = PIECES + 1
MOST_WEIGHT = 4.0  # bound on the log of a spline's weight over that in a straight line


def curve(index: Floats, shape: Floats, chance: Floats) -> tuple[Floats, Floats, Floats]:
    """Scores, their derivative by the index, and by the shape.

    Args:
        index: Shape (..., T).
        shape: Floor and top (logits in their bands), log power, and for a learned link the logs of
            the splines' weights over those of a straight line. Shape (T, S).
        chance: Shape (T,).

    Returns:
        Shapes (..., T), (..., T) and (..., T, S).
    """
    room = (1 - chance) * BAND
    inside = expit(shape[:, :2])
    floor, top = chance + room * inside[:, 0], 1 - room * inside[:, 1]
    power = np.exp(shape[:, 2])
    share = np.maximum(expit(index), 1e-12)
    raised = share**power
    rise, steepness, by_weight = _bent(raised, shape[:, 3:])
    height = top - floor
    by_band = room[:, None] * inside * (1 - inside)
    by_index = height * steepness * power * raised
    by_shape = np.concatenate(
        [
            np.stack(
                [
                    (1 - rise) * by_band[:, 0],
                    -rise * by_band[:, 1],
                    by_index * np.log(share),
                ],
                axis=-1,
            ),
            height[:, None] * by_weight,
        ],
        axis=-1,
    )
    return floor + height * rise, by_index * (1 - share), by_shape


def link_roughness() -> Floats:
    """Second differences of the weights, and a trace of the weights themselves. Shape (K, K)."""
    second = np.diff(np.eye(N_SPLINES), n=2, axis=0)
    return np.asarray(second.T @ second + 0.1 * np.eye(N_SPLINES))


def _bent(u: Floats, log_weight: Floats) -> tuple[Floats, Floats, Floats]:
    # G(u), its derivative by u, and by the logs of the weights (..., T, K).
    if not log_weight.shape[1]:
        return u, np.ones_like(u), np.zeros((*u.shape, 0))
    pieces, straight = _splines()
    weight = straight * np.exp(log_weight)
    weight = weight / weight.sum(axis=1, keepdims=True)
    piece = np.minimum((u * PIECES).astype(int), PIECES - 1)
    local = u - piece / PIECES
    square, line, level = pieces[:, piece]
    splines = (square * local[..., None] + line) * local[..., None] + level
    slopes = 2 * square * local[..., None] + line
    rise = (splines * weight).sum(axis=-1)
    by_weight = weight * (splines - rise[..., None])
    return rise, (slopes * weight).sum(axis=-1), by_weight


@cache
def _splines() -> tuple[Floats, Floats]:
    # Coefficients of the I-splines piece by piece (3, PIECES, K), and their weights in a line.
    from scipy.interpolate import BSpline, PPoly

    inner = np.linspace(0, 1, PIECES + 1)
    knots = np.concatenate([[0.0, 0.0], inner, [1.0, 1.0]])
    steps = 1 - np.tri(N_SPLINES, N_SPLINES + 1)  # row k: 0 in columns up to k, then 1
    pieces = [PPoly.from_spline(BSpline(knots, row, 2).tck).c[:, 2:-2] for row in steps]
    coefficients = np.stack(pieces, axis=-1)
    greville = (knots[1:-2] + knots[2:-1]) / 2
    return coefficients, np.diff(greville)
