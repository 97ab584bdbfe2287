"""What does each kind of picture need? From files and options to figures that can be drawn."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scalepredict.cli.inputs.chosen import EvidenceChoice, gather_evidence, read_files
from scalepredict.cli.inputs.options import Voice
from scalepredict.cli.views.render import once
from scalepredict.errors import RefusedError
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.predictors.cod.clustering import Clustering
from scalepredict.predictors.scale.targets import TargetRequest, resolve_targets
from scalepredict.predictors.store.fit_file import StoredFit
from scalepredict.records.subset import known_names, of_families
from scalepredict.records.text.counts import count_of, listed

MOST_ROWS = 8  # benchmarks in one picture of clusters

Draw = Callable[[], Any]  # makes the figure, once matplotlib is set up
Pictures = Iterator[tuple[str, Draw]]  # name for `{benchmark}`, empty for all in one


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What of it is drawn.

    Attributes:
        families: Only these; empty = all.
        benchmarks: Only these; empty = all.
        each: One picture for each benchmark.
        seed: Of random draws.
    """

    families: tuple[str, ...]
    benchmarks: tuple[str, ...]
    each: bool
    seed: int

    def columns(self, names: Sequence[str]) -> list[int]:
        """Which of the named benchmarks are drawn."""
        known_names("benchmark", self.benchmarks, names)
        return [i for i, n in enumerate(names) if not self.benchmarks or n in self.benchmarks]

    def rng(self) -> np.random.Generator:
        """A fresh generator."""
        return np.random.default_rng(self.seed)


def forecast_pictures(
    stored: StoredFit, constants: Calibration, request: TargetRequest, shown: Shown
) -> Pictures:
    """Evidence, fitted curve and fan to one target."""
    from scalepredict.cli.figures.forecast_fan import Panel, forecast_figure
    from scalepredict.evaluation.forecast.forecasting import forecast_families
    from scalepredict.evaluation.forecast.path import path_to

    forecasts, _ = forecast_families(
        stored.fit,
        lambda evidence: resolve_targets(evidence, request),
        constants,
        families=shown.families,
    )
    if len(forecasts) > 1:
        found = ", ".join(forecast.family for forecast in forecasts)
        raise RefusedError(f"one picture shows one family; choose with --family: {found}.")
    (forecast,) = forecasts
    if len(forecast.targets) > 1:
        raise RefusedError("one picture shows one target; give each option once.")
    names = [unit.benchmark for unit in forecast.forecast.units]
    columns = shown.columns(names)
    way = path_to(stored.fit, forecast, constants, index=0)
    panels = [Panel(path=way, column=i) for i in columns]
    if shown.each:
        for panel in panels:
            yield names[panel.column], partial(forecast_figure, [panel])
    else:
        title = f"{forecast.family}: {stored.fit.predictor.name}"
        yield "", partial(forecast_figure, panels, title=title)


def coverage_pictures(
    stored: StoredFit, constants: Calibration, shown: Shown, *, jobs: int
) -> Pictures:
    """A backtest on the evidence of a fit."""
    from scalepredict.cli.figures.coverage_chart import coverage_figure
    from scalepredict.evaluation.backtest.self_test import backtest_evidence

    report = backtest_evidence(stored.fit, constants, jobs=jobs, rng=shown.rng())
    yield "", partial(coverage_figure, report.summary)


def capability_pictures(stored: StoredFit) -> Pictures:
    """Components of a law of many families."""
    from scalepredict.cli.figures.capability_plane import capabilities_figure
    from scalepredict.evaluation.questions.capabilities import capabilities_of

    yield "", partial(capabilities_figure, capabilities_of(stored.fit))


