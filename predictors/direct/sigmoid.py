"""Logistic law: the logit of the rescaled score is linear in log C.

    logit Q' = a + b log C,    Q' = (score - floor) / (1 - floor)

Source: the usual curve of score against compute; weighted as curve_fits.py says.
Role: a control. On ladders of public models it forecasts worse than power_law.
Fails when: the benchmark is at chance, where any slope fits.
"""

from dataclasses import dataclass

from scalepredict.predictors.direct.curve_fits import CurveForm, line_starts
from scalepredict.predictors.direct.direct import CurvePredictor


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigmoid(CurvePredictor):
    """A logistic curve in log C for each benchmark."""

    name = "sigmoid"
    form = CurveForm(curve="sigmoid", parameters=("level", "slope"), starts=line_starts(2))
    in_flops = True
