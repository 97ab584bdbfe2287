"""How well does a fit pass through its own evidence? Mean absolute residual, recent ones more."""

import numpy as np

from scalepredict.evaluation.classes.benchmark_trend import SLOPE_DECADES
from scalepredict.predictors.interface import Forecast
from scalepredict.records.table import EvalTable, Floats


def fit_error(fitted: Forecast, evidence: EvalTable) -> Floats:
    """Mean |fitted - measured| of each unit of one family, a fraction. Shape (T,).

    Residuals are weighted by exp(-decades of FLOPs below the top). NaN where nothing was fitted.

    Args:
        fitted: The law's forecast of the M checkpoints of the evidence, shape (M, T).
        evidence: What was measured, shape (M, T).
    """
    residual = np.abs(fitted.point - evidence.scores)
    decades = np.log10(evidence.flops) - np.log10(evidence.flops.max())
    known = np.isfinite(residual)
    weight = np.where(known, np.exp(decades / SLOPE_DECADES)[:, None], 0.0)
    total = weight.sum(axis=0)
    mean = np.where(known, weight * residual, 0.0).sum(axis=0) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, mean, np.nan)
