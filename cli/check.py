"""`scalepredict check`: is the run on trend?"""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.options import (
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
from scalepredict.cli.render import Format, clean, emit

if TYPE_CHECKING:
    from scalepredict.cli.reports.result import Result
    from scalepredict.evaluation.off_trend.check import Check, Comparison
    from scalepredict.evaluation.off_trend.findings import Accepted
    from scalepredict.evaluation.off_trend.gate_file import GateFile
    from scalepredict.records.table import EvalTable

CONFIG = Path("scalepredict.yaml")
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
            "--config", metavar="FILE", help=f"Rules. [default: {CONFIG}, if it is there]"
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
    """Flag CHECKPOINTS that leave the trend of their run, or of the ladder of other sizes.

    Each checkpoint is compared with its own run's past (4 checkpoints or more within a factor of
    ten in tokens), a finished model also with smaller ones. Exits with 0 on trend, 1 off trend,
    2 if it could not run, 3 if nothing could be judged.

    Example: scalepredict check new.csv --history runs/ --report junit=junit.xml
    """
    # Imported here: `scalepredict --help` must not pay for NumPy and SciPy.
    from scalepredict.cli.reports.result import Result
    from scalepredict.evaluation.off_trend.findings import Level

    del verbose
    shape, voice = chosen_format(form, as_json), Voice(quiet)
    wanted = [_report(text) for text in report or ()]
    settings = _settings(config, alpha, direction, persistence, voice)
    records = _read(
        checkpoints,
        [*(history or ()), *settings.history],
        benchmarks=benchmarks,
        ladder=ladder,
        percent=percent,
        voice=voice,
    )
    result = Result(
        check=_run(
            records,
            settings=settings,
            comparison=_comparison(fit or settings.fit, calibration, until),
            baseline=baseline or settings.baseline,
            update=update_baseline,
            voice=voice,
        ),
        fails_from=Level.WARN if (fail_on or settings.fail_on) == "warn" else Level.ERROR,
    )
    for kind, path in wanted:
        _write_report(kind, path, result)
    _show(result, shape, ci=ci, voice=voice)
    raise typer.Exit(_exit_code(result, fail_on or settings.fail_on, exit_zero))


def _report(text: str) -> tuple[Kind, Path]:
    kind, found, path = text.partition("=")
    if not found or not path or kind not in list(Kind):
        raise typer.BadParameter(
            f"--report {text!r}: write KIND=PATH with one of {', '.join(Kind)}, like junit=out.xml."
        )
    return Kind(kind), Path(path)


def _settings(
    config: Path | None,
    alpha: float | None,
    direction: Side | None,
    persistence: int | None,
    voice: Voice,
) -> "GateFile":
    from dataclasses import replace

    from scalepredict.evaluation.off_trend.gate_file import load_gate
    from scalepredict.evaluation.off_trend.global_test import Direction

    if config is None and CONFIG.is_file():
        config = CONFIG
        voice.say(f"rules: {CONFIG}.")
    settings = load_gate(config)
    if alpha is not None and not 0 < alpha < 0.5:
        raise typer.BadParameter(f"--alpha {alpha:g} is not between 0 and 0.5.")
    gate = settings.gate
    return replace(
        settings,
        gate=replace(
            gate,
            alpha=gate.alpha if alpha is None else alpha,
            direction=gate.direction if direction is None else Direction(direction.value),
            persistence=gate.persistence if persistence is None else persistence,
        ),
    )


def _comparison(fit: Path | None, calibration: Path | None, until: float | None) -> "Comparison":
    from scalepredict.evaluation.calibration_file import calibration_of, load_calibration
    from scalepredict.evaluation.off_trend.check import Comparison
    from scalepredict.evaluation.off_trend.ladder import stored_ladders
    from scalepredict.predictors import registry
    from scalepredict.predictors.storage import load_fit

    stored = None if fit is None else load_fit(fit)
    constants = (
        load_calibration(calibration) if stored is None else calibration_of(stored, calibration)
    )
    return Comparison(
        ladders={} if stored is None else stored_ladders(stored.fit, constants),
        predictor=registry.predictor_type(registry.DEFAULT)(),
        calibration=constants,
        final_tokens=until,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Records:
    # New checkpoints first, history below them.
    table: "EvalTable"
    n_new: int


def _read(
    checkpoints: list[Path],
    history: list[Path],
    *,
    benchmarks: Path | None,
    ladder: Path | None,
    percent: bool,
    voice: Voice,
) -> _Records:
    from scalepredict.cli.chosen import read_metadata
    from scalepredict.records.joining import join_tables
    from scalepredict.records.ladder import read_ladder
    from scalepredict.records.read import Reading, read_records

    metadata = read_metadata(benchmarks)
    sizes = None if ladder is None else read_ladder(ladder)

    def read(paths: list[Path]) -> Reading:
        return read_records(paths, metadata=metadata, ladder=sizes, percent=percent, mixed=True)

    reading = read(checkpoints)
    # One line each: in CI logs a name with a line break must not start a line of its own.
    voice.say(*(clean(note) for note in reading.report.notes()))
    table, n_new = reading.table, len(reading.table.checkpoints)
    if history:
        joined = join_tables(table, read(history).table)
        table = joined.table
        if joined.n_repeated:
            voice.say(f"history: {joined.n_repeated} checkpoints are among the new ones too.")
    return _Records(table=table, n_new=n_new)


def _run(
    records: _Records,
    *,
    settings: "GateFile",
    comparison: "Comparison",
    baseline: Path | None,
    update: bool,
    voice: Voice,
) -> "Check":
    import numpy as np

    from scalepredict.cli.baseline import DEFAULT_FILE, entries_of, read_baseline, write_baseline
    from scalepredict.evaluation.off_trend.check import check as check_table

    path = baseline or DEFAULT_FILE
    known = read_baseline(path) if path.is_file() or (baseline and not update) else {}
    new = np.arange(len(records.table.checkpoints)) < records.n_new

    def run(accepted: "Collection[Accepted]") -> "Check":
        return check_table(
            records.table, new, gate=settings.gate, comparison=comparison, accepted=accepted
        )

    with voice.busy("check"):
        found = run(known.keys())
        # What is accepted becomes the past, before which later checkpoints may stand out anew.
        while update and any(verdict.findings for verdict in found.verdicts):
            known |= entries_of(found.verdicts)
            found = run(known.keys())
    if update:
        write_baseline(path, known)
        voice.say(f"baseline: {len(known)} accepted findings written to {path}.")
    voice.say(*(clean(note) for note in found.notes))
    return found


def _write_report(kind: Kind, path: Path, result: "Result") -> None:
    from scalepredict.cli.check_view import document
    from scalepredict.cli.render import json_text
    from scalepredict.cli.reports.gitlab import gitlab
    from scalepredict.cli.reports.junit import junit
    from scalepredict.cli.reports.markdown import markdown_report
    from scalepredict.cli.reports.openmetrics import openmetrics
    from scalepredict.cli.reports.sarif import sarif
    from scalepredict.records.writing import write_whole

    writers: dict[Kind, Callable[[Result], str]] = {
        Kind.JUNIT: junit,
        Kind.SARIF: sarif,
        Kind.GITLAB: gitlab,
        Kind.OPENMETRICS: openmetrics,
        Kind.MARKDOWN: markdown_report,
        Kind.JSON: lambda shown: json_text(document(shown)) + "\n",
    }
    # A lone surrogate in a name becomes its escape, which is what JSON writes too.
    write_whole(path, writers[kind](result).encode(errors="backslashreplace"))


def _show(result: "Result", shape: Format, *, ci: bool, voice: Voice) -> None:
    from scalepredict.cli import check_view
    from scalepredict.cli.render import plain
    from scalepredict.cli.reports import github

    voice.say(*check_view.summary_lines(result))
    on_github = ci and github.in_github(os.environ)
    if on_github and shape is Format.TABLE:
        text = "\n\n".join(plain(sheet) for sheet in check_view.sheets(result))
        typer.echo(github.guarded(text))
    else:
        emit(
            shape,
            sheets=check_view.sheets(result),
            rows=check_view.rows(result),
            document=check_view.document(result),
        )
    if on_github:
        for line in github.annotations(result):
            # The runner reads both streams; stdout belongs to the data that was asked for.
            typer.echo(line, err=shape is not Format.TABLE)
        if os.environ.get("GITHUB_STEP_SUMMARY"):
            github.write_summary(result, os.environ["GITHUB_STEP_SUMMARY"])
        if os.environ.get("GITHUB_OUTPUT"):
            github.write_outputs(result, os.environ["GITHUB_OUTPUT"])


def _exit_code(result: "Result", fail_on: str, exit_zero: bool) -> int:
    from scalepredict.evaluation.off_trend.check import Status

    if exit_zero:
        return ON_TREND
    match result.status:
        case Status.OFF_TREND:
            return ON_TREND if fail_on == "never" else OFF_TREND
        case Status.INCONCLUSIVE:
            return INCONCLUSIVE
    return ON_TREND
