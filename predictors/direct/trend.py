"""Linear trend: the score is linear in log C.

    score(C) = a + b log C, cut to [0, 1]

Source: the usual first look; weighted as curve_fits.py says.
Role: the control for every curve with a floor and a ceiling.
Fails when: the score leaves chance, or nears 1, between the evidence and the target.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalepredict.predictors.direct.curve_fits import CurveForm, line_starts
from scalepredict.predictors.direct.direct import DirectLaw, fit_direct
from scalepredict.records.table import EvalTable

FORM = CurveForm(curve="trend", parameters=("level", "slope"), starts=line_starts(2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A line in log C for each benchmark."""

    name: ClassVar[str] = "trend"
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
