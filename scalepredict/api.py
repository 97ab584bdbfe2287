"""How does a Python program fit, forecast and judge? The functions behind the commands."""

from collections.abc import Mapping, Sequence
from math import log10
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scalepredict import __version__
from scalepredict.errors import CountError, RefusedError
from scalepredict.evaluation.backtest.rivals import rivals
from scalepredict.evaluation.forecast.forecasting import forecast_families
from scalepredict.evaluation.intervals.calibration_file import calibration_of, load_calibration
from scalepredict.evaluation.intervals.levels import DEFAULT_LEVELS, Levels
from scalepredict.predictors import registry
from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.interface import Predictor, named_streams
from scalepredict.predictors.scale.targets import TargetRequest, resolve_targets
from scalepredict.predictors.store import fit_file
from scalepredict.predictors.store.fit_file import Provenance, StoredFit
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.evidence import (
    LAST,
    CheckpointChoice,
    Selection,
    select_evidence,
    why_no_evidence,
)
from scalepredict.records.subset import known_names, of_families, refuse_mixed_phases
from scalepredict.records.table import EvalTable
from scalepredict.records.text.counts import parse_count
from scalepredict.results import (
    Backtest,
    Calibrated,
    Checked,
    Clusters,
    Compared,
    Fitted,
    Forecasts,
)

if TYPE_CHECKING:
    from scalepredict.evaluation.off_trend.rules.gate import Gate
    from scalepredict.predictors.cod.cod import ClusteringOnDifficulty

MAX_ORIGINS = 14  # of each family, as on the command line
Sizes = float | str | Sequence[float | str]  # counts, also as text: "12B"
File = str | Path


def fit(
    table: EvalTable,
    *,
    predictor: Predictor | None = None,
    checkpoints: CheckpointChoice = LAST,
    seed: int = 0,
) -> Fitted:
    """Fit every family of a table of records.

    Args:
        table: What ``read_records`` returns in ``.table``.
        predictor: The method, such as ``scalepredict.predictors.direct.trend.Trend()`` or one of
            your own; by default the stack. ``scalepredict methods`` lists them all.
        checkpoints: Which checkpoints of each model are evidence; by default the last one.
        seed: Seed of every random draw.

    Raises:
        RefusedError: No family has enough evidence, or one mixes phases of its schedule.
        TypeError: The method is given by its name.
    """
    if isinstance(predictor, str):
        raise TypeError(
            f"predictor {predictor!r} is a name; give the method itself, like "
            "scalepredict.predictors.direct.trend.Trend()"
        )
    method = _stack() if predictor is None else predictor
    evidence = _evidence(table, checkpoints, needs_compute=method.needs_compute)
    fitted = fit_families(
        evidence.table, method, anchors=evidence.anchors, rng=np.random.default_rng(seed)
    )
    provenance = Provenance(version=__version__, seed=seed, inputs=())
    return Fitted(stored=StoredFit(fit=fitted, provenance=provenance, notes=evidence.notes))


def save_fit(fitted: Fitted, path: File) -> None:
    """Write a fit file, which ``load_fit`` and every command read.

    Raises:
        StorageError: It cannot be written.
    """
    fit_file.save_fit(fitted.stored, path)


def load_fit(path: File) -> Fitted:
    """Read a fit file of ``save_fit`` or ``scalepredict fit``.

    Raises:
        StorageError: It is missing, damaged or of another version.
    """
    return Fitted(stored=fit_file.load_fit(path))


def forecast(
    fitted: Fitted,
    *,
    params: Sizes = (),
    tokens: Sizes = (),
    tokens_per_param: Sizes = (),
    flops: Sizes = (),
    families: Sequence[str] = (),
    calibration: File | None = None,
) -> Forecasts:
    """Forecast each family of a fit, or the named ones.

    Args:
        fitted: What ``fit`` or ``load_fit`` returns.
        params: Parameters of each target (counts).
        tokens: Training tokens (counts); without them the ladder's own design is continued.
        tokens_per_param: Tokens per parameter.
        flops: Training FLOPs (counts).
        families: Names of families; empty = all.
        calibration: File of interval constants; None = those of the stored fit, or that ship.

    Raises:
        RefusedError: A target cannot be resolved or is out of reach, or a family has no law.
        CountError: A size is no positive count.
    """
    request = TargetRequest(
        params=_counts("params", params),
        tokens=_counts("tokens", tokens),
        tokens_per_param=_counts("tokens_per_param", tokens_per_param),
        flops=_counts("flops", flops),
    )
    forecasts, refused = forecast_families(
        fitted.fit,
        lambda evidence: resolve_targets(evidence, request),
        calibration_of(fitted.stored, calibration),
        families=families,
    )
    if refused:
        raise RefusedError("\n".join(f"family {name!r}: {why}" for name, why in refused.items()))
    return Forecasts(predictor=fitted.fit.predictor.name, families=forecasts)


