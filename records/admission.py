"""Can a metric's values be scores, and in which unit are they? One decision for all its values.

The decision is made once for each benchmark and metric, over all files that are read together: a
value alone cannot tell 0.9 % from 90 %.
"""

from dataclasses import dataclass
from typing import Literal

from scalepredict.records.metrics import Metric

PERCENT = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What becomes of the values of one metric of one benchmark.

    Attributes:
        use: ``score``; ``loss``, a covariate of the benchmark's other scores; or ``out``.
        divisor: What values and standard errors are divided by: 1, or 100 of percent.
        reason: Why they are left out; empty if they are not.
    """

    use: Literal["score", "loss", "out"]
    divisor: float = 1.0
    reason: str = ""


def is_score(metric: Metric) -> bool:
    """Whether values of a metric are scores: more is better, up to 1, and from 0 or -1.

    All others keep their own unit, and are forecast by a law of their own.
    """
    return metric.direction == "higher" and metric.lower >= -1 and metric.upper <= 1


def admit(
    metric: Metric, low: float, high: float, *, percent: bool = False, beside: bool = False
) -> Admission:
    """Decide over all values of a metric on one benchmark.

    Args:
        metric: The metric, with the direction that the harness says.
        low: Smallest value.
        high: Largest value.
        percent: Whether the values are said to be in percent.
        beside: Whether the benchmark has scores too, and this metric was not asked for.
    """
    if not is_score(metric):
        if metric.kind == "loss" and beside:
            return Admission(use="loss")
        if metric.lower <= low and high <= metric.upper:
            return Admission(use="score")
        return Admission(use="out", reason=f"values outside {metric.lower:g} to {metric.upper:g}")
    # An unknown metric that goes below 0 is a correlation or the like: a guesser is near 0.
    lowest = -1.0 if metric.kind == "unknown" else metric.lower
    if not percent and lowest <= low and high <= 1:
        return Admission(use="score")
    known = metric.kind != "unknown" or percent
    if known and lowest * PERCENT <= low and high <= PERCENT:
        return Admission(use="score", divisor=PERCENT)
    bounds = f"{metric.lower:g} to {metric.upper:g}"
    if metric.kind != "unknown":
        return Admission(use="out", reason=f"values outside {bounds}, also as percent")
    return Admission(
        use="out",
        reason="values outside 0 to 1 of a metric that is not known; say what it is, like "
        f"`metrics: {{{metric.name}: {{direction: lower, upper: inf}}}}` in a file for "
        "--benchmarks, or that it is in percent",
    )
