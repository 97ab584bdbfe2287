"""How are clusters written for programs? CSV rows, JSON, and the list of questions to run."""

import csv
import io
import json
from collections.abc import Sequence

import numpy as np

from scalepredict.cli.schemas.clusters_schema import (
    ClusteredBenchmark,
    ClusterIdentity,
    ClusterLawDocument,
    ClustersDocument,
    MappedDocument,
)
from scalepredict.evaluation.questions.cluster_report import ClusterReport, MappedForecast
from scalepredict.predictors.cod.cluster_fit import SOLVED_BY_NONE, ClusterFit
from scalepredict.predictors.cod.cluster_law import KINDS
from scalepredict.predictors.cod.clustering import OUTLIER
from scalepredict.records.notes import noted
from scalepredict.records.table import Bools

COLUMNS = (
    *("family", "benchmark", "id", "size", "share", "kind", "paper_rule", "smallest", "largest"),
    *("a", "b", "c", "g", "ceiling", "clustering"),
)


def cluster_rows(reports: Sequence[ClusterReport]) -> list[dict[str, object]]:
    """One row for each cluster."""
    return [
        {"family": report.family, "benchmark": report.benchmark, **_flat(clusters, i)}
        for report in reports
        if (clusters := report.clusters) is not None
        for i in range(len(clusters.sizes))
    ]


def clusters_document(reports: Sequence[ClusterReport]) -> ClustersDocument:
    """The JSON document, `scalepredict.clusters/1`."""
    return {
        "schema": "scalepredict.clusters/1",
        "benchmarks": [_entry(report) for report in reports],
    }


def predictable_tasks(reports: Sequence[ClusterReport], *, as_json: bool) -> tuple[str, int]:
    """The questions in extrapolatable clusters, and how many there are.

    Args:
        reports: The benchmarks.
        as_json: ``{"benchmark": [question, ...]}``, with numbers where all are whole numbers (what
            lm-evaluation-harness reads as ``--samples``), instead of CSV.
    """
    chosen = {
        report.benchmark: _names(report, report.fit.clusters.predictable)
        for report in reports
        if report.fit.clusters is not None
    }
    total = sum(map(len, chosen.values()))
    if as_json:
        indices = {
            name: [int(task) for task in tasks] if all(map(str.isdecimal, tasks)) else tasks
            for name, tasks in chosen.items()
        }
        return json.dumps(indices, ensure_ascii=False, indent=1) + "\n", total
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(("benchmark", "task"))
    writer.writerows((name, task) for name, tasks in chosen.items() for task in tasks)
    return lines.getvalue(), total


def _entry(report: ClusterReport) -> ClusteredBenchmark:
    fit, clusters = report.fit, report.clusters
    method = "clusters" if fit.clusters else "item response" if fit.items else None
    failure = () if fit.failure is None else (noted("not-forecast", fit.failure),)
    doubts = (*failure, *report.warnings)
    entry: ClusteredBenchmark = {
        "family": report.family,
        "benchmark": report.benchmark,
        "n_tasks": len(fit.questions),
        "method": method,
        "clustering": None if clusters is None else clusters.method,
        "clusters": [],
        "outliers": [],
        "solved_by_none": [],
        "predictable_share": None,
        "score_share": None,
        "mapping": [],
        "holdout": None,
        "forecasts": [_mapped(forecast) for forecast in report.forecasts],
        "trust": report.trust,
        "warnings": [note.text for note in doubts],
        "notes": [note.document() for note in dict.fromkeys((*doubts, *fit.notes))],
    }
    if clusters is None:
        return entry
    entry["clusters"] = [
        {
            **_identity(clusters, i),
            "pass_rates": clusters.means[i].tolist(),
            "law": law_constants(clusters, i),
            "tasks": _names(report, clusters.labels == i),
        }
        for i in range(len(clusters.sizes))
    ]
    entry["outliers"] = _names(report, clusters.labels == OUTLIER)
    entry["solved_by_none"] = _names(report, clusters.labels == SOLVED_BY_NONE)
    entry["predictable_share"] = clusters.predictable_share
    entry["score_share"] = clusters.score_share
    if fit.clusters is not None:
        entry["mapping"] = np.stack([clusters.part[0], clusters.whole[0]], axis=1).tolist()
    if report.holdout is not None:
        entry["holdout"] = {
            "part_error": report.holdout.part_error,
            "whole_error": report.holdout.whole_error,
        }
    return entry


def _mapped(forecast: MappedForecast) -> MappedDocument:
    return {
        "flops": forecast.flops,
        "part": forecast.part,
        "local_line": forecast.local_line,
        "monotone_cubic": forecast.monotone_cubic,
        "spline": forecast.spline,
        "item_response": forecast.item_response,
    }


def law_constants(clusters: ClusterFit, i: int) -> ClusterLawDocument:
    """a, b, c and g of Eq. 4 with C in units of 1e18 FLOPs, and the ceiling that they set."""
    _, b, c, g = (float(value) for value in clusters.params[i])
    return {
        "a": float(clusters.curves.a[i]),
        "b": b,
        "c": c,
        "g": g,
        "ceiling": float(g + (1 - g) * np.exp(-c)),
    }


def _identity(clusters: ClusterFit, i: int) -> ClusterIdentity:
    return {
        "id": i + 1,
        "size": int(clusters.sizes[i]),
        "share": float(clusters.shares[i]),
        "kind": KINDS[clusters.kinds[i]],
        "paper_rule": bool(clusters.paper_rule[i]),
    }


def _flat(clusters: ClusterFit, i: int) -> dict[str, object]:
    return {
        **_identity(clusters, i),
        "smallest": float(clusters.means[i, 0]),
        "largest": float(clusters.means[i, -1]),
        **law_constants(clusters, i),
        "clustering": clusters.method,
    }


def _names(report: ClusterReport, chosen: Bools) -> list[str]:
    return [report.fit.questions[i] for i in np.flatnonzero(chosen)]
