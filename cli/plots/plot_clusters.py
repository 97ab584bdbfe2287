"""`scalepredict plot clusters`: when do groups of questions become solvable?"""

from functools import partial
from typing import TYPE_CHECKING

from scalepredict.cli.inputs.gathered import Selection
from scalepredict.cli.inputs.method import ClusteringOption, chosen_clustering
from scalepredict.cli.inputs.options import CheckpointsOption, RecordsArgument, SeedOption
from scalepredict.cli.inputs.parameters import command
from scalepredict.cli.inputs.target_options import Narrowing
from scalepredict.cli.plots.pictures import PictureOptions, Pictures, columns_of, the_one
from scalepredict.errors import RefusedError
from scalepredict.records.notes import noted
from scalepredict.records.text.counts import count_of

if TYPE_CHECKING:
    from scalepredict.cli.figures.cluster_curves import ClusterPanel

MOST_ROWS = 8  # benchmarks in one picture


@command
def plot_clusters(
    records: RecordsArgument,
    narrowing: Narrowing,
    selection: Selection,
    picture: PictureOptions,
    clustering: ClusteringOption = None,
    checkpoints: CheckpointsOption = "last",
    seed: SeedOption = 0,
) -> None:
    """Draw when groups of questions become solvable.

    They are the clusters of one family that the command `clusters` finds.

    Example: scalepredict plot clusters items.csv -o clusters.png
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    import numpy as np

    from scalepredict.cli.figures.cluster_curves import ClusterPanel
    from scalepredict.cli.inputs.chosen import gather_evidence
    from scalepredict.evaluation.questions.cluster_report import report_clusters
    from scalepredict.predictors.cod.cod import ClusteringOnDifficulty
    from scalepredict.predictors.cod.difficulty import read_difficulty

    picture.check()
    voice = picture.verbosity.voice
    how = chosen_clustering(clustering)
    evidence = gather_evidence(
        records, selection.choice(checkpoints=checkpoints, families=narrowing.family)
    )
    voice.tell(evidence.notes)
    family = the_one("family", "--family", evidence.table.families)
    table = evidence.table.with_rows(evidence.anchors)
    names = evidence.table.benchmarks
    with voice.busy(f"clustering {family}"):
        reports = report_clusters(
            table,
            ClusteringOnDifficulty(clustering=how),
            family=family,
            benchmarks=[names[i] for i in columns_of(names, narrowing.benchmark)],
            target_flops=np.empty(0),
            rng=np.random.default_rng(seed).spawn(1)[0],
        )
    voice.tell(note for report in reports for note in report.fit.notes)
    panels = {
        report.benchmark: ClusterPanel(
            difficulty=read_difficulty(table, report.benchmark), fit=report.fit
        )
        for report in reports
        if report.fit.failure is None
    }
    failures = [report.fit.failure for report in reports if report.fit.failure]
    if not panels:
        raise RefusedError("\n".join(failures))
    if len(failures) > MOST_ROWS:
        more = count_of(len(failures) - MOST_ROWS, "more benchmark")
        failures = [*failures[:MOST_ROWS], f"{more} cannot be clustered."]
    voice.tell(noted("not-forecast", failure) for failure in failures)
    picture.write("clusters", _pictures(panels, each=picture.each))


def _pictures(panels: "dict[str, ClusterPanel]", *, each: bool) -> Pictures:
    from scalepredict.cli.figures.cluster_curves import clusters_figure

    if each:
        for name, panel in panels.items():
            yield name, partial(clusters_figure, [panel])
        return
    if len(panels) > MOST_ROWS:
        raise RefusedError(
            f"one picture shows the clusters of up to {MOST_ROWS} benchmarks, and there are "
            f"{len(panels)}; choose with --benchmark, or write {{benchmark}} in the file's name."
        )
    yield "", partial(clusters_figure, list(panels.values()))
