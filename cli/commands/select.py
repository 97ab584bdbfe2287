"""`scalepredict select`: which models, benchmarks or tasks are worth measuring?"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from scalepredict.cli.inputs.gathered import Selection
from scalepredict.cli.inputs.method import SpaceOptions
from scalepredict.cli.inputs.options import (
    CheckpointsOption,
    Output,
    RecordsArgument,
    SeedOption,
    count,
)
from scalepredict.cli.inputs.parameters import TARGET, command
from scalepredict.cli.views.render import emit
from scalepredict.errors import RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is chosen, and how much of it."""

    HEADING: ClassVar[str] = TARGET

    models: Annotated[
        int | None,
        typer.Option("--models", min=1, metavar="K", help="Choose K models, or fewer by --budget."),
    ] = None
    max_params: Annotated[
        float | None,
        typer.Option("--max-params", parser=count, help="No larger models, e.g. 30B."),
    ] = None
    budget: Annotated[
        float | None,
        typer.Option(
            "--budget",
            parser=count,
            help="Most parameters of all chosen models together, e.g. 200B: what it costs to "
            "evaluate a model is about proportional to its size.",
        ),
    ] = None
    tasks: Annotated[
        int | None,
        typer.Option("--tasks", min=1, metavar="K", help="Choose K tasks of the --benchmark."),
    ] = None
    probes: Annotated[
        int | None,
        typer.Option(
            "--probes",
            min=1,
            metavar="K",
            help="Choose K benchmarks to run, so that the rest of a model card is known best.",
        ),
    ] = None
    benchmark: Annotated[
        str | None, typer.Option("--benchmark", help="The benchmark that tasks stand for.")
    ] = None


@command
def select(
    records: RecordsArgument,
    wanted: Wanted,
    space: SpaceOptions,
    selection: Selection,
    shown: Output,
    checkpoints: CheckpointsOption = "last",
    seed: SeedOption = 0,
) -> None:
    """Choose what to measure next.

    With --models: the models of RECORDS whose scores on a new benchmark would determine its law of
    capabilities best (V-optimal), from their standard scores. With --tasks: the tasks of a
    benchmark whose mean tells its score best, and the error that this costs on models that
    had no part in the search: the largest quarter. With --probes: the benchmarks whose scores tell
    those on all others best.

    Example: scalepredict select public_models.csv --models 12 --max-params 30B
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    import numpy as np

    from scalepredict.cli.inputs.chosen import gather_evidence
    from scalepredict.cli.views.select_view import models_view, probes_view, tasks_view
    from scalepredict.evaluation.questions.probes import choose_probes
    from scalepredict.evaluation.questions.selecting import choose_models, choose_tasks
    from scalepredict.records.notes import heard

    form, voice = shown.shape, shown.voice
    models, tasks, benchmark = wanted.models, wanted.tasks, wanted.benchmark
    if [models, tasks, wanted.probes].count(None) != 2:
        raise RefusedError("give --models K, or --probes K, or --tasks K with --benchmark NAME.")
    if (tasks is None) != (benchmark is None):
        raise RefusedError("--tasks K and --benchmark NAME go together.")
    of_models = (wanted.max_params, wanted.budget, space.components, space.standard or None)
    if models is None and any(each is not None for each in of_models):
        raise RefusedError(
            "--max-params, --budget, --components and --standard choose models; leave them out "
            "with --tasks or --probes."
        )
    evidence = gather_evidence(
        records, selection.choice(checkpoints=checkpoints, without_compute=True)
    )
    voice.tell(evidence.notes)
    if models is not None:
        chosen = choose_models(
            evidence.table,
            models,
            components=space.components,
            standard=space.standard,
            max_params=wanted.max_params,
            budget=wanted.budget,
            seed=seed,
        )
        view = models_view(heard(chosen, voice.ignored))
    elif wanted.probes is not None:
        rng = np.random.default_rng(seed)
        with voice.busy("completing cards of models left out"):
            view = probes_view(choose_probes(evidence.table, wanted.probes, rng=rng))
    else:
        named = choose_tasks(evidence.table, benchmark or "", tasks or 0, seed=seed)
        view = tasks_view(heard(named, voice.ignored))
    emit(form, sheets=[view.sheet], rows=view.rows, document=view.document)
