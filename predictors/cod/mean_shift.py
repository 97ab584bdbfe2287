"""Where do points crowd? MeanShift with a flat kernel, batched over its seeds.

    seed <- mean of the points within the bandwidth of it, until it moves less than 1e-3 bandwidths

Source: Comaniciu and Meer 2002 (doi:10.1109/34.1000236), in the form of scikit-learn's
    ``MeanShift(bandwidth)`` and ``estimate_bandwidth``, whose results it repeats
    where every point is a seed.
Departures: all seeds move at once by two matrix products, instead of one neighbour query after
    another; beyond MAX_POINTS points the seeds are one of each of the N_SEEDS fullest bins, and
    the bandwidth is read off MAX_SAMPLE points, so that the cost grows with the number of points
    and not with its square.
Fails when: groups differ in width; there is one bandwidth.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from scalepredict.records.table import Bools, Floats, Ints

MAX_POINTS = 512  # up to which every point is a seed
N_SEEDS = 256
MAX_SAMPLE = 2048  # the mean distance to a neighbour is known to 1 % from so many points
MAX_STEPS = 300  # as scikit-learn
BLOCK = 1 << 22  # distances held at once (32 MiB)


class Modes(NamedTuple):
    """Result of a mean shift.

    Attributes:
        labels: Index of the nearest mode, -1 where that is too far away. Shape (n,).
        centers: The modes, the most crowded first. Shape (k, d).
    """

    labels: Ints
    centers: Floats


def estimate_bandwidth(points: Floats, *, quantile: float) -> float:
    """Mean distance to the k-th nearest neighbour, k = quantile * n, itself counted as one.

    Args:
        points: Shape (n, d).
        quantile: Share of the points that a neighbourhood holds, in (0, 1].
    """
    sample = points[_evenly(len(points), MAX_SAMPLE)]
    k = max(1, int(len(sample) * quantile))
    return float(np.mean(np.partition(cdist(sample, sample), k - 1, axis=1)[:, k - 1]))


def mean_shift(points: Floats, *, bandwidth: float, cluster_all: bool = False) -> Modes:
    """Find the modes of a cloud and the points that belong to each.

    Args:
        points: Shape (n, d).
        bandwidth: Radius of the kernel, above 0, in the unit of the points.
        cluster_all: Whether points far from every mode belong to the nearest one.
    """
    centers, crowd = _climb(points, _seeds(points, bandwidth), bandwidth)
    centers = _distinct(centers, crowd, bandwidth)
    labels = np.full(len(points), -1, dtype=np.intp)
    for rows in blocks(len(points), len(centers)):
        distance = cdist(points[rows], centers)
        nearest = np.argmin(distance, axis=1)
        inside = distance[np.arange(len(nearest)), nearest] <= bandwidth
        labels[rows] = np.where(inside | cluster_all, nearest, -1)
    return Modes(labels, centers)


def within(centers: Floats, points: Floats, bandwidth: float) -> Bools:
    """Which points are within the bandwidth of which center: shapes (k, d), (n, d) -> (k, n)."""
    result: Bools = cdist(centers, points, "sqeuclidean") <= bandwidth**2
    return result


def blocks(rows: int, columns: int) -> list[slice]:
    """Slices of the rows of a table that hold BLOCK cells each, or one row."""
    step = max(1, BLOCK // max(columns, 1))
    return [slice(start, start + step) for start in range(0, rows, step)]


def _seeds(points: Floats, bandwidth: float) -> Floats:
    if len(points) <= MAX_POINTS:
        return points
    # A point of each bin and not its middle: in many dimensions that is far from every point.
    bins = np.round(points / bandwidth)
    _, first, count = np.unique(bins, axis=0, return_index=True, return_counts=True)
    return points[first[np.argsort(-count, kind="stable")[:N_SEEDS]]]


def _climb(points: Floats, seeds: Floats, bandwidth: float) -> tuple[Floats, Ints]:
    # Moves every seed uphill; each sees a point, as it starts on one.
    at = seeds.copy()
    crowd = np.zeros(len(at), dtype=np.intp)
    moving = np.arange(len(at))
    for _ in range(MAX_STEPS):
        for rows in blocks(len(moving), len(points)):
            chosen = moving[rows]
            near = within(at[chosen], points, bandwidth)
            crowd[chosen] = near.sum(axis=1)
            # A mean can leave the reach of its points only by rounding.
            seen = crowd[chosen, None] > 0
            mean = near.astype(float) @ points / np.maximum(crowd[chosen], 1)[:, None]
            mean = np.where(seen, mean, at[chosen])
            moved = np.linalg.norm(mean - at[chosen], axis=1)
            at[chosen] = mean
            moving[rows] = np.where(moved > 1e-3 * bandwidth, chosen, -1)
        moving = moving[moving >= 0]
        if not len(moving):
            break
    return at, crowd


def _distinct(centers: Floats, crowd: Ints, bandwidth: float) -> Floats:
    # Of modes within a bandwidth of each other the most crowded stays.
    order = np.lexsort((*centers.T[::-1], crowd))[::-1]
    centers = centers[order]
    close = cdist(centers, centers) <= bandwidth
    keep = np.ones(len(centers), dtype=bool)
    for i in range(len(centers)):
        if keep[i]:
            keep[close[i]] = False
            keep[i] = True
    return centers[keep]


def _evenly(n: int, at_most: int) -> Ints:
    return np.unique(np.linspace(0, n - 1, min(n, at_most)).astype(np.intp))
