"""`scalepredict forecast`: what will a model of this scale score?"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.options import (
    CalibrationOption,
    IntervalOptions,
    Output,
    Reading,
)
from scalepredict.cli.inputs.parameters import METHOD, TARGET, command
from scalepredict.cli.inputs.plan_options import Money
from scalepredict.cli.inputs.target_options import (
    DEFAULT_FIT,
    FitOption,
    MeasuredOption,
    Narrowing,
    TargetOptions,
)
from scalepredict.cli.views.render import Format, emit
from scalepredict.errors import RefusedError

if TYPE_CHECKING:
    from scalepredict.cli.views.trajectory_view import Curves
    from scalepredict.evaluation.forecast.forecasting import FamilyForecast
    from scalepredict.evaluation.forecast.measured import Comparison, Measured
    from scalepredict.evaluation.intervals.calibration import Calibration
    from scalepredict.predictors.scale.targets import TargetRequest
    from scalepredict.predictors.store.fit_file import StoredFit


@command
def forecast(
    target: TargetOptions,
    narrowing: Narrowing,
    reading: Reading,
    intervals: IntervalOptions,
    money: Money,
    shown: Output,
    fit_file: FitOption = DEFAULT_FIT,
    measured: MeasuredOption = (),
    capabilities_of: Annotated[
        tuple[str, ...],
        typer.Option(
            "--capabilities-of",
            metavar="MODEL",
            help="Forecast this model of the evidence from its scores on other benchmarks "
            "(fits by observational; repeatable).",
            rich_help_panel=TARGET,
        ),
    ] = (),
    known: Annotated[
        tuple[Path, ...],
        typer.Option(
            "--known",
            metavar="RECORDS",
            help="Forecast the models of these records from the scores they hold (repeatable).",
            rich_help_panel=TARGET,
        ),
    ] = (),
    trajectory: Annotated[
        bool,
        typer.Option(
            "--trajectory",
            help="Add the whole curve of the target, by the ladder at equal fractions of the "
            "schedule (reads all checkpoints of the fit's records).",
            rich_help_panel=TARGET,
        ),
    ] = False,
    calibration: CalibrationOption = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            min=0,
            help="Seed of the draws of --trajectory; nothing else is drawn.",
            rich_help_panel=METHOD,
        ),
    ] = 0,
) -> None:
    """Forecast the scores of larger models from a fit file.

    Give the scale by --params, with --tokens, --tokens-per-param or --flops, or by --flops alone;
    without tokens the ladder's own design is continued, and said. Repeat the options for several
    targets: they are read side by side, and one that is given once holds for all. With --measured
    alone the targets are the measured checkpoints beyond the evidence. A model of unknown scale is
    forecast from its scores on other benchmarks with --capabilities-of or --known.

    Example: scalepredict forecast --params 12B --tokens 300B
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    from scalepredict.cli.documents.forecast_document import documents, forecast_rows
    from scalepredict.cli.inputs.next_step import after_forecast
    from scalepredict.cli.inputs.stored_fit import known_tables, stored_measured
    from scalepredict.cli.views.forecast_view import forecast_sheet, make_views, shared_warnings
    from scalepredict.evaluation.forecast.known_scores import forecast_known
    from scalepredict.evaluation.intervals.calibration_file import calibration_of
    from scalepredict.predictors.scale.targets import TargetRequest
    from scalepredict.predictors.store.fit_file import load_fit
    from scalepredict.records.findings import units_doubted
    from scalepredict.records.notes import heard, noted

    form, voice, levels = shown.shape, shown.voice, intervals.levels()
    machine = money.machine()
    reading.check_used(measured, known)
    request = target.request()
    stored = load_fit(fit_file)
    voice.tell(units_doubted(stored.notes))
    constants = calibration_of(stored, calibration)
    read = partial(stored_measured, stored, how=reading, voice=voice)
    pairs: list[tuple[FamilyForecast, Comparison | None]] = []
    if capabilities_of or known:
        if request != TargetRequest() or narrowing.family or measured:
            raise RefusedError(
                "--capabilities-of and --known forecast from scores; leave out the scale "
                "(--params, --tokens, --flops), --family and --measured."
            )
        refused: Mapping[str, str] = {}
        for table in known_tables(stored, capabilities_of, read(known) if known else None):
            made, left_out = forecast_known(stored.fit, table, constants)
            pairs += made
            voice.tell(
                noted("model-refused", f"model {name!r} is left out: {why}")
                for name, why in left_out.items()
            )
    else:
        truth = read(measured) if measured else None
        pairs, refused = _from_scale(stored, constants, request, truth, narrowing.family)
    pairs = [(heard(each, voice.ignored), heard(truth, voice.ignored)) for each, truth in pairs]
    views = [
        view
        for each, comparison in pairs
        for view in make_views(
            stored.fit.predictor.name, each, comparison, only=narrowing.benchmark, levels=levels
        )
    ]
    voice.tell(
        noted("family-refused", f"family {name!r} has no forecast: {why}")
        for name, why in refused.items()
    )
    if stored.fit.refused and not narrowing.family:
        names = ", ".join(stored.fit.refused)
        text = f"not fitted, so not forecast: {names}; --family NAME tells why."
        voice.tell([noted("family-refused", text)])
    shared = shared_warnings(views)
    voice.tell(shared)
    for view in views:
        if form in (Format.JSON, Format.CSV):
            voice.say(view.title)
        about = f"{view.family}, {view.size}: " if len(views) > 1 else ""
        voice.tell((note for note in view.warnings if note not in shared), about=about)
    if shown.verbose:
        voice.tell(note for each, _ in pairs for note in each.notes)
    curves = _curves(stored, constants, pairs, seed) if trajectory else []
    sheets, rows, document = (
        [forecast_sheet(v, form) for v in views],
        forecast_rows(views),
        documents(views),
    )
    if trajectory:
        from scalepredict.cli.views.trajectory_view import (
            trajectory_rows,
            trajectory_sheet,
            with_trajectories,
        )

        sheets += [trajectory_sheet(each, levels, narrowing.benchmark) for each in curves]
        rows = [row for each in curves for row in trajectory_rows(each, levels)]
        document = with_trajectories(document, curves, levels)
    if machine is not None:
        from scalepredict.cli.views.plan_view import cost_sheet

        sheets.append(cost_sheet([each for each, _ in pairs], machine))
    emit(form, sheets=sheets, rows=rows, document=document)
    voice.suggest(after_forecast(target.as_options(), fit_file))


