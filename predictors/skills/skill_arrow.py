"""How is one step towards all skills and curves found? Blocks, the more numerous ones first.

The parameters of a benchmark meet those of a family only in their common cells, so benchmarks are
blocks of their own, and so are families; slopes meet both. The side with more parameters is
eliminated block by block, and the rest is one small dense system.

Source: Schur complement as in bundle adjustment (Triggs et al. 1999).

Letters: T benchmarks of q parameters, F families of d skills, P = 3 d slopes.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import Floats

RIDGE = 1e-9  # of the mean curvature: the rotation of the skills is free but for the penalties


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steps:
    """One number for each parameter: shapes (T, q), (F, d) and (3, d)."""

    unit: Floats
    family: Floats
    slope: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrow:
    """Gradient and curvature.

    Attributes:
        gradient: The three gradients.
        unit: Shape (T, q, q).
        family: Shape (F, d, d).
        slope: Shape (P, P).
        family_unit: Shape (F, T, q, d).
        unit_slope: Shape (T, q, P).
        family_slope: Shape (F, d, P).
    """

    gradient: Steps
    unit: Floats
    family: Floats
    slope: Floats
    family_unit: Floats
    unit_slope: Floats
    family_slope: Floats

    def step(self, damping: float) -> Steps:
        """The damped step (Levenberg-Marquardt) against the gradient."""
        (n_units, q), (n_families, d) = self.gradient.unit.shape, self.gradient.family.shape
        unit, family, slope = (_damped(part, damping) for part in self._blocks())
        if n_units * q >= n_families * d:
            cross = self.family_unit.transpose(1, 2, 0, 3).reshape(n_units, q, n_families * d)
            inner, own, outer = _eliminated(
                (unit, cross, self.unit_slope, self.gradient.unit),
                (family, self.family_slope, self.gradient.family),
                (slope, self.gradient.slope),
            )
            return Steps(unit=inner, family=own, slope=outer)
        cross = self.family_unit.transpose(0, 3, 1, 2).reshape(n_families, d, n_units * q)
        inner, own, outer = _eliminated(
            (family, cross, self.family_slope, self.gradient.family),
            (unit, self.unit_slope, self.gradient.unit),
            (slope, self.gradient.slope),
        )
        return Steps(unit=own, family=inner, slope=outer)

    def _blocks(self) -> tuple[Floats, Floats, Floats]:
        return self.unit, self.family, self.slope


def _eliminated(
    inner: tuple[Floats, Floats, Floats, Floats],
    kept: tuple[Floats, Floats, Floats],
    slopes: tuple[Floats, Floats],
) -> tuple[Floats, Floats, Floats]:
    # Blocks (n, b, b) that are eliminated, with what they share with the kept ones (n, b, m c) and
    # with slopes (n, b, P), and gradient (n, b); kept blocks (m, c, c), (m, c, P), (m, c); slopes.
    block, to_kept, to_slope, gradient = inner
    kept_block, kept_slope, kept_gradient = kept
    slope, slope_gradient = slopes
    m, c = kept_gradient.shape
    edge, width = m * c, m * c + len(slope)
    rest = np.zeros((width, width))
    place = np.arange(edge).reshape(m, c)
    rest[place[:, :, None], place[:, None, :]] = kept_block
    across = kept_slope.reshape(edge, -1)
    rest[:edge, edge:], rest[edge:, :edge], rest[edge:, edge:] = across, across.T, slope
    cross = np.concatenate([to_kept, to_slope], axis=2)
    solved = np.linalg.solve(block, np.concatenate([cross, gradient[:, :, None]], axis=2))
    ratio, own = solved[:, :, :-1], solved[:, :, -1]
    flat = cross.reshape(-1, width).T
    rest -= flat @ ratio.reshape(-1, width)
    right = np.concatenate([kept_gradient.reshape(-1), slope_gradient.reshape(-1)])
    right = right - flat @ own.reshape(-1)
    rest[np.diag_indices(width)] += RIDGE * np.trace(rest) / width
    step = -np.linalg.solve(rest, right)
    return (
        -own - ratio @ step,
        step[:edge].reshape(m, c),
        step[edge:].reshape(slope_gradient.shape),
    )


def _damped(blocks: Floats, damping: float) -> Floats:
    # A benchmark whose models all sit at its floor tells nothing of its level.
    size = blocks.shape[-1]
    mean = np.trace(blocks, axis1=-2, axis2=-1).mean() / size
    return np.asarray(blocks * (1 + damping * np.eye(size)) + RIDGE * mean * np.eye(size))
