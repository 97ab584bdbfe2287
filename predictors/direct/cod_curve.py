"""Curve with a ceiling: the law that COD fits to clusters of tasks, fitted to whole benchmarks.

    score = g + (1 - g) exp(-A C^-b - c),    c >= 0

Source: Xu et al., "Unveiling Downstream Performance Scaling of LLMs: A Clustering-Based
    Perspective" (2025, arXiv 2502.17262), its law of score against compute. Without the clusters it
    is the ablation of that paper; see cod.py for the method.
Departures: weights and floor of curve_fits.py; C is counted from the largest checkpoint.
Fails when: few checkpoints bend towards the ceiling, which c is then read from.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.predictors.direct.curve_fits import CurveForm, Observed
from scalepredict.predictors.direct.direct import CurvePredictor
from scalepredict.records.table import Floats

STEEPEST = 3.0
LOG_COEFFICIENT = 40.0
LOWEST_CEILING = 3.0  # exp(-3): a ceiling 5 % of the way from the floor to 1


def _starts(observed: Observed) -> Floats:
    z = observed.last
    # At the largest checkpoint the power and the ceiling share -log Q' in several ways.
    rows = [
        [-z + np.log(share), slope + 0 * z, (1 - share) * np.exp(-z)]
        for share in (0.3, 0.7, 1.0)
        for slope in (0.1, 0.4)
    ]
    return np.moveaxis(np.array(rows), 2, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodCurve(CurvePredictor):
    """Three parameters for each benchmark."""

    name = "cod_curve"
    form = CurveForm(
        curve="cod_curve",
        parameters=("A", "b", "c"),
        starts=_starts,
        lower=(-LOG_COEFFICIENT, 0.0, 0.0),
        upper=(LOG_COEFFICIENT, STEEPEST, LOWEST_CEILING),
        at_lower=("", "compute has no effect (b = 0)", "no ceiling below 1 (c = 0)"),
    )
    in_flops = True
