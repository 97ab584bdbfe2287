"""What every forecast of a loss is compared with: the last value, lines, and laws fitted freely.

    last        the loss of the largest run
    trend       a line of L in log C along the rungs of the front
    power_law   E + A C^-gamma along the rungs, E fitted
    pinned      the same with E = .6 L_min: a line of log (L - E) in log C
    nd_law      E + A N^-alpha + B D^-beta of all runs, E fitted
    mean        mean of pinned and of two laws in N and D, with exponents apart and in common

They say nothing of their errors; the band that they are given here is plain: 1 % and 3 % for each
e-fold of compute beyond the evidence.
Role: the control. They serve a backtest alone, and are never stored.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.special import ndtri

from scalepredict.predictors.interface import (
    PROBABILITIES,
    Forecast,
    Frontier,
    Targets,
    make_forecast,
)
from scalepredict.predictors.loss.envelope import FEWEST_RUNGS, envelope
from scalepredict.predictors.loss.loss_law import (
    CHINCHILLA,
    COMPUTE,
    OVER_TRAINING,
    LossForm,
    fit_loss_laws,
)
from scalepredict.predictors.loss.priors import LEAST_SHARE
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.table import EvalTable, Floats

Form = Literal["last", "trend", "power_law", "pinned", "nd_law", "mean"]
BAND, BAND_PER_EFOLD = 0.01, 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class LossBaseline:
    """One of the forms."""

    name: ClassVar[str] = "loss_baseline"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    form: Form

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> "LossBaselineLaw":
        """Remember the evidence: the forms are fitted where they are asked."""
        del rng
        return LossBaselineLaw(form=self.form, evidence=table)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LossBaselineLaw:
    """A form and its evidence."""

    form: Form
    evidence: EvalTable

    def forecast(self, targets: Targets) -> Forecast:
        """The form at every target, in a plain band."""
        frontier = Frontier.of_table(self.evidence)
        ahead = np.maximum(np.log(targets.flops / frontier.max_flops), 0.0)
        spread = np.hypot(BAND, BAND_PER_EFOLD * ahead)[:, None, None]
        point = self._points(targets)
        quantiles = point[..., None] * np.exp(spread * ndtri(PROBABILITIES))
        failures = tuple(
            "the form could not be fitted." if np.isnan(column).any() else None
            for column in point.T
        )
        return make_forecast(targets, frontier, point, quantiles=quantiles, failures=failures)

    def notes(self) -> tuple[str, ...]:
        """None."""
        return ()

    def _points(self, targets: Targets) -> Floats:
        match self.form:
            case "last":
                last = Frontier.of_table(self.evidence).last
                return np.broadcast_to(last, (len(targets), len(last)))
            case "trend":
                return self._line(targets, share=0.0, log=False)
            case "pinned":
                return self._line(targets, share=LEAST_SHARE, log=True)
            case "power_law":
                return self._free(targets, COMPUTE, rungs_alone=True)
            case "nd_law":
                return self._free(targets, CHINCHILLA, rungs_alone=False)
            case "mean":
                made = [
                    self._line(targets, share=LEAST_SHARE, log=True),
                    self._free(targets, CHINCHILLA, rungs_alone=False),
                    self._free(targets, OVER_TRAINING, rungs_alone=False),
                ]
                return np.asarray(np.mean(made, axis=0))

    def _line(self, targets: Targets, *, share: float, log: bool) -> Floats:
        # All rungs count alike; fewer than three make no line.
        x, loss = np.log(self.evidence.flops), self.evidence.scores.T
        rungs = envelope(x, loss)
        entropy = share * np.fmin.reduce(loss, axis=1)
        excess = np.where(rungs, loss - entropy[:, None], 1.0)
        y = np.where(rungs, np.log(excess) if log else loss, 0.0)
        n = np.maximum(rungs.sum(axis=1), 1)
        centre, level = (rungs * x).sum(axis=1) / n, y.sum(axis=1) / n
        away = np.where(rungs, x - centre[:, None], 0.0)
        square = (away**2).sum(axis=1)
        slope = (away * y).sum(axis=1) / np.where(square > 0, square, 1.0)
        value = level + slope * (np.log(targets.flops)[:, None] - centre)
        point = entropy + np.exp(value) if log else value
        return np.where(n >= FEWEST_RUNGS, point, np.nan)

    def _free(self, targets: Targets, form: LossForm, *, rungs_alone: bool) -> Floats:
        loss = self.evidence.scores.T
        if rungs_alone:
            loss = np.where(envelope(np.log(self.evidence.flops), loss), loss, np.nan)
        laws = fit_loss_laws(Scale.of_table(self.evidence), loss, form)
        enough = np.isfinite(loss).sum(axis=1) >= FEWEST_RUNGS
        point = np.exp(laws.log_loss(Scale.of_targets(targets))[0]).T
        return np.where(enough, point, np.nan)
