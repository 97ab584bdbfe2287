"""How much does each law of a loss count? By its errors at earlier origins of the same evidence.

    share ~ prior / (mean squared error of log L at inner origins)^2

At four inner origins, 1.5x to 12x below the top, every member is fitted to what lies at or below
and forecasts what lies above: the later rungs, where the front is asked for, and every later run
elsewhere. Losses of one ladder err alike, so errors are averaged over its benchmarks.

Fails when: fewer than three rungs lie below every inner origin; then the priors alone decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
MEDIAN_ALONE = np.array([0.5])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """Shares of the members, in their order; each sums to 1. Shapes (members,).

    Attributes:
        front: For targets on the front or on the ladder's own track.
        elsewhere: For all others.
    """

    front: Floats
    elsewhere: Floats


def read_shares(sizes: Sizes, loss: Floats, priors: Priors, members: Sequence[Member]) -> Shares:
    """Shares of members by their errors at inner origins.

    Args:
        sizes: Of the M runs.
        loss: Losses, NaN = not measured. Shape (T, M).
        priors: Of E.
        members: As fitted to all of it.
    """
    kinds = [_kind(member) for member in members]
    squares, counts = np.zeros((2, 2, len(kinds)))  # of (rungs, all runs)
    rungs = envelope(sizes.flops, loss)
    for back in BACK if len(kinds) > 1 else ():
        known = sizes.flops <= sizes.flops.max() - np.log(back)
        series = _with_rungs(sizes, loss, known)
        if not series.any():
            continue
        seen = priors.take(series)
        made = {
            _kind(member): member.at(sizes.take(~known)).quantiles(MEDIAN_ALONE)[..., 0]
            for member in fit_members(sizes.take(known), loss[series][:, known], seen)
        }
        later, on_front = loss[series][:, ~known], rungs[series][:, ~known]
        for place, kind in enumerate(kinds):
            if kind in made:
                error = np.log(made[kind] / later) ** 2
                for question, wanted in enumerate((on_front, np.isfinite(later))):
                    squares[question, place] += error[wanted].sum()
                    counts[question, place] += wanted.sum()
    mean = (squares + LEAST_ERROR**2) / (counts + 1) + LEAST_ERROR**2
    tried = counts.min(axis=1) > 0
    weight = np.where(tried[:, None], mean**-2.0, 1.0)
    is_front = np.array([kind[0] for kind in kinds])
    weight[0] *= np.where(is_front, 1.0, SECOND)
    weight[1] *= np.where(is_front, SECOND, 1.0)
    front, elsewhere = weight / weight.sum(axis=1, keepdims=True)
    return Shares(front=front, elsewhere=elsewhere)


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
