"""Losses: what falls to an asymptote that nobody knows, forecast with that said.

    L(C) = E + A C^-gamma                   on the efficient front, or on one track of D / N
    L(N, D) = E + A N^-alpha + B D^-beta    elsewhere

Both with E integrated over its prior. Which of them count depends on the question: is the target
efficient, or on the ladder's own track, or neither (members.py). How much each counts depends on
its errors at earlier origins of the same evidence (shares.py). Serves nats per token, bits per
byte, log perplexity, error rates, and anything else that falls towards a bound; the units of the
table are on the scale of the law (metric_scale.py).

Source: compute_law.py, sizes_law.py; repeated tokens count what they are worth (Muennighoff et al.
    2023, arXiv 2305.16264), and beyond four epochs no law holds: such runs are set aside.
Fails when: fewer than three rungs lie on the front (the last value with a wide band is given), the
    recipe changes along the ladder, or the loss rises with scale.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import ndtri

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import (
    PROBABILITIES,
    Forecast,
    Frontier,
    Targets,
    make_forecast,
)
from scalepredict.predictors.loss.embedding import Embedding
from scalepredict.predictors.loss.envelope import FEWEST_RUNGS, Track, envelope, read_track
from scalepredict.predictors.loss.excess import MEDIAN
from scalepredict.predictors.loss.members import (
    FrontMember,
    Member,
    Sizes,
    SizesMember,
    fit_members,
)
from scalepredict.predictors.loss.priors import HIGHEST, Priors
from scalepredict.predictors.loss.reach import Reach
from scalepredict.predictors.loss.shares import Shares, mixed_quantiles, read_shares
from scalepredict.predictors.loss.twins import above_twins
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.asymptote import Asymptote
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Bools, EvalTable, Floats
from scalepredict.records.text.counts import count_of

MOST_EPOCHS = 4.0
# Without a law: a loss falls by 0 to 13 % an e-fold of compute, as "last" erred on six sources.
FALL_PER_EFOLD = 0.065
LEAST_SPREAD = 0.01
TOLD_SPREAD = 0.005  # of log L between runs of one size: five times what repeats differ by
EFFICIENT = 0.02  # of log L above the best split of its compute: a target so close is on the front


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """The default for losses; it has no settings."""

    name: ClassVar[str] = "losses"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> "LossesLaw":
        """Fit all units of one family. Draws nothing.

        Raises:
            RefusedError: A checkpoint has no FLOPs, or a given asymptote is above a loss.
        """
        del rng
        where = f"{self.name} on family {', '.join(map(repr, table.families))}"
        if not np.isfinite(table.flops).all():
            raise RefusedError(
                f"{where}: {np.isnan(table.flops).sum()} of "
                f"{count_of(len(table.flops), 'checkpoint')} without training compute. Record "
                "their tokens or FLOPs, or leave them out."
            )
        frontier = Frontier.of_table(table)
        fresh = ~_repeated(table)
        kept = table.take_rows(fresh) if fresh.any() else table
        embedding = Embedding.of(kept)
        sizes = sizes_of(Scale.of_table(kept), kept.params_non_embedding, embedding)
        loss = np.where(kept.scores > 0, kept.scores, np.nan).T
        least = np.fmin.reduce(loss, axis=1)
        given = [unit.asymptote for unit in table.units]
        _refuse_high(given, least, table, where)
        rungs = envelope(sizes.flops, loss)
        served = rungs.sum(axis=1) >= FEWEST_RUNGS
        fronts, surfaces, shares = _members(sizes, loss, Priors.of(given, least), served)
        return LossesLaw(
            frontier=frontier,
            served=served,
            embedding=embedding,
            fronts=fronts,
            surfaces=surfaces,
            shares=shares,
            reach=Reach.of(sizes),
            track=read_track(sizes.flops, sizes.tokens - sizes.params, rungs),
            remarks=(
                *_remarks(self.name, int((~fresh).sum()), rungs, shares, len(fronts), table),
                *_shape_doubts(self.name, above_twins(sizes, loss), kept),
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LossesLaw:
    """Laws of the S of T units that have rungs enough.

    Attributes:
        frontier: Where the evidence ends.
        served: Which units have laws. Shape (T,).
        embedding: Parameters of embeddings along the ladder; None where they are not known.
        fronts: Laws in C of the S units.
        surfaces: Laws in N and D of the S units; none where N and D cannot be told apart.
        shares: How much each counts, fronts first.
        reach: Ends of the ladder.
        track: Tokens per parameter along the rungs of the T units.
        remarks: What the user must know.
    """

    frontier: Frontier
    served: Bools
    embedding: Embedding | None
    fronts: tuple[FrontMember, ...]
    surfaces: tuple[SizesMember, ...]
    shares: Shares
    reach: Reach
    track: Track
    remarks: tuple[Note, ...]

    def forecast(self, targets: Targets) -> Forecast:
        """Distributions of the loss at every target. Draws nothing."""
        sizes = sizes_of(Scale.of_targets(targets), targets.params_non_embedding, self.embedding)
        quantiles = self._without_law(targets)
        share_of_asymptote = np.full(quantiles.shape[:2], np.nan)
        if self.served.any():
            near = self._continues(sizes)
            share = np.where(
                near, self.shares.front[:, None, None], self.shares.elsewhere[:, None, None]
            )
            members: tuple[Member, ...] = (*self.fronts, *self.surfaces)
            mixtures = [member.at(sizes) for member in members]
            mixed = np.log(mixed_quantiles(mixtures, share, PROBABILITIES))
            middle = mixed[..., MEDIAN, None]
            wider = np.where(near, self.shares.widening[0], self.shares.widening[1])
            wider = wider * self.reach.widening(sizes)
            found = np.exp(middle + wider[..., None] * (mixed - middle))
            # What continues the rungs lies no higher than it would, an e-fold or more ahead, if
            # nothing were known of them.
            last = self._without_law(targets, least=FALL_PER_EFOLD)[:, self.served].swapaxes(0, 1)
            ahead = near & (sizes.flops > np.log(self.frontier.max_flops)) & (last[..., 0] > 0)
            most = np.where(ahead[..., None] & (PROBABILITIES > 0.5), last, np.inf)
            found = np.minimum(found, np.maximum(most, np.exp(middle)))
            quantiles[:, self.served] = found.swapaxes(0, 1)
            parts = [mixture.share_of_asymptote() for mixture in mixtures]
            share_of_asymptote[:, self.served] = (share * np.stack(parts)).sum(axis=0).T
        return make_forecast(
            targets,
            self.frontier,
            quantiles[..., MEDIAN],
            quantiles=quantiles,
            share_of_asymptote=share_of_asymptote,
        )

    def _continues(self, sizes: Sizes) -> Bools:
        # Which targets are on the track of the rungs, or as efficient as they are. (S, K).
        near = self.track.holds(sizes.flops, sizes.tokens - sizes.params)[self.served]
        of_front = [member.laws for member in self.surfaces if member.kind == "near"]
        if not of_front:
            return near
        above = of_front[0].above_best(sizes.params, sizes.tokens)
        efficient: Bools = near | (above < EFFICIENT)
        return efficient

    def notes(self) -> tuple[Note, ...]:
        """Members used, runs set aside."""
        return self.remarks

    def _without_law(self, targets: Targets, *, least: float = LEAST_SPREAD) -> Floats:
        # The last value, with a band that holds a fall as fast as any seen, (K, T, Q).
        ahead = np.maximum(np.log(targets.flops / self.frontier.max_flops), 0.0)
        spread = np.hypot(FALL_PER_EFOLD * ahead, least)
        beyond = np.exp(spread[:, None, None] * ndtri(PROBABILITIES))
        result: Floats = self.frontier.last[:, None] * beyond
        return result


def sizes_of(scale: Scale, dense: Floats | None, embedding: Embedding | None) -> Sizes:
    """Logs of sizes; what is not known of those without embeddings follows their own trend."""
    known = np.full(len(scale.params), np.nan) if dense is None else dense
    if embedding is not None:
        known = np.where(np.isfinite(known), known, embedding.without(scale.params))
    return Sizes(
        params=np.log(scale.params),
        tokens=np.log(scale.tokens),
        flops=np.log(scale.flops),
        dense=np.log(known),
    )


def _repeated(table: EvalTable) -> Bools:
    with np.errstate(invalid="ignore"):
        beyond: Bools = table.tokens > MOST_EPOCHS * table.unique_tokens
    return beyond


def _refuse_high(
    given: list[Asymptote | None], least: Floats, table: EvalTable, where: str
) -> None:
    for unit, asymptote, low in zip(table.units, given, least, strict=True):
        if asymptote is not None and asymptote.low >= HIGHEST * low:
            raise RefusedError(
                f"{where}: the asymptote {asymptote.low:.4g} of {unit.benchmark} is not below its "
                f"least value, {low:.4g}. Give a lower --asymptote."
            )


def _members(
    sizes: Sizes, loss: Floats, priors: Priors, served: Bools
) -> tuple[tuple[FrontMember, ...], tuple[SizesMember, ...], Shares]:
    if not served.any():
        return (), (), Shares(front=np.zeros(0), elsewhere=np.zeros(0), widening=np.ones(2))
    loss, priors = loss[served], priors.take(served)
    members = fit_members(sizes, loss, priors)
    fronts = tuple(member for member in members if isinstance(member, FrontMember))
    surfaces = tuple(member for member in members if isinstance(member, SizesMember))
    return fronts, surfaces, read_shares(sizes, loss, priors, members)


def _remarks(
    name: str, repeated: int, rungs: Bools, shares: Shares, n_fronts: int, table: EvalTable
) -> tuple[Note, ...]:
    told = []
    if repeated:
        text = (
            f"{count_of(repeated, 'run')} of more than {MOST_EPOCHS:.0f} epochs set aside; no law "
            "holds there."
        )
        told.append(noted("runs-set-aside", text, subject=name))
    if at_bound := int((table.scores <= 0).sum()):
        text = (
            f"{count_of(at_bound, 'value')} at the bound of the metric set aside; laws are of the "
            "logarithm of what is left above it."
        )
        told.append(noted("runs-set-aside", text, subject=name))
    few = [u.benchmark for u, n in zip(table.units, rungs.sum(axis=1), strict=True) if n < 3]
    if few:
        text = (
            f"fewer than {FEWEST_RUNGS} runs on the efficient front of {', '.join(few)}; the last "
            "value with a wide band, no law."
        )
        told.append(noted("no-front", text, subject=name))
    if len(shares.front):
        used, measured = int(rungs.any(axis=0).sum()), len(table.checkpoints) - repeated
        text = (
            f"on the front, laws in C ({used} of {count_of(measured, 'run')} are rungs) count "
            f"{100 * shares.front[:n_fronts].sum():.0f} % and laws in N and D the rest; elsewhere "
            f"{100 * shares.elsewhere[:n_fronts].sum():.0f} %."
        )
        told.append(noted("members", text, subject=name))
    return tuple(told)


def _shape_doubts(name: str, above: Floats, table: EvalTable) -> tuple[Note, ...]:
    spread = {u.benchmark: a for u, a in zip(table.units, above, strict=True) if a > TOLD_SPREAD}
    if not spread:
        return ()
    most = max(spread, key=spread.__getitem__)
    text = (
        f"runs of the same params and tokens lie {100 * spread[most]:.1f} % above the best of them "
        f"on average ({most}): more than size decides, such as width and depth. On the front the "
        "forecast is of the best; another model lies as much above it."
    )
    return (noted("same-size-differs", text, subject=name),)
