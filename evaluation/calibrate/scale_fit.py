"""Which scale and spread do past errors ask for? Maximum likelihood, then empirical quantiles.

    error ~ S * t_4,  S^2 = sum_i c_i x_i + 1e-6,  c_i >= 0

Source: Student-t errors with 4 degrees of freedom for robustness (Lange, Little & Taylor 1989, JASA
    84(408), doi:10.1080/01621459.1989.10478852). The t is used to estimate c alone: the quantiles
    are those of errors that took no part in the estimate (conformal prediction with a scale;
    Lei et al. 2018, JASA 113(523), doi:10.1080/01621459.2017.1307116).
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import minimize

from scalepredict.evaluation.intervals.calibration import VARIANCE_FLOOR
from scalepredict.evaluation.intervals.levels import KNOTS
from scalepredict.evaluation.intervals.suite_averages import diluted, with_own
from scalepredict.predictors.interface import Spread
from scalepredict.records.table import Floats, Ints, taken

DEGREES_OF_FREEDOM = 4.0
SHARES = np.linspace(0.3, 1, 15)  # never 0: the benchmarks of a run share the luck of that run
DILUTIONS = (0.0, 0.35)  # larger suites are more diverse; .7 leaves those of 500 too narrow
DRIFTS = (np.array([0, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4]) / 100) ** 2  # points per decade
LEAST_GAP = 1e-3  # between quantiles, so that they rise even where few errors are left


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SuiteErrors:
    """Errors of averages over suites, and what their variance is made of. All (R,).

    Attributes:
        public: Squared mean of the parts of the scales that are due to public models.
        common: Squared mean of what is left of the scales of a suite.
        independent: Sum of the squares of that over the squared number of benchmarks.
        size: Benchmarks of a suite.
        own: Correlation of errors in the ladder's own trials.
        n_trials: How many there were; 0 = none.
        horizon: Decades beyond the evidence.
        error: Error of the suite's average.
        weights: Weight of each.
    """

    public: Floats
    common: Floats
    independent: Floats
    size: Floats
    own: Floats
    n_trials: Floats
    horizon: Floats
    error: Floats
    weights: Floats

    def take(self, index: Ints) -> "SuiteErrors":
        """Some of them."""
        return taken(self, index)

    def variance(self, parameters: tuple[float, float, float]) -> Floats:
        """Squared scale of each average, by correlation, dilution and drift."""
        correlation, dilution, drift = parameters
        rho = with_own(diluted(correlation, dilution, self.size), self.own, self.n_trials)
        own = rho * self.common + (1 - rho) * self.independent
        return self.public + own + drift * self.horizon**2


def fit_coefficients(
    components: Floats, error: Floats, weights: Floats, least: Floats | float = 0.0
) -> Floats:
    """Non-negative weights of variance components that make errors most likely.

    Args:
        components: Variances x, squared fractions. Shape (P, R).
        error: Forecast errors, fractions. Shape (R,).
        weights: Weight of each error. Shape (R,).
        least: Smallest coefficients. Shape (P,).

    Returns:
        Coefficients c; 0 for a component that is zero throughout. Shape (P,).
    """
    typical = components @ weights / weights.sum()
    used = typical > 0
    # In units in which every component explains a like share of the typical squared error.
    unit = np.where(used, np.median(error**2) / np.maximum(typical, 1e-300), 0.0) / max(
        used.sum(), 1
    )
    x = components * unit[:, None]

    def loss(c: Floats) -> tuple[float, Floats]:
        variance = c @ x + VARIANCE_FLOOR
        ratio = error**2 / (DEGREES_OF_FREEDOM * variance)
        value = weights @ (np.log(variance) + (DEGREES_OF_FREEDOM + 1) * np.log1p(ratio)) / 2
        slope = (1 - (DEGREES_OF_FREEDOM + 1) * ratio / (1 + ratio)) / (2 * variance)
        return float(value), x @ (weights * slope)

    low = np.where(used, least / np.where(used, unit, 1.0), 0.0)
    found = minimize(
        loss, np.maximum(low, 1.0), jac=True, method="L-BFGS-B", bounds=[(b, None) for b in low],
        options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-10},
    )  # fmt: skip
    return np.asarray(found.x * unit)


def fit_spread(z: Floats, weights: Floats) -> Spread:
    """Symmetric spread whose central intervals hold the nominal share of standardised errors.

    Args:
        z: Errors in units of their scale. Shape (R,).
        weights: Weight of each. Shape (R,).
    """
    half = weighted_quantile(np.abs(z), weights, KNOTS)
    return Spread.symmetric(KNOTS, np.maximum.accumulate(half) + LEAST_GAP * np.arange(len(KNOTS)))


def weighted_quantile(values: Floats, weights: Floats, probability: Floats) -> Floats:
    """Quantiles of a weighted sample, linear between its points. Shape of ``probability``."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order]) - weights[order] / 2
    return np.asarray(np.interp(np.asarray(probability) * weights.sum(), below, values[order]))


def fit_suite(errors: SuiteErrors) -> tuple[float, float, float]:
    """How errors of one suite go together, by the same likelihood (intervals/suite_averages.py).

    Returns:
        The correlation in a suite of ten benchmarks, the power by which it falls with their number,
        and the drift k.
    """
    tried = []
    for drift, dilution in product(DRIFTS, DILUTIONS):
        variance = np.stack([errors.variance((rho, dilution, drift)) for rho in SHARES])
        ratio = errors.error**2 / (DEGREES_OF_FREEDOM * variance)
        loss = (np.log(variance) + (DEGREES_OF_FREEDOM + 1) * np.log1p(ratio)) @ errors.weights
        best = int(np.argmin(loss))
        tried.append((float(loss[best]), float(SHARES[best]), dilution, float(drift)))
    return min(tried)[1:]
