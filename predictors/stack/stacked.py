"""What is stacked: curves of every benchmark on several indices of scale, and lines beside them.

Members differ in the index (published, with own losses, log C) and in the shape; stack.py tells why
each is there, and weighs them.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.predictors.loss.index import (
    Index,
    Placed,
    compute_index,
    mean_index,
    own_index,
)
from scalepredict.predictors.loss.loss_surface import fit_surface
from scalepredict.predictors.scale.scale_evidence import Ladder, Scale
from scalepredict.predictors.stack.embeddings import embedding_readings
from scalepredict.predictors.stack.hierarchical import (
    CurveSetting,
    HierarchicalCurves,
    fit_curves,
    recency,
)
from scalepredict.predictors.stack.local_line import LocalLines, fit_lines, flat_lines
from scalepredict.predictors.stack.shrinkage import Shrinkage
from scalepredict.records.table import Floats

LEAST_LOSSES = 0.8  # share of the checkpoints with a loss from which losses are used
ON_COMPUTE = "logistic on log C"
LAST_SCORE = "last score"
COMPUTE_DECAY = 1.0  # decades; where it forecasts best, the whole ladder is one curve


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


def carries_losses(ladder: Ladder) -> bool:
    """Whether losses place the members: those of a part would put the rest on another index."""
    enough = bool(np.isfinite(ladder.loss).mean() >= LEAST_LOSSES)
    return enough and fit_surface(ladder.scale, ladder.loss) is not None


def fit_members(
    ladder: Ladder, shares: tuple[float, ...], shrinkage: Shrinkage, *, with_loss: bool
) -> Members:
    """Fit all members; always the same ones, so that inner origins can be averaged.

    Args:
        ladder: The evidence.
        shares: Probabilities that params leave out no, one or two embeddings.
        shrinkage: What the curves of all benchmarks are drawn to.
        with_loss: Whether losses place two members; where a part of the evidence carries too few,
            the published index stands in.
    """
    compute = compute_index(ladder.scale)
    published = mean_index(embedding_readings(ladder.scale), shares)
    roads = [("loss index", published)]
    if with_loss:
        surface = fit_surface(ladder.scale, ladder.loss)
        own = own_index(ladder.scale, surface, ladder.loss) if surface else published
        roads.append(("loss index with own losses", mean_index([published, own], [0.5, 0.5])))
    measured = np.isfinite(ladder.scores)
    labels: list[str] = []
    settings: list[CurveSetting] = []
    placed: list[Placed] = []
    for name, road in roads:
        weight = recency(road.x, ladder.scale.flops, measured)
        for shape in ("logistic", "Gompertz"):
            labels.append(f"{shape} on {name}")
            settings.append(CurveSetting(x=road.x, weight=weight, gompertz=shape == "Gompertz"))
            placed.append(road)
    weight = recency(compute.x, ladder.scale.flops, measured, decay=COMPUTE_DECAY)
    labels.append(ON_COMPUTE)
    settings.append(CurveSetting(x=compute.x, weight=weight, gompertz=False))
    placed.append(compute)
    fitted = fit_curves(
        settings,
        ladder.scores,
        n_items=ladder.n_items,
        floor=ladder.floor(),
        shrinkage=shrinkage,
    )
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
    still = flat_lines(ladder.scale.flops, ladder.scores)
    flat = LineMember(label=LAST_SCORE, index=half_way.index, lines=still)
    return Members(curves=curves, lines=(lines, flat))
