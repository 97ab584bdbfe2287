"""What does a backtest say? Everything that is shown of it, in one value."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.backtest.averages import average_cells
from scalepredict.evaluation.backtest.floor import FloorRow, Noise, noise_floor
from scalepredict.evaluation.backtest.health import mean_z2
from scalepredict.evaluation.backtest.outcomes import REFERENCE, Outcomes, outcomes
from scalepredict.evaluation.backtest.relative_errors import of_fractions, relative_cells
from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.evaluation.backtest.summary import SummaryRow, summarise
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.intervals.levels import DEFAULT_LEVELS, Levels


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a method gave no forecast, and how many measured scores that concerns."""

    predictor: str
    reason: str
    n_forecasts: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BacktestReport:
    """The result of a backtest.

    Attributes:
        cells: Every forecast beside what was measured.
        summary: Each method, by part and then over everything (part empty).
        averages: The same for the average over all benchmarks of a target.
        floors: Error that noise alone leaves, by part and over everything.
        failures: Counted, by method and reason.
        noise_ratio: Mean squared standardised error of each method over that of the reference
            series of its calibration: how much noisier the records are than those.
        levels: Of the intervals.
        own_metrics: The summary of metrics that are no fractions, such as losses, whose errors and
            widths are shares of what was measured; the others are of fractions alone.
    """

    cells: tuple[Cell, ...]
    summary: tuple[SummaryRow, ...]
    averages: tuple[SummaryRow, ...]
    floors: tuple[FloorRow, ...]
    failures: tuple[Failure, ...]
    noise_ratio: dict[str, float]
    levels: Levels
    own_metrics: tuple[SummaryRow, ...] = ()


def make_report(
    cells: Sequence[Cell],
    calibration: Calibration,
    *,
    by: str,
    interpolation: Noise,
    checkpoints: Noise,
    levels: Levels = DEFAULT_LEVELS,
    rng: np.random.Generator,
) -> BacktestReport:
    """Summarise cells by ``factor_bin``, ``benchmark``, ``family`` or ``group``.

    Args:
        cells: From ``run_backtest``.
        calibration: The one that the cells were calibrated with.
        by: What the summary is split by.
        interpolation: Noise floor by interpolation; may be empty.
        checkpoints: Noise floor of late checkpoints; may be empty.
        levels: Of the intervals that are judged.
        rng: Draws bootstrap resamples.
    """
    fractions, relative = of_fractions(cells), relative_cells(cells)
    lines = outcomes(fractions, levels)
    averages = outcomes(average_cells(fractions, calibration), levels)
    own = outcomes(relative, levels)
    parts = (by, None)
    average_parts = parts if by != "benchmark" else (None,)
    methods = lines.names["predictor"]
    # Floors are of the targets, not of a method: read them with one that forecasts everything.
    whole = methods.index(REFERENCE) if REFERENCE in methods else 0
    return BacktestReport(
        cells=tuple(cells),
        summary=tuple(row for part in parts for row in summarise(lines, by=part, rng=rng)),
        averages=tuple(
            row for part in average_parts for row in summarise(averages, by=part, rng=rng)
        ),
        floors=tuple(
            row
            for part in parts
            for row in noise_floor(
                _of_predictor(lines, whole),
                by=part,
                interpolation=interpolation,
                checkpoints=checkpoints,
            )
        ),
        failures=_failures(cells),
        noise_ratio={
            name: mean_z2(_of_predictor(lines, number)) / calibration.of(name).reference_z2
            for number, name in enumerate(methods)
        },
        levels=levels,
        own_metrics=tuple(row for part in parts for row in summarise(own, by=part, rng=rng))
        if relative
        else (),
    )


def _of_predictor(lines: Outcomes, number: int) -> Outcomes:
    return lines.take(np.flatnonzero(lines.column("predictor") == number))


def _failures(cells: Sequence[Cell]) -> tuple[Failure, ...]:
    counts: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        lost = np.isfinite(cell.observed)
        reasons: Sequence[str | None] = [cell.failure] * len(cell.units)
        if cell.forecast is not None:
            lost &= ~np.isfinite(cell.forecast.point)
            reasons = cell.forecast.failures
        for reason, n in zip(reasons, lost.sum(axis=0), strict=True):
            if n:
                counts[cell.predictor, reason or "the method gave no number."] += int(n)
    return tuple(
        Failure(predictor=predictor, reason=reason, n_forecasts=n)
        for (predictor, reason), n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
