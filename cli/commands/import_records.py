"""`scalepredict import`: results of harnesses and loggers in, a file of records out."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.options import LadderOption, QuietOption, Voice
from scalepredict.cli.views.render import Format, write_data
from scalepredict.errors import RecordError
from scalepredict.records.text.counts import count_of

if TYPE_CHECKING:
    from scalepredict.records.importers.choose import Choice


class KeyPart(StrEnum):
    """Parts of the task key that may be allowed to differ."""

    VERSION = "version"
    HASH = "hash"


def import_records(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE...", help="Result files, or folders of them.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="Records to write: .csv, .parquet, or - (stdout).")
    ] = "-",
    ladder: LadderOption = None,
    kind: Annotated[
        str | None,
        typer.Option("--from", metavar="KIND", help="Format, instead of finding it out."),
    ] = None,
    samples: Annotated[
        bool, typer.Option("--samples", help="Also read the answers to single questions.")
    ] = False,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", metavar="[TASK=]NAME", help="Metric to take.")
    ] = None,
    filter_name: Annotated[
        list[str] | None, typer.Option("--filter", metavar="[TASK=]NAME", help="Filter to take.")
    ] = None,
    shots: Annotated[
        list[str] | None, typer.Option("--shots", metavar="[TASK=]N", help="Shot count to take.")
    ] = None,
    ignore_key: Annotated[
        list[KeyPart] | None,
        typer.Option("--ignore-key", help="Let models differ in this part of the task key."),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", metavar="GLOB", help="Leave these files out.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell for each model where its sizes came from.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail if any file or value is skipped or guessed.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and tell, write nothing.")
    ] = False,
    write_ladder: Annotated[
        Path | None,
        typer.Option("--write-ladder", metavar="FILE", help="Write a skeleton of a ladder file."),
    ] = None,
    quiet: QuietOption = False,
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

    voice = Voice(quiet=quiet)
    if output != "-":
        _check_output(output, sources)
    if write_ladder is not None:
        _check_skeleton(write_ladder)
    with voice.counting("reading") as progress:
        collected = collect(
            sources,
            ladder=None if ladder is None else read_ladder(ladder),
            kind=kind,
            samples=samples,
            exclude=exclude or (),
            output=None if output == "-" else Path(output),
            choice=_choice(metric, filter_name, shots, ignore_key),
            progress=progress,
        )
    voice.say(*summary(collected))
    if explain:
        voice.say(*explanation(collected))
    voice.warn(collected.warnings)
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


def _check_output(output: str, sources: list[Path]) -> None:
    from scalepredict.records.formats.record_file import check_record_place

    check_record_place(output)
    path = Path(output)
    if any(path.exists() and source.exists() and path.samefile(source) for source in sources):
        raise RecordError(f"{output}: is itself a source; choose another name for the output.")


def _check_skeleton(path: Path) -> None:
    from scalepredict.records.text.writing import check_place

    check_place(path)
    if path.exists():
        raise RecordError(f"{path}: exists already; choose another name for the skeleton.")


def _choice(
    metric: list[str] | None,
    filter_name: list[str] | None,
    shots: list[str] | None,
    ignore_key: list[KeyPart] | None,
) -> "Choice":
    from scalepredict.records.importers.choose import Choice

    return Choice(
        metric=_by_task(metric),
        filter=_by_task(filter_name),
        shots={task: _whole(number) for task, number in _by_task(shots).items()},
        ignore=frozenset(
            "digest" if part is KeyPart.HASH else part.value for part in ignore_key or ()
        ),
    )


def _by_task(values: list[str] | None) -> dict[str, str]:
    pairs = (value.rpartition("=") for value in values or ())
    return {task: name for task, _, name in pairs}


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise typer.BadParameter(f"{text!r} is no number of shots; write 5 or TASK=5.")
    return int(text)
