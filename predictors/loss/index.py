"""Where does a checkpoint lie on the road of scale? One number from (N, D), in decades of FLOPs.

    theta = -log L(N, D),    L = E + A N^-alpha + B D^-beta,    x = (theta - theta_top) / slope

``slope`` is the rise of theta per decade of FLOPs near the top of the evidence, so that x counts
"effective decades": 0 at the best checkpoint, -1 where the evidence was one decade of FLOPs lower.
Unlike log C it knows that four times the tokens and four times the parameters are not the same.

Three indices: plain decades of FLOPs; that of the published loss law; and, where the records carry
a validation loss, that of the user's own losses. Means of the published index and another one
forecast better than either, because their errors differ: the published law bends too much for
some recipes, and log C for none. Whether params leave out embeddings is rarely recorded, and
decides how far apart small models lie; so the published index is also read at N + omega N^(1/3).

The published constants hold for tokens of a language model. Where the compute of a family is not
6 N D, or its tokens per parameter are out of all proportion, "tokens" are something else (pairs of
image and text, thousands of tokens, epochs). D is then read as C / 6N, which has no unit of its
own, and as 20 per parameter at the largest checkpoint. Where compute is 6 N D but for one factor
of less than 3, that factor is taken for the unit of D.

Source: the published constants are Hoffmann et al. (2022, arXiv 2203.15556). Constants refitted
    to the same runs (Besiroglu et al. 2024, arXiv 2404.10102) forecast worse where D/N varies.
    Size of embeddings: Pearce and Song (2024, arXiv 2406.12907).
Fails when: recipes differ in more than scale; it ranks checkpoints of one family only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.table import FLOPS_PER_PARAM_TOKEN, Floats

TOP_DECADES = 1.2  # the slope is read off the models so close to the largest one
EMBEDDING = 47491.0  # omega of N + omega N^(1/3), if N leaves out an embedding
COUNTED_ALIKE = 2.0  # ratio of C to 6 N D may vary so much along a ladder, by what is counted
SAME_COMPUTE = 3.0  # and be off by so much with tokens in one unit; beyond, D is read as C / 6N
ROUNDED = 1e-3  # share by which recorded figures may be off 6 N D and mean it
TOKENS_PER_PARAM = (1.0, 1e4)  # if no checkpoint is inside, D has another unit
OPTIMAL_TOKENS_PER_PARAM = 20.0  # then taken for the largest one (Hoffmann et al. 2022)
DEFAULT_SLOPE = 0.08  # rise of theta per decade near 1e21 FLOPs, where all models cost the same


@dataclass(frozen=True, slots=True, kw_only=True)
class LossSurface:
    """A loss law of scale: E + A / N^alpha + B / D^beta + G / C^gamma (nats per token).

    A term that the law does not use has coefficient 0.
    """

    entropy: float
    params_coefficient: float = 0.0
    params_exponent: float = 0.0
    tokens_coefficient: float = 0.0
    tokens_exponent: float = 0.0
    flops_coefficient: float = 0.0
    flops_exponent: float = 0.0

    def loss(self, scale: Scale) -> Floats:
        """Loss at each scale (nats per token). Shape (M,)."""
        result: Floats = (
            self.entropy
            + self.params_coefficient * scale.params**-self.params_exponent
            + self.tokens_coefficient * scale.tokens**-self.tokens_exponent
            + self.flops_coefficient * scale.flops**-self.flops_exponent
        )
        return result


HOFFMANN = LossSurface(
    entropy=1.69,
    params_coefficient=406.4,
    params_exponent=0.34,
    tokens_coefficient=410.7,
    tokens_exponent=0.28,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPart:
    """Effective decades by one theta.

    Attributes:
        surface: The loss law behind theta; None: theta is log10 C.
        top: Largest theta of the evidence.
        slope: Rise of theta per decade of FLOPs.
        embedding: omega; the surface is read at N + omega N^(1/3).
        share: Weight in a mean of several parts.
        by_compute: Whether D is read as C / 6N.
        token_unit: Language-model tokens that one unit of D stands for.
    """

    surface: LossSurface | None
    top: float
    slope: float
    embedding: float = 0.0
    share: float = 1.0
    by_compute: bool = False
    token_unit: float = 1.0

    def decades(self, scale: Scale) -> Floats:
        """Effective decades of each scale. Shape (M,)."""
        tokens = _tokens(scale, by_compute=self.by_compute) * self.token_unit
        read_at = with_embeddings(replace(scale, tokens=tokens), self.embedding)
        return (_theta(self.surface, read_at) - self.top) / self.slope


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Effective decades x, a mean of parts; 0 at the best checkpoint of the evidence.

    Attributes:
        parts: What is averaged; shares sum to 1.
        top: Largest mean of the evidence.
    """

    parts: tuple[IndexPart, ...]
    top: float = 0.0

    def decades(self, scale: Scale) -> Floats:
        """Effective decades of each scale. Shape (M,)."""
        each = [part.share * part.decades(scale) for part in self.parts]
        result: Floats = np.sum(each, axis=0) - self.top
        return result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """An index and where the evidence lies on it, ``x`` of shape (M,)."""

    index: Index
    x: Floats


