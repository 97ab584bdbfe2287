"""How is a calibration stored? As YAML that names its coefficients, quantiles and provenance."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from scalepredict.evaluation.intervals.calibration import (
    COMPONENTS,
    UNTOLD,
    Calibration,
    PredictorCalibration,
)
from scalepredict.predictors.interface import Spread
from scalepredict.predictors.store.fit_file import StoredFit
from scalepredict.records.text.schema import validated
from scalepredict.records.text.yaml_text import Document, load_shipped, load_yaml, parse_yaml

SCHEMA = "scalepredict.calibration/1"
SHIPPED = "calibration.yaml"
FARTHEST = 1e6  # quantile, in units of the scale


def _rising(quantiles: dict[float, float]) -> dict[float, float]:
    probabilities, values = np.array(list(quantiles.items())).T
    if (np.diff(probabilities) <= 0).any() or (np.diff(values) <= 0).any():
        raise ValueError("probabilities and quantiles must both rise")
    if np.abs(values).max() > FARTHEST:
        raise ValueError(f"quantiles are at most {FARTHEST:g} scales away")
    if probabilities[0] <= 0 or probabilities[-1] >= 1 or len(probabilities) < 2:
        raise ValueError("give two probabilities or more, between 0 and 1")
    return quantiles


# Far beyond all that are found, near enough that no interval overflows.
NonNegative = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Growth = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]  # of a logarithm, by decade
Quantiles = Annotated[dict[float, float], AfterValidator(_rising)]


class MethodConstants(BaseModel):
    """The constants of one method."""

    model_config = ConfigDict(extra="forbid")

    # Weights of the variances that the squared scale is made of.
    scale: dict[Literal[COMPONENTS], NonNegative]  # type: ignore[valid-type]
    small_evidence: NonNegative = 2.0  # what files without it were made with
    own_evidence: NonNegative = 0.0  # as in files from before it
    gap_growth: Growth = 0.0
    quantiles: Quantiles
    suite_correlation: Annotated[float, Field(ge=0, le=1)]
    suite_dilution: Annotated[float, Field(ge=0, le=2)] | None = None
    suite_drift: NonNegative = 0.0
    suite_quantiles: Quantiles
    reference_z2: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]


class CalibrationFile(BaseModel):
    """The interval constants."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    schema_: Literal["scalepredict.calibration/1"] = Field(alias="schema")
    provenance: dict[str, Any]
    fallback: MethodConstants
    predictors: dict[str, MethodConstants]
    stretch: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = (
        1.0  # of quantiles of losses
    )


def load_calibration(path: str | Path | None = None) -> Calibration:
    """Read a calibration file, by default the one that ships.

    Raises:
        ConfigError: The file is missing, is not YAML, or does not hold a calibration.
    """
    return read_calibration(load_shipped(SHIPPED) if path is None else load_yaml(path))


def read_calibration(document: Document) -> Calibration:
    """Read a calibration from a document, such as the tree that a fit file holds.

    Raises:
        ConfigError: The document does not hold a calibration.
    """
    content = validated(
        document, CalibrationFile, advice="Write such files with `scalepredict calibrate -o FILE`."
    )
    return Calibration(
        predictors={name: _entry(entry) for name, entry in content.predictors.items()},
        fallback=_entry(content.fallback),
        provenance=content.provenance,
        source=document.source,
        stretch=content.stretch,
    )


def calibration_of(stored: StoredFit, path: str | Path | None = None) -> Calibration:
    """The calibration for a stored fit: the named file, else the fit's own, else the shipped one.

    Raises:
        ConfigError: The file, or what the fit holds, is no calibration.
    """
    if path is not None or stored.calibration is None:
        return load_calibration(path)
    text = json.dumps(stored.calibration)  # JSON is YAML, and goes through the same checks
    return read_calibration(parse_yaml(text, "calibration in the fit file"))


def calibration_tree(calibration: Calibration) -> dict[str, object]:
    """A calibration as plain values for a YAML file; the inverse of ``load_calibration``."""
    return {
        "schema": SCHEMA,
        "provenance": dict(calibration.provenance),
        "predictors": {name: _tree(entry) for name, entry in calibration.predictors.items()},
        "fallback": _tree(calibration.fallback),
        **({} if calibration.stretch == 1.0 else {"stretch": calibration.stretch}),
    }


def _entry(entry: MethodConstants) -> PredictorCalibration:
    return PredictorCalibration(
        coefficients=np.array(
            [entry.scale.get(name, UNTOLD.get(name, 0.0)) for name in COMPONENTS]
        ),
        small_evidence=entry.small_evidence,
        spread=_spread(entry.quantiles),
        suite_correlation=entry.suite_correlation,
        suite_drift=entry.suite_drift,
        own_evidence=entry.own_evidence,
        gap_growth=entry.gap_growth,
        suite_dilution=entry.suite_dilution,
        suite_spread=_spread(entry.suite_quantiles),
        reference_z2=entry.reference_z2,
    )


def _spread(quantiles: dict[float, float]) -> Spread:
    return Spread(
        probability=np.array(list(quantiles)), quantile=np.array(list(quantiles.values()))
    )


def _tree(entry: PredictorCalibration) -> dict[str, object]:
    return {
        "scale": dict(zip(COMPONENTS, entry.coefficients.tolist(), strict=True)),
        "small_evidence": entry.small_evidence,
        **({"own_evidence": entry.own_evidence} if entry.own_evidence else {}),
        **({"gap_growth": entry.gap_growth} if entry.gap_growth else {}),
        "quantiles": _quantiles(entry.spread),
        "suite_correlation": entry.suite_correlation,
        **({} if entry.suite_dilution is None else {"suite_dilution": entry.suite_dilution}),
        "suite_drift": entry.suite_drift,
        "suite_quantiles": _quantiles(entry.suite_spread),
        "reference_z2": entry.reference_z2,
    }


def _quantiles(spread: Spread) -> dict[float, float]:
    return dict(zip(spread.probability.tolist(), spread.quantile.tolist(), strict=True))
