"""Logistic law of parameters and tokens: the logit of the rescaled score is linear in their logs.

    logit Q' = a + b log N + d log D,    Q' = (score - floor) / (1 - floor)

Source: the usual curve of score against scale; weighted as curve_fits.py says.
Role: a control for nd_law.
Fails when: D/N hardly varies (refused below three ratios), or the benchmark is at chance.
"""

from dataclasses import dataclass

from scalepredict.predictors.direct.curve_fits import CurveForm, line_starts
from scalepredict.predictors.direct.direct import CurvePredictor


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmoidND(CurvePredictor):
    """A logistic curve in log N and log D for each benchmark."""

    name = "sigmoid_nd"
    form = CurveForm(
        curve="sigmoid",
        parameters=("level", "slope in log N", "slope in log D"),
        starts=line_starts(3),
    )
    in_flops = False
