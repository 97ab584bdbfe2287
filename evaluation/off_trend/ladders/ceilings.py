"""How much can be expected of a run at most? What its ladder, or else public models, let expect.

A curve through the past of a run knows no end, and one that slows down late may be continued to
scores that no model of its size has. So no more is expected than the better end of the interval
that the ladder forecasts for the end of the run or, where there is no ladder, than nearly all
public families score at the compute that the run has used by then, unless it scored more already.
"""

from dataclasses import replace

import numpy as np

from scalepredict.evaluation.off_trend.ladders.against_ladder import Ladder, matching_units
from scalepredict.evaluation.off_trend.own_past.quality import Quality
from scalepredict.evaluation.off_trend.own_past.runs import Run
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.reference.fitted_reference import fit_reference
from scalepredict.records.table import FLOPS_PER_PARAM_TOKEN, EvalTable, Floats, Ints

COVERAGE = 0.95  # of the interval of the ladder
PUBLIC_SD = 2.0  # standard deviations between public families above their mean


def ladder_ceiling(
    table: EvalTable, quality: Quality, run: Run, ladder: Ladder, *, final_tokens: float
) -> Floats:
    """The better end of what the ladder forecasts for the end of the run; inf = nothing. (T,)."""
    params = float(np.exp(run.log_params))
    forecast = ladder.forecast(run.family, params, final_tokens)
    columns, places = matching_units(table, forecast)
    low, high = forecast.interval(COVERAGE)
    end = np.where(quality.sign[columns] > 0, high[0, places], low[0, places])
    return _spread(quality, columns, end, (len(table.units),))


def public_ceiling(table: EvalTable, quality: Quality, run: Run) -> Floats:
    """What nearly all public families stay below at each checkpoint; inf = not known. (K, T)."""
    params, tokens = np.exp(run.log_params), table.tokens[run.rows]
    measured = np.flatnonzero(np.isfinite(table.scores[run.rows]).any(axis=0))
    everything = (len(run.rows), len(table.units))
    if not np.isfinite(params * tokens).all() or not len(measured):
        return np.full(everything, np.inf)
    flops = FLOPS_PER_PARAM_TOKEN * params * tokens
    latest = replace(table.checkpoints[run.rows[-1]], flops=float(flops[-1]))
    last = table.take_rows(run.rows[-1:]).take_units(measured)
    fitted = fit_reference(replace(last, checkpoints=(latest,)))
    targets = Targets(
        family=(run.family,) * len(tokens),
        params=np.full(len(tokens), params),
        tokens=tokens,
        flops=flops,
        assumption=("",) * len(tokens),
    )
    _, high = fitted.public_band(targets, sd=PUBLIC_SD)
    return _spread(quality, measured, high, everything)


def _spread(quality: Quality, columns: Ints, recorded: Floats, shape: tuple[int, ...]) -> Floats:
    found = np.full(shape, np.inf)
    turned = quality.turned(columns, recorded)
    found[..., columns] = np.where(np.isfinite(turned), turned, np.inf)
    return found
