"""`scalepredict report`: one page that a decision can be signed off from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.options import (
    CalibrationOption,
    JobsOption,
    LadderOption,
    PercentOption,
    QuietOption,
    SeedOption,
    Voice,
    command_text,
)
from scalepredict.cli.inputs.target_options import (
    DEFAULT_FIT,
    BenchmarkOption,
    FamilyOption,
    FitOption,
    FlopsOption,
    MeasuredBenchmarksOption,
    ParamsOption,
    TokensOption,
    TokensPerParamOption,
    target_request,
)
from scalepredict.cli.views.render import write_data
from scalepredict.errors import RefusedError

if TYPE_CHECKING:
    import numpy as np

    from scalepredict.evaluation.backtest.backtest_report import BacktestReport
    from scalepredict.evaluation.intervals.calibration import Calibration
    from scalepredict.predictors.store.fit_file import StoredFit


def report(
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Page to write; - is stdout.")
    ] = "report.html",
    params: ParamsOption = None,
    tokens: TokensOption = None,
    tokens_per_param: TokensPerParamOption = None,
    flops: FlopsOption = None,
    fit_file: FitOption = DEFAULT_FIT,
    family: FamilyOption = None,
    benchmark: BenchmarkOption = None,
    measured: Annotated[
        list[Path] | None,
        typer.Option("--measured", metavar="RECORDS", help="Show measured scores beside it."),
    ] = None,
    benchmarks: MeasuredBenchmarksOption = None,
    ladder: LadderOption = None,
    percent: PercentOption = False,
    plots: Annotated[
        bool, typer.Option("--plots/--no-plots", help="Draw each benchmark (needs matplotlib).")
    ] = True,
    calibration: CalibrationOption = None,
    jobs: JobsOption = 1,
    seed: SeedOption = 0,
    quiet: QuietOption = False,
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

    voice = Voice(quiet)
    if output != "-":
        check_place(output)
    if plots:
        try:
            need_matplotlib()
        except RefusedError as reason:
            raise RefusedError(f"{reason} Or leave the plots out with --no-plots.") from reason
    stored = load_fit(fit_file)
    truth = (
        stored_measured(stored, measured, benchmarks=benchmarks, percent=percent, ladder=ladder)
        if measured
        else None
    )
    constants = calibration_of(stored, calibration)
    request = target_request(params, tokens, tokens_per_param, flops)
    forecasts, refused = forecast_families(
        stored.fit,
        lambda evidence: resolve_targets(evidence, request),
        constants,
        families=family or (),
    )
    with voice.busy("backtesting the evidence"):
        past, why_not = _backtest(stored, constants, jobs=jobs, rng=np.random.default_rng(seed))
    subject = Subject(
        stored=stored,
        constants=constants,
        forecasts=forecasts,
        refused=refused,
        past=past,
        why_no_past=why_not,
        measured=truth,
        only=tuple(benchmark or ()),
        plots=plots,
        command=command_text(
            ["scalepredict", "report"],
            {
                "--fit": [fit_file],
                "--params": _counts(params),
                "--tokens": _counts(tokens),
                "--tokens-per-param": _counts(tokens_per_param),
                "--flops": _counts(flops),
                "--family": family or [],
                "--benchmark": benchmark or [],
                "--measured": measured or [],
                "--benchmarks": [benchmarks] if benchmarks else [],
                "--ladder": [ladder] if ladder else [],
                "--calibration": [calibration] if calibration else [],
                "--percent": [""] if percent else [],
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


def _counts(values: list[float] | None) -> list[str]:
    from scalepredict.records.text.counts import format_count

    return [format_count(value, digits=12) for value in values or ()]
