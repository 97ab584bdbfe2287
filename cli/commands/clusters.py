"""`scalepredict clusters`: which questions are alike in difficulty, and can be extrapolated?"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.gathered import Selection
from scalepredict.cli.inputs.method import ClusteringOption, chosen_clustering
from scalepredict.cli.inputs.options import (
    CheckpointsOption,
    Output,
    RecordsArgument,
    SeedOption,
)
from scalepredict.cli.inputs.parameters import OUTPUT, command
from scalepredict.cli.inputs.target_options import Narrowing, TargetOptions
from scalepredict.cli.inputs.voice import Voice
from scalepredict.cli.views.render import emit, write_data
from scalepredict.errors import RefusedError
from scalepredict.records.text.counts import count_of

if TYPE_CHECKING:
    import numpy as np

    from scalepredict.cli.inputs.chosen import Evidence
    from scalepredict.evaluation.questions.cluster_report import ClusterReport
    from scalepredict.predictors.cod.cod import ClusteringOnDifficulty
    from scalepredict.predictors.scale.targets import TargetRequest


@command
def clusters(
    records: RecordsArgument,
    narrowing: Narrowing,
    selection: Selection,
    target: TargetOptions,
    shown: Output,
    clustering: ClusteringOption = None,
    checkpoints: CheckpointsOption = "last",
    tasks_out: Annotated[
        Path | None,
        typer.Option(
            "--tasks-out",
            help="Write the questions that can be extrapolated: .json by benchmark, else CSV; "
            "- is stdout.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    seed: SeedOption = 0,
) -> None:
    """Cluster questions by difficulty, and fit a law to each cluster.

    RECORDS hold one row for each model and question (column task), with successes and trials, or a
    score. Prints clusters with their pass rates from the smallest to the largest model, what can
    be extrapolated, and how far the largest model is missed when it is held out. With a target
    (--params, --flops) also the forecasts with each map from the part to the whole.

    Example: scalepredict clusters items.csv --flops 3.8e24 --tasks-out predictable.json
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    import numpy as np

    from scalepredict.cli.inputs.chosen import gather_evidence
    from scalepredict.cli.views.clusters_document import (
        COLUMNS,
        cluster_rows,
        clusters_document,
        predictable_tasks,
    )
    from scalepredict.cli.views.clusters_view import cluster_sheets
    from scalepredict.predictors.cod.cod import ClusteringOnDifficulty
    from scalepredict.predictors.interface import named_streams
    from scalepredict.records.notes import heard, noted
    from scalepredict.records.subset import known_names
    from scalepredict.records.text.writing import check_place, write_whole

    form, voice, verbose = shown.shape, shown.voice, shown.verbose
    predictor = ClusteringOnDifficulty(clustering=chosen_clustering(clustering))
    if tasks_out is not None and str(tasks_out) != "-":
        check_place(tasks_out)
    evidence = gather_evidence(
        records, selection.choice(checkpoints=checkpoints, families=narrowing.family)
    )
    voice.tell(evidence.notes)
    known_names("benchmark", narrowing.benchmark, evidence.table.benchmarks)
    request = target.request()
    if tasks_out is not None and len(evidence.table.families) > 1:
        raise RefusedError(
            f"--tasks-out: the records hold {len(evidence.table.families)} families, whose "
            "questions differ in difficulty; choose one with --family."
        )
    families = evidence.table.families
    streams = named_streams(families, np.random.default_rng(seed))
    reports = [
        report
        for name in families
        for report in _of_family(
            evidence, name, predictor, narrowing.benchmark, request, voice, rng=streams[name]
        )
    ]
    if all(report.fit.failure for report in reports):
        raise RefusedError("\n".join(report.fit.failure or "" for report in reports))
    voice.tell(note for report in reports for note in report.fit.notes)
    voice.tell(note for r in reports for note in r.warnings if note not in r.fit.notes)
    voice.tell(noted("not-forecast", each.fit.failure) for each in reports if each.fit.failure)
    reports = list(heard(tuple(reports), voice.ignored))
    if tasks_out is not None:
        text, n_tasks = predictable_tasks(reports, as_json=tasks_out.suffix == ".json")
        if str(tasks_out) == "-":
            write_data(text)
            return
        write_whole(tasks_out, text)
        voice.say(f"wrote {tasks_out}: {count_of(n_tasks, 'question')} that can be extrapolated.")
    emit(
        form,
        sheets=cluster_sheets(reports, verbose=verbose),
        rows=cluster_rows(reports),
        document=clusters_document(reports),
        header=COLUMNS,
    )


def _of_family(
    evidence: "Evidence",
    family: str,
    predictor: "ClusteringOnDifficulty",
    only: Sequence[str],
    request: "TargetRequest",
    voice: Voice,
    *,
    rng: "np.random.Generator",
) -> "tuple[ClusterReport, ...]":
    import numpy as np

    from scalepredict.evaluation.questions.cluster_report import report_clusters
    from scalepredict.predictors.scale.targets import (
        TargetRequest,
        describe_target,
        resolve_targets,
    )
    from scalepredict.records.aggregate import to_benchmarks

    table = evidence.table.of_family(family)
    target_flops = np.empty(0)
    if request != TargetRequest():
        totals = to_benchmarks(table)
        targets = resolve_targets(totals, request)
        target_flops = targets.flops
        voice.say(
            *(f"{family}: {describe_target(targets, k, totals)}" for k in range(len(targets)))
        )
    with voice.busy(f"clustering {family}"):
        return report_clusters(
            table.with_rows(evidence.anchors),
            predictor,
            family=family,
            benchmarks=[name for name in table.benchmarks if not only or name in only],
            target_flops=target_flops,
            rng=rng,
        )