def cluster_pictures(
    records: Sequence[Path],
    choice: EvidenceChoice,
    shown: Shown,
    voice: Voice,
    *,
    clustering: Clustering,
) -> Pictures:
    """Clusters of question difficulty of one family, the same as the command `clusters` finds."""
    from scalepredict.cli.figures.cluster_curves import ClusterPanel, clusters_figure
    from scalepredict.evaluation.questions.cluster_report import report_clusters
    from scalepredict.predictors.cod.cod import ClusteringOnDifficulty
    from scalepredict.predictors.cod.difficulty import read_difficulty

    evidence = gather_evidence(records, choice)
    voice.say(*evidence.notes)
    family = _only("family", "--family", evidence.table.families)
    table = evidence.table.with_rows(evidence.anchors)
    names = evidence.table.benchmarks
    reports = report_clusters(
        table,
        ClusteringOnDifficulty(clustering=clustering),
        family=family,
        benchmarks=[names[i] for i in shown.columns(names)],
        target_flops=np.empty(0),
        rng=shown.rng().spawn(1)[0],
    )
    panels: dict[str, ClusterPanel] = {}
    voice.say(*once(note for report in reports for note in report.fit.notes))
    for report in reports:
        if report.fit.failure is None:
            difficulty = read_difficulty(table, report.benchmark)
            panels[report.benchmark] = ClusterPanel(difficulty=difficulty, fit=report.fit)
    failures = [report.fit.failure for report in reports if report.fit.failure]
    if not panels:
        raise RefusedError("\n".join(failures))
    voice.warn(failures[:MOST_ROWS])
    if len(failures) > MOST_ROWS:
        voice.warn(
            [f"{count_of(len(failures) - MOST_ROWS, 'more benchmark')} cannot be clustered."]
        )
    if shown.each:
        for name, panel in panels.items():
            yield name, partial(clusters_figure, [panel])
        return
    if len(panels) > MOST_ROWS:
        raise RefusedError(
            f"one picture shows the clusters of up to {MOST_ROWS} benchmarks, and there are "
            f"{len(panels)}; choose with --benchmark, or write {{benchmark}} in the file's name."
        )
    yield "", partial(clusters_figure, list(panels.values()))


def checkpoint_pictures(
    records: Sequence[Path],
    choice: EvidenceChoice,
    shown: Shown,
    voice: Voice,
    *,
    model: str | None,
) -> Pictures:
    """The checkpoints of one run beside what its own past let expect.

    The choice says how files are read; all metrics, shots and phases are drawn from.
    """
    from scalepredict.cli.figures.checkpoint_panels import checkpoints_figure
    from scalepredict.evaluation.off_trend.gate_file import load_gate
    from scalepredict.evaluation.off_trend.trajectory import trajectory_of
    from scalepredict.evaluation.off_trend.walk_runs import gather

    reading = read_files(
        records,
        benchmarks=choice.benchmarks,
        ladder=choice.ladder,
        percent=choice.percent,
        mixed=True,
    )
    voice.say(*reading.report.notes())
    gate = load_gate().gate
    # All families shape the null of the test; the run is chosen among the named ones.
    evidence = gather(reading.table, gate)
    among = of_families(reading.table, shown.families).families
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
    name = _only("run", "--model", models)
    kept = [run for run in runs if run.model == name]
    _only("family", "--family", list(dict.fromkeys(run.family for run in kept)))
    longest = max(kept, key=lambda run: len(run.rows))
    if len(kept) > 1:
        voice.warn([f"{name} has {len(kept)} phases; the longest is drawn: {longest.phase!r}."])
    run = trajectory_of(evidence, gate, longest)
    columns = shown.columns([unit.benchmark for unit in run.units])
    if shown.each:
        for i in columns:
            draw = partial(checkpoints_figure, run, np.array([i]), alpha=gate.alpha)
            yield run.units[i].benchmark, draw
        return
    if not np.isfinite(run.expected).any():
        voice.warn([f"{name}: no checkpoint has enough earlier ones near it to be judged."])
    title = f"{name}, {longest.family}" if longest.family != name else name
    yield "", partial(checkpoints_figure, run, np.array(columns), alpha=gate.alpha, title=title)


def _only(what: str, option: str, names: Sequence[str]) -> str:
    if len(names) > 1:
        raise RefusedError(
            f"one picture shows one {what}; choose with {option}: {listed(names, most=10)}."
        )
    if not names:
        raise RefusedError(f"the records hold no {what} to draw.")
    return names[0]
