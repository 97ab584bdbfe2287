"""Does the run slide away slowly? A CUSUM of the common shift.

    sum_k = max(0, sum_(k-1) - shift_k - reference),  alarm when sum_k > threshold

(Page 1954). Only downwards: scores that rise a little faster than expected are learning, not a
fault. With reference .5 and threshold 4, in standard deviations of the shift, noise alone raises an
alarm once in some hundreds of checkpoints.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The sum so far, in standard deviations of the common shift, and its checkpoints."""

    total: float = 0.0
    n: int = 0

    def after(self, shift: float, reference: float) -> "Drift":
        """The sum after one more checkpoint."""
        total = max(0.0, self.total - shift - reference)
        return Drift(total=total, n=self.n + 1 if total else 0)
