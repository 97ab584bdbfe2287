"""Mean score: the target scores what the measured models score on average.

    score(C) = mean of all scores of the benchmark

Role: a control. Where it beats a law, the benchmark has no trend.
Fails when: the benchmark rises.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalepredict.predictors.interface import Forecast, Frontier, Targets, make_forecast
from scalepredict.records.notes import Note
from scalepredict.records.table import EvalTable, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanScore:
    """Averages all checkpoints, without weights."""

    name: ClassVar[str] = "mean"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> "MeanScoreLaw":
        """Average the measured scores."""
        del rng
        measured = np.isfinite(table.scores)
        n = measured.sum(axis=0)
        mean = np.where(measured, table.scores, 0.0).sum(axis=0) / np.maximum(n, 1)
        square = np.where(measured, (table.scores - mean) ** 2, 0.0).sum(axis=0)
        return MeanScoreLaw(
            frontier=Frontier.of_table(table),
            mean=np.where(n > 0, mean, np.nan),
            variance=square / np.maximum(n - 1, 1) / np.maximum(n, 1),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanScoreLaw:
    """The mean scores.

    Attributes:
        frontier: Where the evidence ends.
        mean: Shape (T,).
        variance: Of the mean. Shape (T,).
    """

    frontier: Frontier
    mean: Floats
    variance: Floats

    def forecast(self, targets: Targets) -> Forecast:
        """The mean scores at every target."""
        return make_forecast(targets, self.frontier, self.mean, model_variance=self.variance)

    def notes(self) -> tuple[Note, ...]:
        """None."""
        return ()
