"""Which runs are efficient? The lower envelope of losses over compute, and who lies on it.

A law in C holds along the efficient front or along one track of tokens per parameter. On a whole
grid it errs two to eight times more, because runs far above the envelope pull it up. So the
envelope is taken first: runs with a lower loss than every cheaper run, one for each factor 1.5 of
compute, counted down from the largest.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import Bools, Floats

STEP = 1.5  # of compute: within it, only the run of least loss is a rung
ON_TRACK = 1.5  # tokens per parameter this close to the ladder's are its own
MOST_SCATTER = 2.0  # of the rungs' own ratios: a front that wanders more holds no wider than this
FEWEST_RUNGS = 3  # two parameters and one rung to contradict them


def envelope(log_flops: Floats, loss: Floats) -> Bools:
    """Which of M runs are rungs of the front, for each of T series. Shape (T, M).

    Args:
        log_flops: Natural log of training FLOPs. Shape (M,).
        loss: Losses, NaN = not measured. Shape (T, M).
    """
    order = np.lexsort((np.arange(len(log_flops)), log_flops))
    x, y = log_flops[order], loss[:, order]
    level = np.where(np.isfinite(y), y, np.inf)
    # Of runs of one compute only the best may be a rung: the later ones are not cheaper.
    before = np.minimum.accumulate(level, axis=1)
    before = np.concatenate([np.full((len(y), 1), np.inf), before[:, :-1]], axis=1)
    lowest = level < before
    top = np.where(lowest, x, -np.inf).max(axis=1, initial=-np.inf)
    with np.errstate(invalid="ignore"):
        step = np.floor((top[:, None] - x) / np.log(STEP) + 1e-9)
    # The last of a step is its lowest: losses of the envelope fall with compute.
    later = np.concatenate([lowest[:, 1:], np.zeros((len(y), 1), dtype=bool)], axis=1)
    following = _next_marked(step, later)
    chosen = lowest & ~(following == step)
    rungs = np.zeros_like(lowest)
    rungs[:, order] = chosen
    return rungs


def height(log_flops: Floats, loss: Floats, rungs: Bools) -> Floats:
    """How far each run lies above the front, in log L; 0 where it lies below or on it. (T, M).

    Args:
        log_flops: Natural log of training FLOPs. Shape (M,).
        loss: Losses, NaN = not measured. Shape (T, M).
        rungs: Of the front, which is straight between two of them in log L and log C. (T, M).
    """
    order = np.argsort(log_flops, kind="stable")
    x, y, marked = log_flops[order], np.log(loss[:, order]), rungs[:, order]
    place = np.arange(len(x))
    before = np.maximum.accumulate(np.where(marked, place, -1), axis=1)
    after = np.minimum.accumulate(np.where(marked, place, len(x))[:, ::-1], axis=1)[:, ::-1]
    # Below the first rung and above the last, the front is level.
    left = np.where(before < 0, after, before).clip(0, len(x) - 1)
    right = np.where(after == len(x), before, after).clip(0, len(x) - 1)
    low, high = (np.take_along_axis(y, ends, axis=1) for ends in (left, right))
    step = x[right] - x[left]
    share = np.where(step > 0, (x - x[left]) / np.where(step > 0, step, 1.0), 0.0)
    above = np.empty_like(y)
    above[:, order] = np.nan_to_num(np.maximum(y - low - share * (high - low), 0.0))
    return above


def _next_marked(value: Floats, marked: Bools) -> Floats:
    # At each place the value at the next marked one to its right (marked[i] speaks of i + 1).
    shifted = np.concatenate([value[:, 1:], np.full((len(value), 1), np.nan)], axis=1)
    place = np.where(marked, np.arange(value.shape[1]), value.shape[1])
    nearest = np.minimum.accumulate(place[:, ::-1], axis=1)[:, ::-1]
    padded = np.concatenate([shifted, np.full((len(value), 1), np.nan)], axis=1)
    return np.take_along_axis(padded, nearest, axis=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """Tokens per parameter along the rungs of T series, as a line in log C.

    Attributes:
        level: log (D / N) at ``centre``. Shape (T,).
        slope: Its rise with log C; 0 where the rungs share one ratio. Shape (T,).
        centre: Mean log C of the rungs. Shape (T,).
        scatter: Standard deviation of log (D / N) around the line. Shape (T,).
        low: Least log C of the rungs. Shape (T,).
    """

    level: Floats
    slope: Floats
    centre: Floats
    scatter: Floats

    def holds(self, log_flops: Floats, log_ratio: Floats) -> Bools:
        """Whether each of K targets continues the rungs of each series. Shape (T, K)."""
        expected = self.level[:, None] + self.slope[:, None] * (log_flops - self.centre[:, None])
        tolerance = np.log(ON_TRACK) + np.minimum(self.scatter[:, None], np.log(MOST_SCATTER))
        near: Bools = np.abs(log_ratio - expected) <= tolerance
        return near


def read_track(log_flops: Floats, log_ratio: Floats, rungs: Bools) -> Track:
    """Read the design of the rungs (T, M); ``log_ratio`` is log (D / N) of shape (M,)."""
    count = np.maximum(rungs.sum(axis=1), 1)
    centre = (rungs * log_flops).sum(axis=1) / count
    level = (rungs * log_ratio).sum(axis=1) / count
    x = rungs * (log_flops - centre[:, None])
    y = rungs * (log_ratio - level[:, None])
    square = (x**2).sum(axis=1)
    slope = np.where(square > 0, (x * y).sum(axis=1) / np.where(square > 0, square, 1.0), 0.0)
    left = y - slope[:, None] * x
    scatter = np.sqrt((left**2).sum(axis=1) / np.maximum(count - 2, 1))
    return Track(level=level, slope=slope, centre=centre, scatter=scatter)
