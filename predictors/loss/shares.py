"""How much does each law of a loss count? By its errors at earlier origins of the same evidence.

    share ~ prior / (mean squared error of log L at inner origins)^2

At four inner origins, 1.5x to 12x below the top, every member is fitted to what lies at or below
and forecasts what lies above: the later rungs, where the front is asked for, and every later run
elsewhere. Losses of one ladder err alike, so errors are averaged over its benchmarks. Where these
forecasts missed by more than their own width allows, the width of the final one is stretched.

Fails when: fewer than three rungs lie below every inner origin; then the priors alone decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from scalepredict.predictors.loss.envelope import FEWEST_RUNGS, envelope
from scalepredict.predictors.loss.excess import Mixture
from scalepredict.predictors.loss.members import (
    FrontMember,
    Member,
    Sizes,
    SizesMember,
    fit_members,
)
from scalepredict.predictors.loss.priors import Priors
from scalepredict.records.table import Bools, Floats

BACK = (1.5, 3.0, 6.0, 12.0)  # inner origins, as factors of compute below the top
LEAST_ERROR = 0.003  # relative: of one error that every member is given, and of each mean
SECOND = 0.3  # prior share of the law that is not made for the question, to 1 of the one that is
FRONT, ELSEWHERE = 0, 1
ENDS = np.array([0.05, 0.5, 0.95])
Z2_CAP = 25.0  # one wild miss must not stand for all
SURE = 2.0  # inner origins that the width of the laws themselves counts for


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """Shares of the members, in their order; each sums to 1. Shapes (members,).

    Attributes:
        front: For targets on the front or on the ladder's own track.
        elsewhere: For all others.
        widening: Of quantiles away from their median, for the front and elsewhere, 1 or more.
            Shape (2,).
    """

    front: Floats
    elsewhere: Floats
    widening: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Trial:
    """One inner origin: log quantiles of each member (members, S, K, 3) beside what came (S, K)."""

    log_quantiles: Floats
    log_loss: Floats
    on_front: Bools

    def errors(self, question: int) -> tuple[Floats, int]:
        """Summed squared errors of each member, and how many they are."""
        wanted = self.on_front if question == FRONT else np.isfinite(self.log_loss)
        error = self.log_quantiles[..., 1] - self.log_loss
        return (np.where(wanted, error, 0.0) ** 2).sum(axis=(1, 2)), int(wanted.sum())

    def z2(self, question: int, share: Floats) -> float:
        """Mean squared normal score of the mixed forecast; NaN where nothing is asked."""
        wanted = self.on_front if question == FRONT else np.isfinite(self.log_loss)
        if not wanted.any():
            return float("nan")
        low, middle, high = np.moveaxis(np.tensordot(share, self.log_quantiles, axes=1), -1, 0)
        away = self.log_loss - middle
        half = np.where(away < 0, middle - low, high - middle) / ndtri(ENDS[2])
        return float(np.minimum((away / half) ** 2, Z2_CAP)[wanted].mean())


def read_shares(sizes: Sizes, loss: Floats, priors: Priors, members: Sequence[Member]) -> Shares:
    """Shares of members by their errors at inner origins, and how far these missed.

    Args:
        sizes: Of the M runs.
        loss: Losses, NaN = not measured. Shape (T, M).
        priors: Of E.
        members: As fitted to all of it.
    """
    kinds = [_kind(member) for member in members]
    trials = [trial for back in BACK if (trial := _trial(sizes, loss, priors, kinds, back))]
    is_front = np.array([kind[0] for kind in kinds])
    shares, widening = [], []
    for question, made_for_it in ((FRONT, is_front), (ELSEWHERE, ~is_front)):
        found = [trial.errors(question) for trial in trials]
        squares = np.sum([e for e, _ in found], axis=0) if found else np.zeros(len(kinds))
        count = sum(n for _, n in found)
        mean = (squares + LEAST_ERROR**2) / (count + 1) + LEAST_ERROR**2
        weight = (mean**-2.0 if count else np.ones(len(kinds))) * np.where(made_for_it, 1.0, SECOND)
        shares.append(weight / weight.sum())
        z2 = [z for trial in trials if np.isfinite(z := trial.z2(question, shares[-1]))]
        widening.append(np.sqrt(max((SURE + sum(z2)) / (SURE + len(z2)), 1.0)))
    return Shares(front=shares[0], elsewhere=shares[1], widening=np.array(widening))


def _trial(
    sizes: Sizes, loss: Floats, priors: Priors, kinds: Sequence[tuple[bool, bool]], back: float
) -> _Trial | None:
    known = sizes.flops <= sizes.flops.max() - np.log(back)
    series = _with_rungs(sizes, loss, known)
    if not series.any():
        return None
    made = {
        _kind(member): np.log(member.at(sizes.take(~known)).quantiles(ENDS))
        for member in fit_members(sizes.take(known), loss[series][:, known], priors.take(series))
    }
    if set(kinds) - set(made):
        return None
    return _Trial(
        log_quantiles=np.stack([made[kind] for kind in kinds]),
        log_loss=np.log(loss[series][:, ~known]),
        on_front=envelope(sizes.flops, loss)[series][:, ~known],
    )


def mixed_quantiles(mixtures: Sequence[Mixture], share: Floats, probabilities: Floats) -> Floats:
    """Quantiles of the members averaged in log L. Shape (T, K, Q).

    The average of quantiles, not of distributions: members share the unknown E, so that their
    difference is no further error (Lichtendahl et al. 2013, Management Science 59).

    Args:
        mixtures: Of each member, (T, K).
        share: Of each member for each target, shape (members, T, K).
        probabilities: Shape (Q,).
    """
    total = np.zeros((*share.shape[1:], len(probabilities)))
    for mixture, weight in zip(mixtures, share, strict=True):
        total += weight[..., None] * np.log(mixture.quantiles(probabilities))
    return np.exp(total)


def _with_rungs(sizes: Sizes, loss: Floats, known: Bools) -> Bools:
    if known.sum() < FEWEST_RUNGS or known.all():
        return np.zeros(len(loss), dtype=bool)
    enough: Bools = envelope(sizes.flops[known], loss[:, known]).sum(axis=1) >= FEWEST_RUNGS
    return enough


def _kind(member: Member) -> tuple[bool, bool]:
    if isinstance(member, FrontMember):
        return True, member.dense
    assert isinstance(member, SizesMember)
    return False, member.dense
