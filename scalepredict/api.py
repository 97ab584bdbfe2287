"""How does a Python program fit and forecast? The two functions behind the commands."""

from collections.abc import Sequence

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.forecast.forecasting import FamilyForecast, forecast_families
from scalepredict.evaluation.intervals.calibration_file import calibration_of, load_calibration
from scalepredict.predictors.fit_families import Fit, fit_families
from scalepredict.predictors.interface import Predictor
from scalepredict.predictors.registry import DEFAULT, predictor_type
from scalepredict.predictors.scale.targets import TargetRequest, resolve_targets
from scalepredict.predictors.store.fit_file import StoredFit
from scalepredict.records.evidence import LAST, CheckpointChoice, select_evidence, why_no_evidence
from scalepredict.records.subset import refuse_mixed_phases
from scalepredict.records.table import EvalTable


def fit(
    table: EvalTable,
    *,
    predictor: Predictor | None = None,
    checkpoints: CheckpointChoice = LAST,
    seed: int = 0,
) -> Fit:
    """Fit every family of a table of records.

    Args:
        table: What ``read_records`` returns in ``.table``.
        predictor: The method, such as ``scalepredict.predictors.direct.trend.Trend()`` or one of
            your own; by default the stack. ``predictors/registry.py`` lists them all.
        checkpoints: Which checkpoints of each model are evidence; by default the last one.
        seed: Seed of every random draw.

    Raises:
        RefusedError: No family has enough evidence, or one mixes phases of its schedule.
    """
    method = predictor_type(DEFAULT)() if predictor is None else predictor
    evidence = select_evidence(table, choice=checkpoints, needs_compute=method.needs_compute).table
    if not evidence.checkpoints:
        raise RefusedError(why_no_evidence(table))
    refuse_mixed_phases(evidence)
    return fit_families(evidence, method, rng=np.random.default_rng(seed))


def forecast(
    fitted: Fit | StoredFit,
    *,
    params: float | Sequence[float] = (),
    tokens: float | Sequence[float] = (),
    tokens_per_param: float | Sequence[float] = (),
    flops: float | Sequence[float] = (),
    families: Sequence[str] = (),
    calibration: str | None = None,
) -> tuple[FamilyForecast, ...]:
    """Forecast each family of a fit, or the named ones.

    Args:
        fitted: What ``fit`` or ``load_fit`` returns.
        params: Parameters of each target (counts).
        tokens: Training tokens (counts); without them the ladder's own design is continued.
        tokens_per_param: Tokens per parameter.
        flops: Training FLOPs (counts).
        families: Names of families; empty = all.
        calibration: File of interval constants; None = those of the stored fit, or that ship.

    Raises:
        RefusedError: A target cannot be resolved or is out of reach, or a family has no law.
    """
    request = TargetRequest(
        params=_listed(params),
        tokens=_listed(tokens),
        tokens_per_param=_listed(tokens_per_param),
        flops=_listed(flops),
    )
    if isinstance(fitted, StoredFit):
        constants = calibration_of(fitted, calibration)
    else:
        constants = load_calibration(calibration)
    forecasts, refused = forecast_families(
        fitted.fit if isinstance(fitted, StoredFit) else fitted,
        lambda evidence: resolve_targets(evidence, request),
        constants,
        families=families,
    )
    if refused:
        raise RefusedError("\n".join(f"family {name!r}: {why}" for name, why in refused.items()))
    return forecasts


def _listed(value: float | Sequence[float]) -> Sequence[float]:
    return (float(value),) if isinstance(value, int | float) else tuple(value)
