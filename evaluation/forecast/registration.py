"""How is a forecast put on record, and judged when the run has ended? Frozen by a hash.

A registered forecast holds every quantile, the fit and the inputs it came from with their hashes,
and the time; its own hash is of all of that, so that a later change shows. Scoring gives the error,
which intervals held, where the measurement fell in the distribution (PIT), and the log score: the
log density of what was measured (Good 1952, Journal of the Royal Statistical Society B 14).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from scipy.special import ndtr, ndtri
from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from scalepredict.errors import RefusedError, StorageError
from scalepredict.evaluation.forecast.forecasting import FamilyForecast
from scalepredict.evaluation.intervals.levels import Levels, percent_key
from scalepredict.predictors.interface import PROBABILITIES
from scalepredict.records.table import EvalTable, Floats, Unit
from scalepredict.records.text.schema import validated
from scalepredict.records.text.yaml_text import Document
from scalepredict.records.units import match

SCHEMA = "scalepredict.registered/1"
NEAR = 1.10  # "12B" and 11.8B params are the same target
_LEAST_DENSITY = 1e-12
_GIVE = "Give a file that `scalepredict register` wrote."


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RegisteredFile(_Strict):
    """A file that the forecast came from."""

    name: str
    sha256: str


class RegisteredBenchmark(_Strict):
    """The forecast of one benchmark, in its unit."""

    benchmark: str
    metric: str
    shots: int | None
    variant: str
    unit: str
    direction: Literal["higher", "lower"]
    forecast: FiniteFloat
    quantiles: list[FiniteFloat] = Field(
        min_length=len(PROBABILITIES),
        max_length=len(PROBABILITIES),
        description=f"at {', '.join(f'{p:g}' for p in PROBABILITIES)}",
    )


class RegisteredTarget(_Strict):
    """The forecast of one model."""

    family: str
    params: FiniteFloat = Field(gt=0)
    tokens: FiniteFloat = Field(gt=0)
    flops: FiniteFloat = Field(gt=0)
    assumption: str
    benchmarks: list[RegisteredBenchmark]


class Registered(_Strict):
    """A forecast on record. sha256 is of all other members, as JSON with sorted keys, no spaces."""

    kind: Literal["scalepredict.registered/1"] = Field(alias="schema")
    time: str
    version: str
    predictor: str
    fit: RegisteredFile
    inputs: list[RegisteredFile]
    targets: list[RegisteredTarget]
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class ScoreSummary(TypedDict):
    """Calibration in practice."""

    forecasts: Annotated[int, Field(ge=1)]
    mean_absolute_error: float | None
    """Of fractions."""
    mean_relative_error: float | None
    """Of metrics in their own unit."""
    inside: dict[str, float]
    """Shares of intervals that held, by level in percent."""
    mean_pit: float
    mean_log_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One registered forecast beside what was measured, in the unit of the benchmark.

    ``quantiles`` are those of the forecast at ``PROBABILITIES``.
    """

    registered: str
    family: str
    model: str
    benchmark: str
    unit: str
    forecast: float
    measured: float
    quantiles: tuple[float, ...]
    pit: float
    log_score: float

    @property
    def error(self) -> float:
        """Forecast minus measured."""
        return self.forecast - self.measured

    def inside(self, level: float) -> bool:
        """Whether the interval of that level held."""
        low, high = registered_interval(self.quantiles, level)
        return low <= self.measured <= high


def registration(
    forecasts: Sequence[FamilyForecast],
    *,
    predictor: str,
    fit: Mapping[str, str],
    inputs: Sequence[Mapping[str, str]],
    version: str,
    time: str,
) -> dict[str, Any]:
    """The document of a forecast, without its hash (`with_hash`).

    Args:
        forecasts: Calibrated, of each family.
        predictor: Name of the method.
        fit: ``name`` and ``sha256`` of the fit file.
        inputs: The same of the files that it was made from.
        version: Of this tool.
        time: When it is registered.
    """
    return {
        "schema": SCHEMA,
        "time": time,
        "version": version,
        "predictor": predictor,
        "fit": dict(fit),
        "inputs": [dict(file) for file in inputs],
        "targets": [_target(family, k) for family in forecasts for k in range(len(family.targets))],
    }


