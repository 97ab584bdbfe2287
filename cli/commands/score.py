"""`scalepredict score`: what became of the forecasts that were put on record?"""

from pathlib import Path
from typing import Annotated

import typer

from scalepredict.cli.inputs.options import IntervalOptions, Output, Reading
from scalepredict.cli.inputs.parameters import RECORDS, command
from scalepredict.cli.views.render import emit
from scalepredict.records.notes import noted

NOTHING_MEASURED = 3


@command
def score(
    registered: Annotated[
        tuple[Path, ...],
        typer.Argument(metavar="REGISTERED...", help="Files that `scalepredict register` wrote."),
    ],
    measured: Annotated[
        tuple[Path, ...],
        typer.Option(
            "--measured",
            metavar="RECORDS",
            help="Records of the runs that were forecast (repeatable).",
            rich_help_panel=RECORDS,
        ),
    ],
    reading: Reading,
    intervals: IntervalOptions,
    shown: Output,
) -> None:
    """Judge registered forecasts by measured records.

    Prints errors, which intervals held, where in its distribution a score fell, and the log score.

    With several files the summary is over all of them: calibration in practice. A file whose
    content no longer matches its own hash is refused. Exit code 3 if nothing registered was
    measured.

    Example: scalepredict score scalepredict.registered.json --measured final.csv
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    from scalepredict.cli.inputs.chosen import read_files
    from scalepredict.cli.views.registered_view import (
        read_each,
        scored_document,
        scored_rows,
        scored_sheet,
    )
    from scalepredict.evaluation.forecast.registration import scored
    from scalepredict.records.aggregate import to_benchmarks

    levels = intervals.levels()
    documents = read_each(registered)
    truth = read_files(
        measured,
        benchmarks=reading.benchmarks,
        ladder=reading.ladder,
        percent=reading.percent,
        answers=reading.answers,
    )
    table = to_benchmarks(truth.table)
    outcomes = [outcome for document in documents for outcome in scored(document, table)]
    shown.voice.tell(truth.report.notes())
    if not outcomes:
        text = (
            "nothing is scored: no measured score has the family, benchmark and metric of a "
            "registered target, and within 10 % its params and tokens."
        )
        shown.voice.tell([noted("not-compared", text)])
        raise typer.Exit(NOTHING_MEASURED)
    emit(
        shown.shape,
        sheets=[scored_sheet(outcomes, levels)],
        rows=scored_rows(outcomes, levels),
        document=scored_document(outcomes, levels),
    )
