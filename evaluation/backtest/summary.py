"""How good is each method, in a few figures? Averages that no big grid can dominate.

Tasks -> target -> origin -> series -> group: at each level the mean with equal weights, so that
neither a suite with many benchmarks nor a ladder with many origins counts for more. Intervals come
from resampling whole series, because the lines of one series share their models.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from scalepredict.evaluation.backtest.outcomes import Outcomes, in_common
from scalepredict.evaluation.backtest.scores import absolute_error
from scalepredict.evaluation.intervals.levels import percent_key
from scalepredict.records.table import Bools, Floats, Ints

N_RESAMPLES = 1000
Value = TypeVar("Value")
CONFIDENCE = 0.95  # of the bootstrap interval beside each figure
FIGURES = ("mae", "median", "max", "bias", "wis", "skill")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure and its bootstrap interval over series; NaN ends with fewer than two series."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """One method on one part of the backtest. Errors, widths and scores are fractions.

    Attributes:
        predictor: Name of the method.
        part: Factor bin, benchmark, family or group; empty for everything.
        n_series: Series with a forecast.
        n_forecasts: Scores behind the figures: forecast by this method, and in common.
        n_refused: Measured scores that the method did not forecast.
        figures: By name: ``mae``, ``median`` and ``max`` of absolute errors, ``bias`` (mean of
            forecast minus measured), ``wis``, and ``skill``: MAE as a share of the last value's on
            the same lines. Median: the mean of the medians of the series.
        coverage: By level: share of intervals that held.
        width: By level: mean width of the intervals.
    """

    predictor: str
    part: str
    n_series: int
    n_forecasts: int
    n_refused: int
    figures: dict[str, Figure]
    coverage: dict[float, Figure]
    width: dict[float, Figure]

    def by_name(self) -> dict[str, Figure]:
        """All figures by the names of their columns: ``mae``, ``cover_90``, ``width_90``."""
        return self.figures | by_level("cover", self.coverage) | by_level("width", self.width)


def by_level(what: str, values: Mapping[float, Value]) -> dict[str, Value]:
    """Values of levels by name: ``cover_90``."""
    return {f"{what}_{percent_key(level)}": value for level, value in values.items()}


def summarise(
    lines: Outcomes, *, by: str | None = "factor_bin", rng: np.random.Generator
) -> tuple[SummaryRow, ...]:
    """Summarise each method, over everything or by part; rows by part, then by method.

    Figures are over the scores that all methods forecast (``in_common``), or methods that refuse
    the hard ones would look best.

    Args:
        lines: Outcomes of a backtest.
        by: ``factor_bin``, ``benchmark``, ``family``, ``group``, or None for everything.
        rng: Draws the resamples of series.
    """
    common = in_common(lines)
    part = np.zeros(len(lines), dtype=int) if by is None else lines.column(by)
    names = ("",) if by is None else lines.names[by]
    methods = lines.names["predictor"]
    key = part * len(methods) + lines.column("predictor")
    order = np.argsort(key, kind="stable")
    present, starts = np.unique(key[order], return_index=True)
    return tuple(
        _row(
            lines.take(index),
            common[index],
            predictor=methods[code % len(methods)],
            part=names[code // len(methods)],
            rng=rng,
        )
        for code, index in zip(present, np.split(order, starts)[1:], strict=True)
    )


def equal_weights(levels: Ints) -> Floats:
    """Weights of a nested mean, the same for all children of one parent. They sum to 1.

    Args:
        levels: Numbers of the ancestors of each line, outermost first; a number belongs to one
            parent only. Shape (L, R).

    Returns:
        Shape (R,).
    """
    weights = np.ones(levels.shape[1])
    parent = np.zeros(levels.shape[1], dtype=int)
    for level in levels:
        _, first, child = np.unique(level, return_index=True, return_inverse=True)
        weights /= np.bincount(parent[first], minlength=1)[parent]
        parent = child
    return weights / np.bincount(parent, minlength=1)[parent]


def _row(
    lines: Outcomes, common: Bools, *, predictor: str, part: str, rng: np.random.Generator
) -> SummaryRow:
    made = np.isfinite(lines.point)
    forecast = lines.take(np.flatnonzero(made & common))
    n_levels, n_figures = len(lines.levels), len(FIGURES) + 2 * len(lines.levels)
    value, low, high = np.full((3, n_figures), np.nan)
    n_series = len(np.unique(forecast.column("series")))
    if len(forecast):
        series, group = _series_figures(forecast)
        value = _over_series(series, group, np.ones((1, n_series)))[0]
        if n_series > 1:
            drawn = rng.multinomial(n_series, np.full(n_series, 1 / n_series), size=N_RESAMPLES)
            tail = (1 - CONFIDENCE) / 2
            resampled = _over_series(series, group, drawn.astype(float))
            low, high = np.quantile(resampled, [tail, 1 - tail], axis=0)
    figures = [
        Figure(value=float(v), low=float(a), high=float(b))
        for v, a, b in zip(value, low, high, strict=True)
    ]
    shares, widths = figures[len(FIGURES) : -n_levels], figures[-n_levels:]
    return SummaryRow(
        predictor=predictor,
        part=part,
        n_series=n_series,
        n_forecasts=len(forecast),
        n_refused=int((~made).sum()),
        figures=dict(zip(FIGURES, figures[: len(FIGURES)], strict=True)),
        coverage=dict(zip(lines.levels, shares, strict=True)),
        width=dict(zip(lines.levels, widths, strict=True)),
    )


def _series_figures(lines: Outcomes) -> tuple[Floats, Ints]:
    """Figures of each series, shape (S, F), and its group, (S,).

    Columns are FIGURES, then the coverage and the width of each level. The
    column of ``skill`` holds the error of the last value until series are averaged.
    """
    levels = lines.nesting()[1:]
    _, first, series = np.unique(levels[0], return_index=True, return_inverse=True)
    weights = equal_weights(levels) * len(first)
    size = absolute_error(lines.observed, lines.point)

    def mean(values: Floats) -> Floats:
        return np.bincount(series, weights=weights * values).astype(float)

    def share(held: Floats) -> Floats:
        return np.minimum(mean(held), 1.0)  # weights sum to 1 up to rounding, which may be above

    median, largest = np.transpose(
        [
            (_weighted_median(size[series == s], weights[series == s]), size[series == s].max())
            for s in range(len(first))
        ]
    )
    columns = [
        mean(size), median, largest, mean(lines.error), mean(lines.wis),
        mean(absolute_error(lines.observed, lines.reference)),
        *(share(hit) for hit in lines.hit), *map(mean, lines.high - lines.low),
    ]  # fmt: skip
    return np.stack(columns, axis=1), lines.column("group")[first]


def _over_series(series: Floats, group: Ints, counts: Floats) -> Floats:
    """Figures of B resamples, shape (B, F), from figures of series (S, F) and counts (B, S)."""
    member = (group[:, None] == np.unique(group)).astype(float)
    per_group = np.einsum("bs,sg,sf->bgf", counts, member, series)
    n = counts @ member
    mean = (per_group / np.maximum(n, 1)[..., None]).sum(axis=1) / (n > 0).sum(axis=1)[:, None]
    largest, mae, reference = (FIGURES.index(name) for name in ("max", "mae", "skill"))
    mean[:, largest] = np.where(counts > 0, series[:, largest], 0.0).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean[:, reference] = mean[:, mae] / mean[:, reference]
    return np.asarray(mean)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(share, 0.5)])
