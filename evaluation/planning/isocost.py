"""Which size, when a budget trains a model and then serves it? Forecasts along one line of cost.

A forward pass takes a third of the FLOPs of training on as many tokens (Kaplan et al. 2020,
2001.08361, section 2.1), so a model of N parameters that is trained on D tokens and serves T costs
6ND + 2NT (Sardana et al. 2024, 2401.00448).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.forecast.doubts import aligned
from scalepredict.evaluation.intervals.calibration import apply_calibration
from scalepredict.evaluation.planning.filled_in import Ladder, noise_of, targets_at
from scalepredict.evaluation.planning.next_runs import Space
from scalepredict.predictors.interface import Forecast
from scalepredict.predictors.limits import MAX_FACTOR
from scalepredict.records.table import Floats
from scalepredict.records.text.counts import format_count

POINTS = 25  # sizes along the line
WIDER = 16.0  # the line goes this far beyond the ladder's tokens per parameter, on either side
FORWARD = 1 / 3  # FLOPs of serving a token over those of training on it
SAME = 1.645 * 2**0.5  # 90 % of differences between two measurements, in their sd
PARAMS = (1e6, 1e14)  # sizes of language models, as far as this is about them


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Isocost:
    """Sizes that cost the same, P of them by growing size, with their forecasts.

    Attributes:
        cost: FLOPs of training and serving together.
        served: Tokens to be served.
        forecast: Calibrated forecast of the T benchmarks. Shape (P, T).
        columns: The benchmarks of the mean.
        mean: Mean forecast of these benchmarks, in their unit. Shape (P,).
        noise: Means that differ by less are not told apart by measuring both.
        flat: Whether the mean is within the noise of the best one. Shape (P,).
        tested: Whether the ladder has such tokens per parameter. Shape (P,).
        best: Index of the best mean.
        cheapest: Index of the smallest size as good as the best, which is the cheapest to serve.
        at_edge: Whether the best lies at an end of the line, so that it may lie beyond.
    """

    cost: float
    served: float
    forecast: Forecast
    columns: tuple[int, ...]
    mean: Floats
    noise: float
    flat: tuple[bool, ...]
    tested: tuple[bool, ...]
    best: int
    cheapest: int
    at_edge: bool


def isocost(
    ladder: Ladder,
    space: Space,
    *,
    columns: Sequence[int],
    cost: float,
    served: float,
    ratios: tuple[float, float] | None = None,
) -> Isocost:
    """Forecast the sizes that a budget for training and serving can buy.

    Args:
        ladder: Law, evidence and calibration.
        space: FLOPs accounting, and the sizes that can be trained.
        columns: Benchmarks whose mean decides; all of one unit.
        cost: FLOPs of training and serving.
        served: Tokens that will be served.
        ratios: Least and most tokens per parameter; None = a range around the ladder's and the
            target's.

    Raises:
        RefusedError: No size can be trained and serve so many tokens at that cost.
    """
    known = ladder.evidence.tokens / ladder.evidence.params
    own = float(np.nanmin(known)), float(np.nanmax(known))
    asked = space.tokens / space.params
    bounds = ratios or (min(own[0] / WIDER, asked), max(own[1] * WIDER, asked))
    reach = MAX_FACTOR * float(np.nanmax(ladder.evidence.flops))
    params = _sizes(space, cost, served, bounds, reach)
    tokens, flops = _line(space, params, cost, served)
    raw = ladder.group.law.forecast(targets_at(ladder, params, tokens, flops))
    made = aligned(raw, ladder.evidence)
    forecast = apply_calibration(made, ladder.calibration, ladder.predictor.name)
    chosen = list(columns)
    mean = forecast.point[:, chosen].mean(axis=1)
    first = ladder.evidence.units[chosen[0]].measure
    better = mean if first is None or first.direction == "higher" else -mean
    best = int(np.argmax(better))
    sd = noise_of(forecast, ladder.evidence)[best, chosen]
    noise = SAME * float(np.sqrt((sd**2).sum())) / len(chosen)
    flat = better >= better[best] - noise
    ratio = tokens / params
    return Isocost(
        cost=cost,
        served=served,
        forecast=forecast,
        columns=tuple(chosen),
        mean=mean,
        noise=noise,
        flat=tuple(flat.tolist()),
        tested=tuple(((ratio >= 0.999 * own[0]) & (ratio <= 1.001 * own[1])).tolist()),
        best=best,
        cheapest=int(np.argmax(flat)),
        at_edge=not space.sizes and best in (0, len(params) - 1),
    )


def serving_cost(space: Space, params: float, served: float) -> float:
    """FLOPs of serving so many tokens with a model of that size."""
    return FORWARD * served * space.flops_of(params, 1.0)


def _line(space: Space, params: Floats, cost: float, served: float) -> tuple[Floats, Floats]:
    # Tokens and training FLOPs of each size; FLOPs grow with the tokens in every accounting.
    each = np.array([space.flops_of(float(n), 1.0) for n in params])
    tokens = cost / each - FORWARD * served
    return tokens, each * tokens


def _sizes(
    space: Space, cost: float, served: float, ratios: tuple[float, float], reach: float
) -> Floats:
    tried = np.array(space.sizes) if space.sizes else np.geomspace(*PARAMS, 1601)
    tried = np.sort(tried)
    tokens, flops = _line(space, tried, cost, served)
    least, most = 0.999 * ratios[0] * tried, 1.001 * ratios[1] * tried
    fits = (tokens >= least) & (tokens <= most) & (tokens > 0)
    if not fits.any():
        raise RefusedError(
            f"no size can be trained and serve {format_count(served)} tokens with "
            f"{format_count(cost)} FLOPs at {ratios[0]:.3g} to {ratios[1]:.3g} tokens per "
            "parameter; raise --budget, or widen --tokens-per-param LO..HI."
        )
    if not (fits & (flops <= reach)).any():
        raise RefusedError(
            f"training would take {format_count(float(flops[fits].min()))} FLOPs or more, beyond "
            f"{MAX_FACTOR:.0f}x the largest evidence; lower --budget, or extend the ladder."
        )
    allowed: Floats = tried[fits & (flops <= reach)]
    return allowed if space.sizes else np.geomspace(allowed[0], allowed[-1], POINTS)
