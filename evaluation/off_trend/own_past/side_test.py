"""Is this checkpoint as a whole worse, or better, than its trend? Two looks at each side.

(i) common shift S: the precision-weighted mean of z clipped at 4, over its scale in this run, t
    with 20 degrees of freedom; (ii) smallest p of T benchmarks, t with the run's own tail, Sidak
    over T.
Combined: the weighted harmonic mean 1 / (.6 / p_i + .4 / p_ii) (Wilson, PNAS 116, 2019). Where p is
small it holds the false alarms of a checkpoint nearly whatever the correlation of its benchmarks,
and it gains where both looks agree. Each side has a test of its own.

A healthy run may slow down or speed up: with g the gain expected since the last few checkpoints,

    sd^2 = phi * v + bend + (kappa * g)^2,   kappa = .25 for worse, .75 for better

and a change of pace is common to all benchmarks, so it widens the scale of S as well. Where the
forecasts of this run have lately been too high (low), that much of a departure on the worse
(better) side is their habit: the lag of own_noise.py is taken off, and never added.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr

from scalepredict.evaluation.off_trend.own_past.own_noise import Noise, common_shift
from scalepredict.records.table import Bools, Floats

SHIFT_DF = 20.0
LEAST = 1e-300  # p-values, so that their inverses are finite
SHARES = (0.6, 0.4)  # weights: common shift, single benchmark
SLOWER, FASTER = 0.25, 0.75  # kappa
LARGE_GAIN = 0.01  # over several checkpoints; the more is expected, the less of it is sure


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Departure:
    """How far T benchmarks lie from what was expected; NaN = not tested. Shapes (T,).

    Attributes:
        residual: Score less forecast; negative is worse.
        variance: Of a measurement for phi = 1.
        bend: Variance of the curvature.
        gain: Expected change since the last few checkpoints, without sign.
    """

    residual: Floats
    variance: Floats
    bend: Floats
    gain: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OneSide:
    """The test of one side.

    Attributes:
        p_value: Of the checkpoint as a whole.
        shift: Common shift in units of its scale; negative is worse.
        shift_p: P-value of the common shift alone, over its share of alpha.
        z: Deviations. Shape (T,).
        unit_p: P-value of each benchmark by itself, not corrected; 1 = not tested. Shape (T,).
    """

    p_value: float
    shift: float
    shift_p: float
    z: Floats
    unit_p: Floats


def worse(departure: Departure, noise: Noise) -> OneSide:
    """Test for scores that are worse than expected."""
    return _one_side(departure, noise, sign=1.0, kappa=SLOWER)


def better(departure: Departure, noise: Noise) -> OneSide:
    """Test for scores that are better than expected."""
    return _one_side(departure, noise, sign=-1.0, kappa=FASTER)


def slid(departure: Departure, noise: Noise) -> OneSide:
    """Test the mean of several checkpoints for scores that are worse than expected before them.

    A run whose shift scatters less than its benchmarks by themselves gets no narrower test: those
    checkpoints were forecast from nearby. The more a forecast further ahead expects, the less of it
    is sure.
    """
    wide = replace(noise, shift=max(1.0, noise.shift), lag=0.0)
    unsure = replace(departure, gain=departure.gain * (1 + departure.gain / LARGE_GAIN))
    return _one_side(unsure, wide, sign=1.0, kappa=SLOWER)


def _one_side(departure: Departure, noise: Noise, *, sign: float, kappa: float) -> OneSide:
    tested: Bools = np.isfinite(departure.residual)
    n = int(tested.sum())
    pace = kappa * departure.gain
    sd = np.sqrt(noise.phi * departure.variance + departure.bend + pace**2)
    z = np.where(tested, departure.residual / sd, np.nan)
    precision = np.where(tested, 1 / sd, 0.0)
    habit = sign * min(0.0, sign * noise.lag)
    z = z - habit * precision / np.sqrt((precision**2).sum())
    of_pace = np.where(tested, pace / sd, 0.0)
    common_pace = float((precision * of_pace).sum() / np.sqrt((precision**2).sum()))
    shift = float(common_shift(z, precision)) / np.hypot(noise.shift, common_pace)
    unit_p = np.where(tested, stdtr(noise.tail, sign * np.where(tested, z, 0.0)), 1.0)
    smallest = min(float(unit_p.min()), 1 - 1e-12)
    single_p = float(-np.expm1(n * np.log1p(-smallest)))
    shift_p = max(float(stdtr(SHIFT_DF, sign * shift)) / SHARES[0], LEAST)
    p_value = single_p if n == 1 else 1 / (1 / shift_p + SHARES[1] / max(single_p, LEAST))
    return OneSide(
        p_value=min(1.0, p_value), shift=float(shift), shift_p=shift_p, z=z, unit_p=unit_p
    )