def backtest(
    table: EvalTable,
    *,
    predictors: Sequence[Predictor] = (),
    checkpoints: CheckpointChoice = LAST,
    by: str = "factor_bin",
    levels: Levels = DEFAULT_LEVELS,
    calibration: File | None = None,
    jobs: int = 1,
    seed: int = 0,
) -> Backtest:
    """Forecast measured models from smaller ones, at rolling origins.

    Args:
        table: Records with several sizes of a family.
        predictors: The methods; empty = the stack and simple baselines.
        checkpoints: Which checkpoints of each model take part.
        by: What the summary is split by: ``factor_bin``, ``benchmark``, ``family`` or ``group``.
        levels: Of the intervals.
        calibration: File of interval constants; None = those that ship.
        jobs: Processes; results do not depend on it.
        seed: Seed of every random draw.

    Raises:
        RefusedError: No family has a larger checkpoint to forecast.
    """
    from scalepredict.evaluation.backtest.backtest_report import make_report
    from scalepredict.evaluation.backtest.floor import checkpoint_noise, interpolation_noise
    from scalepredict.evaluation.backtest.rolling_origin import run_backtest
    from scalepredict.evaluation.backtest.splits import rolling_origins, why_no_origin

    evidence = _evidence(table, checkpoints, needs_compute=True).table
    constants = load_calibration(calibration)
    splits = rolling_origins(evidence, max_origins=MAX_ORIGINS)
    if not splits:
        raise RefusedError(why_no_origin(evidence))
    rng, summary_rng = np.random.default_rng(seed).spawn(2)
    cells = run_backtest(evidence, splits, predictors or rivals(), constants, jobs=jobs, rng=rng)
    report = make_report(
        cells,
        constants,
        by=by,
        interpolation=interpolation_noise(evidence),
        checkpoints=checkpoint_noise(table),
        levels=levels,
        rng=summary_rng,
    )
    return Backtest(report=report)


def check(
    checkpoints: EvalTable,
    *,
    history: EvalTable | None = None,
    fitted: Fitted | None = None,
    gate: "Gate | None" = None,
    calibration: File | None = None,
) -> Checked:
    """Flag checkpoints that leave the trend of their run or ladder.

    Args:
        checkpoints: New checkpoints. In a training loop, the latest one: ``should_stop`` of the
            result tells whether to stop and look.
        history: Earlier checkpoints and other runs; looked at, not reported.
        fitted: The ladder; None = smaller models in the records.
        gate: The rules; None = those that ship.
        calibration: File of interval constants; None = those of the fit, or that ship.
    """
    from scalepredict.evaluation.off_trend.gate_file import load_gate
    from scalepredict.evaluation.off_trend.run_check import Comparison
    from scalepredict.evaluation.off_trend.run_check import check as checked
    from scalepredict.records.join import join_tables

    table = checkpoints if history is None else join_tables(checkpoints, history).table
    constants = (
        load_calibration(calibration)
        if fitted is None
        else calibration_of(fitted.stored, calibration)
    )
    found = checked(
        table,
        np.arange(len(table.checkpoints)) < len(checkpoints.checkpoints),
        gate=load_gate().gate if gate is None else gate,
        comparison=Comparison.of(None if fitted is None else fitted.fit, constants),
    )
    return Checked(check=found)


