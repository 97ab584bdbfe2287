"""Do records behave as the calibration assumes? Squared standardised errors against the reference.

A quick look at a fit's own evidence is cheap enough for every fit; a backtest looks closer.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.backtest.auto import trials
from scalepredict.evaluation.backtest.outcomes import Outcomes, outcomes
from scalepredict.evaluation.backtest.simpler_law import SimplerLaw, simpler_law
from scalepredict.evaluation.backtest.summary import equal_weights
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.predictors.interface import Predictor
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import EvalTable

Z2_CAP = 16.0  # one wild miss must not stand for the noise of a ladder
TOO_NARROW = 1.5  # errors this many times as large as expected: a 90 % interval holds about 77 %
RATIO_DIGITS = 6  # the others differ between processors


def mean_z2(lines: Outcomes) -> float:
    """Nested mean of min(z^2, 16); NaN without a forecast."""
    known = lines.take(np.flatnonzero(np.isfinite(lines.z)))
    if not len(known):
        return float("nan")
    return float(equal_weights(known.nesting()) @ np.minimum(known.z**2, Z2_CAP))


def health(predictor_name: str, noise_ratio: float) -> tuple[Note, ...]:
    """What the ratio of mean squared errors says of the intervals; nothing where it is unknown."""
    if not np.isfinite(noise_ratio):
        return ()
    worse = noise_ratio**0.5
    text = (
        f"test on models of these records that were held back: errors of {predictor_name} are "
        f"{worse:.2f} times as large, in units of their own scale, as the calibration assumes"
    )
    if worse < TOO_NARROW:
        return (noted("errors-checked", f"{text}."),)
    return (noted("errors-large", f"{text}; intervals of these records may be too narrow."),)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickLook:
    """What a few origins inside the evidence say.

    Attributes:
        noise_ratio: Mean squared standardised error over that of the reference series; above 1 the
            records behave worse than the calibration assumes. NaN where it was not tried.
        simpler: A plain law that forecast them clearly better than the default, if any.
    """

    noise_ratio: float = float("nan")
    simpler: SimplerLaw | None = None


def quick_look(
    evidence: EvalTable, predictor: Predictor, calibration: Calibration, *, rng: np.random.Generator
) -> QuickLook:
    """Hold back the upper rungs of the evidence at a few origins.

    Nothing is tried where nothing can be held out, and for methods that take long or have no
    constants of their own. Plain laws are tried beside the default only.

    Args:
        evidence: Benchmark scores of one family, with FLOPs.
        predictor: The method.
        calibration: Its interval constants.
        rng: For methods that draw.
    """
    known = predictor.name in calibration.predictors
    if not known or predictor.pools_families or predictor.reads_tasks:
        return QuickLook()
    cells = trials(evidence, predictor, calibration, rng=rng)
    own = outcomes([cell for cell in cells if cell.predictor == predictor.name])
    ratio = mean_z2(own) / calibration.of(predictor.name).reference_z2
    return QuickLook(
        noise_ratio=float(f"{ratio:.{RATIO_DIGITS}g}"),
        simpler=simpler_law(cells, predictor.name),
    )
