"""Which mixtures of the skills read best? Oblique rotation towards few large loadings each.

    minimise over rotations: sum over benchmarks of (prod_k (loading_tk^2 + EPSILON)) ** (1 / d)

Source: geomin (Yates 1987) by gradient projection (Jennrich 2002, doi:10.1007/BF02294706), the
    rotation that Maia Polo et al. (2024, 2412.06540) read their skills with.

Letters: T benchmarks, d skills.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import Floats

EPSILON = 0.01
ROUNDS = 500


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadableSkills:
    """Skills of unit variance over the models, each rising with scale, the strongest first.

    Attributes:
        loading: Shape (T, d).
        mixing: Readable skills are ``(theta - mean) @ mixing``. Shape (d, d).
        share: Share of the summed squared loadings. Shape (d,).
    """

    loading: Floats
    mixing: Floats
    share: Floats


def readable_skills(loading: Floats, theta: Floats, scale: Floats) -> ReadableSkills:
    """Whiten, rotate by geomin, and fix order and signs so that reruns agree.

    Args:
        loading: Shape (T, d).
        theta: Skills of the models. Shape (M, d).
        scale: What a skill should rise with. Shape (M,).
    """
    centred = theta - theta.mean(axis=0)
    value, vector = np.linalg.eigh(centred.T @ centred / len(theta))
    root = np.sqrt(np.maximum(value, 1e-12))
    white, unwhite = vector / root, vector * root
    mixing = white @ geomin(loading @ unwhite)
    mixing = mixing * np.where(scale @ (centred @ mixing) < 0, -1.0, 1.0)
    rotated = loading @ np.linalg.inv(mixing).T
    share = (rotated**2).sum(axis=0) / (rotated**2).sum()
    order = np.argsort(-share, kind="stable")
    return ReadableSkills(loading=rotated[:, order], mixing=mixing[:, order], share=share[order])


def geomin(loading: Floats) -> Floats:
    """The mixing matrix R of shape (d, d).

    If theta is white, the skills ``theta @ R`` have unit variance (and may be correlated).
    Their loadings are ``loading @ inv(R).T``, so that forecasts do not change.

    Args:
        loading: Shape (T, d).
    """
    d = loading.shape[1]
    mixing = np.eye(d)
    size = 1.0
    rotated, value, gradient = _criterion(loading, mixing)
    for _ in range(ROUNDS):
        # Along the oblique manifold: columns of the mixing matrix keep length 1.
        slope = -np.linalg.inv(mixing).T @ gradient.T @ rotated
        slope = slope - mixing * (mixing * slope).sum(axis=0)
        steepness = float((slope**2).sum())
        if steepness < 1e-12:
            break
        size *= 2
        for _ in range(20):
            trial = mixing - size * slope
            trial = trial / np.linalg.norm(trial, axis=0)
            new_rotated, new_value, new_gradient = _criterion(loading, trial)
            if value - new_value > 0.5 * size * steepness:
                break
            size /= 2
        else:
            break
        mixing, rotated, value, gradient = trial, new_rotated, new_value, new_gradient
    return mixing


def _criterion(loading: Floats, mixing: Floats) -> tuple[Floats, float, Floats]:
    rotated = loading @ np.linalg.inv(mixing).T
    square = rotated**2 + EPSILON
    product = np.exp(np.log(square).mean(axis=1, keepdims=True))
    gradient = 2 / loading.shape[1] * product * rotated / square
    return rotated, float(product.sum()), gradient
