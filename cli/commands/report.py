"""`scalepredict report`: one page that a decision can be signed off from."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.options import (
    CalibrationOption,
    IntervalOptions,
    Reading,
    SeedOption,
    Verbosity,
    Workers,
    command_text,
)
from scalepredict.cli.inputs.parameters import METHOD, OUTPUT, command
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
    from collections.abc import Sequence

    from scalepredict.cli.page.plan_section import Planned
    from scalepredict.evaluation.backtest.backtest_report import BacktestReport
    from scalepredict.evaluation.forecast.forecasting import FamilyForecast
    from scalepredict.evaluation.intervals.calibration import Calibration
    from scalepredict.predictors.store.fit_file import StoredFit


@command
def report(
    target: TargetOptions,
    narrowing: Narrowing,
    reading: Reading,
    workers: Workers,
    intervals: IntervalOptions,
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
    plan: Annotated[
        bool,
        typer.Option(
            "--plan",
            help="Also plan the next run for the largest target: what each budget would bring.",
            rich_help_panel=METHOD,
        ),
    ] = False,
    calibration: CalibrationOption = None,
    seed: SeedOption = 0,
) -> None:
    """Write a self-contained HTML page.

    It holds forecast, plots, backtest, doubts and provenance. With --measured alone the targets are
    the measured checkpoints beyond the evidence.

    Example: scalepredict report --params 12B -o report.html
    """
    import numpy as np

    from scalepredict.cli.figures.style import need_matplotlib
    from scalepredict.cli.inputs.stored_fit import compared, how_to_target, stored_measured
    from scalepredict.cli.page.report_page import Subject, report_page
    from scalepredict.evaluation.backtest.self_test import backtest_evidence
    from scalepredict.evaluation.forecast.forecasting import forecast_families
    from scalepredict.evaluation.intervals.calibration_file import calibration_of
    from scalepredict.predictors.store.fit_file import load_fit
    from scalepredict.records.notes import heard, without
    from scalepredict.records.text.writing import check_place, write_whole

    voice, levels = verbosity.voice, intervals.levels()
    reading.check_used(measured)
    if output != "-":
        check_place(output)
    if plots:
        try:
            need_matplotlib()
        except RefusedError as reason:
            raise RefusedError(f"{reason} Or leave the plots out with --no-plots.") from reason
    stored = load_fit(fit_file)
    truth = stored_measured(stored, measured, reading, voice=voice) if measured else None
    constants = calibration_of(stored, calibration)
    forecasts, refused = forecast_families(
        stored.fit,
        how_to_target(target.request(), truth),
        constants,
        families=narrowing.family,
    )
    comparisons, unmeasured = compared(forecasts, truth)
    voice.tell(unmeasured)
    doing = "backtesting the evidence" + (" and planning" if plan else "")
    with voice.busy(doing), workers.engine() as jobs:
        past: BacktestReport | None = None
        why_not = ""
        try:
            past = backtest_evidence(
                stored.fit,
                constants,
                levels=levels,
                jobs=jobs,
                rng=np.random.default_rng(seed),
            )
        except RefusedError as reason:
            why_not = str(reason)
        planned = _planned(stored, forecasts, constants, jobs=jobs, seed=seed) if plan else None
    subject = Subject(
        stored=replace(stored, notes=without(stored.notes, voice.ignored)),
        constants=constants,
        forecasts=heard(forecasts, voice.ignored),
        refused=refused,
        past=past,
        why_no_past=why_not,
        comparisons=comparisons,
        unmeasured=without(unmeasured, voice.ignored),
        only=narrowing.benchmark,
        plots=plots,
        levels=levels,
        planned=planned,
        command=command_text(
            ["scalepredict", "report"],
            {
                "--fit": [fit_file],
                **target.as_options(),
                "--level": intervals.level,
                "--family": narrowing.family,
                "--benchmark": narrowing.benchmark,
                "--measured": measured,
                "--benchmarks": [reading.benchmarks] if reading.benchmarks else [],
                "--ladder": [reading.ladder] if reading.ladder else [],
                "--calibration": [calibration] if calibration else [],
                "--percent": [""] if reading.percent else [],
                "--seed": [seed] if seed else [],
                "--no-plots": [] if plots else [""],
                "--plan": [""] if plan else [],
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


def _planned(
    stored: "StoredFit",
    forecasts: "Sequence[FamilyForecast]",
    constants: "Calibration",
    *,
    jobs: int,
    seed: int,
) -> "dict[str, Planned | str]":
    import numpy as np

    from scalepredict.cli.page.plan_section import Planned
    from scalepredict.evaluation.planning.budget_curve import make_plan
    from scalepredict.evaluation.planning.planned_ladder import ladder_for, space_around
    from scalepredict.evaluation.planning.promise import shipped_promise

    found: dict[str, Planned | str] = {}
    for forecast in forecasts:
        group = next(g for g in stored.fit.groups if forecast.family in g.families)
        target = forecast.targets.take(int(np.argmax(forecast.targets.flops)))
        try:
            ladder = ladder_for(stored.fit, group, target, constants)
            space = space_around(ladder)
            made = make_plan(
                ladder,
                space,
                space.most_flops,
                runs=1,
                promise=shipped_promise(),
                jobs=jobs,
                rng=np.random.default_rng(seed).spawn(2)[0],
            )
        except RefusedError as reason:
            found[forecast.family] = str(reason)
        else:
            found[forecast.family] = Planned(plan=made, ladder=ladder)
    return found
