"""How are clusters shown to people? A table for each benchmark, with a picture of each cluster."""

from collections.abc import Sequence

import numpy as np

from scalepredict.cli.views.clusters_document import law_constants
from scalepredict.cli.views.render import Sheet, Sketch, percent, signed_points
from scalepredict.cli.views.sketch import blocks
from scalepredict.evaluation.questions.cluster_report import ClusterReport
from scalepredict.predictors.cod.cluster_fit import SOLVED_BY_NONE, ClusterFit
from scalepredict.predictors.cod.cluster_law import KINDS
from scalepredict.predictors.cod.clustering import OUTLIER
from scalepredict.records.text.counts import count_of, format_count

LOW = "low trust: "
_WAYS = {
    "part": "predictable part",
    "local_line": "local line (cod)",
    "monotone_cubic": "monotone cubic",
    "spline": "spline",
    "item_response": "item response (cod)",
}


def cluster_sheets(reports: Sequence[ClusterReport], *, verbose: bool) -> list[Sheet]:
    """One table for each benchmark with clusters, and one of those without."""
    sheets = [
        _sheet(report, report.clusters, verbose=verbose)
        for report in reports
        if report.clusters is not None
    ]
    sheets += [sheet for report in reports if (sheet := _forecast_sheet(report)) is not None]
    without = [report for report in reports if report.clusters is None]
    if without:
        sheets.append(
            Sheet(
                title="without clusters",
                header=("family", "benchmark", "questions", "instead"),
                align="llrl",
                rows=tuple(
                    (r.family, r.benchmark, str(len(r.fit.questions)), _instead(r)) for r in without
                ),
            )
        )
    return sheets


def _sheet(report: ClusterReport, clusters: ClusterFit, *, verbose: bool) -> Sheet:
    header = ("cluster", "questions", "share %", "smallest %", "largest %", "kind")
    law = ("a", "b", "ceiling %", "floor %", "paper rule") if verbose else ("ceiling %",)
    return Sheet(
        title=f"{report.family} / {report.benchmark}",
        header=(*header, *law),
        align="rrrrrl" + ("rrrrl" if verbose else "r"),
        rows=tuple(_row(clusters, i, verbose=verbose) for i in range(len(clusters.sizes))),
        notes=tuple(_summary(report, clusters)),
        sketches=(
            Sketch(
                header="pass rate",
                cells=tuple(blocks(rates.tolist(), low=0.0, high=1.0) for rates in clusters.means),
                after="share %",
            ),
        ),
    )


def _row(clusters: ClusterFit, i: int, *, verbose: bool) -> tuple[str, ...]:
    rates, constants = clusters.means[i], law_constants(clusters, i)
    law: tuple[str, ...] = (percent(constants["ceiling"]),)
    if verbose:
        law = (
            f"{constants['a']:.3g}",
            f"{constants['b']:.3f}",
            *law,
            percent(constants["g"]),
            "yes" if clusters.paper_rule[i] else "no",
        )
    return (
        str(i + 1),
        str(clusters.sizes[i]),
        percent(clusters.shares[i]),
        percent(rates[0]),
        percent(rates[-1]),
        KINDS[clusters.kinds[i]],
        *law,
    )


def _summary(report: ClusterReport, clusters: ClusterFit) -> list[str]:
    n = len(clusters.labels)
    outliers = int((clusters.labels == OUTLIER).sum())
    unsolved = int((clusters.labels == SOLVED_BY_NONE).sum())
    lines = [
        f"can be extrapolated: {percent(clusters.predictable_share)} % of the questions, which "
        f"hold {percent(clusters.score_share)} % of the largest model's score; outliers: "
        f"{outliers} of {count_of(n, 'question')} ({percent(outliers / n)} %); solved by no "
        f"model: {unsolved} ({percent(unsolved / n)} %)",
        f"{count_of(report.n_models, 'model')} of {format_count(clusters.flops[0])} to "
        f"{format_count(clusters.flops[-1])} FLOPs, {count_of(report.n_anchors, 'anchor')}; "
        + (
            f"clusters ({clusters.method}) from one half of the answers, laws from the other"
            if clusters.split
            else f"clusters ({clusters.method}) and laws from the same scores"
        ),
    ]
    if report.holdout is not None:
        lines.append(
            "largest model held out: predictable part "
            f"{signed_points(report.holdout.part_error)}, benchmark "
            f"{signed_points(report.holdout.whole_error)} points"
        )
    if report.fit.clusters is None:
        lines.append(_instead(report))
    lines.append(
        f"trust: {report.trust}"
        + "".join(f"; {why.text.removeprefix(LOW)}" for why in report.warnings)
    )
    return lines


def _forecast_sheet(report: ClusterReport) -> Sheet | None:
    if not report.forecasts:
        return None
    ways = [
        name
        for name in _WAYS
        if any(np.isfinite(getattr(forecast, name)) for forecast in report.forecasts)
    ]
    return Sheet(
        title=f"{report.family} / {report.benchmark}: forecast by map, percent",
        header=("FLOPs", *(_WAYS[name] for name in ways)),
        align="r" * (1 + len(ways)),
        rows=tuple(
            (format_count(f.flops), *(percent(getattr(f, name)) for name in ways))
            for f in report.forecasts
        ),
    )


def _instead(report: ClusterReport) -> str:
    if report.fit.failure:
        return f"refused: {report.fit.failure}"
    return "; ".join(note.text for note in report.fit.notes if note.code == "item-response")
