"""How wide must an interval be? The scale of a forecast, and the quantiles of what is left.

    S^2 = (1 + a / (K - 1)) * exp(2 u gap) * sum_i c_i s_i component_i + 1e-6
    score = point + S * z,  z ~ the spread of standardised errors

with non-negative coefficients c, K measured checkpoints, the decades by which the largest of them
stands off ("gap_growth" u in the file), and the components named in COMPONENTS.
Both c and the spread are estimated from forecasts of series that were measured afterwards
(calibrate.py); this module only applies them. Every constant is in the calibration file.

What other ladders missed by (the components of OF_OTHERS) counts in a share s, the smaller the more
certain the ladder itself is; s = 1 for what it says of itself:

    s = (1 - n^2 / (n^2 + 1) * b / (r + b))^1.5,   r = (own variance + 0.1 e^2) / (move^2 + e^2)

with n = K - 3 scales that a curve could be tested on, the move from the last score to the forecast,
e = 2 points, and b ("own_evidence") from the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit, ndtri

from scalepredict.predictors.interface import PROBABILITIES, Forecast, Spread
from scalepredict.predictors.limits import FEWEST_MODELS, SCORE_CLIP
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import ASSUMED_ITEMS, Floats
from scalepredict.records.text.counts import count_of

COMPONENTS = (
    "binomial",  # bv = p (1 - p) / n at the forecast score
    "overdispersed",  # phi * bv
    "spread_weighted",  # weighted variance of an ensemble's members
    "spread_equal",  # plain variance of the members
    "model_variance",  # the method's own variance of its curve
    "distance",  # (point - last)^2: a far move is a less certain one
    "horizon",  # h^2 q (1 - q): h decades beyond the evidence, q = share of the way to 1
    "reach",  # h^2 / 4: the same where a benchmark may be off its floor or ceiling by then
    "reference",  # w times the variance of a score about the reference curve, w < 1
    "reference_alone",  # the same where the forecast rests on public models alone, w = 1
    "drift",  # h^2 times the variance that a logit of deviation 1 gives the score
    "disagreement",  # w (1 - w) (R - S)^2: of a mixture of the curve R and the ladder's forecast S
)
# For files from before a component: what rests on public models must not look certain.
UNTOLD = {"reference": 0.5, "reference_alone": 0.5}
OF_LADDER = slice(2, 8)  # components of the ladder's own forecast, whose share is 1 - w
OF_OTHERS = [COMPONENTS.index(c) for c in ("spread_equal", "distance", "horizon", "reach", "drift")]
OF_REFERENCE = [COMPONENTS.index(c) for c in ("reference", "reference_alone", "disagreement")]
FEW_TESTS = 1.0  # so many squared scales beyond three are believed half
SHARPNESS = 1.5  # of the share in which errors of other ladders count
LEAST_MOVE = 0.02  # a move of two points says nothing of how clean a ladder is
VARIANCE_CAP = 0.05  # members or curves that diverge say no more than "unknown"
QUADRATURE = 15  # nodes of Gauss and Hermite
VARIANCE_FLOOR = 1e-6  # a tenth of a point: scores are printed with one decimal
_AT_5, _AT_95 = (int(np.flatnonzero(p == PROBABILITIES)[0]) for p in (0.05, 0.95))


def of_scores(predictor_name: str) -> str:
    """Name of a method where it is told the target's scores on other benchmarks, not its scale."""
    return f"{predictor_name}-scores"


