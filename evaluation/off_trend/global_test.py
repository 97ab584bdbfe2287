"""Does this checkpoint as a whole leave its trend? Three looks at its residuals, and one p-value.

(i) common shift: the precision-weighted mean of z clipped at 4, t with 15 degrees of freedom;
(ii) largest |z| of T benchmarks: t with fitted degrees of freedom, Sidak over T;
(iii) energy: the mean of min(z^2, 16), t with 5 degrees of freedom (its right tail is long).
Combined: p = min(p_i / .4, p_ii / .4, p_iii / .2), a weighted Bonferroni bound, so that the
false alarms of a checkpoint hold whatever the correlation of its benchmarks.
Centres and scales of (i) and (iii) come from the same statistics of other runs (noise.py).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import stdtr

from scalepredict.records.table import Bools, Floats

CLIP = 4.0
SHIFT_DF, ENERGY_DF = 10.0, 5.0
SHARES = np.array([[0.4], [0.4], [0.2]])  # of alpha: shift, largest, energy
ENERGY_UNITS = 3  # with fewer benchmarks the energy is far from t, and says what (ii) says
SHARES_OF_FEW = np.array([[0.5], [0.5], [1.0]])


class Direction(StrEnum):
    """Which deviations count."""

    LOW = "low"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Noise:
    """How healthy checkpoints scatter around their own past.

    Attributes:
        phi: Variance over the binomial one, by unit. Shape (T,).
        tail: Degrees of freedom of z.
        shift: Centre and scale of the common shift.
        energy: Centre and scale of the energy.
    """

    phi: Floats
    tail: float
    shift: tuple[float, float]
    energy: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """The test of one checkpoint on T units.

    Attributes:
        p_value: Of the checkpoint as a whole.
        shift: Common shift in units of its null scale; negative = scores too low.
        shift_p: P-value of (i) alone, two-sided unless only low deviations count.
        unit_p: P-value of each unit by itself, not corrected. Shape (T,).
    """

    p_value: float
    shift: float
    shift_p: float
    unit_p: Floats


def common_shift(z: Floats, precision: Floats) -> Floats:
    """Statistic (i), before centring; NaN units are left out. Shapes (R, T) -> (R,)."""
    known = np.isfinite(z)
    weight = np.where(known, np.sqrt(precision), 0.0)
    pull = np.where(known, np.clip(z, -CLIP, CLIP), 0.0)
    total: Floats = (weight * pull).sum(axis=-1) / np.sqrt((weight**2).sum(axis=-1))
    return total


def energy(z: Floats, direction: Direction) -> Floats:
    """Statistic (iii), before centring; NaN units are left out. Shapes (R, T) -> (R,)."""
    counted = np.minimum(z, 0.0) if direction is Direction.LOW else z
    squared = np.minimum(counted**2, CLIP**2)
    known: Bools = np.isfinite(z)
    total: Floats = np.where(known, squared, 0.0).sum(axis=-1) / known.sum(axis=-1)
    return total


def assess(z: Floats, precision: Floats, noise: Noise, direction: Direction) -> Outcome:
    """Test the standardised residuals of one checkpoint, all finite. Shapes (T,)."""
    p_value, shift, shift_p, unit_p = assess_all(z[None], precision[None], noise, direction)
    return Outcome(
        p_value=float(p_value[0]),
        shift=float(shift[0]),
        shift_p=float(shift_p[0]),
        unit_p=unit_p[0],
    )


def assess_all(
    z: Floats, precision: Floats, noise: Noise, direction: Direction
) -> tuple[Floats, Floats, Floats, Floats]:
    """The fields of an outcome for R checkpoints; NaN units are left out. Shapes (R, T)."""
    low = direction is Direction.LOW
    sides = 1.0 if low else 2.0
    known = np.isfinite(z)
    shift = (common_shift(z, precision) - noise.shift[0]) / noise.shift[1]
    shift_p: Floats = np.asarray(sides * stdtr(SHIFT_DF, shift if low else -np.abs(shift)))
    unit_p: Floats = np.where(known, sides * stdtr(noise.tail, z if low else -np.abs(z)), 1.0)
    smallest = np.minimum(unit_p.min(axis=-1), 1 - 1e-12)  # ln(0) if every z is exactly 0
    largest_p = -np.expm1(known.sum(axis=-1) * np.log1p(-smallest))
    excess = (energy(z, direction) - noise.energy[0]) / noise.energy[1]
    few = known.sum(axis=-1) < ENERGY_UNITS
    energy_p = np.where(few, 1.0, stdtr(ENERGY_DF, -excess))
    parts = np.stack([shift_p, largest_p, energy_p])
    combined: Floats = np.minimum(1.0, (parts / np.where(few, SHARES_OF_FEW, SHARES)).min(axis=0))
    return combined, shift, shift_p, unit_p


def significant(p: Floats, share: float) -> Bools:
    """Benjamini-Hochberg (1995): which p-values stand out at a false discovery rate. (T,)."""
    order = np.argsort(p, kind="stable")
    passed = np.flatnonzero(p[order] <= share * np.arange(1, len(p) + 1) / len(p))
    result = np.zeros(len(p), dtype=bool)
    if len(passed):
        result[order[: passed[-1] + 1]] = True
    return result
