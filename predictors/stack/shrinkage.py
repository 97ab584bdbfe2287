"""How alike are benchmarks taken to be before a score is seen? The prior of the pooled curves.

Levels and slopes are those of z in ``score = floor + (1 - floor) Q(z)``, at the top of the ladder
and per effective decade. A strength counts in benchmarks, or in scores, that agree with the prior.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrinkage:
    """The prior that levels, slopes and noise of all benchmarks are drawn to.

    Attributes:
        logistic: Level and slope of a logistic curve.
        gompertz: Level and slope of a Gompertz curve.
        mean_strength: Benchmarks behind that level and slope.
        level_variance: Variance of levels between benchmarks.
        slope_variance: Variance of slopes between benchmarks.
        covariance_strength: Benchmarks behind those variances.
        flat_slope: Standard deviation of the slope of a benchmark that does not move.
        noise_strength: Scores behind the pooled variance over the binomial one (phi).
    """

    logistic: tuple[float, float] = (-1.0, 0.5)
    gompertz: tuple[float, float] = (-0.27, 0.35)
    mean_strength: float = 2.0
    level_variance: float = 4.0
    slope_variance: float = 0.16
    covariance_strength: float = 5.0
    flat_slope: float = 0.05
    noise_strength: float = 2.0

    @property
    def covariance(self) -> Floats:
        """Of level and slope between benchmarks. Shape (2, 2)."""
        return np.diag([self.level_variance, self.slope_variance])
