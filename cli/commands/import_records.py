"""`scalepredict import`: results of harnesses and loggers in, a file of records out."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from scalepredict.cli.inputs.options import Verbosity
from scalepredict.cli.inputs.parameters import OUTPUT, RECORDS, command
from scalepredict.cli.views.render import Format, write_data
from scalepredict.errors import RecordError
from scalepredict.records.text.counts import count_of

if TYPE_CHECKING:
    from scalepredict.records.importers.choose import Choice
    from scalepredict.records.metrics import Metrics


class KeyPart(StrEnum):
    """What tells evaluations of a benchmark apart, and may be allowed to differ."""

    VERSION = "version"
    HASH = "hash"
    PROMPT = "prompt"
    CHAT_TEMPLATE = "chat-template"
    TEMPLATE = "template"
    TURNS = "turns"
    SYSTEM_PROMPT = "system-prompt"
    GENERATION = "generation"
    TASK_GENERATION = "task-generation"
    QUANTISATION = "quantisation"
    PRECISION = "precision"
    ITEMS = "items"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is taken from the sources."""

    HEADING: ClassVar[str] = RECORDS

    ladder: Annotated[
        Path | None,
        typer.Option("--ladder", help="Sizes of the models in harness results (YAML)."),
    ] = None
    kind: Annotated[
        str | None,
        typer.Option("--from", metavar="KIND", help="Format, instead of finding it out."),
    ] = None
    samples: Annotated[
        bool, typer.Option("--samples", help="Also read the answers to single questions.")
    ] = False
    metric: Annotated[
        tuple[str, ...],
        typer.Option(
            "--metric", metavar="[TASK=]NAME", help="Metric to take; of several, the first there."
        ),
    ] = ()
    filter_name: Annotated[
        tuple[str, ...],
        typer.Option("--filter", metavar="[TASK=]NAME", help="Filter to take."),
    ] = ()
    shots: Annotated[
        tuple[str, ...],
        typer.Option("--shots", metavar="[TASK=]N", help="Shot count to take."),
    ] = ()
    ignore_key: Annotated[
        tuple[KeyPart, ...],
        typer.Option(
            "--ignore-key",
            metavar="KEY",
            help="Let evaluations of one column differ in this (repeatable): "
            f"{', '.join(KeyPart)}.",
        ),
    ] = ()
    benchmarks: Annotated[
        Path | None,
        typer.Option("--benchmarks", help="Metrics and benchmarks of your own (YAML)."),
    ] = None
    percent: Annotated[bool, typer.Option("--percent", help="All values are in percent.")] = False
    exclude: Annotated[
        tuple[str, ...],
        typer.Option("--exclude", metavar="GLOB", help="Leave these files out."),
    ] = ()

    def choice(self) -> "Choice":
        """Which of several results of a task are taken."""
        from scalepredict.records.importers.choose import Choice

        return Choice(
            metric=_by_task([name for name in self.metric if "=" in name]),
            prefer=tuple(name for name in self.metric if "=" not in name),
            percent=self.percent,
            filter=_by_task(self.filter_name),
            shots={task: _whole(number) for task, number in _by_task(self.shots).items()},
            ignore=frozenset(part.value for part in self.ignore_key),
        )


@command
def import_records(
    sources: Annotated[
        tuple[Path, ...],
        typer.Argument(metavar="SOURCE...", help="Result files, folders of them, or - (stdin)."),
    ],
    taken: Taken,
    verbosity: Verbosity,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Records to write: .csv, .parquet, or - (stdout).",
            rich_help_panel=OUTPUT,
        ),
    ] = "-",
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Tell for each model where its sizes came from.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Fail if any file or value is skipped or guessed.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Read and tell, write nothing.", rich_help_panel=OUTPUT),
    ] = False,
    write_ladder: Annotated[
        Path | None,
        typer.Option(
            "--write-ladder", help="Write a skeleton of a ladder file.", rich_help_panel=OUTPUT
        ),
    ] = None,
) -> None:
    """Turn results of harnesses and loggers into records.

    A ladder file gives the sizes of the models, which results hardly state.

    Example: scalepredict import results/ --ladder ladder.yaml -o records.csv
    """
    from scalepredict.records.formats.record_file import csv_of, write_records
    from scalepredict.records.importers.account import explanation, gaps, summary
    from scalepredict.records.importers.collect import collect
    from scalepredict.records.importers.sidecar import read_ladder
    from scalepredict.records.importers.skeleton import ladder_skeleton
    from scalepredict.records.importers.to_rows import as_rows, frame_of
    from scalepredict.records.text.writing import write_whole

    voice = verbosity.voice
    if output != "-":
        _check_output(output)
    if write_ladder is not None:
        _check_skeleton(write_ladder)
    with voice.counting("reading") as progress:
        collected = collect(
            sources,
            ladder=None if taken.ladder is None else read_ladder(taken.ladder),
            kind=taken.kind,
            samples=taken.samples,
            exclude=taken.exclude,
            output=None if output == "-" else Path(output),
            choice=taken.choice(),
            metrics=_metrics(taken.benchmarks),
            progress=progress,
        )
    voice.tell(summary(collected))
    if explain:
        voice.say(*explanation(collected))
    voice.tell(collected.warnings)
    if strict and (missing := gaps(collected)):
        raise RecordError("\n".join(["--strict, but", *missing]))
    if dry_run:
        voice.say("dry run: nothing was written.")
        return
    if write_ladder is not None:
        write_whole(write_ladder, ladder_skeleton(collected))
        voice.say(f"wrote {write_ladder}; complete it and pass it as --ladder.")
    rows = as_rows(collected)
    if output == "-":
        write_data(csv_of(frame_of(rows)), form=Format.CSV)
        return
    write_records(output, frame_of(rows))
    voice.say(f"wrote {output}: {count_of(len(rows), 'row')}.")


def _metrics(benchmarks: Path | None) -> "Metrics":
    from scalepredict.records.metrics import metrics_from, shipped_metrics
    from scalepredict.records.text.yaml_text import load_yaml

    own = None if benchmarks is None else metrics_from(load_yaml(benchmarks))
    return shipped_metrics() if own is None else shipped_metrics().overridden(own)


def _check_output(output: str) -> None:
    from scalepredict.records.formats.record_file import check_record_place

    check_record_place(output)


def _check_skeleton(path: Path) -> None:
    from scalepredict.records.text.writing import check_place

    check_place(path)
    if path.exists():
        raise RecordError(f"{path}: exists already; choose another name for the skeleton.")


def _by_task(values: Sequence[str]) -> dict[str, str]:
    pairs = (value.rpartition("=") for value in values)
    return {task: name for task, _, name in pairs}


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise typer.BadParameter(f"{text!r} is no number of shots; write 5 or TASK=5.")
    return int(text)
