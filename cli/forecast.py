"""`scalepredict forecast`: what will a model of this scale score?"""

from pathlib import Path
from typing import Annotated

import typer

from scalepredict.cli.fit import DEFAULT_FILE
from scalepredict.cli.options import (
    CalibrationOption,
    FormatOption,
    JsonOption,
    QuietOption,
    SeedOption,
    VerboseOption,
    Voice,
    chosen_format,
    count,
)
from scalepredict.cli.render import Format, emit


def forecast(
    params: Annotated[
        list[float] | None,
        typer.Option(parser=count, metavar="N", help="Parameters of the target, e.g. 70B."),
    ] = None,
    tokens: Annotated[
        list[float] | None,
        typer.Option(parser=count, metavar="D", help="Training tokens, e.g. 1.5T."),
    ] = None,
    tokens_per_param: Annotated[
        list[float] | None,
        typer.Option(parser=count, metavar="R", help="Tokens per parameter, e.g. 20."),
    ] = None,
    flops: Annotated[
        list[float] | None,
        typer.Option(parser=count, metavar="C", help="Training FLOPs, e.g. 6e23."),
    ] = None,
    fit_file: Annotated[
        Path, typer.Option("--fit", "-f", metavar="FILE", help="Fit file; - is stdin.")
    ] = DEFAULT_FILE,
    family: Annotated[
        list[str] | None, typer.Option("--family", help="Forecast only this family (repeatable).")
    ] = None,
    benchmark: Annotated[
        list[str] | None, typer.Option("--benchmark", help="Show only this one (repeatable).")
    ] = None,
    measured: Annotated[
        list[Path] | None,
        typer.Option(
            "--measured",
            metavar="RECORDS",
            help="Show measured scores beside the forecast, and how far it was off (repeatable).",
        ),
    ] = None,
    benchmarks: Annotated[
        Path | None,
        typer.Option("--benchmarks", metavar="FILE", help="Benchmark metadata for --measured."),
    ] = None,
    calibration: CalibrationOption = None,
    form: FormatOption = Format.TABLE,
    as_json: JsonOption = False,
    seed: SeedOption = 0,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Forecast the scores of larger models from a fit file.

    Give the scale by --params, with --tokens, --tokens-per-param or --flops, or by --flops alone;
    without tokens the ladder's own design is continued, and said. Repeat the options for several
    targets: they are read side by side, and one that is given once holds for all. With --measured
    alone the targets are the measured checkpoints beyond the evidence.
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    import numpy as np

    from scalepredict.cli.forecast_view import (
        documents,
        forecast_rows,
        forecast_sheet,
        make_views,
    )
    from scalepredict.cli.stored import stored_calibration, stored_measured
    from scalepredict.evaluation.forecasting import forecast_families
    from scalepredict.evaluation.measured import compare
    from scalepredict.predictors.storage import load_fit
    from scalepredict.predictors.targets import TargetRequest, resolve_targets

    form, voice = chosen_format(form, as_json), Voice(quiet)
    stored = load_fit(fit_file)
    request = TargetRequest(
        params=params or (),
        tokens=tokens or (),
        tokens_per_param=tokens_per_param or (),
        flops=flops or (),
    )
    truth = stored_measured(stored, measured, benchmarks) if measured else None
    follow = truth is not None and request == TargetRequest()
    forecasts, refused = forecast_families(
        stored.fit,
        truth.beyond if truth and follow else lambda seen: resolve_targets(seen, request),
        stored_calibration(stored, calibration),
        families=family or (),
        rng=np.random.default_rng(seed),
    )
    views = [
        view
        for each in forecasts
        for view in make_views(
            stored.fit.predictor.name,
            each,
            compare(each, truth.checkpoints(each.family)) if truth else None,
            only=benchmark or (),
        )
    ]
    voice.warn(f"family {name!r} has no forecast: {why}" for name, why in refused.items())
    for view in views:
        if form in (Format.JSON, Format.CSV):
            voice.say(view.title)
        voice.warn(view.warnings)
    if verbose:
        voice.say(*dict.fromkeys(note for each in forecasts for note in each.notes))
    emit(
        form,
        sheets=[forecast_sheet(view, form) for view in views],
        rows=forecast_rows(views),
        document=documents(views),
    )
