"""How is a curve fitted to the scores of every benchmark at once?

Least squares on the curve's link scale, each point weighted by (dq/dz)^2, so that equal errors of
the score count equally, and by its nearness to the top of the evidence:

    weight = exp(-d / h),   d = decades of FLOPs below the largest checkpoint of the benchmark

with h widened, benchmark by benchmark, until the weights are worth three checkpoints (Kish's
effective number). Far smaller models follow another regime; unweighted fits are bent by them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.predictors.direct.curves import CURVES
from scalepredict.predictors.limits import SCORE_CLIP
from scalepredict.predictors.numerics.least_squares import BestOfStarts, Solution, best_of_starts
from scalepredict.predictors.scale.scale_evidence import Ladder
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Bools, Floats, Ints, Unit
from scalepredict.records.text.counts import count_of

FADE_DECADES = 0.6  # h; between 0.5 and 1 the backtests hardly differ
WORTH_CHECKPOINTS = 3.0
FIT_TOLERANCE = 1e-6  # relative; forecasts then differ by less than a tenth of a point
MAX_STEPS = 200
VARIANCE_CAP = 0.25  # of any score: half at 0, half at 1
PSEUDO_CHECKPOINTS = 2.0  # of binomial noise, added to the residuals that noise is read from


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observed:
    """What starts may be read from.

    Attributes:
        features: What the curve reads. Shape (M, F) or (T, M, F).
        z: Scores on the link scale. Shape (M, T).
        weight: Of each residual on the link scale; 0 = not measured. Shape (M, T).
        last: Last scores on the link scale. Shape (T,).
    """

    features: Floats
    z: Floats
    weight: Floats
    last: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveForm:
    """How a curve is to be fitted.

    Attributes:
        curve: Name in CURVES.
        parameters: Names of the P parameters, for notes.
        starts: Where to start from, (T, S, P).
        lower: Lower bounds, length P; none if empty.
        upper: Upper bounds, length P; none if empty.
        at_lower: What it means that a parameter is at its lower bound; "" for a bound that only
            limits the search. Length P; all "" if empty.
        pull: How strongly each parameter is drawn to 0: 1 away from it costs as much as an error
            of ``pull`` in one score. Length P; none if empty.
    """

    curve: str
    parameters: tuple[str, ...]
    starts: Callable[[Observed], Floats]
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
    at_lower: tuple[str, ...] = ()
    pull: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveFits:
    """One fitted curve per benchmark.

    Attributes:
        curve: Name in CURVES.
        floor: Score where the share is 0. Shape (T,).
        params: NaN where there is no fit. Shape (T, P).
        covariance: Of the parameters. Shape (T, P, P).
    """

    curve: str
    floor: Floats
    params: Floats
    covariance: Floats

    def at(self, features: Floats) -> tuple[Floats, Floats]:
        """Score and its variance (delta method) at features (K, F) or (T, K, F). Two (K, T)."""
        form = CURVES[self.curve]
        with np.errstate(invalid="ignore"):
            z, derivative = form.line(self.params, features)
            share, slope = form.link.inverse(z)
            spread = np.einsum("tkp,tpq,tkq->tk", derivative, self.covariance, derivative)
        reach = 1 - self.floor[:, None]
        variance = np.minimum((reach * slope) ** 2 * np.maximum(spread, 0.0), VARIANCE_CAP)
        return (self.floor[:, None] + reach * share).T, np.nan_to_num(variance).T

    def without(self, failures: Sequence[str | None]) -> "CurveFits":
        """The same fits, NaN where there is a failure."""
        failed = np.array([failure is not None for failure in failures], dtype=bool)
        return CurveFits(
            curve=self.curve,
            floor=self.floor,
            params=np.where(failed[:, None], np.nan, self.params),
            covariance=np.where(failed[:, None, None], np.nan, self.covariance),
        )


def fit_curves(
    form: CurveForm, ladder: Ladder, features: Floats, measured: Bools, last: Floats
) -> tuple[CurveFits, BestOfStarts]:
    """Fit one curve to every unit.

    Args:
        form: The curve.
        ladder: The evidence: M checkpoints, T units.
        features: What the curve reads, shape (M, F) or (T, M, F); finite.
        measured: Which scores take part. Shape (M, T).
        last: Last score of each unit, where the starts begin. Shape (T,).
    """
    curve = CURVES[form.curve]
    floor = ladder.floor() if curve.from_floor else np.zeros(len(last))

    def on_link(scores: Floats) -> Floats:
        share = (np.nan_to_num(scores, nan=0.5) - floor) / (1 - floor)
        return curve.link.forward(np.clip(share, curve.link.least, 1 - curve.link.least))

    z = on_link(ladder.scores)
    fade = fading(ladder.scale.flops, measured)
    steepness = (1 - floor) * curve.link.inverse(z)[1]  # of the score on the link scale
    weight = np.sqrt(fade) * steepness
    pull = np.array(form.pull or (0.0,) * len(form.parameters))

    def residuals(params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        drawn, derivative = curve.line(params, features[rows] if features.ndim == 3 else features)
        w = weight.T[rows]
        misfit = np.concatenate([w * (drawn - z.T[rows]), pull * params], axis=1)
        steady = np.broadcast_to(np.diag(pull), (len(rows), len(pull), len(pull)))
        return misfit, np.concatenate([w[:, :, None] * derivative, steady], axis=1)

    found = best_of_starts(
        residuals,
        form.starts(Observed(features=features, z=z, weight=weight, last=on_link(last))),
        lower=np.array(form.lower) if form.lower else None,
        upper=np.array(form.upper) if form.upper else None,
        max_steps=MAX_STEPS,
        tolerance=FIT_TOLERANCE,
    )
    _, derivative = curve.line(found.solution.params, features)
    covariance = _covariance(found.solution, (fade * steepness).T, derivative, fade, ladder)
    fits = CurveFits(
        curve=form.curve, floor=floor, params=found.solution.params, covariance=covariance
    )
    return fits, found


def line_starts(n_parameters: int) -> Callable[[Observed], Floats]:
    """A level line through the last score: enough for what is linear on the link scale."""

    def starts(observed: Observed) -> Floats:
        level = np.zeros((len(observed.last), 1, n_parameters))
        level[:, 0, 0] = observed.last
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
    form: CurveForm,
    found: BestOfStarts,
    failures: Sequence[str | None],
    units: Sequence[Unit],
) -> tuple[Note, ...]:
    """What a user must know of a batch of fits: refusals, bounds that bind, fits that moved on."""
    kept = np.array([failure is None for failure in failures], dtype=bool)
    remarks = []
    if not kept.all():
        text = f"no fit on {(~kept).sum()} of {count_of(len(kept), 'benchmark')}."
        remarks.append(noted("no-fit", text, subject=method))
    for p, parameter in enumerate(form.parameters):
        for side, word, bounds in ((-1, "lower", form.lower), (1, "upper", form.upper)):
            binds = kept & (found.solution.at_bound[:, p] == side)
            meaning = form.at_lower[p] if side < 0 and form.at_lower else ""
            if binds.any():
                says = meaning or f"{parameter} is at its {word} bound, {bounds[p]:g},"
                text = f"{says} {_names(units, binds)}."
                remarks.append(noted("at-bound", text, subject=method))
    restless = kept & ~found.solution.converged
    if restless.any():
        text = f"the fit did not converge {_names(units, restless)}."
        remarks.append(noted("not-converged", text, subject=method))
    return tuple(remarks)


def _covariance(
    solution: Solution, weight: Floats, derivative: Floats, fade: Floats, ladder: Ladder
) -> Floats:
    # Fading chooses what to fit; it does not make small models noisier. So (J'J)^-1 has between
    # its two copies the covariance of residuals of equal noise under these weights ("sandwich").
    bread = solution.inverse_curvature()
    faded = weight[:, :, None] * derivative
    filling = np.swapaxes(faded, 1, 2) @ faded
    spent = np.einsum("tpq,tqp->t", bread, filling)
    p = np.clip(np.nan_to_num(ladder.scores, nan=0.5), *SCORE_CLIP)
    total = fade.sum(axis=0)
    usual = (fade * p * (1 - p) / ladder.n_items).sum(axis=0) / np.maximum(total, 1e-300)
    spare = np.maximum(total - spent, 0.0) + PSEUDO_CHECKPOINTS
    noise = (2 * solution.cost + PSEUDO_CHECKPOINTS * usual) / spare
    result: Floats = noise[:, None, None] * (bread @ filling @ bread)
    return result


def _names(units: Sequence[Unit], chosen: Bools) -> str:
    names = [unit.shown for unit, is_chosen in zip(units, chosen, strict=True) if is_chosen]
    if len(names) == 1:
        return f"on {names[0]}"
    return f"on {len(names)} of {len(units)} benchmarks ({names[0]}, ...)"
