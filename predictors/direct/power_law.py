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

from scalepredict.predictors.direct.curve_fits import CurveForm, line_starts
from scalepredict.predictors.direct.direct import CurvePredictor


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLaw(CurvePredictor):
    """Two parameters for each benchmark."""

    name = "power_law"
    form = CurveForm(curve="power_law", parameters=("A", "a"), starts=line_starts(2))
    in_flops = True
