"""How wide must the interval of a suite's average be? By how far its benchmarks miss together.

    S_avg^2 = mean(P)^2 + rho * mean(O)^2 + (1 - rho) * sum(O^2) / T^2 + k h^2
    rho = (n0 rho_T + n rho') / (n0 + n),  rho_T = rho_10 (10 / T)^d

with T benchmarks, P^2 the part of S^2 that is due to public models (families lie above or below
their curves as a whole) and O^2 = S^2 - P^2 the ladder's own. rho' is the correlation of the errors
that the ladder made in n trials inside its own evidence, n0 = 0.5, and rho_10, d and k are learned
from other ladders (the calibration file).
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from scalepredict.evaluation.intervals.calibration import (
    Calibration,
    PredictorCalibration,
    reference_variance,
)
from scalepredict.predictors.interface import Forecast
from scalepredict.predictors.limits import FEWEST_MODELS
from scalepredict.records.table import Floats, Unit

WHOLE_TABLE = "all benchmarks"  # name of the suite of a table that names none
USUAL_SUITE = 10  # benchmarks of the suite that `suite_correlation` is of
HALF_OWN = 0.5  # trials at which a ladder's own correlation counts half
MOST_TRIALS = 4.0


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

    Errors of a suite are partly common to all its benchmarks. How far is learned from other ladders
    (rho falls with the number of benchmarks) and from the ladder's own trials. There are few
    independent suites: these intervals are approximate, and must be shown as such.

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
    entry = calibration.behind(forecast, predictor_name)
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
            suite_variance(
                forecast.scale,
                np.sqrt(reference_variance(forecast, entry)),
                columns,
                correlation(forecast, columns, entry),
            )
            + entry.suite_drift * np.maximum(mean(forecast.horizon), 0) ** 2
        ),
        spread=entry.suite_spread,
        quantiles=quantiles,
    )


def suite_means(values: Floats, columns: Collection[Sequence[int]]) -> Floats:
    """Mean of each set of columns. Shapes (K, T) -> (K, number of sets)."""
    means = [values[:, index].mean(axis=1) for index in columns]
    return np.reshape(means, (len(columns), len(values))).T


def suite_variance(
    scale: Floats, public: Floats, columns: list[list[int]], correlation: Floats
) -> Floats:
    """Variance of the average of each set of columns. Shape (K, sets).

    Args:
        scale: Scales of single benchmarks. Shape (K, T).
        public: The part of them that is due to public models. Shape (K, T).
        columns: The sets.
        correlation: Of the rest of the errors within each set. Shape (K, sets).
    """
    own = np.sqrt(np.maximum(scale**2 - public**2, 0.0))
    size = np.array([len(index) for index in columns])
    independent = suite_means(own**2, columns) / size
    together = correlation * suite_means(own, columns) ** 2 + (1 - correlation) * independent
    return np.asarray(suite_means(public, columns) ** 2 + together)


def correlation(
    forecast: Forecast, columns: Sequence[Sequence[int]], entry: PredictorCalibration
) -> Floats:
    """How far errors in each set of columns go together. Shape (K, number of sets)."""
    size = np.array([len(index) for index in columns], dtype=float)
    shape = (len(forecast.targets), len(columns))
    if entry.suite_dilution is None:
        return np.full(shape, entry.suite_correlation)
    usual = diluted(entry.suite_correlation, entry.suite_dilution, size)
    own, n_trials = trials_of(forecast)
    return with_own(usual, suite_means(own, columns), suite_means(n_trials, columns))


def diluted(correlation: Floats | float, dilution: Floats | float, size: Floats) -> Floats:
    """Correlation of errors in suites of ``size`` benchmarks; any shape."""
    return np.clip(correlation * (USUAL_SUITE / size) ** dilution, 0.0, 1.0)


def with_own(usual: Floats, own: Floats, n_trials: Floats) -> Floats:
    """The usual correlation and that of the ladder's own trials, by how many there were."""
    return np.asarray((HALF_OWN * usual + n_trials * own) / (HALF_OWN + n_trials))


def trials_of(forecast: Forecast) -> tuple[Floats, Floats]:
    """Correlation of errors in the ladder's own trials, and how many there were. Two (K, T)."""
    own = forecast.common_error
    if own is None:
        own = np.full_like(forecast.point, np.nan)
    n_trials = np.clip(forecast.n_train - FEWEST_MODELS, 0, MOST_TRIALS)
    return np.nan_to_num(own), np.where(np.isfinite(own), n_trials, 0.0)


def _incomplete(forecast: Forecast, suite: str, index: Sequence[int]) -> str | None:
    missing = [forecast.units[i].shown for i in index if forecast.failures[i] is not None]
    if not missing:
        return None
    return (
        f"suite {suite!r}: no forecast of {len(missing)} of {len(index)} benchmarks "
        f"({', '.join(missing)}). Take what has none out of the suite, or see why it was refused."
    )
