"""How is a direct law (scale in, score out) fitted to every benchmark at once?

Least squares on the curve's link scale, each point weighted by (dq/dz)^2, so that equal errors of
the score count equally, and by its nearness to the top of the evidence:

    weight = exp(-d / h),   d = decades of FLOPs below the largest checkpoint of the benchmark

with h widened, benchmark by benchmark, until the weights are worth three checkpoints (Kish's
effective number). Far smaller models follow another regime; unweighted fits are bent by them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.curves import CURVES
from scalepredict.predictors.interface import Forecast, Frontier, Targets, make_forecast
from scalepredict.predictors.ladder import Ladder, Scale
from scalepredict.predictors.least_squares import BestOfStarts, Solution, best_of_starts
from scalepredict.records.table import Bools, EvalTable, Floats, Ints, Unit

FADE_DECADES = 0.6  # h; between 0.5 and 1 the backtests hardly differ
WORTH_CHECKPOINTS = 3.0
# Distinct scales that a law of so many parameters needs: laws with as many parameters as scales
# fit everything and forecast nothing.
SCALES_NEEDED = {1: 1, 2: 3, 3: 6, 4: 8, 6: 12}
RATIOS_NEEDED = 3  # distinct tokens per parameter, to tell the effect of N from that of D
RATIO_STEP = 0.05  # ratios count as distinct when they differ by 5 %
FIT_TOLERANCE = 1e-8  # relative; far below the noise of a score
VARIANCE_CAP = 0.25  # of any score: half at 0, half at 1
PSEUDO_CHECKPOINTS = 2.0  # of binomial noise, added to the residuals that noise is read from


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DirectLaw:
    """One fitted curve per benchmark.

    Attributes:
        frontier: Where the evidence ends.
        curve: Name in CURVES.
        in_flops: Whether the feature is log C, or log N and log D (natural logs).
        centre: Features of the largest checkpoint; the curve reads the distance from it. (F,).
        floor: Score where the share is 0. Shape (T,).
        params: NaN where there is no fit. Shape (T, P).
        covariance: Of the parameters. Shape (T, P, P).
        failures: Why a benchmark has no fit. Length T.
        remarks: Sentences for the user.
    """

    frontier: Frontier
    curve: str
    in_flops: bool
    centre: Floats
    floor: Floats
    params: Floats
    covariance: Floats
    failures: tuple[str | None, ...]
    remarks: tuple[str, ...]

    def forecast(self, targets: Targets, *, rng: np.random.Generator) -> Forecast:
        """The curves at every target. Draws nothing."""
        del rng
        scale = Scale.complete(targets.params, targets.tokens, targets.flops)
        point, variance = self.curve_at(features(scale, in_flops=self.in_flops))
        return make_forecast(
            targets, self.frontier, point, model_variance=variance, failures=self.failures
        )

    def curve_at(self, at: Floats) -> tuple[Floats, Floats]:
        """Score and its variance (delta method) at features (K, F). Two (K, T)."""
        curve = CURVES[self.curve]
        with np.errstate(invalid="ignore"):
            z, derivative = curve.line(self.params, at - self.centre)
            share, slope = curve.link.inverse(z)
            spread = np.einsum("tkp,tpq,tkq->tk", derivative, self.covariance, derivative)
        reach = 1 - self.floor[:, None]
        variance = np.minimum((reach * slope) ** 2 * np.maximum(spread, 0.0), VARIANCE_CAP)
        return (self.floor[:, None] + reach * share).T, np.where(np.isnan(spread), 0.0, variance).T

    def notes(self) -> tuple[str, ...]:
        """Bounds that bind, and benchmarks without a fit."""
        return self.remarks


def features(scale: Scale, *, in_flops: bool) -> Floats:
    """What a curve reads: log C, or log N and log D (natural logs). Shape (M, F)."""
    if in_flops:
        return np.log(scale.flops)[:, None]
    return np.log(np.stack([scale.params, scale.tokens], axis=1))


def fit_direct(
    table: EvalTable,
    method: str,
    *,
    curve: str,
    in_flops: bool,
    starts: Callable[[Floats], Floats],
    parameters: Sequence[str],
    lower: Sequence[float] | None = None,
    upper: Sequence[float] | None = None,
) -> DirectLaw:
    """Fit one curve to every unit of a family.

    Args:
        table: The evidence, T units.
        method: Name of the method, for messages.
        curve: Name in CURVES.
        in_flops: Whether the curve reads log C, or log N and log D.
        starts: From the last scores on the link scale (T,) to starts (T, S, P).
        parameters: Names of the P parameters, for notes.
        lower: Lower bounds. Shape (P,).
        upper: Upper bounds. Shape (P,).

    Raises:
        RefusedError: Fewer distinct scales than the curve needs.
    """
    ladder = Ladder.of_table(table, method=method)
    measured = np.isfinite(ladder.scores)
    enough = _Budget(scale=ladder.scale, n_parameters=len(parameters), in_flops=in_flops)
    enough.require(where=f"{method} on family {', '.join(map(repr, table.families))}")
    form = CURVES[curve]
    x = features(ladder.scale, in_flops=in_flops)
    centre = x[np.argmax(ladder.scale.flops)]
    floor = ladder.floor() if form.from_floor else np.zeros(len(table.units))

    def on_link(scores: Floats) -> Floats:
        share = (np.nan_to_num(scores, nan=0.5) - floor) / (1 - floor)
        return form.link.forward(np.clip(share, form.link.least, 1 - form.link.least))

    z = on_link(ladder.scores)
    fade = fading(ladder.scale.flops, measured)
    weight = np.sqrt(fade) * (1 - floor) * form.link.inverse(z)[1]

    def residuals(params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        drawn, derivative = form.line(params, x - centre)
        w = weight.T[rows]
        return w * (drawn - z.T[rows]), w[:, :, None] * derivative

    frontier = Frontier.of_table(table)
    found = best_of_starts(
        residuals,
        starts(on_link(frontier.last)),
        lower=None if lower is None else np.array(lower, dtype=float),
        upper=None if upper is None else np.array(upper, dtype=float),
        tolerance=FIT_TOLERANCE,
    )
    _, derivative = form.line(found.solution.params, x - centre)
    covariance = _covariance(found.solution, (np.sqrt(fade) * weight).T, derivative, fade, ladder)
    failures = tuple(enough.failure(measured[:, t]) for t in range(len(table.units)))
    kept = np.array([failure is None for failure in failures], dtype=bool)
    return DirectLaw(
        frontier=frontier,
        curve=curve,
        in_flops=in_flops,
        centre=centre,
        floor=floor,
        params=np.where(kept[:, None], found.solution.params, np.nan),
        covariance=np.where(kept[:, None, None], covariance, np.nan),
        failures=failures,
        remarks=fit_remarks(method, found, kept, parameters, frontier.units),
    )


def line_starts(n_parameters: int) -> Callable[[Floats], Floats]:
    """A level line through the last score: enough for what is linear on the link scale."""

    def starts(z: Floats) -> Floats:
        level = np.zeros((len(z), 1, n_parameters))
        level[:, 0, 0] = z
        return level

    return starts


def fading(flops: Floats, measured: Bools) -> Floats:
    """Weights that fall with the distance from each unit's largest checkpoint. Shape (M, T)."""
    decades = np.log10(flops)[:, None]
    top = np.where(measured, decades, -np.inf).max(axis=0)
    distance = np.where(measured, top - decades, np.inf)
    widths = FADE_DECADES * 1.25 ** np.arange(16)  # up to 17 decades: no fading at all
    weights = np.exp(-distance / widths[:, None, None])  # (W, M, T)
    total, square = weights.sum(axis=1), (weights**2).sum(axis=1)
    worth = total**2 / np.maximum(square, 1e-300)
    first = np.argmax(worth >= np.minimum(WORTH_CHECKPOINTS, worth[-1]), axis=0)
    faded: Floats = weights[first, :, np.arange(len(first))].T
    return faded