def compute_index(scale: Scale) -> Placed:
    """Plain decades of training FLOPs."""
    theta = _theta(None, scale)
    part = IndexPart(surface=None, top=float(theta.max()), slope=1.0)
    return Placed(index=Index(parts=(part,)), x=theta - part.top)


def published_index(scale: Scale, *, embedding: float = 0.0) -> Placed:
    """The index of the published loss law, with omega for params that leave out embeddings."""
    by_compute, token_unit = _reading_of_tokens(scale)
    tokens = _tokens(scale, by_compute=by_compute) * token_unit
    theta = _theta(HOFFMANN, with_embeddings(replace(scale, tokens=tokens), embedding))
    part, x = _placed(HOFFMANN, theta, scale.flops)
    part = replace(part, embedding=embedding, by_compute=by_compute, token_unit=token_unit)
    return Placed(index=Index(parts=(part,)), x=x)


def with_embeddings(scale: Scale, omega: float) -> Scale:
    """The same sizes with N + omega N^(1/3) parameters."""
    return replace(scale, params=scale.params + omega * np.cbrt(scale.params))


def own_index(scale: Scale, surface: LossSurface, loss: Floats) -> Placed:
    """The index of the user's own losses: measured in the evidence, fitted elsewhere.

    Args:
        scale: Sizes of the evidence.
        surface: Loss law fitted to those losses; stands in where one was not measured.
        loss: Measured validation losses (nats per token), NaN = not recorded. Shape (M,).
    """
    measured = np.where(np.isfinite(loss) & (loss > 0), loss, surface.loss(scale))
    part, x = _placed(surface, -np.log(measured), scale.flops)
    return Placed(index=Index(parts=(part,)), x=x)


def mean_index(placed: Sequence[Placed], shares: Sequence[float]) -> Placed:
    """A weighted mean of indices of the same evidence; ``shares`` sum to 1."""
    x: Floats = np.sum([share * each.x for each, share in zip(placed, shares, strict=True)], axis=0)
    peak = float(x.max())
    parts: list[IndexPart] = []
    top = peak
    for each, share in zip(placed, shares, strict=True):
        parts += [replace(part, share=share * part.share) for part in each.index.parts]
        top += share * each.index.top
    return Placed(index=Index(parts=tuple(parts), top=top), x=x - peak)


def _reading_of_tokens(scale: Scale) -> tuple[bool, float]:
    # Whether D is C / 6N, and the language-model tokens that one unit of D stands for.
    ratio = _tokens(scale, by_compute=True) / scale.tokens
    off = float(np.median(ratio))
    alike = ratio.max() <= COUNTED_ALIKE * ratio.min()
    by_compute = not (alike and 1 / SAME_COMPUTE < off < SAME_COMPUTE)
    unit = 1.0 if by_compute or abs(off - 1) < ROUNDED else off
    tokens_per_param = _tokens(scale, by_compute=by_compute) / scale.params
    low, high = TOKENS_PER_PARAM
    if ((unit * tokens_per_param >= low) & (unit * tokens_per_param <= high)).any():
        return by_compute, unit
    return by_compute, OPTIMAL_TOKENS_PER_PARAM / float(tokens_per_param[np.argmax(scale.flops)])


def _tokens(scale: Scale, *, by_compute: bool) -> Floats:
    return scale.flops / (FLOPS_PER_PARAM_TOKEN * scale.params) if by_compute else scale.tokens


def _placed(surface: LossSurface, theta: Floats, flops: Floats) -> tuple[IndexPart, Floats]:
    decades = np.log10(flops)
    near = decades >= decades.max() - TOP_DECADES
    if near.sum() < 3:
        near = np.ones_like(near)
    slope = _ols_slope(decades[near], theta[near])
    if not slope > 0:
        width = np.ptp(decades)
        slope = float(np.ptp(theta) / width) if width > 0 else 0.0
    slope = slope if slope > 0 else DEFAULT_SLOPE
    part = IndexPart(surface=surface, top=float(theta.max()), slope=slope)
    return part, (theta - part.top) / slope


def _theta(surface: LossSurface | None, scale: Scale) -> Floats:
    result: Floats = np.log10(scale.flops) if surface is None else -np.log(surface.loss(scale))
    return result


def _ols_slope(x: Floats, y: Floats) -> float:
    centred = x - x.mean()
    square = float(centred @ centred)
    return float(centred @ y / square) if square > 0 else 0.0
