"""What does the whole benchmark score when its predictable part scores x? A monotone map.

Through (0, 0) and (1, 1), and near the points (part, whole) of small models and anchors. Forms:
    local line      log(-log y) = u + v log(-log x), weighted towards where it is read
    monotone cubic  shape-preserving cubic through the points after a monotone smoothing
    spline          the paper's: cubic smoothing spline, as smooth as an RMSE of 0.005 allows

Source: Xu et al. 2025 (COD, 2502.17262) for the end points, the anchors and the spline; SciPy's
    PCHIP (Fritsch and Butland 1984, doi:10.1137/0905021) is the monotone cubic.
The local line is ours: part and whole both follow exp(-loss) curves, and the map between two such
    curves is straight in these coordinates, so that it can be continued beyond the points; a
    cubic heads straight for the corner from the last point on.
Fails when: the target lies beyond every point and the rest of the questions emerges there.
"""

import warnings

import numpy as np
from scipy.interpolate import PchipInterpolator, UnivariateSpline

from scalepredict.records.table import Floats

HALF_WIDTH = 0.5  # of the local weights, in units of log(-log x)
SPLINE_RMSE = 0.005  # the paper's threshold T
_CLIP = 1e-4  # scores of 0 and 1 have no log(-log)
_GAP = 1e-4  # points of the cubic that are closer than this are one


def local_line(part: Floats, whole: Floats, at: Floats, trust: Floats | None = None) -> Floats:
    """Read the local line; the leading axes are resamples.

    Args:
        part: Scores of the predictable part at the points. Shape (..., p).
        whole: Scores of the whole benchmark at the points. Shape (..., p).
        at: Scores of the part where the map is read. Shape (..., K).
        trust: Weights of the points, equal if not given. Shape (..., p).

    Returns:
        Scores of the whole. Shape (..., K).
    """
    x, y, z = _loglog(part), _loglog(whole), _loglog(at)
    weight = np.exp(-np.abs(z[..., :, None] - x[..., None, :]) / HALF_WIDTH) + 1e-9
    if trust is not None:
        weight = weight * trust[..., None, :]
    weight /= weight.sum(axis=-1, keepdims=True)
    mean_x = (weight * x[..., None, :]).sum(axis=-1)
    mean_y = (weight * y[..., None, :]).sum(axis=-1)
    dx, dy = x[..., None, :] - mean_x[..., None], y[..., None, :] - mean_y[..., None]
    # Towards slope 1 (part and whole alike) where the points do not tell; never falling.
    slope = ((weight * dx * dy).sum(axis=-1) + 0.01) / ((weight * dx**2).sum(axis=-1) + 0.01)
    mapped: Floats = np.exp(-np.exp(mean_y + np.maximum(slope, 0.0) * (z - mean_x)))
    return np.where(at <= 0, 0.0, np.where(at >= 1, 1.0, mapped))


def monotone_cubic(part: Floats, whole: Floats, at: Floats) -> Floats:
    """Read the monotone cubic at scores ``at``, shape (K,); points have shape (p,)."""
    x, y = _knots(part, whole)
    value: Floats = PchipInterpolator(x, y)(np.clip(at, 0.0, 1.0))
    return value


def smoothing_spline(part: Floats, whole: Floats, at: Floats) -> Floats:
    """Read the paper's spline at scores ``at``, shape (K,); points have shape (p,).

    The end points are held by their weight; the noise scale starts at 0.1 and is halved until the
    RMSE at the points is at most SPLINE_RMSE. The paper does not say how the spline is kept
    monotone; here it is read from its running maximum.
    """
    x, y = _knots(part, whole)
    if len(x) < 4:  # a cubic needs four points
        return np.interp(at, x, y)
    weight = np.ones(len(x))
    weight[[0, -1]] = 1e3
    noise = 0.1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "s too small": then it passes through
        spline = UnivariateSpline(x, y, w=weight, k=3, s=len(x) * noise**2)
        while np.sqrt(np.mean((spline(x) - y) ** 2)) > SPLINE_RMSE and noise > 1e-4:
            noise /= 2
            spline = UnivariateSpline(x, y, w=weight, k=3, s=len(x) * noise**2)
    grid = np.linspace(0, 1, 1001)
    rising = np.maximum.accumulate(np.clip(spline(grid), 0.0, 1.0))
    value: Floats = np.interp(at, grid, rising)
    return value


def _loglog(score: Floats) -> Floats:
    inside = np.clip(score, _CLIP, 1 - _CLIP)
    result: Floats = np.log(-np.log(inside))
    return result


def _knots(part: Floats, whole: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(part, kind="stable")
    x, y = part[order], whole[order]
    # Halfway between the running maximum from below and the running minimum from above.
    y = (np.maximum.accumulate(y) + np.minimum.accumulate(y[::-1])[::-1]) / 2
    inside = (x > _GAP) & (x < 1 - _GAP) & (np.diff(x, prepend=-1.0) > _GAP)
    return (
        np.concatenate([[0.0], x[inside], [1.0]]),
        np.concatenate([[0.0], np.clip(y[inside], 0, 1), [1.0]]),
    )
