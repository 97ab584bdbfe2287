"""`scalepredict check`: is the run on trend?"""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from scalepredict.cli.inputs.options import CalibrationOption, ClaimOptions, Output, Reading, count
from scalepredict.cli.inputs.parameters import METHOD, OUTPUT, RECORDS, command

if TYPE_CHECKING:
    from scalepredict.cli.views.check_result import Result

ON_TREND, OFF_TREND, INCONCLUSIVE = 0, 1, 3


class FailOn(StrEnum):
    """What `--fail-on` accepts; ``warn`` is the old word for ``warning``."""

    ERROR = "error"
    WARNING = "warning"
    WARN = "warn"
    NOTE = "note"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is a finding."""

    HEADING: ClassVar[str] = METHOD

    fit: Annotated[
        Path | None,
        typer.Option(
            "--fit",
            help="Ladder of `scalepredict fit`. [default: fitted to smaller models in the records]",
        ),
    ] = None
    until: Annotated[
        float | None,
        typer.Option(
            "--until",
            parser=count,
            metavar="D",
            help="Tokens where runs in progress end. [default: where the ladder's models end]",
        ),
    ] = None
    alpha: Annotated[
        float | None,
        typer.Option(
            "--alpha",
            metavar="P",
            help="False alarms per healthy checkpoint, family-wise. [default: 0.01]",
        ),
    ] = None
    direction: Annotated[
        Side | None, typer.Option("--direction", help="Which deviations count. [default: both]")
    ] = None
    persistence: Annotated[
        int | None,
        typer.Option(
            "--persistence",
            min=1,
            max=2,
            help="Successive checkpoints that must agree on an error. [default: 1]",
        ),
    ] = None
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Rules. [default: scalepredict.yaml, if it is there]"),
    ] = None
    baseline: Annotated[Path | None, typer.Option("--baseline", help="Accepted findings.")] = None
    update_baseline: Annotated[
        bool,
        typer.Option("--update-baseline", help="Accept all findings: write them to the baseline."),
    ] = False
    calibration: CalibrationOption = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is made of the findings."""

    HEADING: ClassVar[str] = OUTPUT

    report: Annotated[
        tuple[str, ...],
        typer.Option(
            "--report",
            metavar="KIND=PATH",
            help=f"Also write a report: {', '.join(Kind)}. Repeatable.",
        ),
    ] = ()
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="Level that fails. [default: error]")
    ] = None
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found.")
    ] = False
    ci: Annotated[
        bool | None,
        typer.Option(
            "--ci/--no-ci", help="Annotations and summary in GitHub Actions. [default: ci]"
        ),
    ] = None


@command
def check(
    checkpoints: Annotated[
        tuple[Path, ...],
        typer.Argument(
            metavar="CHECKPOINTS...", help="Files or folders of new records; - reads stdin."
        ),
    ],
    rules: Rules,
    reading: Reading,
    answer: Answer,
    intervals: ClaimOptions,
    shown: Output,
    history: Annotated[
        tuple[Path, ...],
        typer.Option(
            "--history",
            metavar="RECORDS",
            help="Earlier checkpoints and other runs; looked at, not reported. Repeatable.",
            rich_help_panel=RECORDS,
        ),
    ] = (),
) -> None:
    """Flag CHECKPOINTS that leave the trend of their run or ladder.

    Each checkpoint is compared with its own run's past (from the sixth checkpoint on), else with
    smaller models at the same tokens; a finished model also with a ladder of finished ones. Exits
    with 0 on trend, 1 off trend, 2 if it could not run, 3 if nothing could be judged.

    Example: scalepredict check new.csv --history runs/ --report junit=junit.xml
    """
    # Imported here: `scalepredict --help` must not pay for NumPy and SciPy.
    from scalepredict.cli.ci.publish import show, write_report
    from scalepredict.cli.inputs import gate_inputs
    from scalepredict.cli.inputs.places import check_written
    from scalepredict.cli.views.check_result import Result
    from scalepredict.evaluation.off_trend import gate_file
    from scalepredict.records.text.writing import check_place

    wanted = [_report(text) for text in answer.report]
    settings = gate_inputs.read_settings(
        rules.config,
        alpha=rules.alpha,
        direction=rules.direction,
        persistence=rules.persistence,
    )
    shown = gate_inputs.shown_as(shown, settings)
    shape, voice = shown.shape, shown.voice
    levels = replace(intervals, level=intervals.level or settings.levels).levels()
    if rules.config is None and gate_inputs.CONFIG.is_file():
        voice.say(f"rules: {gate_inputs.CONFIG}.")
    reports = [*wanted, *((Kind(kind), path) for kind, path in settings.report)]
    check_written([path for _, path in reports], [*checkpoints, *history, *settings.history])
    for _, path in reports:
        check_place(path)
    how = replace(
        reading,
        benchmarks=reading.benchmarks or settings.benchmark_file,
        ladder=reading.ladder or settings.ladder,
        percent=reading.percent or settings.percent,
        answers=reading.answers or settings.answers,
    )
    records = gate_inputs.read_checkpoints(
        checkpoints, [*history, *settings.history], how, voice=voice
    )
    found = gate_inputs.run_check(
        records,
        settings=settings,
        comparison=gate_inputs.make_comparison(
            rules.fit or settings.fit,
            calibration=rules.calibration or settings.calibration,
            until=rules.until or settings.until,
            voice=voice,
        ),
        baseline=rules.baseline or settings.baseline,
        update=rules.update_baseline or settings.update_baseline,
        voice=voice,
    )
    fails = gate_file.FailOn(answer.fail_on or settings.fail_on)
    result = Result(check=found, fails_from=fails.level, intervals=levels)
    for kind, path in reports:
        write_report(kind, path, result)
    show(result, shape, ci=settings.ci if answer.ci is None else answer.ci, voice=voice)
    raise typer.Exit(_exit_code(result, fails, answer.exit_zero or settings.exit_zero))


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
