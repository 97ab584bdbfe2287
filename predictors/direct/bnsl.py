"""Broken neural scaling law: the error falls as a power of compute that bends once.

    1 - score = a + b C^-c0 (1 + (C / d)^(1 / f))^(-c1 f)

Source: Caballero et al., "Broken Neural Scaling Laws" (2022, arXiv 2210.14891), with one break.
Departures: least squares on the score rather than on log(error + 1), with the weights of
    curve_fits.py. Their grid over all six parameters is one over c0, c1, d and f: a and b are
    linear, and follow. The break is not let past a fifth of the largest FLOPs, beyond which it
    cannot be found, the error falls on both sides of it, and exponents are drawn a little to 0:
    without these, forecasts of open_lm and Gemstones ladders err two to four times as far.
Role: a diagnostic for a dozen checkpoints or more on both sides of a break.
Fails when: the break is beyond the evidence (the authors show it), or the evidence is short: six
    parameters follow noise, and carry it far.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from scalepredict.predictors.direct.curve_fits import CurveForm, Observed
from scalepredict.predictors.direct.direct import CurvePredictor
from scalepredict.records.table import Floats

# In natural logs of C, counted down from the largest checkpoint.
EXPONENTS = (0.0, 0.1, 0.3)
BENDS = (0.0, 0.1, 0.3, 0.8)
BREAKS = (0.1, 0.3, 0.5, 0.7, 0.85)  # shares of the range of the evidence
WIDTHS = (0.1, 0.5, 1.5)
REFINED = 3  # starts that the grid leaves for refinement
LATEST_BREAK = -1.6  # a fifth of the largest checkpoint's FLOPs
EARLIEST_BREAK = -14.0  # a millionth of it: before all evidence
EXPONENT_PULL = 0.02  # an exponent of 1 costs as much as an error of 2 points at one checkpoint


def _starts(observed: Observed) -> Floats:
    x = observed.features[:, 0]
    grid = np.array(list(product(EXPONENTS, BENDS, BREAKS, WIDTHS)))
    c0, c1, place, width = grid.T[:, :, None]
    d = x.min() + place * np.ptp(x)
    basis = np.exp(-c0 * x - c1 * width * np.logaddexp(0.0, (x - d) / width))  # (G, M)
    # Weighted regression of the error on the basis, for each unit and grid point: (G, T).
    square, error = observed.weight**2, 1 - observed.z
    total = np.maximum(square.sum(axis=0), 1e-300)
    mean_basis, mean_error = basis @ square / total, (square * error).sum(axis=0) / total
    variance = np.maximum(basis**2 @ square / total - mean_basis**2, 1e-12)
    shared = basis @ (square * error) / total - mean_basis * mean_error
    slope = np.clip(shared / variance, 1e-4, None)
    a = np.clip(mean_error - slope * mean_basis, 0.0, 1.0)
    misfit = a[:, None] + slope[:, None] * basis[:, :, None] - error
    cost = (square * misfit**2).sum(axis=1)
    best = np.argsort(cost, axis=0, kind="stable")[:REFINED]  # (S, T)
    unit = np.arange(cost.shape[1])
    chosen = [a[best, unit], np.log(slope[best, unit])]
    chosen += [c0[best, 0], c1[best, 0], d[best, 0], np.log(width[best, 0])]
    return np.stack(chosen, axis=-1).swapaxes(0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenPowerLaw(CurvePredictor):
    """Six parameters for each benchmark."""

    name = "bnsl"
    form = CurveForm(
        curve="bnsl",
        parameters=("a", "log b", "c0", "c1", "log d", "log f"),
        starts=_starts,
        lower=(0.0, -15.0, 0.0, 0.0, EARLIEST_BREAK, -2.3),
        upper=(1.0, 5.0, 3.0, 8.0, LATEST_BREAK, 1.0),
        at_lower=(
            "the error falls to 0 in the end (a = 0)",
            "",
            "no slope before the break (c0 = 0)",
            "no bend (c1 = 0)",
            "no break in the evidence",
            "",
        ),
        pull=(0.0, 0.0, EXPONENT_PULL, EXPONENT_PULL, 0.0, 0.0),
    )
    in_flops = True
