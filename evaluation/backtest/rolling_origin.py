"""What would each method have said, had it seen only the small models?

Every split is handed to every method: fit on its evidence, forecast its targets, keep the forecast
beside what was measured. Nothing above the origin reaches a fit.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scalepredict.errors import RefusedError, ScalePredictError
from scalepredict.evaluation.backtest.splits import Split
from scalepredict.evaluation.intervals.calibration import Calibration, apply_calibration, of_scores
from scalepredict.predictors.interface import Forecast, Law, Predictor, Targets
from scalepredict.predictors.metric_laws import fit_law
from scalepredict.predictors.numerics.workers import each
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit
from scalepredict.records.units import match

Progress = Callable[[int, int], None]  # called with (done, all)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cell:
    """One method at one origin of one family.

    Attributes:
        predictor: Name of the method.
        records: Name of the records that the family is of; empty if there is but one.
        group: What is left out together when a calibration is tested.
        family: Recipe.
        split: Number of the split among those of its records.
        origin_flops: Largest training FLOPs of the evidence.
        n_train: Checkpoints of the family in the evidence.
        targets: The measured checkpoints that were forecast, length K.
        units: The benchmarks that the evidence measures, length T.
        observed: Measured scores; NaN = not measured. Shape (K, T).
        forecast: Calibrated, of shape (K, T); None if the method refused the evidence.
        failure: Why the method refused; None if it did not.
    """

    predictor: str
    records: str
    group: str
    family: str
    split: int
    origin_flops: float
    n_train: int
    targets: tuple[Checkpoint, ...]
    units: tuple[Unit, ...]
    observed: Floats
    forecast: Forecast | None
    failure: str | None

    @property
    def series(self) -> str:
        """Records and family: what is resampled for the error of a summary."""
        return f"{self.records}/{self.family}"

    @property
    def factor(self) -> Floats:
        """Target FLOPs over the origin's. Shape (K,)."""
        return np.array([c.flops for c in self.targets], dtype=float) / self.origin_flops


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Backtest:
    """Splits of a table, and the methods that they are handed to.

    Attributes:
        table: Evidence, with the tasks of benchmarks where they are recorded.
        splits: Rows of ``table``.
        predictors: Methods; a method that fails on a split gives a cell with its reason.
        records: Name of the table; also the group of its cells.
        with_scores: Tell methods that read them the scores of each target on other benchmarks;
            what they make of it is another use, with a name of its own (``of_scores``).
    """

    table: EvalTable
    splits: Sequence[Split]
    predictors: Sequence[Predictor]
    records: str = ""
    with_scores: bool = False

    @property
    def n_cells(self) -> int:
        """Splits times methods."""
        return len(self.splits) * len(self.predictors)


def run_backtest(
    table: EvalTable,
    splits: Sequence[Split],
    predictors: Sequence[Predictor],
    calibration: Calibration,
    *,
    records: str = "",
    jobs: int = 1,
    progress: Progress | None = None,
    rng: np.random.Generator,
) -> tuple[Cell, ...]:
    """Hand every split of one table to every method; see ``Backtest`` and ``run_backtests``."""
    backtest = Backtest(table=table, splits=splits, predictors=predictors, records=records)
    (cells,) = run_backtests([(backtest, rng)], calibration, jobs=jobs, progress=progress)
    return cells


