"""What will a model score that is known by its scores on other benchmarks, not by its scale?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.forecast.forecasting import FamilyForecast, judged
from scalepredict.evaluation.forecast.measured import Comparison, beside
from scalepredict.evaluation.intervals.calibration import Calibration, of_scores
from scalepredict.predictors.fit_families import Fit, FittedGroup
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.registry import names, predictor_type
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.notes import Note, noted
from scalepredict.records.subset import known_names
from scalepredict.records.table import EvalTable, Unit
from scalepredict.records.text.counts import count_of, format_count, listed
from scalepredict.records.units import match


def fitted_models(fit: Fit, models: Sequence[str]) -> EvalTable:
    """The rows of named models in the evidence of a fit, with all their scores.

    Raises:
        RefusedError: A model is not in the evidence, or several of its families have one of
            that name.
    """
    evidence = _group(fit).evidence
    listed = [c.model for c in evidence.checkpoints]
    known_names("model", models, listed)
    for model in models:
        families = [c.family for c in evidence.checkpoints if c.model == model]
        if len(families) > 1:
            raise RefusedError(
                f"{len(families)} checkpoints are named {model!r} (families "
                f"{', '.join(families)}); give the one that is meant with --known RECORDS."
            )
    return evidence.take_rows(np.array([listed.index(model) for model in models], dtype=int))


def forecast_known(
    fit: Fit, known: EvalTable, calibration: Calibration
) -> tuple[tuple[tuple[FamilyForecast, Comparison], ...], Mapping[str, str]]:
    """Forecast every benchmark of a fit for each row of a table of known scores.

    Args:
        fit: By a method that reads scores of its targets.
        known: Rows are targets; benchmarks that the fit does not know are not read.
        calibration: Makes the intervals.

    Returns:
        For each row its forecast, and the known scores beside it: each benchmark is forecast
        without its own score. Then why some models have no forecast, by name.

    Raises:
        RefusedError: The method does not read scores of its targets, or no target can be forecast.
    """
    group = _group(fit)
    table = to_benchmarks(known)
    made: list[tuple[FamilyForecast, Comparison]] = []
    refused: dict[str, str] = {}
    for row, checkpoint in enumerate(table.checkpoints):
        try:
            made.append(_one(fit, group, table.take_rows(np.array([row])), calibration))
        except RefusedError as reason:
            refused[checkpoint.model] = str(reason)
    if refused and not made:
        lines = []
        for why in dict.fromkeys(refused.values()):
            names = tuple(repr(name) for name, own in refused.items() if own == why)
            lines.append(f"{'model' if len(names) == 1 else 'models'} {listed(names)}: {why}")
        raise RefusedError("\n".join(lines))
    return tuple(made), refused


def _one(
    fit: Fit,
    group: FittedGroup,
    known: EvalTable,
    calibration: Calibration,
) -> tuple[FamilyForecast, Comparison]:
    checkpoint = known.checkpoints[0]
    targets = replace(Targets.of_table(known), known=known)
    raw = group.law.forecast(targets)
    column = match(raw.units, known.units, unknown="any")
    observed = np.where(column >= 0, known.scores[:, column], np.nan)
    unread = [unit for i, unit in enumerate(known.units) if i not in column]
    if not np.isfinite(observed).any():
        raise RefusedError(
            f"no score ({_named(known.units)}) is on a benchmark and metric of the fit, "
            f"which has {_named(raw.units)}. Give scores on these."
        )
    # Classes are along compute; models that do not tell theirs have no say in them.
    evidence = group.evidence.take_rows(np.isfinite(group.evidence.flops))
    line = (
        f"{checkpoint.model}, known by its scores on "
        f"{count_of(int(np.isfinite(observed).sum()), 'benchmark')}"
    )
    if checkpoint.flops is not None:
        line += f", {format_count(checkpoint.flops)} FLOPs"
    largest = evidence.flops.max() if evidence.checkpoints else np.nan
    family = judged(
        group,
        evidence,
        raw,
        calibration,
        factor=known.flops / largest,
        lines=(line,),
        warnings=(_not_read(unread),),
        name=of_scores(fit.predictor.name),
    )
    unknown = np.full_like(observed, np.nan)
    family = replace(
        family,
        forecast=replace(family.forecast, last=unknown),
        suites=replace(family.suites, last=np.full_like(family.suites.point, np.nan)),
    )
    return family, beside(family, observed, (checkpoint.model,))


def _group(fit: Fit) -> FittedGroup:
    if not fit.predictor.reads_known_scores:
        able = [name for name in names() if predictor_type(name).reads_known_scores]
        raise RefusedError(
            f"a fit by {fit.predictor.name} forecasts from scale, not from known scores; fit with "
            f"--predictor {' or '.join(able)}."
        )
    return fit.groups[0]


def _not_read(units: Sequence[Unit]) -> tuple[Note, ...]:
    if not units:
        return ()
    text = f"scores on {_named(units)} are not read: the fit has no such benchmark and metric."
    return (noted("scores-unread", text),)


def _named(units: Sequence[Unit]) -> str:
    return ", ".join(" ".join(filter(None, (unit.benchmark, unit.metric))) for unit in units)