def with_hash(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the hash of its content."""
    return {**document, "sha256": content_hash(document)}


def content_hash(document: Mapping[str, Any]) -> str:
    """SHA-256 of all of a document but its own hash."""
    rest = {name: value for name, value in document.items() if name != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def checked(document: Document) -> Mapping[str, Any]:
    """The content of a document, if it is a registered forecast and still what was registered.

    Raises:
        StorageError: It is not, or its content does not match its own hash.
    """
    content, name = document.value, document.source
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise StorageError(f"{name}: is no registered forecast ({SCHEMA}). {_GIVE}")
    if content.get("sha256") != content_hash(content):
        raise StorageError(
            f"{name}: its content no longer matches its own hash, so it is not what was "
            "registered. Take the file as it was registered."
        )
    validated(document, Registered, advice=_GIVE, error=StorageError)
    return content


def scored(document: Mapping[str, Any], measured: EvalTable) -> tuple[Outcome, ...]:
    """What became of each registered forecast that was measured since."""
    found: list[Outcome] = []
    for target in document["targets"]:
        units = [_unit(entry) for entry in target["benchmarks"]]
        row = _nearest(target, measured)
        if row is None:
            continue
        columns = match(units, measured.units, unknown="any")
        for entry, unit, column in zip(target["benchmarks"], units, columns, strict=True):
            value = np.nan if column < 0 else measured.scores[row, column]
            if np.isfinite(value):
                model = measured.checkpoints[row].model
                found.append(_outcome(document, target, model, entry, unit, float(value)))
    return tuple(found)


def registered_interval(quantiles: Sequence[float], level: float) -> tuple[float, float]:
    """The central interval of a registered forecast, from its quantiles at ``PROBABILITIES``."""
    half = float(ndtri((1 + level) / 2))
    low, high = np.interp([-half, half], ndtri(PROBABILITIES), quantiles)
    return float(low), float(high)


def summary(outcomes: Sequence[Outcome], levels: Levels) -> ScoreSummary:
    """Calibration in practice, over all registrations.

    Raises:
        RefusedError: There is nothing to sum up.
    """
    if not outcomes:
        raise RefusedError("nothing that was registered has been measured.")
    pit = np.array([o.pit for o in outcomes])
    fractions = [abs(o.error) for o in outcomes if o.unit == "fraction"]
    relative = [abs(o.error / o.measured) for o in outcomes if o.unit != "fraction"]
    return {
        "forecasts": len(outcomes),
        "mean_absolute_error": float(np.mean(fractions)) if fractions else None,
        "mean_relative_error": float(np.mean(relative)) if relative else None,
        "inside": {
            percent_key(level): float(np.mean([o.inside(level) for o in outcomes]))
            for level in levels.kept
        },
        "mean_pit": float(pit.mean()),
        "mean_log_score": float(np.mean([o.log_score for o in outcomes])),
    }


def _target(family: FamilyForecast, k: int) -> dict[str, Any]:
    forecast, targets = family.forecast, family.targets
    quantiles = np.stack([forecast.quantile(float(p)) for p in PROBABILITIES], axis=-1)[k]
    return {
        "family": family.family,
        "params": float(targets.params[k]),
        "tokens": float(targets.tokens[k]),
        "flops": float(targets.flops[k]),
        "assumption": targets.assumption[k],
        "benchmarks": [
            {
                "benchmark": unit.benchmark,
                "metric": unit.metric,
                "shots": unit.shots,
                "variant": unit.variant,
                "unit": "fraction" if unit.measure is None else unit.measure.unit,
                "direction": "higher" if unit.measure is None else unit.measure.direction,
                "forecast": float(forecast.point[k, t]),
                "quantiles": [float(q) for q in quantiles[t]],
            }
            for t, unit in enumerate(forecast.units)
            if np.isfinite(forecast.point[k, t])
        ],
    }


def _unit(entry: Mapping[str, Any]) -> Unit:
    return Unit(
        benchmark=entry["benchmark"],
        metric=entry["metric"],
        shots=entry["shots"],
        variant=entry["variant"],
    )


def _nearest(target: Mapping[str, Any], measured: EvalTable) -> int | None:
    same = np.array([c.family == target["family"] for c in measured.checkpoints], dtype=bool)
    apart = np.maximum(
        np.abs(np.log(measured.params / target["params"])),
        np.abs(np.log(measured.tokens / target["tokens"])),
    )
    apart = np.where(same & np.isfinite(apart), apart, np.inf)
    if not len(apart) or not apart.min() <= np.log(NEAR):
        return None
    return int(np.argmin(apart))


def _outcome(
    document: Mapping[str, Any],
    target: Mapping[str, Any],
    model: str,
    entry: Mapping[str, Any],
    unit: Unit,
    value: float,
) -> Outcome:
    knots, quantiles = ndtri(PROBABILITIES), np.array(entry["quantiles"])
    z, steepness = _normal_score(value, quantiles, knots)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * steepness
    return Outcome(
        registered=document["time"],
        family=target["family"],
        model=model,
        benchmark=unit.benchmark,
        unit=entry["unit"],
        forecast=entry["forecast"],
        measured=value,
        quantiles=tuple(entry["quantiles"]),
        pit=float(ndtr(z)),
        log_score=float(np.log(max(density, _LEAST_DENSITY))),
    )


def _normal_score(value: float, quantiles: Floats, knots: Floats) -> tuple[float, float]:
    # Linear between the knots and beyond them; quantiles that are clipped alike count as a step.
    i = int(np.clip(np.searchsorted(quantiles, value) - 1, 0, len(knots) - 2))
    width = max(float(quantiles[i + 1] - quantiles[i]), np.finfo(float).eps)
    slope = float(knots[i + 1] - knots[i]) / width
    return float(np.clip(knots[i] + slope * (value - quantiles[i]), -40, 40)), slope
