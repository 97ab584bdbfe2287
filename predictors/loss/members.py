"""Which laws of a loss are there, and in what do they count? Members of the default of losses.

Two laws, because there are two questions: the front law answers for efficient runs and runs on the
ladder's own track of tokens per parameter, the law of N and D for every other run. Each is fitted
with parameters as recorded (active ones, where a model is sparse) and, where it is recorded,
without embeddings; which of these counts better differs from lab to lab.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from scalepredict.predictors.loss.compute_law import ComputeLaws, fit_compute_laws
from scalepredict.predictors.loss.envelope import envelope
from scalepredict.predictors.loss.excess import Mixture
from scalepredict.predictors.loss.priors import Priors
from scalepredict.predictors.loss.sizes_law import SizesLaws, fit_sizes_laws
from scalepredict.records.table import FLOPS_PER_PARAM_TOKEN, Bools, Floats

LEAST_RANGE = 1.5  # largest over smallest: N and D must each vary by it to be told apart
FEWEST_FOR_SIZES = 5  # runs


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
        return Sizes(
            params=self.params[rows],
            tokens=self.tokens[rows],
            flops=self.flops[rows],
            dense=self.dense[rows],
        )


class Member(Protocol):
    """A fitted law of T series."""

    def at(self, sizes: Sizes) -> Mixture:
        """Predictive distributions at K sizes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrontMember:
    """The law in C along the front. ``dense``: C is 6 N D without embeddings."""

    dense: bool
    laws: ComputeLaws

    def at(self, sizes: Sizes) -> Mixture:
        """Predictive distributions at K sizes."""
        return self.laws.at(compute_of(sizes, dense=self.dense))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SizesMember:
    """The law in N and D. ``dense``: N is without embeddings."""

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


def fit_front(sizes: Sizes, loss: Floats, priors: Priors, *, dense: bool) -> FrontMember:
    """Fit the law in C to T series of losses (T, M) along their rungs."""
    log_flops = compute_of(sizes, dense=dense)
    laws = fit_compute_laws(log_flops, loss, envelope(log_flops, loss), priors)
    return FrontMember(dense=dense, laws=laws)


def fit_sizes(sizes: Sizes, loss: Floats, priors: Priors, *, dense: bool) -> SizesMember:
    """Fit the law in N and D to T series of losses (T, M)."""
    params = sizes.dense if dense else sizes.params
    laws = fit_sizes_laws(params, sizes.tokens, sizes.flops, loss, priors)
    return SizesMember(dense=dense, laws=laws)


def fit_members(sizes: Sizes, loss: Floats, priors: Priors) -> tuple[Member, ...]:
    """All members that the sizes allow: front laws first, then laws of N and D."""
    ways = accountings(sizes)
    fronts = [fit_front(sizes, loss, priors, dense=dense) for dense in ways]
    if not both_vary(sizes):
        return tuple(fronts)
    return (*fronts, *(fit_sizes(sizes, loss, priors, dense=dense) for dense in ways))
