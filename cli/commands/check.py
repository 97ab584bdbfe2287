"""`scalepredict check`: is the run on trend?"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.options import (
    BenchmarksOption,
    CalibrationOption,
    FormatOption,
    JsonOption,
    LadderOption,
    PercentOption,
    QuietOption,
    VerboseOption,
    Voice,
    chosen_format,
    count,
)
from scalepredict.cli.views.render import Format

if TYPE_CHECKING:
    from scalepredict.cli.views.check_result import Result

ON_TREND, OFF_TREND, INCONCLUSIVE = 0, 1, 3


class FailOn(StrEnum):
    """What `--fail-on` accepts."""

    ERROR = "error"
    WARN = "warn"
    NEVER = "never"


class Side(StrEnum):
    """What `--direction` accepts."""

    LOW = "low"
    BOTH = "both"


class Kind(StrEnum):
    """Kinds of `--report`."""

    JUNIT = "junit"
    SARIF = "sarif"
    GITLAB = "gitlab"
    OPENMETRICS = "openmetrics"
    MARKDOWN = "markdown"
    JSON = "json"


def check(
    checkpoints: Annotated[
        list[Path],
        typer.Argument(
            metavar="CHECKPOINTS...", help="Files or folders of new records; - reads stdin."
        ),
    ],
    history: Annotated[
        list[Path] | None,
        typer.Option(
            "--history",
            metavar="RECORDS",
            help="Earlier checkpoints and other runs; looked at, not reported. Repeatable.",
        ),
    ] = None,
    fit: Annotated[
        Path | None,
        typer.Option(
            "--fit",
            metavar="FILE",
            help="Ladder of `scalepredict fit`. [default: fitted to smaller models in the records]",
        ),
    ] = None,
    until: Annotated[
        float | None,
        typer.Option(
            "--until",
            parser=count,
            metavar="TOKENS",
            help="Where runs in progress end. [default: where the ladder's models end]",
        ),
    ] = None,
    alpha: Annotated[
        float | None,
        typer.Option(
            "--alpha", help="False alarms per healthy checkpoint, family-wise. [default: 0.01]"
        ),
    ] = None,
    direction: Annotated[
        Side | None, typer.Option("--direction", help="Which deviations count. [default: both]")
    ] = None,
    persistence: Annotated[
        int | None,
        typer.Option(
            "--persistence",
            min=1,
            max=2,
            help="Successive checkpoints that must agree on an error. [default: 1]",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="Rules. [default: scalepredict.yaml, if it is there]"
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Accepted findings."),
    ] = None,
    update_baseline: Annotated[
        bool,
        typer.Option("--update-baseline", help="Accept all findings: write them to the baseline."),
    ] = False,
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report",
            metavar="KIND=PATH",
            help=f"Also write a report: {', '.join(Kind)}. Repeatable.",
        ),
    ] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="Level that fails. [default: error]")
    ] = None,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found.")
    ] = False,
    ci: Annotated[
        bool, typer.Option("--ci/--no-ci", help="Annotations and summary in GitHub Actions.")
    ] = True,
    ladder: LadderOption = None,
    percent: PercentOption = False,
    benchmarks: BenchmarksOption = None,
    calibration: CalibrationOption = None,
    form: FormatOption = Format.TABLE,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Flag CHECKPOINTS that leave the trend of their run or ladder.

    Each checkpoint is compared with its own run's past (4 checkpoints or more within a factor of
    ten in tokens), else with smaller models at the same tokens; a finished model also with a ladder
    of finished ones. Exits with 0 on trend, 1 off trend, 2 if it could not run, 3 if nothing could
    be judged.

    Example: scalepredict check new.csv --history runs/ --report junit=junit.xml
    """
    # Imported here: `scalepredict --help` must not pay for NumPy and SciPy.
    from scalepredict.cli.ci.publish import show, write_report
    from scalepredict.cli.inputs import gate_inputs as check_inputs
    from scalepredict.cli.views.check_result import Result
    from scalepredict.evaluation.off_trend.rules import Level
    from scalepredict.records.text.writing import check_place

    del verbose
    shape, voice = chosen_format(form, as_json), Voice(quiet)
    wanted = [_report(text) for text in report or ()]
    for _, path in wanted:
        check_place(path)
    settings = check_inputs.read_settings(
        config, alpha=alpha, direction=direction, persistence=persistence, voice=voice
    )
    records = check_inputs.read_checkpoints(
        checkpoints,
        [*(history or ()), *settings.history],
        benchmarks=benchmarks,
        ladder=ladder,
        percent=percent,
        voice=voice,
    )
    found = check_inputs.run_check(
        records,
        settings=settings,
        comparison=check_inputs.make_comparison(
            fit or settings.fit, calibration=calibration, until=until
        ),
        baseline=baseline or settings.baseline,
        update=update_baseline,
        voice=voice,
    )
    fails = fail_on or settings.fail_on
    result = Result(check=found, fails_from=Level.WARN if fails == "warn" else Level.ERROR)
    for kind, path in wanted:
        write_report(kind, path, result)
    show(result, shape, ci=ci, voice=voice)
    raise typer.Exit(_exit_code(result, fails, exit_zero))


def _report(text: str) -> tuple[Kind, Path]:
    kind, found, path = text.partition("=")
    if not found or not path or kind not in list(Kind):
        raise typer.BadParameter(
            f"--report {text!r}: write KIND=PATH with one of {', '.join(Kind)}, like junit=out.xml."
        )
    return Kind(kind), Path(path)


def _exit_code(result: "Result", fail_on: str, exit_zero: bool) -> int:
    from scalepredict.evaluation.off_trend.run_check import Status

    if exit_zero:
        return ON_TREND
    match result.status:
        case Status.OFF_TREND:
            return ON_TREND if fail_on == "never" else OFF_TREND
        case Status.INCONCLUSIVE:
            return INCONCLUSIVE
    return ON_TREND
