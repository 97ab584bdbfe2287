"""How good could any forecast be? The error that noise alone leaves, beside the error of a method.

Three floors, each as a mean absolute error: of the measurement itself (binomial), of a run from
checkpoint to checkpoint, and of interpolation between measured models on both sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.backtest.outcomes import Outcomes
from scalepredict.evaluation.backtest.summary import equal_weights
from scalepredict.predictors.loss.index import published_index
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.table import EvalTable, Floats

ABSOLUTE_OF_SD = np.sqrt(2 / np.pi)  # mean absolute value of a normal error of unit variance
BANDWIDTH = 0.3  # effective decades of FLOPs; the floor is flat between .2 and .4
LAST_CHECKPOINTS = 5  # of each run; earlier ones still move by learning

Noise = Mapping[tuple[str, str], float]  # by (family, benchmark): mean absolute error, a fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorRow:
    """Mean absolute errors that noise leaves on one part of a backtest; NaN = not known.

    Attributes:
        part: Factor bin, benchmark, family or group; empty for everything.
        interpolation: Of forecasts of left-out models from models on both sides.
        checkpoints: Of one run around its own line of late checkpoints.
        binomial: Of sampling that many questions, if each were drawn anew.
    """

    part: str
    interpolation: float
    checkpoints: float
    binomial: float


def checkpoint_noise(table: EvalTable) -> Noise:
    """Noise of late checkpoints around a straight line, from second differences.

        variance = mean (y[i-1] - 2 y[i] + y[i+1])^2 / 6

    which is exact for independent errors around any straight line.
    """
    benchmarks = to_benchmarks(table)
    runs: dict[tuple[str, str], list[int]] = {}
    for row in np.argsort(benchmarks.flops, kind="stable"):
        checkpoint = benchmarks.checkpoints[row]
        runs.setdefault((checkpoint.family, checkpoint.model), []).append(int(row))
    squares: dict[str, list[Floats]] = {}
    for (family, _), rows in runs.items():
        if len(rows) >= 3:
            bend = np.diff(benchmarks.scores[rows[-LAST_CHECKPOINTS:]], n=2, axis=0)
            squares.setdefault(family, []).append(bend**2 / 6)
    noise: dict[tuple[str, str], float] = {}
    for family, parts in squares.items():
        stacked = np.concatenate(parts)
        known = np.isfinite(stacked)
        variance = np.where(known, stacked, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        for unit, value, n in zip(benchmarks.units, variance, known.sum(axis=0), strict=True):
            if n:
                noise[family, unit.shown] = float(ABSOLUTE_OF_SD * np.sqrt(value))
    return noise


def interpolation_noise(table: EvalTable) -> Noise:
    """Error of a local line through the other models of a family, on the road of scale.

    Each model with a smaller and a larger one is left out, and its scores are read off a line
    through the others, weighted by exp(-|dx| / 0.3) with x in effective decades of FLOPs
    (predictors/index.py). Forecasts cannot be expected to beat what interpolation reaches.
    """
    noise: dict[tuple[str, str], float] = {}
    benchmarks = to_benchmarks(table)
    for family in benchmarks.families:
        own = benchmarks.of_family(family)
        error = _left_out_errors(published_index(Scale.of_table(own)).x, own.scores)
        known = np.isfinite(error)
        means = np.where(known, error, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        for unit, value, n in zip(own.units, means, known.sum(axis=0), strict=True):
            if n:
                noise[family, unit.shown] = float(value)
    return noise


def noise_floor(
    lines: Outcomes, *, by: str | None, interpolation: Noise, checkpoints: Noise
) -> tuple[FloorRow, ...]:
    """Average the three floors over the lines of a backtest, with the weights of its errors.

    Args:
        lines: Outcomes of one method.
        by: As in ``summarise``.
        interpolation: From ``interpolation_noise``.
        checkpoints: From ``checkpoint_noise``.
    """
    p = np.clip(lines.observed, 0, 1)
    floors = (
        _looked_up(lines, interpolation),
        _looked_up(lines, checkpoints),
        ABSOLUTE_OF_SD * np.sqrt(p * (1 - p) / lines.n_items),
    )
    part = np.zeros(len(lines), dtype=int) if by is None else lines.column(by)
    names = ("",) if by is None else lines.names[by]
    rows = []
    for number in np.unique(part):
        means = [_nested_mean(lines, floor, part == number) for floor in floors]
        rows.append(
            FloorRow(
                part=names[number],
                interpolation=means[0],
                checkpoints=means[1],
                binomial=means[2],
            )
        )
    return tuple(rows)


def _left_out_errors(x: Floats, scores: Floats) -> Floats:
    # Shapes (M,), (M, T) -> (M, T); NaN at both ends of the road and where a score is missing.
    apart = x - x[:, None]
    weight = np.exp(-np.abs(apart) / BANDWIDTH)
    np.fill_diagonal(weight, 0.0)
    known = np.isfinite(scores).astype(float)
    y = np.where(known > 0, scores, 0.0)
    s0, s1, s2 = (weight @ known, (weight * apart) @ known, (weight * apart**2) @ known)
    t0, t1 = weight @ y, (weight * apart) @ y
    with np.errstate(divide="ignore", invalid="ignore"):
        line = (t0 * s2 - t1 * s1) / (s0 * s2 - s1**2)
    line[(x == x.min()) | (x == x.max())] = np.nan
    return np.where(np.isfinite(line), np.abs(line - scores), np.nan)


def _looked_up(lines: Outcomes, noise: Noise) -> Floats:
    families, benchmarks = lines.names["family"], lines.names["benchmark"]
    table = np.array([[noise.get((f, b), np.nan) for b in benchmarks] for f in families])
    return np.asarray(table[lines.column("family"), lines.column("benchmark")])


def _nested_mean(lines: Outcomes, values: Floats, chosen: Floats) -> float:
    index = np.flatnonzero(chosen & np.isfinite(values))
    if not len(index):
        return float("nan")
    return float(equal_weights(lines.take(index).nesting()) @ values[index])
