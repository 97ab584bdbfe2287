"""How did a method do on the evidence of its own fit? A rolling-origin backtest of that."""

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.backtest_report import BacktestReport, make_report
from scalepredict.evaluation.backtest.outcomes import REFERENCE
from scalepredict.evaluation.backtest.rolling_origin import run_backtest
from scalepredict.evaluation.backtest.splits import rolling_origins
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.intervals.levels import DEFAULT_LEVELS, Levels
from scalepredict.predictors import registry
from scalepredict.predictors.fit_families import Fit
from scalepredict.predictors.interface import Predictor


def backtest_evidence(
    fit: Fit,
    calibration: Calibration,
    *,
    levels: Levels = DEFAULT_LEVELS,
    jobs: int,
    rng: np.random.Generator,
) -> BacktestReport:
    """Backtest the fit's method, and the last value, on the evidence that the fit holds.

    Raises:
        RefusedError: No family is large enough to hold anything out.
    """
    methods: list[Predictor] = [fit.predictor]
    if fit.predictor.name != REFERENCE:
        methods.append(registry.predictor_type(REFERENCE)())
    *streams, summary_rng = rng.spawn(len(fit.groups) + 1)
    cells = [
        cell
        for group, stream in zip(fit.groups, streams, strict=True)
        for cell in run_backtest(
            group.evidence,
            rolling_origins(group.evidence),
            methods,
            calibration,
            jobs=jobs,
            rng=stream,
        )
    ]
    if not cells:
        raise RefusedError(
            "no family of the fit is large enough for a backtest; it takes three checkpoints and a "
            "larger one to forecast."
        )
    return make_report(
        cells,
        calibration,
        by="factor_bin",
        interpolation={},
        checkpoints={},
        levels=levels,
        rng=summary_rng,
    )
