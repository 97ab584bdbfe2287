"""How much does each law of a loss count? By its errors at earlier origins of the same evidence.

    share ~ 1 / (mean squared error of log L at inner origins)^2

At four inner origins, 1.5x to 12x below the top, every member is fitted to what lies at or below
and forecasts what lies above: the later rungs, for laws of targets that continue the rungs, and
every later run for the others. Losses of one ladder err alike, so errors are averaged over its
benchmarks, and origins count alike. Where these forecasts missed by more than their own width
allows, the width of the final one is stretched.

Fails when: fewer than three rungs lie below every inner origin; then all members count alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from scalepredict.predictors.loss.envelope import FEWEST_RUNGS, envelope
from scalepredict.predictors.loss.excess import Mixture
from scalepredict.predictors.loss.members import (
    FOR_OTHERS,
    FOR_TRACK,
    Kind,
    Member,
    Sizes,
    fit_members,
)
from scalepredict.predictors.loss.priors import Priors
from scalepredict.records.table import Bools, Floats

BACK = (1.5, 3.0, 6.0, 12.0)  # inner origins, as factors of compute below the top
SHARPNESS = 2.0  # power of the mean squared error that shares fall with
LEAST_ERROR = 0.003  # relative, of one more origin that every member is given
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

    def errors(self, question: int) -> Floats | None:
        """Mean squared error of each member; None where nothing is asked."""
        wanted = self.wanted(question)
        if not wanted.any():
            return None
        error = self.log_quantiles[..., 1] - self.log_loss
        squares: Floats = (np.where(wanted, error, 0.0) ** 2).sum(axis=(1, 2)) / wanted.sum()
        return squares

    def wanted(self, question: int) -> Bools:
        """Which of the later losses a question is about. Shape (S, K)."""
        return self.on_front if question == FRONT else np.isfinite(self.log_loss)

    def z2(self, question: int, share: Floats) -> float:
        """Mean squared normal score of the mixed forecast; NaN where nothing is asked."""
        wanted = self.wanted(question)
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
    trials = [trial for back in BACK if (trial := _trial(sizes, loss, priors, members, back))]
    shares, widening = [], []
    for question, kinds in ((FRONT, FOR_TRACK), (ELSEWHERE, FOR_OTHERS)):
        found = [e for trial in trials if (e := trial.errors(question)) is not None]
        squares = np.sum([np.full(len(members), LEAST_ERROR**2), *found], axis=0)
        serves = np.array([member.kind in kinds for member in members])
        weight = np.where(serves, (squares / (len(found) + 1)) ** -SHARPNESS, 0.0)
        shares.append(weight / weight.sum())
        z2 = [z for trial in trials if np.isfinite(z := trial.z2(question, shares[-1]))]
        widening.append(np.sqrt(max((SURE + sum(z2)) / (SURE + len(z2)), 1.0)))
    return Shares(front=shares[0], elsewhere=shares[1], widening=np.array(widening))


def _trial(
    sizes: Sizes, loss: Floats, priors: Priors, members: Sequence[Member], back: float
) -> _Trial | None:
    known = sizes.flops <= sizes.flops.max() - np.log(back)
    series = _with_rungs(sizes, loss, known)
    if not series.any():
        return None
    made = {
        _key(member): np.log(member.at(sizes.take(~known)).quantiles(ENDS))
        for member in fit_members(sizes.take(known), loss[series][:, known], priors.take(series))
    }
    keys = [_key(member) for member in members]
    if set(keys) - set(made):
        return None
    return _Trial(
        log_quantiles=np.stack([made[key] for key in keys]),
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


def _key(member: Member) -> tuple[Kind, bool]:
    return member.kind, member.dense
