"""`scalepredict simulate`: item records of a known world, to try clusters and sample sizes on."""

from enum import StrEnum
from typing import Annotated

import typer

from scalepredict.cli.inputs.options import SeedOption, Verbosity
from scalepredict.cli.inputs.parameters import METHOD, OUTPUT, command
from scalepredict.cli.views.render import Format, write_data
from scalepredict.records.text.counts import count_of


class World(StrEnum):
    """How hard the simulated questions are for the simulated models."""

    EASY = "easy"
    MID = "mid"
    HARD = "hard"


@command
def simulate(
    verbosity: Verbosity,
    world: Annotated[World, typer.Argument(help="How hard the questions are.")] = World.MID,
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
    questions: Annotated[
        int, typer.Option("--questions", min=1, help="Questions.", rich_help_panel=METHOD)
    ] = 1319,
    trials: Annotated[
        int,
        typer.Option(
            "--trials", min=1, help="Graded answers to each question.", rich_help_panel=METHOD
        ),
    ] = 100,
    model_noise: Annotated[
        float,
        typer.Option(
            "--model-noise",
            min=0.0,
            help="SD of each model's effective log compute (nats).",
            rich_help_panel=METHOD,
        ),
    ] = 0.0,
    seed: SeedOption = 0,
) -> None:
    """Write item records of a world whose law is known.

    Eight models of 122M to 12B parameters (role fit), a target with 27 times the compute (role
    holdout) and a strong model of another family (role anchor) answer questions whose answer loss
    is a power law of compute. How many answers to a question do clusters need? Try it here.

    Example: scalepredict simulate mid --questions 300 -o items.csv
    """
    # Imported here: `--help` must not pay for NumPy and pandas.
    from dataclasses import replace

    import numpy as np

    from scalepredict.evaluation.questions.item_simulator import WORLDS, simulate_items
    from scalepredict.records.formats.long_form import long_form
    from scalepredict.records.formats.record_file import check_record_place, csv_of, write_records

    if output != "-":
        check_record_place(output)
    items = simulate_items(
        replace(WORLDS[world], n_questions=questions, trials=trials, model_noise=model_noise),
        benchmark=f"simulated_{world}",
        family=f"simulated-{world}-{trials}-{seed}",
        rng=np.random.default_rng(seed),
    )
    if output == "-":
        write_data(csv_of(long_form(items.table)), form=Format.CSV)
        return
    write_records(output, long_form(items.table))
    target = float(items.table.scores[-1].mean())
    verbosity.voice.say(
        f"wrote {output}: {count_of(questions, 'question')}, {count_of(trials, 'answer')} each; "
        f"the held-out target scores {100 * target:.1f} ({100 * float(items.truth[-1].mean()):.1f} "
        "without sampling noise)."
    )
