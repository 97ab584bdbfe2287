"""How does a direct law (scale in, score out) become a predictor? Features, budgets, forecasts."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.direct.curve_fits import CurveFits, CurveForm, fit_curves, fit_remarks
from scalepredict.predictors.interface import Forecast, Frontier, Targets, make_forecast
from scalepredict.predictors.numerics.rungs import rungs
from scalepredict.predictors.scale.scale_evidence import Ladder, Scale
from scalepredict.records.notes import Note
from scalepredict.records.table import Bools, EvalTable, Floats
from scalepredict.records.text.counts import count_of

# Distinct scales that a law of so many parameters needs: laws with as many parameters as scales
# fit everything and forecast nothing.
SCALES_NEEDED = {2: 3, 3: 6, 4: 8, 6: 12}
RATIOS_NEEDED = 3  # distinct tokens per parameter, to tell the effect of N from that of D
RATIO_STEP = 0.05  # sizes and ratios count as distinct when they differ by 5 %


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DirectLaw:
    """One fitted curve of scale per benchmark.

    Attributes:
        frontier: Where the evidence ends.
        in_flops: Whether the feature is log C, or log N and log D (natural logs).
        centre: Features of the largest checkpoint; the curves read the distance from it. (F,).
        fits: The curves.
        failures: Why a benchmark has no fit. Length T.
        remarks: What the user must know.
    """

    frontier: Frontier
    in_flops: bool
    centre: Floats
    fits: CurveFits
    failures: tuple[str | None, ...]
    remarks: tuple[Note, ...]

    def forecast(self, targets: Targets) -> Forecast:
        """The curves at every target."""
        scale = Scale.of_targets(targets)
        point, variance = self.fits.at(features(scale, in_flops=self.in_flops) - self.centre)
        return make_forecast(
            targets, self.frontier, point, model_variance=variance, failures=self.failures
        )

    def notes(self) -> tuple[Note, ...]:
        """Benchmarks without a fit, and bounds that bind."""
        return self.remarks


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePredictor:
    """One curve for each benchmark, fitted by weighted least squares.

    A method names its curve, and whether that reads log C, or log N and log D.
    """

    name: ClassVar[str]
    form: ClassVar[CurveForm]
    in_flops: ClassVar[bool]
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> DirectLaw:
        """Fit the curve to every unit of a family.

        Args:
            table: The evidence, T units.
            rng: Not used.

        Raises:
            RefusedError: Fewer distinct scales than the curve needs (``SCALES_NEEDED``), or, where
                it reads log N and log D, fewer than ``RATIOS_NEEDED`` ratios of them.
        """
        del rng
        return fit_direct(table, self.form, method=self.name, in_flops=self.in_flops)


def fit_direct(table: EvalTable, form: CurveForm, *, method: str, in_flops: bool) -> DirectLaw:
    """Fit one curve to every unit of a family.

    Args:
        table: The evidence, T units.
        form: The curve.
        method: Name of the method, for messages.
        in_flops: Whether the curve reads log C, or log N and log D.

    Raises:
        RefusedError: As ``CurvePredictor.fit``.
    """
    ladder = Ladder.of_table(table, method=method)
    needs = Budget(scale=ladder.scale, n_parameters=len(form.parameters), in_flops=in_flops)
    everywhere = needs.failure(np.ones(len(table.checkpoints), dtype=bool))
    if everywhere is not None:
        raise RefusedError(
            f"{method} on family {', '.join(map(repr, table.families))}: {everywhere}"
        )
    measured = np.isfinite(ladder.scores)
    frontier = Frontier.of_table(table)
    x = features(ladder.scale, in_flops=in_flops)
    centre = x[np.argmax(ladder.scale.flops)]
    fits, found = fit_curves(form, ladder, x - centre, measured, frontier.last)
    failures = tuple(needs.failure(column) for column in measured.T)
    return DirectLaw(
        frontier=frontier,
        in_flops=in_flops,
        centre=centre,
        fits=fits.without(failures),
        failures=failures,
        remarks=(
            *(() if in_flops else ladder.remarks()),
            *fit_remarks(method, form, found, failures, frontier.units),
        ),
    )


def features(scale: Scale, *, in_flops: bool) -> Floats:
    """What a curve of scale reads: log C, or log N and log D (natural logs). Shape (M, F)."""
    if in_flops:
        return np.log(scale.flops)[:, None]
    return np.log(np.stack([scale.params, scale.tokens], axis=1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Budget:
    """How many parameters the evidence can carry.

    Attributes:
        scale: Sizes of the M checkpoints.
        n_parameters: Of the law.
        in_flops: Whether the law reads C alone, or N and D.
    """

    scale: Scale
    n_parameters: int
    in_flops: bool

    def failure(self, measured: Bools) -> str | None:
        """Why the chosen checkpoints, a mask of length M, are not enough; None if they are."""
        needed = SCALES_NEEDED[self.n_parameters]
        if self.in_flops:
            distinct = len(np.unique(rungs(self.scale.flops[measured])))
        else:
            sizes = np.stack([self.scale.params, self.scale.tokens], axis=1)[measured]
            distinct = len(np.unique(sizes, axis=0))
        if distinct < needed:
            simpler = "last" if self.n_parameters == 2 else "power_law or stack"
            return (
                f"{count_of(distinct, 'distinct scale')}, and a law of {self.n_parameters} "
                f"parameters needs {needed}. Add checkpoints of other sizes, or use --predictor "
                f"{simpler}."
            )
        if self.in_flops:
            return None
        params, tokens = (np.log(size[measured]) for size in (self.scale.params, self.scale.tokens))
        if (ratios := _distinct(tokens - params)) < RATIOS_NEEDED:
            return (
                f"{count_of(ratios, 'distinct ratio')} of tokens to parameters, and "
                f"{RATIOS_NEEDED} are needed to tell their effects apart. Use --predictor "
                "power_law or stack."
            )
        if _distinct(params) == 1 or _distinct(tokens) == 1:
            constant = "parameters" if _distinct(params) == 1 else "tokens"
            return (
                f"all checkpoints have the same number of {constant}, so its effect is unknown. "
                "Use --predictor power_law or stack."
            )
        return None


def _distinct(logs: Floats) -> int:
    return len(np.unique(np.round(logs / RATIO_STEP)))
