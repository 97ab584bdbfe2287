"""Stack: hierarchical curves and local lines, weighted by how they forecast the user's own ladder.

    score(N, D) = last + gain(h) * (sum_k w_kt member_k(N, D) - last)

Members: hierarchical curves on the published loss index of (N, D), logistic and Gompertz, and
Gompertz on that index tilted to log C; the same three on the mean of the published index and that
of the user's validation losses, where the records carry any; local lines half way between the
published index and log C. The published index is read with and without embeddings added to N, as
likely as the fit of all benchmarks makes either.

Each member forecasts the upper part of the evidence from the lower part (inner rolling origins);
benchmark by benchmark its weight falls with the fourth power of its error there. The gain, 1 +
0.05 h with h in decades of FLOPs, undoes some of the pull of pooled slopes towards no change.

Source: stacked generalisation (Wolpert 1992) over rolling origins (Tashman 2000).
Fails when: a benchmark is still at chance, or the recipe changes between evidence and target.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import softmax

from scalepredict.predictors.interface import Forecast, Frontier, Targets, make_forecast
from scalepredict.predictors.limits import FEWEST_MODELS
from scalepredict.predictors.loss.index import (
    EMBEDDING,
    Index,
    Placed,
    compute_index,
    mean_index,
    own_index,
    published_index,
)
from scalepredict.predictors.loss.loss_surface import fit_surface
from scalepredict.predictors.scale.scale_evidence import Ladder, Scale
from scalepredict.predictors.stack.hierarchical import (
    CurveSetting,
    HierarchicalCurves,
    fit_curves,
    recency,
)
from scalepredict.predictors.stack.local_line import LocalLines, fit_lines
from scalepredict.records.table import ASSUMED_ITEMS, EvalTable, Floats, Ints
from scalepredict.records.text.counts import count_of

INNER_ORIGINS = 4
INNER_TARGETS = 6
INNER_GAP = 1.3  # ratio of FLOPs between inner origins, and from an origin to its targets
NEAREST_ORIGINS = 8  # inner origins are spread over the last so many candidates
EMBEDDINGS = (0, 1, 2)  # left out of params: none, one, or that of the inputs and of the outputs
EMBEDDINGS_PRIOR = (0.5, 0.25, 0.25)
UNLIKELY = 0.1  # probability below which the user is told that params are taken otherwise
TILT = 0.3  # share of log C in a tilted index
POWER = 4.0  # weights are inverse errors to this power
PRIOR_ORIGINS = 2.0  # pseudo-origins that pull a unit's errors to the mean over all units
NOISE_SHARE, NOISE_FLOOR = 0.3, 0.005  # what no member can be blamed for, added to all errors


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveMember:
    """Hierarchical curves over an index.

    Attributes:
        label: What the member is, for notes.
        index: Effective decades of a scale.
        curves: The fitted curves.
    """

    label: str
    index: Index
    curves: HierarchicalCurves


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineMember:
    """Local lines over an index.

    Attributes:
        label: What the member is, for notes.
        index: Effective decades of a scale.
        lines: The fitted lines.
    """

    label: str
    index: Index
    lines: LocalLines


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Members:
    """What is stacked: G curve members before H line members."""

    curves: tuple[CurveMember, ...]
    lines: tuple[LineMember, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """What each member is, length G + H."""
        return tuple([m.label for m in self.curves] + [m.label for m in self.lines])

    def scores(self, scale: Scale) -> Floats:
        """Forecasts of all members at K targets. Shape (G + H, K, T)."""
        of_curves = [m.curves.scores(m.index.decades(scale))[0] for m in self.curves]
        of_lines = [m.lines.scores(m.index.decades(scale)) for m in self.lines]
        return np.stack(of_curves + of_lines)

    def variance(self, scale: Scale) -> Floats:
        """Variances of the curves themselves. Shape (G, K, T)."""
        return np.stack([m.curves.scores(m.index.decades(scale))[1] for m in self.curves])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The default forecaster; reads scores, N, D and C.

    Attributes:
        gain: Factor on the forecast change just above the evidence.
        gain_growth: Increase of that factor per decade of FLOPs.
    """

    name: ClassVar[str] = "stack"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    gain: float = 1.0
    gain_growth: float = 0.05

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> "StackLaw":
        """Fit all members and their weights.

        Raises:
            RefusedError: Fewer than three checkpoints of distinct scale, or one without FLOPs.
        """
        del rng
        ladder = Ladder.of_table(table, method=self.name)
        makeup = _Makeup(
            with_loss=fit_surface(ladder.scale, ladder.loss) is not None,
            embedding_shares=_embedding_shares(ladder),
        )
        origins = tuple(_inner_origins(ladder.scale.flops))
        trials = [_errors(ladder, makeup, *origin) for origin in origins]
        members = _fit_members(ladder, makeup)
        return StackLaw(
            frontier=Frontier.of_table(table),
            members=members,
            weights=_weights(trials, (len(members.labels), len(table.units))),
            gain=self.gain,
            gain_growth=self.gain_growth,
            embedding_shares=makeup.embedding_shares,
            inner_origins=len(origins),
            items_assumed=ladder.items_assumed,
            scale_assumed=ladder.scale_assumed,
            losses_unused=0 if makeup.with_loss else int(np.isfinite(ladder.loss).sum()),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StackLaw:
    """A fitted stack.

    Attributes:
        frontier: Where the evidence ends.
        members: What is stacked.
        weights: Weight of each member on each unit; columns sum to 1. Shape (G + H, T).
        gain: Factor on the forecast change just above the evidence.
        gain_growth: Increase of that factor per decade of FLOPs.
        embedding_shares: Probabilities that params leave out no, one or two embeddings.
        inner_origins: Rolling origins behind the weights; with 0 the weights are equal.
        items_assumed: Units whose number of graded answers was assumed.
        scale_assumed: Checkpoints whose params or tokens were completed from FLOPs.
        losses_unused: Checkpoints with a loss, where they are too few to use.
    """

    frontier: Frontier
    members: Members
    weights: Floats
    gain: float
    gain_growth: float
    embedding_shares: tuple[float, ...]
    inner_origins: int
    items_assumed: int
    scale_assumed: int
    losses_unused: int

    def forecast(self, targets: Targets) -> Forecast:
        """The weighted members, moved away from the last score by the gain."""
        scale = Scale.of_targets(targets)
        scores = self.members.scores(scale)
        weights = self.weights[:, None, :]
        mean = (weights * scores).sum(axis=0)
        horizon = np.maximum(np.log10(targets.flops) - np.log10(self.frontier.max_flops), 0.0)
        gain = self.gain + self.gain_growth * horizon[:, None]
        few = self.frontier.n_train < FEWEST_MODELS
        point = self.frontier.last + gain * (mean - self.frontier.last)
        of_curves = self.weights[: len(self.members.curves)]
        of_curves = of_curves / of_curves.sum(axis=0)
        phi = np.stack([member.curves.overdispersion for member in self.members.curves])
        return make_forecast(
            targets,
            self.frontier,
            np.where(few, np.nan, point),
            model_variance=(of_curves[:, None, :] * self.members.variance(scale)).sum(axis=0),
            overdispersion=(of_curves * phi).sum(axis=0),
            spread_weighted=(weights * (scores - mean) ** 2).sum(axis=0),
            spread_equal=scores.var(axis=0),
            failures=tuple(
                f"scored on {count_of(round(n), 'checkpoint')} of the evidence; a forecast needs "
                f"{FEWEST_MODELS}"
                if refused
                else None
                for n, refused in zip(self.frontier.n_train, few, strict=True)
            ),
        )

    def notes(self) -> tuple[str, ...]:
        """Members and their mean weights, and what was assumed."""
        mean = self.weights.mean(axis=1)
        used = ", ".join(
            f"{label} {weight:.0%}" for label, weight in zip(self.members.labels, mean, strict=True)
        )
        basis = (
            f"weights from {count_of(self.inner_origins, 'rolling origin')} inside the evidence"
            if self.inner_origins
            else "equal weights, since the evidence is too short for rolling origins"
        )
        notes = [f"members (mean weight): {used}; {basis}."]
        if self.embedding_shares[0] < UNLIKELY:
            notes.append(
                "params seem to leave out embeddings: the scores fit better with them added "
                f"(probability {1 - self.embedding_shares[0]:.0%})."
            )
        if self.losses_unused:
            notes.append(
                f"losses of {count_of(self.losses_unused, 'checkpoint')} are not used: a loss law "
                "needs three of distinct scale."
            )
        if self.items_assumed:
            notes.append(
                f"number of items not known for {self.items_assumed} of "
                f"{count_of(len(self.frontier.units), 'benchmark')}; {ASSUMED_ITEMS:.0f} were "
                "assumed (record n_items or stderr)."
            )
        if self.scale_assumed:
            notes.append(
                f"params or tokens of {count_of(self.scale_assumed, 'checkpoint')} were completed "
                "from their FLOPs (with neither known: 20 tokens per parameter)."
            )
        return tuple(notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Makeup:
    with_loss: bool  # whether the evidence carries enough losses
    embedding_shares: tuple[float, ...]  # probabilities of EMBEDDINGS


def _embedding_shares(ladder: Ladder) -> tuple[float, ...]:
    # Posterior probabilities of EMBEDDINGS by the fits of all units, both shapes.
    placed = _readings(ladder.scale)
    weight = recency(placed[0].x, ladder.scale.flops, np.isfinite(ladder.scores))
    settings = [
        CurveSetting(x=reading.x, weight=weight, gompertz=gompertz)
        for reading in placed
        for gompertz in (False, True)
    ]
    fitted = fit_curves(settings, ladder.scores, n_items=ladder.n_items, floor=ladder.floor())
    quality = np.array([curves.log_likelihood(weight) for curves in fitted])
    likelihood = quality.reshape(len(placed), 2).mean(axis=1)
    return tuple(softmax(likelihood + np.log(EMBEDDINGS_PRIOR)).tolist())


def _readings(scale: Scale) -> tuple[Placed, ...]:
    return tuple(published_index(scale, embedding=omega * EMBEDDING) for omega in EMBEDDINGS)


def _fit_members(ladder: Ladder, makeup: _Makeup) -> Members:
    # Always the same members, so that inner origins can be averaged: where the lower part of the
    # evidence carries too few losses, the published index stands in.
    compute = compute_index(ladder.scale)
    published = mean_index(_readings(ladder.scale), makeup.embedding_shares)
    roads = [("loss index", published)]
    if makeup.with_loss:
        surface = fit_surface(ladder.scale, ladder.loss)
        own = own_index(ladder.scale, surface, ladder.loss) if surface else published
        roads.append(("loss index with own losses", mean_index([published, own], [0.5, 0.5])))
    labels: list[str] = []
    settings: list[CurveSetting] = []
    placed: list[Placed] = []
    measured = np.isfinite(ladder.scores)
    for name, road in roads:
        tilted = mean_index([road, compute], [1 - TILT, TILT])
        for shape, where in (("logistic", road), ("Gompertz", road), ("Gompertz", tilted)):
            labels.append(f"{shape} on {name}" + (" tilted to log C" if where is tilted else ""))
            weight = recency(where.x, ladder.scale.flops, measured)
            settings.append(CurveSetting(x=where.x, weight=weight, gompertz=shape == "Gompertz"))
            placed.append(where)
    fitted = fit_curves(settings, ladder.scores, n_items=ladder.n_items, floor=ladder.floor())
    curves = tuple(
        CurveMember(label=label, index=where.index, curves=curve)
        for label, where, curve in zip(labels, placed, fitted, strict=True)
    )
    half_way = mean_index([published, compute], [0.5, 0.5])
    lines = LineMember(
        label="local lines half way between loss index and log C",
        index=half_way.index,
        lines=fit_lines(half_way.x, ladder.scores, n_items=ladder.n_items),
    )
    return Members(curves=curves, lines=(lines,))


def _inner_origins(flops: Floats) -> Iterator[tuple[Ints, Ints]]:
    # Rows of the evidence and of the held-out targets, the largest origin first.
    candidates: list[float] = []
    for cutoff in np.unique(flops)[::-1]:
        enough = (flops <= cutoff).sum() >= FEWEST_MODELS
        beyond = (flops > INNER_GAP * cutoff).any()
        if enough and beyond and (not candidates or candidates[-1] >= INNER_GAP * cutoff):
            candidates.append(float(cutoff))
    nearest = np.array(candidates[:NEAREST_ORIGINS])
    for cutoff in nearest[_spread(len(nearest), INNER_ORIGINS)]:
        above = np.flatnonzero(flops > INNER_GAP * cutoff)
        above = above[np.argsort(flops[above], kind="stable")]
        yield np.flatnonzero(flops <= cutoff), above[_spread(len(above), INNER_TARGETS)]


def _spread(n: int, most: int) -> Ints:
    # Indices of at most so many of n, both ends among them.
    return np.linspace(0, n - 1, min(n, most)).round().astype(np.intp)


def _errors(
    ladder: Ladder, makeup: _Makeup, evidence: Ints, held_out: Ints
) -> tuple[Floats, Floats]:
    # Mean absolute errors (G + H, T) and binomial standard errors (T,); NaN = nothing held out.
    members = _fit_members(ladder.take(evidence), makeup)
    scores = members.scores(ladder.scale.take(held_out))
    truth, n_items = ladder.scores[held_out], ladder.n_items[held_out]
    measured = np.isfinite(truth) & np.isfinite(ladder.scores[evidence]).any(axis=0)
    count = np.where(measured.any(axis=0), measured.sum(axis=0), np.nan)
    y = np.where(measured, truth, 0.5)
    noise = np.sqrt(np.clip(y * (1 - y), 0.02, None) / n_items)
    error = np.where(measured, np.abs(scores - y), 0.0).sum(axis=1)
    return error / count, np.where(measured, noise, 0.0).sum(axis=0) / count


def _weights(trials: Sequence[tuple[Floats, Floats]], shape: tuple[int, int]) -> Floats:
    if not trials:
        return np.full(shape, 1 / shape[0])
    error = np.stack([error for error, _ in trials])
    noise = np.stack([noise for _, noise in trials])
    tried = np.isfinite(noise)
    n = tried.sum(axis=0)
    once = np.maximum(n, 1)
    error = np.where(tried[:, None, :], error, 0.0).sum(axis=0) / once
    noise = np.where(tried, noise, 0.0).sum(axis=0) / once
    blame = error + NOISE_SHARE * (noise + NOISE_FLOOR)
    pooled = blame[:, n > 0].mean(axis=1) if (n > 0).any() else np.ones(shape[0])
    pooled = (pooled / pooled.mean())[:, None]
    relative = (PRIOR_ORIGINS * pooled + n * blame / blame.mean(axis=0)) / (PRIOR_ORIGINS + n)
    weights: Floats = relative**-POWER
    weights /= weights.sum(axis=0)
    return weights
