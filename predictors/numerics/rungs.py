"""How many scales has a ladder? Models of nearly one compute are one rung, measured several times.

Sorted by FLOPs, a rung holds what lies within SAME_SCALE of its smallest checkpoint. Seeds of one
size, and sizes that share a budget, say how much a score scatters; they do not say how it grows.
A checkpoint of unknown compute counts as a rung of its own.
"""

import numpy as np

from scalepredict.records.table import Bools, Floats, Ints

SAME_SCALE = 1.10  # largest over smallest FLOPs of one rung


def rungs(flops: Floats) -> Ints:
    """Number of the rung of each checkpoint, counted from 0 upwards. Shape (M,).

    Args:
        flops: Training FLOPs. Shape (M,).
    """
    number = np.zeros(len(flops), dtype=np.intp)
    start, rung = np.nan, -1
    for row in np.argsort(flops, kind="stable"):
        if not flops[row] <= SAME_SCALE * start:
            start, rung = flops[row], rung + 1
        number[row] = rung
    return number


def count_rungs(flops: Floats, measured: Bools) -> Ints:
    """How many rungs carry a score of each unit. Shape (T,).

    Args:
        flops: Training FLOPs. Shape (M,).
        measured: Which scores exist. Shape (M, T).
    """
    number = rungs(flops)
    on = np.eye(number.max(initial=-1) + 1, dtype=bool)[number]
    counts: Ints = (on.T.astype(np.intp) @ measured.astype(np.intp) > 0).sum(axis=0)
    return counts


def top_gap(flops: Floats, measured: Bools) -> Floats:
    """By how much the two largest rungs lie farther apart than those below. Shape (T,).

    In decades, over the mean step below the second largest; 0 with fewer than three rungs.

    Args:
        flops: Training FLOPs, 0 = unknown. Shape (M,).
        measured: Which scores exist. Shape (M, T).
    """
    known = measured & (flops > 0)[:, None]
    size = np.log10(np.where(flops > 0, flops, 1.0))[:, None]
    top = np.where(known, size, -np.inf).max(axis=0, initial=-np.inf)
    below = known & (size < top - np.log10(SAME_SCALE))
    second = np.where(below, size, -np.inf).max(axis=0, initial=-np.inf)
    least = np.where(below, size, np.inf).min(axis=0, initial=np.inf)
    steps = count_rungs(flops, measured) - 2
    ladder = (steps > 0) & (second > least)
    top, second, least = (np.where(ladder, each, 0.0) for each in (top, second, least))
    return np.maximum(top - second - (second - least) / np.maximum(steps, 1), 0.0)
