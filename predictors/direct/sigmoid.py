"""Logistic law: the logit of the rescaled score is linear in log C.

    logit Q' = a + b log C,    Q' = (score - floor) / (1 - floor)

Source: the usual curve of score against compute; weighted as curve_fits.py says.
Role: a control. On ladders of public models it forecasts worse than power_law.
Fails when: the benchmark is at chance, where any slope fits.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalepredict.predictors.direct.curve_fits import CurveForm, line_starts
from scalepredict.predictors.direct.direct import DirectLaw, fit_direct
from scalepredict.records.table import EvalTable

FORM = CurveForm(curve="sigmoid", parameters=("level", "slope"), starts=line_starts(2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigmoid:
    """A logistic curve in log C for each benchmark."""

    name: ClassVar[str] = "sigmoid"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> DirectLaw:
        """Fit by weighted least squares.

        Raises:
            RefusedError: Fewer than three distinct scales.
        """
        del rng
        return fit_direct(table, FORM, method=self.name, in_flops=True)
