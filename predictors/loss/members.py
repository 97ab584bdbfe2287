"""Which laws of a loss are there, and in what do they count? Members of the default of losses.

Two questions need their own laws. Targets that continue the rungs, on the front or on the ladder's
own track of tokens per parameter, are answered by the law in C along these, and by a law of N and D
of the runs near the front: of all runs it forecasts efficient ones 2 to 6 % too high, since runs
far above pull it up. All other targets are answered by laws of N and D. Each is fitted with
parameters as recorded (active ones, where a model is sparse) and, where it is recorded, without
embeddings; which of these counts better differs from lab to lab.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from scalepredict.predictors.loss.compute_law import ComputeLaws, fit_compute_laws
from scalepredict.predictors.loss.envelope import envelope, height, read_track
from scalepredict.predictors.loss.excess import Mixture
from scalepredict.predictors.loss.priors import Priors
from scalepredict.predictors.loss.sizes_law import SizesLaws, fit_sizes_laws
from scalepredict.records.table import FLOPS_PER_PARAM_TOKEN, Bools, Floats, taken

LEAST_RANGE = 1.5  # largest over smallest: N and D must each vary by it to be told apart
FEWEST_FOR_SIZES = 5  # runs
NEAR = 0.01  # of log L: a run so far above the front counts 1 / e in the law of runs near it


# Which law it is, of which runs:
#   track   in C, along the rungs: for targets that continue them
#   front   in C, of rungs that say nothing of N and D apart, for other targets
#   near    in N and D, of runs near the front
#   all     in N and D, of all runs
Kind = Literal["track", "front", "near", "all"]
FOR_TRACK: tuple[Kind, ...] = ("track", "near")
FOR_OTHERS: tuple[Kind, ...] = ("front", "near", "all")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sizes:
    """Natural logs of the sizes of M runs or targets. Shapes (M,).

    Attributes:
        params: Of parameters; the active ones of a sparse model.
        tokens: Of tokens, in fresh ones where they were repeated.
        flops: Of training FLOPs as the evidence counts them.
        dense: Of parameters without embeddings; NaN where not known.
    """

    params: Floats
    tokens: Floats
    flops: Floats
    dense: Floats

    def take(self, rows: Bools) -> "Sizes":
        """The chosen runs."""
        return taken(self, rows)


class Member(Protocol):
    """A fitted law of T series."""

    @property
    def kind(self) -> Kind:
        """Which law it is."""
        ...

    @property
    def dense(self) -> bool:
        """Whether its parameters are without embeddings."""
        ...

    def at(self, sizes: Sizes) -> Mixture:
        """Predictive distributions at K sizes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrontMember:
    """A law in C. ``dense``: C is 6 N D without embeddings."""

    kind: Kind
    dense: bool
    laws: ComputeLaws

    def at(self, sizes: Sizes) -> Mixture:
        """Predictive distributions at K sizes."""
        return self.laws.at(compute_of(sizes, dense=self.dense))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SizesMember:
    """A law in N and D. ``dense``: N is without embeddings."""

    kind: Kind
    dense: bool
    laws: SizesLaws

    def at(self, sizes: Sizes) -> Mixture:
        """Predictive distributions at K sizes."""
        params = sizes.dense if self.dense else sizes.params
        return self.laws.at(params, sizes.tokens, sizes.flops)


def compute_of(sizes: Sizes, *, dense: bool) -> Floats:
    """Natural log of compute, as recorded or without embeddings. Shape (M,)."""
    if not dense:
        return sizes.flops
    result: Floats = np.log(FLOPS_PER_PARAM_TOKEN) + sizes.dense + sizes.tokens
    return result


def accountings(sizes: Sizes) -> tuple[bool, ...]:
    """Ways to count the parameters of a ladder: with embeddings, and without where recorded."""
    known = np.isfinite(sizes.dense).all()
    return (False, True) if known and not np.allclose(sizes.dense, sizes.params) else (False,)


def both_vary(sizes: Sizes) -> bool:
    """Whether a law of N and D can be fitted at all."""
    ranges = min(np.ptp(sizes.params), np.ptp(sizes.tokens), np.ptp(sizes.tokens - sizes.params))
    return bool(len(sizes.params) >= FEWEST_FOR_SIZES and ranges >= np.log(LEAST_RANGE))


def fit_members(sizes: Sizes, loss: Floats, priors: Priors) -> tuple[Member, ...]:
    """All members that the sizes of T series of losses (T, M) allow: laws in C, then of N, D."""
    ways, apart = accountings(sizes), both_vary(sizes)
    kinds: tuple[Kind, ...] = ("track", "near", "all") if apart else ("track", "front")
    return tuple(
        _fit_front(sizes, loss, priors, kind, dense=dense)
        if kind in ("track", "front")
        else _fit_sizes(sizes, loss, priors, kind, dense=dense)
        for kind in kinds
        for dense in ways
    )


def _fit_front(
    sizes: Sizes, loss: Floats, priors: Priors, kind: Kind, *, dense: bool
) -> FrontMember:
    log_flops = compute_of(sizes, dense=dense)
    rungs = envelope(log_flops, loss)
    if kind == "track":
        ratio = np.nan_to_num(sizes.tokens - (sizes.dense if dense else sizes.params))
        priors = priors.along(read_track(log_flops, ratio, rungs).slope)
    laws = fit_compute_laws(log_flops, loss, rungs, priors)
    return FrontMember(kind=kind, dense=dense, laws=laws)


def _fit_sizes(
    sizes: Sizes, loss: Floats, priors: Priors, kind: Kind, *, dense: bool
) -> SizesMember:
    params = sizes.dense if dense else sizes.params
    near = kind == "near"
    above = height(sizes.flops, loss, envelope(sizes.flops, loss)) if near else np.zeros_like(loss)
    laws = fit_sizes_laws(
        params, sizes.tokens, sizes.flops, loss, priors, closeness=np.exp(-above / NEAR)
    )
    return SizesMember(kind=kind, dense=dense, laws=laws)
