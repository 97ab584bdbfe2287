"""Stack: hierarchical curves and local lines, and the reference curves of public models.

    S(N, D) = r L + (1 - r) (last + gain(h) (sum_k w_kt member_k(N, D) - last))
    score(N, D) = w R(N, D) + (1 - w) S(N, D)

Members: hierarchical curves on the published loss index of (N, D), logistic and Gompertz; the same
two on the mean of that index and the user's validation losses, where most checkpoints carry one;
local lines half way between the published index and log C; and, where they earn it, logistic curves
on log C itself and the last score, for benchmarks that do not follow scale. The
published index is read with and without embeddings added to N (embeddings.py). Weights follow how
the members forecast the upper rungs of the ladder from the lower ones (trial_weights.py): a ladder
that is one clean curve in log C is forecast as one.

The gain, 1 + 0.02 h with h in decades of FLOPs, undoes some of the pull of pooled slopes towards
no change. With few scales, and without public models, slopes are steeper than what follows: of the
change that n < 6 scales forecast a share of (9 + n) / 15 is kept. A benchmark that may stay at
chance keeps a share r of its level L (stay_at_chance.py).
R is the curve that public models of other labs have on the benchmark (reference_curves.py), with
weight w where there is one; it alone answers where the ladder has one or two scales.

Source: stacked generalisation (Wolpert 1992) over rolling origins (Tashman 2000).
Fails when: a benchmark is still at chance, or the recipe changes between evidence and target.
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Forecast, Frontier, Targets, make_forecast
from scalepredict.predictors.limits import FEWEST_MODELS, MEASURABLE
from scalepredict.predictors.reference.fitted_reference import FittedReference, fit_reference
from scalepredict.predictors.reference.reference_notes import reference_notes
from scalepredict.predictors.scale.scale_evidence import Ladder, Scale
from scalepredict.predictors.stack.embeddings import embedding_notes, embedding_shares
from scalepredict.predictors.stack.shrinkage import Shrinkage
from scalepredict.predictors.stack.stacked import (
    LAST_SCORE,
    LEAST_LOSSES,
    ON_COMPUTE,
    Members,
    carries_losses,
    fit_members,
)
from scalepredict.predictors.stack.stay_at_chance import staying_share
from scalepredict.predictors.stack.trial_weights import trial_weights
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import ASSUMED_ITEMS, Bools, EvalTable, Floats
from scalepredict.records.text.counts import count_of

# What members count for that must earn their weight in trials; the others count for 1.
TO_EARN = {ON_COMPUTE: 0.3, LAST_SCORE: 3.0}
SURE_SCALES, CAUTION = 6, 15.0  # for each scale fewer, 1 / 15 of the forecast change is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The default forecaster; reads scores, N, D and C.

    Attributes:
        gain: Factor on the forecast change just above the evidence.
        gain_growth: Increase of that factor per decade of FLOPs.
        reference: Whether the reference curves of public models take part.
        reference_without: Names of labs to leave out of them besides the ladder's own.
        shrinkage: What the curves of all benchmarks are drawn to.
    """

    name: ClassVar[str] = "stack"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    gain: float = 1.0
    gain_growth: float = 0.02
    reference: bool = True
    reference_without: tuple[str, ...] = ()
    shrinkage: Shrinkage = field(default_factory=Shrinkage)

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> "StackLaw":
        """Fit all members, and the reference curves of the benchmarks that have one.

        Raises:
            RefusedError: Fewer than three checkpoints of distinct scale where no benchmark has a
                reference curve, a checkpoint without FLOPs, or no lab goes by a given name.
        """
        del rng
        fitted = fit_reference(table, without=self.reference_without) if self.reference else None
        law = StackLaw(
            frontier=Frontier.of_table(table),
            members=Members(curves=(), lines=()),
            weights=np.empty((0, len(table.units))),
            gain=self.gain,
            gain_growth=self.gain_growth,
            embedding_shares=(1.0, 0.0, 0.0),
            reference=fitted,
        )
        try:
            ladder = Ladder.of_table(table, method=self.name)
        except RefusedError:
            if fitted is None or not fitted.served.any():
                raise
            return law
        shares = embedding_shares(ladder, self.shrinkage)
        with_loss = carries_losses(ladder)

        def fit(part: Ladder) -> Members:
            return fit_members(part, shares, self.shrinkage, with_loss=with_loss)

        members = fit(ladder)
        trials = trial_weights(
            ladder,
            fit,
            [TO_EARN.get(label, 1.0) for label in members.labels],
            to_earn=[label in TO_EARN for label in members.labels],
        )
        phi = np.stack([member.curves.overdispersion for member in members.curves])
        share, level = staying_share(ladder, phi.mean(axis=0))
        return replace(
            law,
            members=members,
            weights=trials.weights,
            inner_origins=trials.origins,
            common_error=trials.common_error,
            embedding_shares=shares,
            items_assumed=ladder.items_assumed,
            scale_assumed=ladder.scale_assumed,
            losses_unused=int(np.isfinite(ladder.loss).sum()) if not with_loss else 0,
            staying_share=share,
            staying_level=level,
            kept_change=_kept_change(law.frontier.n_train, fitted),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StackLaw:
    """A fitted stack.

    Attributes:
        frontier: Where the evidence ends.
        members: What is stacked; none where the ladder has one or two scales.
        weights: Weight of each member on each unit; columns sum to 1. Shape (G + H, T).
        gain: Factor on the forecast change just above the evidence.
        gain_growth: Increase of that factor per decade of FLOPs.
        embedding_shares: Probabilities that params leave out no, one or two embeddings.
        inner_origins: Rolling origins behind the weights; with 0 they are the prior.
        items_assumed: Units whose number of graded answers was assumed.
        scale_assumed: Checkpoints whose params or tokens were completed from FLOPs.
        losses_unused: Checkpoints with a loss, where they are too few to use.
        reference: The reference curves; None if they were not asked for.
        staying_share: Probability that a unit stays at chance. Shape (T,); None = of none.
        staying_level: Level that it stays at. Shape (T,).
        kept_change: Share of the forecast change that is kept. Shape (T,); None = all of it.
        common_error: Correlation of its errors between units where it forecast its own upper rungs;
            None = not tried.
    """

    frontier: Frontier
    members: Members
    weights: Floats
    gain: float
    gain_growth: float
    embedding_shares: tuple[float, ...]
    inner_origins: int = 0
    items_assumed: int = 0
    scale_assumed: int = 0
    losses_unused: int = 0
    reference: FittedReference | None = None
    staying_share: Floats | None = None
    staying_level: Floats | None = None
    kept_change: Floats | None = None
    common_error: float | None = None

    @property
    def reference_alone(self) -> Bools:
        """Units of too few checkpoints for the ladder's own forecast. Shape (T,)."""
        return np.asarray((self.frontier.n_train < FEWEST_MODELS) | (not self.members.labels))

    def forecast(self, targets: Targets) -> Forecast:
        """The ladder's own forecast S, blended with the reference R where there is one."""
        few = self.reference_alone
        own = self._own_forecast(targets, few)
        if self.reference is None:
            return own
        n_items = self.frontier.n_items
        curve = self.reference.scores(targets)
        alone = np.asarray(few & np.isfinite(curve))
        weight = np.where(alone, 1.0, np.where(np.isfinite(curve), self.reference.weight, 0.0))
        point = weight * np.nan_to_num(curve) + (1 - weight) * np.where(alone, 0.0, own.point)
        chance = np.array([unit.chance for unit in self.frontier.units])
        above = self.reference.exceedance(targets, chance + MEASURABLE, n_items)
        return replace(
            own,
            point=np.clip(point, 0.0, 1.0),
            model_variance=np.where(alone, 0.0, own.model_variance),
            reference_weight=weight,
            reference_variance=np.nan_to_num(self.reference.variance(targets, n_items, alone=few)),
            disagreement=np.nan_to_num((curve - own.point) ** 2),
            exceedance=np.where(self.reference.timing | alone, above, np.nan),
            failures=tuple(
                None if served.all() else failure
                for served, failure in zip(alone.T, own.failures, strict=True)
            ),
        )

    def _own_forecast(self, targets: Targets, few: Bools) -> Forecast:
        failures = tuple(
            f"scored on {count_of(round(n), 'checkpoint')} of the evidence; a forecast needs "
            f"{FEWEST_MODELS}"
            if refused
            else None
            for n, refused in zip(self.frontier.n_train, few, strict=True)
        )
        if not self.members.labels:
            return make_forecast(targets, self.frontier, np.array(np.nan), failures=failures)
        scale = Scale.of_targets(targets)
        scores = self.members.scores(scale)
        weights = self.weights[:, None, :]
        mean = (weights * scores).sum(axis=0)
        horizon = np.maximum(np.log10(targets.flops) - np.log10(self.frontier.max_flops), 0.0)
        gain = self.gain + self.gain_growth * horizon[:, None]
        kept = 1.0 if self.kept_change is None else self.kept_change
        point = self.frontier.last + kept * gain * (mean - self.frontier.last)
        if self.staying_share is not None and self.staying_level is not None:
            point = point + self.staying_share * (self.staying_level - point)
        of_curves = self.weights[: len(self.members.curves)]
        of_curves = of_curves / of_curves.sum(axis=0)
        phi = np.stack([member.curves.overdispersion for member in self.members.curves])
        moving = [label != LAST_SCORE for label in self.members.labels]
        common = np.nan if self.common_error is None else self.common_error
        made = make_forecast(
            targets,
            self.frontier,
            np.where(few, np.nan, point),
            model_variance=(of_curves[:, None, :] * self.members.variance(scale)).sum(axis=0),
            overdispersion=(of_curves * phi).sum(axis=0),
            spread_weighted=(weights * (scores - mean) ** 2).sum(axis=0),
            spread_equal=scores[moving].var(axis=0),
            failures=failures,
        )
        return replace(made, common_error=np.full_like(made.point, common))

    def notes(self) -> tuple[Note, ...]:
        """Members, what public models say of each benchmark, and what was assumed."""
        notes = []
        if self.members.labels:
            mean = self.weights.mean(axis=1)
            used = ", ".join(
                f"{label} {weight:.0%}"
                for label, weight in zip(self.members.labels, mean, strict=True)
            )
            basis = (
                f"weights from {count_of(self.inner_origins, 'rolling origin')} inside the evidence"
                if self.inner_origins
                else "equal weights, since the evidence is too short for rolling origins"
            )
            notes.append(noted("members", f"members (mean weight): {used}; {basis}."))
        else:
            text = (
                f"fewer than {FEWEST_MODELS} distinct scales: the forecast rests on public models "
                "alone, drawn to the ladder's own level."
            )
            notes.append(noted("reference-only", text))
        notes += embedding_notes(self.embedding_shares)
        if self.losses_unused:
            text = (
                f"losses of {count_of(self.losses_unused, 'checkpoint')} are not used: they must "
                f"be recorded for {LEAST_LOSSES:.0%} of the checkpoints, of three distinct scales."
            )
            notes.append(noted("losses-unused", text))
        if self.items_assumed:
            text = (
                f"number of items not known for {self.items_assumed} of "
                f"{count_of(len(self.frontier.units), 'benchmark')}; {ASSUMED_ITEMS:.0f} were "
                "assumed (record n_items or stderr)."
            )
            notes.append(noted("items-assumed", text))
        if self.scale_assumed:
            text = (
                f"params or tokens of {count_of(self.scale_assumed, 'checkpoint')} were completed "
                "from their FLOPs (with neither known: 20 tokens per parameter)."
            )
            notes.append(noted("sizes-assumed", text))
        if self.reference is not None:
            notes += reference_notes(self.reference, self.frontier, self.reference_alone)
        return tuple(notes)


def _kept_change(n_scales: Floats, fitted: FittedReference | None) -> Floats:
    kept = 1 - np.clip(SURE_SCALES - n_scales, 0, None) / CAUTION
    return kept if fitted is None else np.where(fitted.served, 1.0, kept)
