"""`scalepredict report`: one page that a decision can be signed off from."""

from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.options import (
    CalibrationOption,
    Reading,
    SeedOption,
    Verbosity,
    Workers,
    command_text,
)
from scalepredict.cli.inputs.parameters import OUTPUT, command
from scalepredict.cli.inputs.target_options import (
    DEFAULT_FIT,
    FitOption,
    MeasuredOption,
    Narrowing,
    TargetOptions,
)
from scalepredict.cli.views.render import write_data
from scalepredict.errors import RefusedError

if TYPE_CHECKING:
    import numpy as np

    from scalepredict.evaluation.backtest.backtest_report import BacktestReport
    from scalepredict.evaluation.intervals.calibration import Calibration
    from scalepredict.predictors.store.fit_file import StoredFit


@command
def report(
    target: TargetOptions,
    narrowing: Narrowing,
    reading: Reading,
    workers: Workers,
    verbosity: Verbosity,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Page to write; - is stdout.",
            rich_help_panel=OUTPUT,
        ),
    ] = "report.html",
    fit_file: FitOption = DEFAULT_FIT,
    measured: MeasuredOption = (),
    plots: Annotated[
        bool,
        typer.Option(
            "--plots/--no-plots",
            help="Draw each benchmark (needs matplotlib).",
            rich_help_panel=OUTPUT,
        ),
    ] = True,
    calibration: CalibrationOption = None,
    seed: SeedOption = 0,
) -> None:
    """Write a self-contained HTML page.

    It holds forecast, plots, backtest, doubts and provenance.

    Example: scalepredict report --params 12B -o report.html
    """
    import numpy as np

    from scalepredict.cli.figures.style import need_matplotlib
    from scalepredict.cli.inputs.stored_fit import stored_measured
    from scalepredict.cli.page.report_page import Subject, report_page
    from scalepredict.evaluation.forecast.forecasting import forecast_families
    from scalepredict.evaluation.intervals.calibration_file import calibration_of
    from scalepredict.predictors.scale.targets import resolve_targets
    from scalepredict.predictors.store.fit_file import load_fit
    from scalepredict.records.text.writing import check_place, write_whole

    voice = verbosity.voice
    if output != "-":
        check_place(output)
    if plots:
        try:
            need_matplotlib()
        except RefusedError as reason:
            raise RefusedError(f"{reason} Or leave the plots out with --no-plots.") from reason
    stored = load_fit(fit_file)
    truth = stored_measured(stored, measured, reading) if measured else None
    constants = calibration_of(stored, calibration)
    request = target.request()
    forecasts, refused = forecast_families(
        stored.fit,
        lambda evidence: resolve_targets(evidence, request),
        constants,
        families=narrowing.family,
    )
    with voice.busy("backtesting the evidence"):
        past, why_not = _backtest(
            stored, constants, jobs=workers.jobs, rng=np.random.default_rng(seed)
        )
    subject = Subject(
        stored=stored,
        constants=constants,
        forecasts=forecasts,
        refused=refused,
        past=past,
        why_no_past=why_not,
        measured=truth,
        only=narrowing.benchmark,
        plots=plots,
        command=command_text(
            ["scalepredict", "report"],
            {
                "--fit": [fit_file],
                **target.as_options(),
                "--family": narrowing.family,
                "--benchmark": narrowing.benchmark,
                "--measured": measured,
                "--benchmarks": [reading.benchmarks] if reading.benchmarks else [],
                "--ladder": [reading.ladder] if reading.ladder else [],
                "--calibration": [calibration] if calibration else [],
                "--percent": [""] if reading.percent else [],
                "--seed": [seed] if seed else [],
                "--no-plots": [] if plots else [""],
            },
        ),
    )
    with voice.busy("drawing"):
        page = report_page(subject)
    if output == "-":
        write_data(page)
        return
    write_whole(output, page)
    voice.say(f"wrote {output}: {len(page.encode()) / 1e6:.2f} MB.")


def _backtest(
    stored: "StoredFit", constants: "Calibration", *, jobs: int, rng: "np.random.Generator"
) -> "tuple[BacktestReport | None, str]":
    from scalepredict.evaluation.backtest.self_test import backtest_evidence

    try:
        return backtest_evidence(stored.fit, constants, jobs=jobs, rng=rng), ""
    except RefusedError as reason:
        return None, str(reason)
