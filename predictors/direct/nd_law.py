"""Law of parameters and tokens: -log Q' is the sum of a power of N and a power of D.

    -log Q' = A / N^a + B / D^b,    Q' = (score - floor) / (1 - floor)

Source: "Revisiting the Scaling Properties of Downstream Metrics" (2025, arXiv 2512.08894), whose
    form has no irreducible term, so that every score rises to 1 in the end.
Departures: weights and floor of curve_fits.py; exponents in [0, 2], so that it never falls.
Fails when: D/N hardly varies (refused below three ratios), or the benchmark scales inversely.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.predictors.direct.curve_fits import CurveForm, Observed
from scalepredict.predictors.direct.direct import CurvePredictor
from scalepredict.records.table import Floats

STEEPEST = 2.0  # exponents of published loss and score laws lie below 1
LOG_COEFFICIENT = 40.0  # exp(-40) switches a term off


def _starts(observed: Observed) -> Floats:
    z = observed.last
    # At the largest checkpoint the two terms share -log Q' in several ways.
    rows = [
        [-z + np.log(share), exponent + 0 * z, -z + np.log(1 - share), exponent + 0 * z]
        for share in (0.2, 0.5, 0.8)
        for exponent in (0.1, 0.4)
    ]
    return np.moveaxis(np.array(rows), 2, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamsTokensLaw(CurvePredictor):
    """Four parameters for each benchmark."""

    name = "nd_law"
    form = CurveForm(
        curve="nd_law",
        parameters=("A", "a", "B", "b"),
        starts=_starts,
        lower=(-LOG_COEFFICIENT, 0.0, -LOG_COEFFICIENT, 0.0),
        upper=(LOG_COEFFICIENT, STEEPEST, LOG_COEFFICIENT, STEEPEST),
        at_lower=("", "parameters have no effect (a = 0)", "", "tokens have no effect (b = 0)"),
    )
    in_flops = False
