"""Where does a checkpoint lie on the road of scale? One number from (N, D), in decades of FLOPs.

    theta = -log L(N, D),    L = E + A N^-alpha + B D^-beta,    x = (theta - theta_top) / slope

``slope`` is the rise of theta per decade of FLOPs near the top of the evidence, so that x counts
"effective decades": 0 at the best checkpoint, -1 where the evidence was one decade of FLOPs lower.
Unlike log C it knows that four times the tokens and four times the parameters are not the same.

Source: the constants are Hoffmann et al. (2022, arXiv 2203.15556). Refitted constants (Besiroglu
    et al. 2024) and constants fitted to scores forecast worse on ladders whose D/N varies.
Fails when: recipes differ in more than scale; it ranks checkpoints of one family only.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.predictors.ladder import Scale
from scalepredict.records.table import Floats

TOP_DECADES = 1.2  # the slope is read off the models so close to the largest one
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

    def loss(self, scale: "Scale") -> Floats:
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
class Index:
    """Effective decades above the best checkpoint of the evidence.

    Attributes:
        surface: The loss law behind theta; None: theta is log10 C.
        top: Largest theta of the evidence.
        slope: Rise of theta per decade of FLOPs.
    """

    surface: LossSurface | None
    top: float
    slope: float

    def decades(self, scale: Scale) -> Floats:
        """Effective decades x; 0 at the top of the evidence. Shape (M,)."""
        return self.decades_of(_theta(self.surface, scale))

    def decades_of(self, theta: Floats) -> Floats:
        """Effective decades of given theta, e.g. of measured losses. Shape (M,)."""
        result: Floats = (theta - self.top) / self.slope
        return result


def compute_index(scale: Scale) -> Index:
    """Plain decades of training FLOPs."""
    return Index(surface=None, top=float(np.log10(scale.flops).max()), slope=1.0)


def surface_index(surface: LossSurface, scale: Scale) -> Index:
    """The index of a loss law on the evidence's scales."""
    return theta_index(surface, _theta(surface, scale), scale.flops)


def theta_index(surface: LossSurface, theta: Floats, flops: Floats) -> Index:
    """The index of a loss law whose theta is known (measured) on the evidence. Shapes (M,)."""
    decades = np.log10(flops)
    near = decades >= decades.max() - TOP_DECADES
    if near.sum() < 3:
        near = np.ones_like(near)
    slope = _ols_slope(decades[near], theta[near])
    if not slope > 0:
        width = np.ptp(decades)
        slope = float(np.ptp(theta) / width) if width > 0 else 0.0
    return Index(
        surface=surface, top=float(theta.max()), slope=slope if slope > 0 else DEFAULT_SLOPE
    )


def _theta(surface: LossSurface | None, scale: Scale) -> Floats:
    result: Floats = np.log10(scale.flops) if surface is None else -np.log(surface.loss(scale))
    return result


def _ols_slope(x: Floats, y: Floats) -> float:
    centred = x - x.mean()
    square = float(centred @ centred)
    return float(centred @ y / square) if square > 0 else 0.0
