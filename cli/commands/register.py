"""`scalepredict register`: put a forecast on record before the run has ended."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from scalepredict.cli.inputs.options import CalibrationOption, ClaimOptions, Verbosity
from scalepredict.cli.inputs.parameters import OUTPUT, command
from scalepredict.cli.inputs.target_options import (
    DEFAULT_FIT,
    FitOption,
    Narrowing,
    TargetOptions,
)
from scalepredict.cli.inputs.voice import Voice
from scalepredict.errors import RefusedError
from scalepredict.records.notes import noted

DEFAULT_REGISTER = Path("scalepredict.registered.json")


@command
def register(
    target: TargetOptions,
    narrowing: Narrowing,
    intervals: ClaimOptions,
    verbosity: Verbosity,
    fit_file: FitOption = DEFAULT_FIT,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Registered forecast (JSON).", rich_help_panel=OUTPUT),
    ] = DEFAULT_REGISTER,
    time: Annotated[
        str | None,
        typer.Option(
            "--time",
            metavar="ISO",
            help="When it is registered, like 2026-03-01T12:00:00Z. [default: now]",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    calibration: CalibrationOption = None,
) -> None:
    """Put a forecast on record: all quantiles, hashes, and the time.

    Writes a JSON file that `scalepredict score` judges when the run has ended, and prints a block
    of Markdown to post. A registered file is never overwritten.

    Example: scalepredict register --params 12B --tokens 300B
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    from scalepredict import __version__
    from scalepredict.cli.inputs.stored_fit import how_to_target
    from scalepredict.cli.views.registered_view import registered_block
    from scalepredict.cli.views.render import json_text
    from scalepredict.evaluation.forecast.forecasting import forecast_families
    from scalepredict.evaluation.forecast.registration import registration, with_hash
    from scalepredict.evaluation.intervals.calibration_file import calibration_of
    from scalepredict.predictors.store.fit_file import input_files, load_fit
    from scalepredict.records.subset import known_names
    from scalepredict.records.text.writing import check_place, write_whole

    voice: Voice = verbosity.voice
    levels = intervals.levels()
    check_place(output)
    if output.exists():
        raise RefusedError(
            f"{output}: is there already, and a registered forecast is not changed; name another "
            "file with -o."
        )
    moment = _moment(time)
    stored = load_fit(fit_file)
    forecasts, refused = forecast_families(
        stored.fit,
        how_to_target(target.request(), None),
        calibration_of(stored, calibration),
        families=narrowing.family,
    )
    names = dict.fromkeys(unit.shown for each in forecasts for unit in each.forecast.units)
    known_names("benchmark", narrowing.benchmark, list(names))
    voice.tell(
        noted("family-refused", f"family {name!r} has no forecast: {why}")
        for name, why in refused.items()
    )
    [fit] = input_files([fit_file])
    content = registration(
        forecasts,
        predictor=stored.fit.predictor.name,
        fit={"name": Path(fit.name).name, "sha256": fit.sha256},
        inputs=[
            {"name": Path(file.name).name, "sha256": file.sha256}
            for file in stored.provenance.inputs
        ],
        version=__version__,
        time=moment,
    )
    # The hash is of the numbers as they are written, with the digits that they are written with.
    document = with_hash(json.loads(json_text(content)))
    write_whole(output, json_text(document) + "\n")
    typer.echo(registered_block(document, levels, only=narrowing.benchmark))
    voice.say(f"wrote {output}")


def _moment(time: str | None) -> str:
    try:
        given = datetime.now(UTC) if time is None else datetime.fromisoformat(time)
    except ValueError:
        raise RefusedError(
            f"--time {time!r} is no moment; write it like 2026-03-01T12:00:00Z."
        ) from None
    return given.isoformat(timespec="seconds")
