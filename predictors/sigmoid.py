"""Logistic law: the logit of the rescaled score is linear in log C, or in log N and log D.

    logit Q' = a + b log C                   (sigmoid)
    logit Q' = a + b log N + d log D         (sigmoid_nd)

Source: the usual curve of score against compute; weighted as direct.py says.
Role: a control. Well above chance it rises too fast: errors fall exponentially in log C.
Fails when: the benchmark is at chance, where any slope fits.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalepredict.predictors.curve_fits import CurveForm, line_starts
from scalepredict.predictors.direct import DirectLaw, fit_direct
from scalepredict.records.table import EvalTable

IN_FLOPS = CurveForm(curve="sigmoid", parameters=("level", "slope"), starts=line_starts(2))
IN_BOTH = CurveForm(
    curve="sigmoid",
    parameters=("level", "slope in log N", "slope in log D"),
    starts=line_starts(3),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigmoid:
    """A logistic curve in log C for each benchmark."""

    name: ClassVar[str] = "sigmoid"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator) -> DirectLaw:
        """Fit by weighted least squares. Draws nothing.

        Raises:
            RefusedError: Fewer than three distinct scales.
        """
        del rng
        return fit_direct(table, IN_FLOPS, method=self.name, in_flops=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmoidND:
    """A logistic curve in log N and log D for each benchmark."""

    name: ClassVar[str] = "sigmoid_nd"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator) -> DirectLaw:
        """Fit by weighted least squares. Draws nothing.

        Raises:
            RefusedError: Fewer than six distinct scales, or three ratios of tokens to parameters.
        """
        del rng
        return fit_direct(table, IN_BOTH, method=self.name, in_flops=False)