def _curves(
    stored: "StoredFit",
    constants: "Calibration",
    pairs: "Sequence[tuple[FamilyForecast, Comparison | None]]",
    seed: int,
) -> "list[Curves]":
    import numpy as np

    from scalepredict.cli.inputs.stored_fit import checkpoint_series
    from scalepredict.cli.views.trajectory_view import Curves
    from scalepredict.evaluation.forecast.trajectory_ahead import trajectory_ahead

    series, rng = checkpoint_series(stored), np.random.default_rng(seed)
    return [
        Curves(
            title=f"{family.family}: {line}",
            tokens=float(family.targets.tokens[k]),
            ahead=trajectory_ahead(
                series.of_family(family.family),
                stored.fit.predictor,
                family.targets.take(k),
                constants,
                rng=rng,
            ),
        )
        for family, _ in pairs
        for k, line in enumerate(family.target_lines)
    ]


def _from_scale(
    stored: "StoredFit",
    constants: "Calibration",
    request: "TargetRequest",
    truth: "Measured | None",
    families: Sequence[str],
) -> "tuple[list[tuple[FamilyForecast, Comparison | None]], Mapping[str, str]]":
    from scalepredict.cli.inputs.stored_fit import how_to_target
    from scalepredict.evaluation.forecast.forecasting import forecast_families
    from scalepredict.evaluation.forecast.measured import compare
    from scalepredict.predictors.scale.targets import TargetRequest

    # Without a scale, a family that was not measured was not asked for.
    measured = truth.records.families if truth and request == TargetRequest() else None
    forecasts, refused = forecast_families(
        stored.fit,
        how_to_target(request, truth),
        constants,
        families=families,
        among=measured,
    )
    return [
        (each, compare(each, truth.checkpoints(each.family)) if truth else None)
        for each in forecasts
    ], refused
