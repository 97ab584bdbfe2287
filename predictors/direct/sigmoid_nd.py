"""Logistic law of parameters and tokens: the logit of the rescaled score is linear in their logs.

    logit Q' = a + b log N + d log D,    Q' = (score - floor) / (1 - floor)

Source: the usual curve of score against scale; weighted as curve_fits.py says.
Role: a control for nd_law.
Fails when: D/N hardly varies (refused below three ratios), or the benchmark is at chance.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalepredict.predictors.direct.curve_fits import CurveForm, line_starts
from scalepredict.predictors.direct.direct import DirectLaw, fit_direct
from scalepredict.records.table import EvalTable

FORM = CurveForm(
    curve="sigmoid",
    parameters=("level", "slope in log N", "slope in log D"),
    starts=line_starts(3),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmoidND:
    """A logistic curve in log N and log D for each benchmark."""

    name: ClassVar[str] = "sigmoid_nd"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> DirectLaw:
        """Fit by weighted least squares.

        Raises:
            RefusedError: Fewer than six distinct scales, or three ratios of tokens to parameters.
        """
        del rng
        return fit_direct(table, FORM, method=self.name, in_flops=False)
