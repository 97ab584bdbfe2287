"""Do records behave as the calibration assumes? Squared standardised errors against the reference.

A quick look at a fit's own evidence is cheap enough for every fit; a backtest looks closer.
"""

import numpy as np

from scalepredict.evaluation.backtest.outcomes import Outcomes, outcomes
from scalepredict.evaluation.backtest.rolling_origin import run_backtest
from scalepredict.evaluation.backtest.splits import rolling_origins
from scalepredict.evaluation.backtest.summary import equal_weights
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.predictors.interface import Predictor
from scalepredict.predictors.metric_scale import fractions_of
from scalepredict.records.table import EvalTable

Z2_CAP = 16.0  # one wild miss must not stand for the noise of a ladder
TOO_NARROW = 1.5  # errors this many times as large as expected: a 90 % interval holds about 77 %
QUICK_ORIGINS = 2  # a fit of 35 models and 46 benchmarks has to stay below two seconds


def mean_z2(lines: Outcomes) -> float:
    """Nested mean of min(z^2, 16); NaN without a forecast."""
    known = lines.take(np.flatnonzero(np.isfinite(lines.z)))
    if not len(known):
        return float("nan")
    return float(equal_weights(known.nesting()) @ np.minimum(known.z**2, Z2_CAP))


def health(predictor_name: str, noise_ratio: float) -> tuple[str, ...]:
    """What the ratio of mean squared errors says of the intervals; nothing where it is unknown."""
    if not np.isfinite(noise_ratio):
        return ()
    worse = noise_ratio**0.5
    advice = "" if worse < TOO_NARROW else "; intervals of these records may be too narrow"
    return (
        f"test on models of these records that were held back: errors of {predictor_name} are "
        f"{worse:.2f} times as large, in units of their own scale, as the calibration "
        f"assumes{advice}.",
    )


def quick_noise_ratio(
    evidence: EvalTable, predictor: Predictor, calibration: Calibration, *, rng: np.random.Generator
) -> float:
    """Mean squared standardised error at a few origins over that of the reference series.

    Above 1 the records behave worse than the calibration assumes. NaN where nothing can be held
    out, and for methods that take long or have no constants of their own.

    Args:
        evidence: Benchmark scores of one family, with FLOPs.
        predictor: The method.
        calibration: Its interval constants.
        rng: For methods that draw.
    """
    known = predictor.name in calibration.predictors
    if not known or predictor.pools_families or predictor.reads_tasks:
        return float("nan")
    evidence = fractions_of(evidence)
    if not evidence.units:
        return float("nan")
    splits = rolling_origins(evidence, max_origins=QUICK_ORIGINS)
    cells = run_backtest(evidence, splits, [predictor], calibration, rng=rng)
    return mean_z2(outcomes(cells)) / calibration.of(predictor.name).reference_z2