def run_backtests(
    backtests: Sequence[tuple[Backtest, np.random.Generator]],
    calibration: Calibration,
    *,
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[tuple[Cell, ...]]:
    """Hand every split to every method, as work of one queue.

    Args:
        backtests: What to do, with the source of its streams of random numbers.
        calibration: Turns points into intervals.
        jobs: Processes. Cells do not depend on it: each has its own stream of random numbers.
        progress: Told how many cells are done.

    Returns:
        For each backtest its cells by split, then by method.
    """
    tables = {id(backtest.table): backtest.table for backtest, _ in backtests}
    benchmarks = {place: to_benchmarks(table) for place, table in tables.items()}
    work = [
        (number, (backtest.table, benchmarks[id(backtest.table)], calibration, *task))
        for number, (backtest, rng) in enumerate(backtests)
        for task in _tasks(backtest, rng)
    ]
    answers = each(
        _answers,
        (task for _, task in work),
        shared=(calibration, *tables.values(), *benchmarks.values()),
        jobs=jobs,
    )
    cells: list[list[Cell]] = [[] for _ in backtests]
    done, total = 0, sum(backtest.n_cells for backtest, _ in backtests)
    for (number, _), answered in zip(work, answers, strict=True):
        cells[number] += answered
        done += len(answered)
        if progress is not None:
            progress(done, total)
    # Stable: methods in their order.
    return [tuple(sorted(made, key=lambda cell: cell.split)) for made in cells]


def _tasks(
    backtest: Backtest, rng: np.random.Generator
) -> Iterator[tuple[str, Predictor, list[tuple[int, Split]], str, np.random.Generator]]:
    splits = backtest.splits
    fits = [(p, numbers) for p in backtest.predictors for numbers in _of_one_fit(splits, p)]
    for (predictor, numbers), stream in zip(fits, rng.spawn(len(fits)), strict=True):
        questions = [(number, splits[number]) for number in numbers]
        name = of_scores(predictor.name) if backtest.with_scores else predictor.name
        yield backtest.records, predictor, questions, name, stream


def _of_one_fit(splits: Sequence[Split], predictor: Predictor) -> list[list[int]]:
    """Numbers of the splits that one fit serves: families of one grid share their cutoffs, and a
    method that pools families then sees the same evidence for each of them.
    """  # noqa: D205
    if not predictor.pools_families:
        return [[number] for number in range(len(splits))]
    same: dict[bytes, list[int]] = {}
    for number, split in enumerate(splits):
        same.setdefault(split.train.tobytes(), []).append(number)
    return list(same.values())


def _evidence(table: EvalTable, split: Split, predictor: Predictor) -> EvalTable:
    known = table.take_rows(split.train)
    return known if predictor.pools_families else known.of_family(split.family)


def _held_out(benchmarks: EvalTable, split: Split) -> EvalTable:
    # Benchmarks that the evidence measures, in the family itself if it is there at all.
    known = benchmarks.take_rows(split.train)
    own = np.array([c.family == split.family for c in known.checkpoints], dtype=bool)
    scores = known.scores[own] if own.any() else known.scores
    measured = np.flatnonzero(np.isfinite(scores).any(axis=0))
    return benchmarks.take_rows(split.targets).take_units(measured)


def _answers(
    table: EvalTable,
    benchmarks: EvalTable,
    calibration: Calibration,
    records: str,
    predictor: Predictor,
    questions: Sequence[tuple[int, Split]],
    name: str,
    rng: np.random.Generator,
) -> list[Cell]:
    seen = table if predictor.reads_tasks else benchmarks
    evidence = _evidence(seen, questions[0][1], predictor)
    law: Law | None = None
    failure: str | None = None
    try:
        if not evidence.checkpoints:
            family = questions[0][1].family
            raise RefusedError(f"{predictor.name} on {family!r}: no evidence of the family.")
        law = fit_law(predictor, evidence, rng=rng, compared=True)
    except ScalePredictError as error:
        failure = str(error)
    cells = []
    for number, split in questions:
        held = _held_out(benchmarks, split)
        forecast, reason = _forecast(law, held, with_scores=name != predictor.name)
        if forecast is not None:
            forecast = apply_calibration(forecast, calibration, name)
        cells.append(
            Cell(
                predictor=name,
                records=records,
                group=records,
                family=split.family,
                split=number,
                origin_flops=split.origin_flops,
                n_train=sum(c.family == split.family for c in evidence.checkpoints),
                targets=held.checkpoints,
                units=held.units,
                observed=held.scores,
                forecast=forecast,
                failure=failure or reason,
            )
        )
    return cells


def _forecast(
    law: Law | None, held: EvalTable, *, with_scores: bool
) -> tuple[Forecast | None, str | None]:
    if law is None:
        return None, None
    targets = Targets.of_table(held)
    if with_scores:
        targets = replace(targets, known=held)
    try:
        return _on_units(law.forecast(targets), held.units), None
    except ScalePredictError as error:
        return None, str(error)


def _on_units(forecast: Forecast, units: tuple[Unit, ...]) -> Forecast:
    index = match(units, forecast.units, unknown="same")

    def take(values: Floats) -> Floats:
        padded = np.concatenate([values, np.full_like(values[:, :1], np.nan)], axis=1)
        return padded[:, index]

    silent = "the method gives no forecast of this benchmark."
    return replace(
        forecast.with_arrays(take),
        units=units,
        failures=tuple(silent if i < 0 else forecast.failures[i] for i in index),
    )