def without_reference(predictor_name: str) -> str:
    """Name of a method where public models take no part in what it forecasts."""
    return f"{predictor_name}-without-reference"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PredictorCalibration:
    """What one method's errors have shown.

    Attributes:
        coefficients: Non-negative weights of COMPONENTS. Shape (12,).
        small_evidence: The constant a of the inflation for few checkpoints.
        own_evidence: The constant b of the share in which errors of other ladders count; 0 = fully.
        spread: Standardised errors of single benchmarks.
        gap_growth: Logarithm by which the scale grows for each decade of a gap below the largest
            checkpoint.
        suite_correlation: Share rho of the scale that errors within a suite have in common.
        suite_dilution: Power of the number of benchmarks by which that share falls; None in files
            from before, whose share is the same for all suites and ladders.
        suite_drift: Variance of an average's error for each squared decade beyond the evidence,
            squared fractions.
        suite_spread: Standardised errors of suite averages (approximate: few independent suites).
        reference_z2: Mean of min(z^2, 16) of the reference series; the unit of the health check.
    """

    coefficients: Floats
    small_evidence: float
    spread: Spread
    suite_correlation: float
    suite_drift: float
    suite_spread: Spread
    reference_z2: float
    own_evidence: float = 0.0
    gap_growth: float = 0.0
    suite_dilution: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """Calibration of every method, and where it comes from.

    Attributes:
        predictors: By name of the method.
        fallback: For methods without an entry of their own: errors of all methods pooled.
        provenance: Command, version, inputs with hashes, counts; shown, never interpreted.
        source: File that it was read from.
        stretch: What the quantiles of losses are stretched by, away from their median, so that
            intervals hold on sources that were not used to find it.
    """

    predictors: Mapping[str, PredictorCalibration]
    fallback: PredictorCalibration
    provenance: Mapping[str, object]
    source: str
    stretch: float = 1.0

    def of(self, predictor_name: str) -> PredictorCalibration:
        """The method's own entry, else the fallback."""
        return self.predictors.get(predictor_name, self.fallback)

    def behind(self, forecast: Forecast, predictor_name: str) -> PredictorCalibration:
        """The entry for a forecast of the method: with public models, or without them."""
        alone = self.predictors.get(without_reference(predictor_name))
        if alone is not None and forecast.reference_weight is None:
            return alone
        return self.of(predictor_name)


def scale_components(forecast: Forecast, own_evidence: float) -> Floats:
    """The variances that the scale is a weighted sum of, squared fractions. Shape (12, K, T)."""
    p = np.clip(forecast.point, *SCORE_CLIP)
    n_items = np.where(np.isfinite(forecast.n_items), forecast.n_items, ASSUMED_ITEMS)
    binomial = p * (1 - p) / n_items
    chance = np.array([unit.chance for unit in forecast.units])
    q = np.clip((forecast.point - chance) / (1 - chance), *SCORE_CLIP)
    ahead = np.maximum(forecast.horizon, 0)
    weight = np.nan_to_num(_or_zero(forecast.reference_weight, p))
    apart = _or_zero(forecast.disagreement, p)
    about_curve = np.minimum(_or_zero(forecast.reference_variance, p), VARIANCE_CAP)
    variance = np.stack(
        [
            binomial,
            forecast.overdispersion * binomial,
            np.minimum(forecast.spread_weighted, VARIANCE_CAP),
            np.minimum(forecast.spread_equal, VARIANCE_CAP),
            np.minimum(forecast.model_variance, VARIANCE_CAP),
            (forecast.point - forecast.last) ** 2,
            ahead**2 * q * (1 - q),
            ahead**2 / 4,
            np.where(weight < 1, weight * about_curve, 0.0),
            np.where(weight < 1, 0.0, about_curve),
            np.where(weight < 1, ahead**2 * _of_logit(q, chance), 0.0),
            weight * (1 - weight) * np.minimum(apart, VARIANCE_CAP),
        ]
    )
    variance[OF_OTHERS] *= _share_of_others(forecast, own_evidence)
    variance[OF_LADDER] *= (1 - weight) ** 2
    return variance


def _share_of_others(forecast: Forecast, own_evidence: float) -> Floats:
    own = np.minimum(forecast.model_variance + forecast.spread_weighted, VARIANCE_CAP)
    move = (forecast.point - forecast.last) ** 2
    ratio = (own + LEAST_MOVE**2 / 10) / (move + LEAST_MOVE**2)
    tested = np.maximum(forecast.n_train - FEWEST_MODELS, 0) ** 2
    certain: Floats = own_evidence / (ratio + own_evidence) if own_evidence else 0.0 * ratio
    return np.asarray((1 - tested / (tested + FEW_TESTS) * certain) ** SHARPNESS)


