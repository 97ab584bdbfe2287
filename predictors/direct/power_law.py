"""Power law of the score: -log Q' falls as a power of compute.

    -log Q' = A C^-a,    Q' = (score - floor) / (1 - floor)

Source: the direct law of "Revisiting the Scaling Properties of Downstream Metrics" (2025, arXiv
    2512.08894) for a fixed ratio of tokens to parameters; PassUntil (Hu et al. 2023, 2310.03262)
    has the same law in N, the COD paper (2502.17262) with a ceiling (cod_curve.py).
Departures: fitted as a line of log(-log Q') in log C with the weights of curve_fits.py rather than
    on runs 5 points above chance, and from the effective floor rather than from nominal chance;
    both forecast better. The exponent a may be negative (inverse scaling).
Fails when: D/N varies within the evidence (see nd_law), or the ceiling is below 1.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalepredict.predictors.direct.curve_fits import CurveForm, line_starts
from scalepredict.predictors.direct.direct import DirectLaw, fit_direct
from scalepredict.records.table import EvalTable

FORM = CurveForm(curve="power_law", parameters=("A", "a"), starts=line_starts(2))


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLaw:
    """Two parameters for each benchmark."""

    name: ClassVar[str] = "power_law"
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
