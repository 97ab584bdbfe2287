"""Reference: the curve that public models have on a well-known benchmark, drawn to the ladder.

    score(N, D) = g + (1 - g) sigmoid(a + b x)

with the most probable (a, b), given the ladder and the public models.

It forecasts from one checkpoint on, since slope and spread come from hundreds of public models;
the ladder's own lab never takes part. The formulas are in reference_curves.py and
reference_table.py.

Source: empirical Bayes, as there.
Fails when: a benchmark is not among the public ones, or its level hangs on data rather than scale.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Forecast, Frontier, Targets, make_forecast
from scalepredict.predictors.reference.fitted_reference import FittedReference, fit_reference
from scalepredict.predictors.reference.reference_notes import reference_notes
from scalepredict.records.notes import Note
from scalepredict.records.table import Bools, EvalTable
from scalepredict.records.text.counts import count_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Reference curves alone; reads scores, N and D.

    Attributes:
        reference_without: Names of labs to leave out besides the ladder's own.
    """

    name: ClassVar[str] = "reference"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    reference_without: tuple[str, ...] = ()

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> "ReferenceLaw":
        """Fit the curve of every served benchmark.

        Raises:
            RefusedError: No benchmark of the table has a reference curve.
        """
        del rng
        fitted = fit_reference(table, without=self.reference_without)
        if not fitted.served.any():
            reasons = dict.fromkeys(reason for reason in fitted.reasons if reason)
            raise RefusedError(
                f"{self.name} on family {', '.join(map(repr, table.families))}: none of "
                f"{count_of(len(table.units), 'benchmark')} has a reference curve "
                f"({'; '.join(reasons)}). Fit with --predictor stack."
            )
        return ReferenceLaw(frontier=Frontier.of_table(table), reference=fitted)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReferenceLaw:
    """Fitted reference curves.

    Attributes:
        frontier: Where the evidence ends.
        reference: The curves.
    """

    frontier: Frontier
    reference: FittedReference

    @property
    def reference_alone(self) -> Bools:
        """Every unit. Shape (T,)."""
        return np.ones(len(self.frontier.units), dtype=bool)

    def forecast(self, targets: Targets) -> Forecast:
        """Scores on the curves."""
        reasons = self.reference.reasons
        made = make_forecast(
            targets,
            self.frontier,
            self.reference.scores(targets),
            failures=tuple(f"no reference curve: {r}" if r else None for r in reasons),
        )
        variance = self.reference.variance(
            targets, self.frontier.n_items, alone=self.reference_alone
        )
        return replace(made, reference_weight=np.ones_like(variance), reference_variance=variance)

    def notes(self) -> tuple[Note, ...]:
        """What the curves rest on, benchmark by benchmark."""
        return reference_notes(self.reference, self.frontier, self.reference_alone)
