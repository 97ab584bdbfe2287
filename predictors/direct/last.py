"""Last value: the target scores what the largest measured model scores.

    score(C) = score of the checkpoint with the most training FLOPs

Role: the control. Skill is error relative to this method.
Fails when: the benchmark rises.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalepredict.predictors.interface import (
    Forecast,
    Frontier,
    Targets,
    make_forecast,
)
from scalepredict.records.notes import Note
from scalepredict.records.table import EvalTable


@dataclass(frozen=True, slots=True, kw_only=True)
class LastValue:
    """Carries the last measured score forward."""

    name: ClassVar[str] = "last"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> "LastValueLaw":
        """Remember where the evidence ends."""
        del rng
        return LastValueLaw(frontier=Frontier.of_table(table))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LastValueLaw:
    """The last scores."""

    frontier: Frontier

    def forecast(self, targets: Targets) -> Forecast:
        """The last scores at every target."""
        return make_forecast(targets, self.frontier, self.frontier.last)

    def notes(self) -> tuple[Note, ...]:
        """None."""
        return ()