def calibrate(
    tables: Mapping[str, EvalTable],
    *,
    predictors: Sequence[Predictor] = (),
    checkpoints: CheckpointChoice = LAST,
    levels: Levels = DEFAULT_LEVELS,
    jobs: int = 1,
    seed: int = 0,
) -> Calibrated:
    """Estimate interval constants from backtests, and test them on groups left out.

    Args:
        tables: Records by name; each is left out as a whole, and a single one by family.
        predictors: The methods; empty = all.
        checkpoints: Which checkpoints of each model take part.
        levels: At which the coverage is counted.
        jobs: Processes; results do not depend on it.
        seed: Seed of every random draw.

    Raises:
        RefusedError: There is one group only, or no family has enough checkpoints.
    """
    from scalepredict.evaluation.calibrate.coverage import nested_coverage
    from scalepredict.evaluation.calibrate.estimate import calibrate as estimate
    from scalepredict.evaluation.calibrate.group_backtests import backtest_groups

    rng, coverage_rng = np.random.default_rng(seed).spawn(2)
    cells = backtest_groups(
        {
            name: _evidence(table, checkpoints, needs_compute=True).table
            for name, table in tables.items()
        },
        predictors or [registry.predictor_type(name)() for name in registry.available()],
        max_origins=MAX_ORIGINS,
        jobs=jobs,
        rng=rng,
    )
    coverage = nested_coverage(cells, levels=levels, rng=coverage_rng)
    provenance = {"version": __version__, "groups": list(tables), "seed": seed}
    constants = estimate(cells, provenance=provenance, source="calibrate")
    return Calibrated(calibration=constants, coverage=coverage)


def compare(
    table: EvalTable,
    first: str,
    second: str,
    *,
    flops: float | None = None,
    within: float = 1.26,
    checkpoints: CheckpointChoice = LAST,
) -> Compared:
    """Compare two recipes by differences at matched scale; positive: the first is better.

    Args:
        table: Records of both families.
        first: A family.
        second: Another family.
        flops: Training FLOPs at which is asked; None = the largest pair.
        within: Models match within this factor in params and in tokens.
        checkpoints: Which checkpoints of each model take part.

    Raises:
        RefusedError: A family is not there, or no two models match.
    """
    from scalepredict.evaluation.questions.recipes import compare as compared

    evidence = _evidence(table, checkpoints, needs_compute=True).table
    comparison = compared(
        to_benchmarks(evidence), first, second, target_flops=flops, tolerance=log10(within)
    )
    return Compared(comparison=comparison)


def clusters(
    table: EvalTable,
    *,
    predictor: "ClusteringOnDifficulty | None" = None,
    checkpoints: CheckpointChoice = LAST,
    families: Sequence[str] = (),
    benchmarks: Sequence[str] = (),
    flops: Sizes = (),
    seed: int = 0,
) -> Clusters:
    """Cluster the questions of benchmarks by difficulty, family by family.

    Args:
        table: Records of single questions (column ``task``).
        predictor: The method with its settings; None = the default ones.
        checkpoints: Which checkpoints of each model take part.
        families: Names of families; empty = all.
        benchmarks: Names of benchmarks; empty = all.
        flops: Training FLOPs of targets to forecast.
        seed: Seed of every random draw.

    Raises:
        RefusedError: A named family or benchmark is not there.
    """
    from scalepredict.evaluation.questions.cluster_report import report_clusters
    from scalepredict.predictors.cod.cod import ClusteringOnDifficulty

    evidence = _evidence(of_families(table, families), checkpoints, needs_compute=True)
    known_names("benchmark", benchmarks, evidence.table.benchmarks)
    streams = named_streams(evidence.table.families, np.random.default_rng(seed))
    reports = [
        report
        for family, rng in streams.items()
        for report in report_clusters(
            evidence.table.of_family(family).with_rows(evidence.anchors),
            predictor or ClusteringOnDifficulty(),
            family=family,
            benchmarks=benchmarks or evidence.table.of_family(family).benchmarks,
            target_flops=np.array(_counts("flops", flops), dtype=float),
            rng=rng,
        )
    ]
    return Clusters(reports=tuple(reports))


def _stack() -> Predictor:
    return registry.predictor_type(registry.DEFAULT)()


def _evidence(table: EvalTable, checkpoints: CheckpointChoice, *, needs_compute: bool) -> Selection:
    selection = select_evidence(table, choice=checkpoints, needs_compute=needs_compute)
    if not selection.table.checkpoints:
        raise RefusedError(why_no_evidence(table))
    refuse_mixed_phases(selection.table)
    return selection


def _counts(name: str, value: Any) -> Sequence[float]:
    # A number of NumPy is none of Python's, and has no length.
    sizes = [value] if isinstance(value, str) or np.ndim(value) == 0 else value
    try:
        return [parse_count(size) for size in sizes]
    except CountError as problem:
        raise CountError(f"{name}: {problem}") from problem
