"""How well does a fit pass through its own evidence? Mean absolute residual, recent ones more."""

import numpy as np

from scalepredict.evaluation.trend import SLOPE_DECADES
from scalepredict.predictors.interface import Law, Targets
from scalepredict.records.table import EvalTable, Floats


def fit_error(law: Law, evidence: EvalTable, *, rng: np.random.Generator) -> Floats:
    """Mean |fitted - measured| of each unit of one family, a fraction. Shape (T,).

    Residuals are weighted by exp(-decades of FLOPs below the top). NaN where nothing was fitted.
    """
    fitted = law.forecast(Targets.of_table(evidence), rng=rng)
    order = {unit.benchmark: i for i, unit in enumerate(fitted.units)}
    point = fitted.point[:, [order[unit.benchmark] for unit in evidence.units]]
    residual = np.abs(point - evidence.scores)
    decades = np.log10(evidence.flops) - np.log10(evidence.flops.max())
    known = np.isfinite(residual)
    weight = np.where(known, np.exp(decades / SLOPE_DECADES)[:, None], 0.0)
    total = weight.sum(axis=0)
    mean = np.where(known, weight * residual, 0.0).sum(axis=0) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, mean, np.nan)
