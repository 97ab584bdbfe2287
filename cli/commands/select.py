"""`scalepredict select`: which models, or which tasks of a benchmark, are worth measuring?"""

from typing import Annotated

import typer

from scalepredict.cli.inputs.gathered import MetricOption, PhaseOption, ShotsOption
from scalepredict.cli.inputs.method import ComponentsOption, StandardOption
from scalepredict.cli.inputs.options import (
    BenchmarksOption,
    FormatOption,
    JsonOption,
    LadderOption,
    PercentOption,
    QuietOption,
    RecordsArgument,
    SeedOption,
    VerboseOption,
    Voice,
    chosen_format,
    count,
)
from scalepredict.cli.views.render import Format, emit
from scalepredict.errors import RefusedError


def select(
    records: RecordsArgument,
    models: Annotated[
        int | None,
        typer.Option("--models", min=1, metavar="K", help="Choose K models, or fewer by --budget."),
    ] = None,
    max_params: Annotated[
        float | None,
        typer.Option("--max-params", parser=count, metavar="N", help="No larger models, e.g. 30B."),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            "--budget",
            parser=count,
            metavar="N",
            help="Most parameters of all chosen models together, e.g. 200B: what it costs to "
            "evaluate a model is about proportional to its size.",
        ),
    ] = None,
    tasks: Annotated[
        int | None,
        typer.Option("--tasks", min=1, metavar="K", help="Choose K tasks of the --benchmark."),
    ] = None,
    benchmark: Annotated[
        str | None,
        typer.Option("--benchmark", metavar="NAME", help="The benchmark that tasks stand for."),
    ] = None,
    checkpoints: Annotated[
        str, typer.Option(metavar="last|mean-last-K|all", help="Rows of each model.")
    ] = "last",
    components: ComponentsOption = None,
    standard: StandardOption = None,
    phase: PhaseOption = None,
    metric: MetricOption = None,
    shots: ShotsOption = None,
    percent: PercentOption = False,
    benchmarks: BenchmarksOption = None,
    ladder: LadderOption = None,
    form: FormatOption = Format.TABLE,
    as_json: JsonOption = False,
    seed: SeedOption = 0,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Choose what to measure next.

    With --models: the models of RECORDS whose scores on a new benchmark would determine its law of
    capabilities best (V-optimal), from their standard scores. With --tasks: the tasks of a
    benchmark whose mean tells its score best, and the error that this costs on models that
    had no part in the search.

    Example: scalepredict select public_models.csv --models 12 --max-params 30B
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    from scalepredict.cli.inputs.chosen import EvidenceChoice, gather_evidence
    from scalepredict.cli.views.select_view import models_view, tasks_view
    from scalepredict.evaluation.questions.selecting import choose_models, choose_tasks

    del verbose
    form, voice = chosen_format(form, as_json), Voice(quiet)
    if (models is None) == (tasks is None):
        raise RefusedError("give --models K, or --tasks K with --benchmark NAME.")
    if (tasks is None) != (benchmark is None):
        raise RefusedError("--tasks K and --benchmark NAME go together.")
    if tasks is not None and (max_params is not None or budget is not None):
        raise RefusedError("--max-params and --budget choose models; leave them out with --tasks.")
    evidence = gather_evidence(
        records,
        EvidenceChoice(
            checkpoints=checkpoints,
            phases=tuple(phase or ()),
            metrics=tuple(metric or ()),
            shots=shots,
            percent=percent,
            benchmarks=benchmarks,
            ladder=ladder,
            without_compute=True,
        ),
    )
    voice.say(*evidence.notes)
    if models is not None:
        chosen = choose_models(
            evidence.table,
            models,
            components=components,
            standard=tuple(standard or ()),
            max_params=max_params,
            budget=budget,
            seed=seed,
        )
        view = models_view(chosen)
    else:
        view = tasks_view(choose_tasks(evidence.table, benchmark or "", tasks or 0, seed=seed))
    emit(form, sheets=[view.sheet], rows=view.rows, document=view.document)
