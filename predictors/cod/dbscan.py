"""Which points lie in dense regions, and which of those are joined? DBSCAN in blocks.

A core point has min_neighbours points within the radius of it, itself counted; cores within the
radius of each other are one cluster; another point belongs to the first cluster that reaches it.

Source: Ester et al. 1996, "A density-based algorithm for discovering clusters in large spatial
    databases with noise", in the form of scikit-learn's ``DBSCAN``, whose labels it repeats.
Departures: neighbours are found again in blocks instead of being kept, because a radius that
    holds a tenth of the points would fill memory with the square of their number.
Fails when: a thin bridge of points joins what should be two clusters.
"""

import numpy as np

from scalepredict.predictors.cod.mean_shift import blocks, within
from scalepredict.records.table import Bools, Floats, Ints

NOISE = -1


def dbscan(points: Floats, *, radius: float, min_neighbours: int) -> Ints:
    """Labels 0, 1, ... in the order of their first core point, or NOISE; shape (n,).

    Args:
        points: Shape (n, d).
        radius: Eps, above 0, in the unit of the points.
        min_neighbours: Points within the radius that make a core point.
    """
    core = _neighbours(points, radius) >= min_neighbours
    labels = np.full(len(points), NOISE, dtype=np.intp)
    free = np.arange(len(points))  # in no cluster yet
    for first in np.flatnonzero(core):
        if labels[first] != NOISE:
            continue
        label, edge = labels.max() + 1, np.array([first])
        labels[first] = label
        while len(edge):
            free = free[labels[free] == NOISE]
            reached = free[_reached(points[free], points[edge], radius)]
            labels[reached] = label
            edge = reached[core[reached]]
    return labels


def _neighbours(points: Floats, radius: float) -> Ints:
    count = np.empty(len(points), dtype=np.intp)
    for rows in blocks(len(points), len(points)):
        count[rows] = within(points[rows], points, radius).sum(axis=1)
    return count


def _reached(points: Floats, edge: Floats, radius: float) -> Bools:
    reached = np.zeros(len(points), dtype=bool)
    for rows in blocks(len(edge), len(points)):
        left = np.flatnonzero(~reached)
        reached[left] = within(points[left], edge[rows], radius).any(axis=1)
    return reached