def fit_remarks(
    method: str,
    found: BestOfStarts,
    kept: Bools,
    parameters: Sequence[str],
    units: Sequence[Unit],
) -> tuple[str, ...]:
    """What a user must know of a batch of fits: refusals, bounds that bind, fits that moved on."""
    remarks = []
    if not kept.all():
        remarks.append(f"{method}: no fit on {(~kept).sum()} of {len(kept)} benchmarks.")
    for p, parameter in enumerate(parameters):
        binds = kept & (found.solution.at_bound[:, p] != 0)
        if binds.any():
            remarks.append(f"{method}: {parameter} is at its bound on {_names(units, binds)}.")
    restless = kept & ~found.solution.converged
    if restless.any():
        remarks.append(f"{method}: the fit did not converge on {_names(units, restless)}.")
    return tuple(remarks)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Budget:
    scale: Scale
    n_parameters: int
    in_flops: bool

    def require(self, *, where: str) -> None:
        reason = self.failure(np.ones(len(self.scale.flops), dtype=bool))
        if reason is not None:
            raise RefusedError(f"{where}: {reason}")

    def failure(self, measured: Bools) -> str | None:
        needed = SCALES_NEEDED[self.n_parameters]
        columns = (self.scale.flops,) if self.in_flops else (self.scale.params, self.scale.tokens)
        distinct = len(np.unique(np.stack(columns, axis=1)[measured], axis=0))
        if distinct < needed:
            return (
                f"{distinct} distinct scales, and a law of {self.n_parameters} parameters needs "
                f"{needed}. Add checkpoints of other sizes, or use --predictor power_law or stack."
            )
        if self.in_flops:
            return None
        params, tokens = (np.log(size[measured]) for size in (self.scale.params, self.scale.tokens))
        if (ratios := _distinct(tokens - params)) < RATIOS_NEEDED:
            return (
                f"{ratios} distinct ratios of tokens to parameters, and {RATIOS_NEEDED} are needed "
                "to tell their effects apart. Use --predictor power_law or stack."
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


def _covariance(
    solution: Solution, weight: Floats, derivative: Floats, fade: Floats, ladder: Ladder
) -> Floats:
    # Fading chooses what to fit; it does not make small models noisier. So (J'J)^-1 has on both
    # sides of it the covariance of the weighted residuals of equal noise ("sandwich").
    bread = solution.inverse_curvature()
    faded = weight[:, :, None] * derivative  # weight holds fade, not its root
    sandwich = bread @ (np.swapaxes(faded, 1, 2) @ faded) @ bread
    spent = np.einsum("tpq,tqp->t", bread, np.swapaxes(faded, 1, 2) @ faded)
    p = np.clip(np.nan_to_num(ladder.scores, nan=0.5), 0.02, 0.98)
    total = fade.sum(axis=0)
    usual = (fade * p * (1 - p) / ladder.n_items).sum(axis=0) / np.maximum(total, 1e-300)
    spare = np.maximum(total - spent, 0.0) + PSEUDO_CHECKPOINTS
    noise = (2 * solution.cost + PSEUDO_CHECKPOINTS * usual) / spare
    result: Floats = noise[:, None, None] * sandwich
    return result


def _names(units: Sequence[Unit], chosen: Bools) -> str:
    names = [unit.benchmark for unit, is_chosen in zip(units, chosen, strict=True) if is_chosen]
    if len(names) == 1:
        return names[0]
    return f"{len(names)} of {len(units)} benchmarks ({names[0]}, ...)"
