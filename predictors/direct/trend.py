"""Linear trend: the score is linear in log C.

    score(C) = a + b log C, cut to [0, 1]

Source: the usual first look; weighted as curve_fits.py says.
Role: the control for every curve with a floor and a ceiling.
Fails when: the score leaves chance, or nears 1, between the evidence and the target.
"""

from dataclasses import dataclass

from scalepredict.predictors.direct.curve_fits import CurveForm, line_starts
from scalepredict.predictors.direct.direct import CurvePredictor


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend(CurvePredictor):
    """A line in log C for each benchmark."""

    name = "trend"
    form = CurveForm(curve="trend", parameters=("level", "slope"), starts=line_starts(2))
    in_flops = True
