"""How wide must an interval be? The scale of a forecast, and the quantiles of what is left.

    S^2 = (1 + a / (K - 1)) * sum_i c_i component_i + 1e-6
    score = point + S * z,  z ~ the spread of standardised errors

with non-negative coefficients c, K measured checkpoints and the components named in COMPONENTS.
Both c and the spread are estimated from forecasts of series that were measured afterwards
(calibrate.py); this module only applies them. Every constant is in the calibration file.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from scalepredict.predictors.interface import PROBABILITIES, Forecast, Spread
from scalepredict.predictors.limits import SCORE_CLIP
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import ASSUMED_ITEMS, Floats, Unit
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
    "reference",  # w^2 times the variance of a score about the reference curve, w < 1
    "reference_alone",  # the same where the forecast rests on public models alone, w = 1
)
# For files from before a component: what rests on public models must not look certain.
UNTOLD = {"reference": 0.5, "reference_alone": 0.5}
OF_LADDER = slice(2, 8)  # components of the ladder's own forecast, whose share is 1 - w
VARIANCE_CAP = 0.05  # members or curves that diverge say no more than "unknown"
VARIANCE_FLOOR = 1e-6  # a tenth of a point: scores are printed with one decimal
_AT_5, _AT_95 = (int(np.flatnonzero(p == PROBABILITIES)[0]) for p in (0.05, 0.95))
WHOLE_TABLE = "all benchmarks"  # name of the suite of a table that names none


def of_scores(predictor_name: str) -> str:
    """Name of a method where it is told the target's scores on other benchmarks, not its scale."""
    return f"{predictor_name}-scores"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PredictorCalibration:
    """What one method's errors have shown.

    Attributes:
        coefficients: Non-negative weights of COMPONENTS. Shape (10,).
        small_evidence: The constant a of the inflation for few checkpoints.
        spread: Standardised errors of single benchmarks.
        suite_correlation: Share rho of the scale that errors within a suite have in common.
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


def scale_components(forecast: Forecast) -> Floats:
    """The variances that the scale is a weighted sum of, squared fractions. Shape (10, K, T)."""
    p = np.clip(forecast.point, *SCORE_CLIP)
    n_items = np.where(np.isfinite(forecast.n_items), forecast.n_items, ASSUMED_ITEMS)
    binomial = p * (1 - p) / n_items
    chance = np.array([unit.chance for unit in forecast.units])
    q = np.clip((forecast.point - chance) / (1 - chance), *SCORE_CLIP)
    ahead = np.maximum(forecast.horizon, 0)
    weight = np.nan_to_num(_or_zero(forecast.reference_weight, p))
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
            np.where(weight < 1, weight**2 * about_curve, 0.0),
            np.where(weight < 1, 0.0, about_curve),
        ]
    )
    variance[OF_LADDER] *= (1 - weight) ** 2
    return variance


def _or_zero(values: Floats | None, like: Floats) -> Floats:
    return np.zeros_like(like) if values is None else values


def small_evidence_factor(n_train: Floats, small_evidence: float) -> Floats:
    """Inflation of the variance when few checkpoints carry the fit, 1 + a / (K - 1); any shape."""
    return 1 + small_evidence / np.maximum(n_train - 1, 1)


def scale(forecast: Forecast, entry: PredictorCalibration) -> Floats:
    """Scale S of the predictive distribution, a fraction. Shape (K, T)."""
    variance = np.tensordot(entry.coefficients, scale_components(forecast), axes=1)
    inflation = small_evidence_factor(forecast.n_train, entry.small_evidence)
    return np.sqrt(inflation * variance + VARIANCE_FLOOR)


def apply_calibration(
    forecast: Forecast, calibration: Calibration, predictor_name: str
) -> Forecast:
    """Give a forecast its predictive distribution."""
    entry = calibration.of(predictor_name)
    spread = scale(forecast, entry)
    if forecast.quantiles is None:
        return forecast.calibrated(spread, entry.spread)
    own = _stretched(forecast, calibration.stretch)
    half = (own[..., _AT_95] - own[..., _AT_5]) / (ndtri(0.95) - ndtri(0.05))
    return replace(
        forecast.calibrated(np.where(np.isnan(half), spread, half), entry.spread), quantiles=own
    )


def _stretched(forecast: Forecast, stretch: float) -> Floats:
    # Of metrics that are no fractions: away from the median, but not out of their range.
    assert forecast.quantiles is not None
    low, high = np.array(
        [
            (-np.inf, np.inf) if (m := u.measure) is None else (m.lower, m.upper)
            for u in forecast.units
        ]
    ).T
    away = forecast.quantiles - forecast.point[..., None]
    return np.clip(forecast.point[..., None] + stretch * away, low[:, None], high[:, None])


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
    unknown = int((~np.isfinite(forecast.n_items)).any(axis=0).sum())
    if unknown:
        text = (
            f"intervals: number of questions not known for {unknown} of "
            f"{count_of(len(forecast.units), 'benchmark')}; {ASSUMED_ITEMS:.0f} assumed (column "
            "n_items mends it)."
        )
        notes.append(noted("items-assumed", text))
    return tuple(notes)


def suites(units: Sequence[Unit]) -> dict[str, list[int]]:
    """Columns of each named suite; a table that names no suite is one, ``all benchmarks``.

    One benchmark is no suite: its average would be itself, under another interval. Metrics that
    are no fractions are averaged apart, each with its own kind.
    """
    columns: dict[str, list[int]] = {}
    for metric in dict.fromkeys(map(_metric, units)):
        own = [column for column, unit in enumerate(units) if _metric(unit) == metric]
        named = any(units[column].suite for column in own)
        for column in own:
            if units[column].suite or not named:
                name = units[column].suite or WHOLE_TABLE
                columns.setdefault(f"{name} [{metric}]" if metric else name, []).append(column)
    return {name: index for name, index in columns.items() if len(index) > 1}


def _metric(unit: Unit) -> str:
    # Fractions are averaged with fractions, other metrics with those of their own name.
    return "" if unit.measure is None else unit.measure.name


def suite_averages(
    forecast: Forecast,
    calibration: Calibration,
    predictor_name: str,
    *,
    members: Mapping[str, Sequence[int]] | None = None,
) -> Forecast:
    """Forecast of the average of each suite, every benchmark with equal weight.

        S_avg^2 = rho * mean(S)^2 + (1 - rho) * sum(S^2) / T^2 + k h^2

    Errors of a suite are partly common to all its benchmarks, and there are few independent
    suites to learn that from: these intervals are approximate, and must be shown as such.

    Args:
        forecast: A calibrated forecast of single benchmarks, shape (K, T).
        calibration: Holds rho and the spread of suite errors.
        predictor_name: The method that made the forecast.
        members: Columns of each suite by name; by default the suites that the units name.

    Returns:
        A calibrated forecast whose units are the suites; it carries no components of variance
        (all zero). A suite with a benchmark that has no forecast is NaN, with a sentence.

    Raises:
        ValueError: The forecast is not calibrated.
    """
    if forecast.scale is None:
        raise ValueError("calibrate the forecast before averaging it")
    entry = calibration.of(predictor_name)
    members = suites(forecast.units) if members is None else members
    columns = [list(index) for index in members.values()]

    def mean(values: Floats) -> Floats:
        return suite_means(values, columns)

    if forecast.quantiles is None:
        quantiles = None
    else:
        # Errors of losses are common to all of them, so quantiles are averaged as they are.
        each = [mean(forecast.quantiles[..., q]) for q in range(forecast.quantiles.shape[-1])]
        quantiles = np.stack(each, axis=-1)
    point = mean(forecast.point)
    chance = mean(np.array([[unit.chance for unit in forecast.units]]))[0]
    nothing = np.zeros_like(point)
    return Forecast(
        targets=forecast.targets,
        units=tuple(
            Unit(
                benchmark=name,
                suite=name,
                chance=float(level),
                measure=forecast.units[index[0]].measure,
            )
            for name, level, index in zip(members, chance, columns, strict=True)
        ),
        point=point,
        last=mean(forecast.last),
        n_items=mean(forecast.n_items) * [len(index) for index in columns],
        n_train=np.floor(mean(forecast.n_train)),
        horizon=mean(forecast.horizon),
        model_variance=nothing,
        overdispersion=nothing,
        spread_weighted=nothing,
        spread_equal=nothing,
        failures=tuple(_incomplete(forecast, name, index) for name, index in members.items()),
        scale=np.sqrt(
            suite_variance(forecast.scale, columns, entry.suite_correlation)
            + entry.suite_drift * np.maximum(mean(forecast.horizon), 0) ** 2
        ),
        spread=entry.suite_spread,
        quantiles=quantiles,
    )


def suite_means(values: Floats, columns: Collection[Sequence[int]]) -> Floats:
    """Mean of each set of columns. Shapes (K, T) -> (K, number of sets)."""
    means = [values[:, index].mean(axis=1) for index in columns]
    return np.reshape(means, (len(columns), len(values))).T


def suite_variance(scale: Floats, columns: list[list[int]], correlation: float) -> Floats:
    """Variance of the average of each set of columns. Shapes (K, T) -> (K, number of sets)."""
    variances = [
        correlation * scale[:, index].mean(axis=1) ** 2
        + (1 - correlation) * (scale[:, index] ** 2).sum(axis=1) / len(index) ** 2
        for index in columns
    ]
    return np.reshape(variances, (len(columns), len(scale))).T


def _incomplete(forecast: Forecast, suite: str, index: Sequence[int]) -> str | None:
    missing = [forecast.units[i].shown for i in index if forecast.failures[i] is not None]
    if not missing:
        return None
    return (
        f"suite {suite!r}: no forecast of {len(missing)} of {len(index)} benchmarks "
        f"({', '.join(missing)}). Take what has none out of the suite, or see why it was refused."
    )
