"""How does a metric that is no fraction move with compute? In words of its own.

    too_few    fewer than 3 values
    falling    its slope in log C is negative by 3 standard errors or more
    rising     positive by as much
    noisy      neither, and values scatter by 2 % of their level or more around their neighbours
    flat       none of these

Whether falling is good depends on the direction of the metric; a loss should fall. The slope is
that of the last decade or so (weights exp(x), x in decades of FLOPs below the top), and its error
comes from the scatter around the line, so a smooth ladder of three rungs is enough.
"""

import numpy as np

from scalepredict.evaluation.classes.benchmark_trend import MIN_SCORES, SLOPE_DECADES, Trend
from scalepredict.records.table import EvalTable, Floats

TREND_Z = 3.0
NOISY = 0.02  # relative
_UNKNOWN = ("level_se", "phi", "step_z", "linearity", "breakthroughness")  # mean nothing here


def own_trend(evidence: EvalTable) -> Trend:
    """Measures of each unit, in its own unit; NaN where fewer than three values are known."""
    table = evidence.take_rows(np.argsort(evidence.flops, kind="stable"))
    x = np.log10(table.flops) - np.log10(table.flops.max(initial=np.finfo(float).tiny))
    y = table.scores.T
    known = np.isfinite(y)
    n = known.sum(axis=1).astype(float)
    enough = n >= MIN_SCORES
    weight = np.where(known, np.exp(x / SLOPE_DECADES), 0.0)
    filled = np.where(known, y, 0.0)
    total = np.where(enough, weight.sum(axis=1), 1.0)
    centre, mean = (weight * x).sum(axis=1) / total, (weight * filled).sum(axis=1) / total
    away = x - centre[:, None]
    spread = (weight * away**2).sum(axis=1)
    steep = enough & (spread > 0)
    slope = (weight * away * filled).sum(axis=1) / np.where(steep, spread, np.inf)
    left = filled - mean[:, None] - slope[:, None] * away
    variance = (weight * left**2).sum(axis=1) / total * n / np.maximum(n - 2, 1)
    error = np.sqrt(variance * (weight**2 * away**2).sum(axis=1)) / np.where(steep, spread, np.inf)
    exact = np.where(error > 0, error, np.finfo(float).tiny)
    top = y.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    last = y[np.arange(len(y)), top]
    unknown = np.full(len(n), np.nan)

    def of_known(measure: Floats) -> Floats:
        return np.where(enough, measure, np.nan)

    return Trend(
        n_scores=n,
        level=of_known(last),
        slope=of_known(slope),
        z=of_known(np.clip(slope / exact, -1e6, 1e6)),
        noise=of_known(np.sqrt(variance)),
        **dict.fromkeys(_UNKNOWN, unknown),
    )