def _of_logit(q: Floats, chance: Floats) -> Floats:
    # Variance of a score about its forecast if the logit of its share q has a deviation of 1.
    nodes, weights = np.polynomial.hermite_e.hermegauss(QUADRATURE)
    drawn = expit(logit(q) + nodes[:, None, None])
    moved = np.tensordot(weights / weights.sum(), (drawn - q) ** 2, axes=1)
    return np.asarray((1 - chance) ** 2 * moved)


def _or_zero(values: Floats | None, like: Floats) -> Floats:
    return np.zeros_like(like) if values is None else values


def inflation(forecast: Forecast, small_evidence: float, gap_growth: float) -> Floats:
    """Factor on the variance where few checkpoints carry a fit, or a few far ones. Shape (K, T)."""
    few = 1 + small_evidence / np.maximum(forecast.n_train - 1, 1)
    return np.asarray(few * np.exp(2 * gap_growth * _or_zero(forecast.gap, few)))


def scale(forecast: Forecast, entry: PredictorCalibration) -> Floats:
    """Scale S of the predictive distribution, a fraction. Shape (K, T)."""
    return np.sqrt(_variance(forecast, entry, slice(None)) + VARIANCE_FLOOR)


def reference_variance(forecast: Forecast, entry: PredictorCalibration) -> Floats:
    """The part of S^2 that is due to public models, squared fractions. Shape (K, T)."""
    return _variance(forecast, entry, OF_REFERENCE)


def _variance(forecast: Forecast, entry: PredictorCalibration, parts: slice | list[int]) -> Floats:
    components = scale_components(forecast, entry.own_evidence)[parts]
    variance = np.tensordot(entry.coefficients[parts], components, axes=1)
    return np.asarray(variance * inflation(forecast, entry.small_evidence, entry.gap_growth))


def apply_calibration(
    forecast: Forecast, calibration: Calibration, predictor_name: str
) -> Forecast:
    """Give a forecast its predictive distribution."""
    entry = calibration.behind(forecast, predictor_name)
    spread = scale(forecast, entry)
    if forecast.quantiles is None:
        return forecast.calibrated(spread, entry.spread)
    own = _stretched(forecast, calibration.stretch)
    half = (own[..., _AT_95] - own[..., _AT_5]) / (ndtri(0.95) - ndtri(0.05))
    return replace(
        forecast.calibrated(np.where(np.isnan(half), spread, half), entry.spread), quantiles=own
    )


def _stretched(forecast: Forecast, stretch: float) -> Floats:
    # Of metrics that are no fractions: away from the median on the scale of their law, but not out
    # of their range. Those of a fraction, of a completed card, are conformal as they are.
    assert forecast.quantiles is not None
    logs = np.array([u.measure is not None and u.measure.scale == "log" for u in forecast.units])
    low, high = np.array(
        [
            (-np.inf, np.inf) if (m := u.measure) is None else (m.lower, m.upper)
            for u in forecast.units
        ]
    ).T
    point, quantiles = forecast.point[..., None], forecast.quantiles
    factor = np.array([1.0 if u.measure is None else stretch for u in forecast.units])[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        widened = np.where(
            logs[:, None],
            point * np.exp(factor * np.log(quantiles / point)),
            point + factor * (quantiles - point),
        )
    return np.clip(widened, low[:, None], high[:, None])


def calibration_notes(
    forecast: Forecast, calibration: Calibration, predictor_name: str
) -> tuple[Note, ...]:
    """What the intervals assume."""
    notes = []
    if predictor_name not in calibration.predictors:
        text = (
            f"intervals: {calibration.source} has no entry for {predictor_name!r}; its fallback "
            "(errors of all calibrated methods pooled, so wide) is used."
        )
        notes.append(noted("intervals-fallback", text))
    graded = np.array([unit.measure is None for unit in forecast.units], dtype=bool)
    unknown = int((~np.isfinite(forecast.n_items[:, graded])).any(axis=0).sum())
    if unknown:
        text = (
            f"intervals: number of questions not known for {unknown} of "
            f"{count_of(int(graded.sum()), 'benchmark')}; {ASSUMED_ITEMS:.0f} assumed (column "
            "n_items mends it)."
        )
        notes.append(noted("items-assumed", text))
    return tuple(notes)
