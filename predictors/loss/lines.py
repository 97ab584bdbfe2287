"""Metrics without a bound ahead, such as Elo: a straight line in log C.

    v = level + slope log C,    weights halve every 4x below the largest run

Source: weighted least squares with its predictive t distribution (Gelman et al., Bayesian Data
    Analysis, 3rd ed., section 14.2).
Fails when: the metric bends; no such ladder was ever tested here.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import stdtrit

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import (
    PROBABILITIES,
    Forecast,
    Frontier,
    Targets,
    make_forecast,
)
from scalepredict.predictors.loss.compute_law import recency
from scalepredict.records.notes import Note
from scalepredict.records.table import EvalTable, Floats
from scalepredict.records.text.counts import count_of

FEWEST = 3
LEAST_FREEDOM = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A line for each unit; it has no settings."""

    name: ClassVar[str] = "lines"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> "LinesLaw":
        """Fit all units of one family. Draws nothing.

        Raises:
            RefusedError: A checkpoint has no FLOPs.
        """
        del rng
        if not np.isfinite(table.flops).all():
            raise RefusedError(
                f"{self.name} on family {', '.join(map(repr, table.families))}: "
                f"{np.isnan(table.flops).sum()} of {count_of(len(table.flops), 'checkpoint')} "
                "without training compute. Record their tokens or FLOPs, or leave them out."
            )
        x, y = np.log(table.flops), table.scores.T
        measured = np.isfinite(y)
        weights = recency(x, measured, np.where(measured, x, -np.inf).max(axis=1))
        total = weights.sum(axis=1)
        effective = total**2 / (weights**2).sum(axis=1)
        y = np.where(measured, y, 0.0)
        centre, level = (weights * x).sum(axis=1) / total, (weights * y).sum(axis=1) / total
        away = x - centre[:, None]
        spread = (weights * away**2).sum(axis=1)
        enough = np.array([len(np.unique(x[row])) >= FEWEST for row in measured])
        slope = (weights * away * y).sum(axis=1) / np.where(spread > 0, spread, np.inf)
        left = y - level[:, None] - slope[:, None] * away
        freedom = np.maximum(effective - 2, LEAST_FREEDOM)
        noise = np.sqrt((weights * left**2).sum(axis=1) * effective / total / freedom)
        return LinesLaw(
            frontier=Frontier.of_table(table),
            level=np.where(enough, level, np.nan),
            slope=slope,
            centre=centre,
            noise=noise,
            effective=effective,
            spread=spread * effective / total,
            freedom=freedom,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinesLaw:
    """The lines. Shapes (T,).

    Attributes:
        frontier: Where the evidence ends.
        level: Value at ``centre``; NaN of units with fewer than three distinct scales.
        slope: For each e-fold of FLOPs.
        centre: Weighted mean of log C.
        noise: Standard deviation around the line.
        effective: Runs that the weights leave.
        spread: Their summed squares of log C - centre.
        freedom: Degrees of freedom.
    """

    frontier: Frontier
    level: Floats
    slope: Floats
    centre: Floats
    noise: Floats
    effective: Floats
    spread: Floats
    freedom: Floats

    def forecast(self, targets: Targets) -> Forecast:
        """The lines with their predictive distributions. Draws nothing."""
        away = np.log(targets.flops)[:, None] - self.centre
        point = self.level + self.slope * away
        spread = np.where(self.spread > 0, self.spread, np.inf)
        scale = self.noise * np.sqrt(1 + 1 / self.effective + away**2 / spread)
        z = stdtrit(self.freedom[:, None], PROBABILITIES)
        failures = tuple(
            f"fewer than {FEWEST} distinct scales, and a line needs them. Add checkpoints."
            if np.isnan(level)
            else None
            for level in self.level
        )
        return make_forecast(
            targets,
            self.frontier,
            point,
            quantiles=point[..., None] + scale[..., None] * z,
            failures=failures,
        )

    def notes(self) -> tuple[Note, ...]:
        """None."""
        return ()
