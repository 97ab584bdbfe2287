"""`scalepredict plot checkpoints`: one run beside what its own past let expect."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.options import Reading, RecordsArgument
from scalepredict.cli.inputs.parameters import TARGET, command
from scalepredict.cli.inputs.target_options import Narrowing
from scalepredict.cli.inputs.voice import Voice
from scalepredict.cli.plots.pictures import PictureOptions, Pictures, columns_of, the_one
from scalepredict.errors import RefusedError
from scalepredict.records.notes import noted

if TYPE_CHECKING:
    from scalepredict.evaluation.off_trend.own_past.runs import Run
    from scalepredict.evaluation.off_trend.rules.scene import Evidence
    from scalepredict.evaluation.off_trend.trajectory import Trajectory


@command
def plot_checkpoints(
    records: RecordsArgument,
    reading: Reading,
    narrowing: Narrowing,
    picture: PictureOptions,
    model: Annotated[
        str | None, typer.Option("--model", help="The run.", rich_help_panel=TARGET)
    ] = None,
) -> None:
    """Draw a run beside what its past let expect.

    Each checkpoint stands in the band that earlier ones predict, and what `check` flags is marked.

    Example: scalepredict plot checkpoints evals.csv --model my-7b -o checkpoints.png
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    import numpy as np

    from scalepredict.cli.inputs.chosen import read_files
    from scalepredict.evaluation.off_trend.gate_file import load_gate
    from scalepredict.evaluation.off_trend.trajectory import trajectory_of
    from scalepredict.evaluation.off_trend.walk_runs import gather

    picture.check()
    voice = picture.verbosity.voice
    read = read_files(
        records,
        benchmarks=reading.benchmarks,
        ladder=reading.ladder,
        percent=reading.percent,
        answers=reading.answers,
    )
    voice.tell(read.report.notes())
    gate = load_gate().gate
    # All families shape the null of the test; the run is chosen among the named ones.
    evidence = gather(read.table, gate)
    longest = _longest_run(evidence, narrowing.family, model, voice)
    run = trajectory_of(evidence, gate, longest)
    columns = columns_of([unit.shown for unit in run.units], narrowing.benchmark)
    if not picture.each and not np.isfinite(run.expected).any():
        text = "no checkpoint has enough earlier ones near it to be judged."
        voice.tell([noted("run-short", text, subject=run.run.model)])
    picture.write("checkpoints", _pictures(run, columns, each=picture.each, alpha=gate.alpha))


def _longest_run(
    evidence: "Evidence", families: Sequence[str], model: str | None, voice: Voice
) -> "Run":
    from scalepredict.records.subset import known_names, of_families

    among = of_families(evidence.table, families).families
    runs = [run for run in evidence.runs if run.family in among]
    if not runs:
        raise RefusedError(
            "no checkpoint has tokens or a step, so none has a place in its run. Give a column "
            "tokens or step."
        )
    models = list(dict.fromkeys(run.model for run in runs))
    if model is not None:
        known_names("model", [model], models)
        models = [model]
    name = the_one("run", "--model", models)
    kept = [run for run in runs if run.model == name]
    the_one("family", "--family", list(dict.fromkeys(run.family for run in kept)))
    longest = max(kept, key=lambda run: len(run.rows))
    if len(kept) > 1:
        text = f"{name} has {len(kept)} phases; the longest is drawn: {longest.phase!r}."
        voice.tell([noted("phases-several", text)])
    return longest


def _pictures(run: "Trajectory", columns: Sequence[int], *, each: bool, alpha: float) -> Pictures:
    import numpy as np

    from scalepredict.cli.figures.checkpoint_panels import checkpoints_figure

    if each:
        for i in columns:
            draw = partial(checkpoints_figure, run, np.array([i]), alpha=alpha)
            yield run.units[i].shown, draw
        return
    model, family = run.run.model, run.run.family
    title = f"{model}, {family}" if family != model else model
    yield "", partial(checkpoints_figure, run, np.array(columns), alpha=alpha, title=title)
