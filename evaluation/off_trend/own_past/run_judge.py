"""Does each checkpoint of one run follow from those before it? The walk along a run.

A checkpoint that leaves its trend stays out of the past. If the next ones lie on the same side and
agree with it, they are one event, for which a weaker sign than an alarm is enough; after three of
them (two on the better side) the level has shifted: their mean deviation is added to the past and
they join it, so that one lasting change is one finding. If the next one is on trend again, the
first was an outlier, which counts in the noise of the run: what happens again and again is not
news.

A forecast from the last checkpoints adapts to a slow slide, and hides it. So the mean of the last
four is compared with what the past before them let expect there; after an alarm that past is
forgotten.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from scalepredict.evaluation.off_trend.own_past.bench import Bench
from scalepredict.evaluation.off_trend.own_past.next_score import (
    BETAS,
    NextScore,
    base_variance,
    predict_next,
)
from scalepredict.evaluation.off_trend.own_past.own_noise import (
    Noise,
    learn_noise,
)
from scalepredict.evaluation.off_trend.own_past.pace import at_pace, expected_gain, learn_pace
from scalepredict.evaluation.off_trend.own_past.side_test import (
    Departure,
    OneSide,
    better,
    slid,
    worse,
)
from scalepredict.records.table import Bools, Floats

MEMORY = 90  # checkpoints; no sum remembers more than some 60
MIN_RESIDUALS = 2  # earlier forecasts before there is a verdict
FIRST_JUDGED = 6  # checkpoint of a run, from that: three to forecast from, two forecasts
CLEAR_OF_CHANCE = 2.0  # standard deviations
GOES_ON = 0.1  # p-value of a checkpoint that follows one off trend and agrees with it
AGREEING = {"worse": 3, "better": 2}  # checkpoints that make a new level
EVIDENCE_MEMORY = 8.0  # checkpoints
LIKE_EIGHT = 8.0
SIBLINGS = 0.5  # correlation of the residuals of benchmarks that share their questions
MAX_GAP = 9.0  # squared deviation at which a curve is no worse than far off


class Side(StrEnum):
    """On which side of its trend a checkpoint lies."""

    WORSE = "worse"
    BETTER = "better"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Event:
    """Successive checkpoints off trend on one side that agree with each other.

    Attributes:
        side: Which.
        start: Position of the first one.
        log_tokens: Their places. Shape (J,).
        scores: Shape (J, T).
        residuals: Scores less forecasts from the past before them. Shape (J, T).
        departures: The same by group, with their variances; length J.
    """

    side: Side
    start: int
    log_tokens: Floats
    scores: Floats
    residuals: Floats
    departures: tuple[Departure, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """A run up to a checkpoint. Arrays hold the last ``MEMORY`` checkpoints, oldest first.

    Attributes:
        seen: Checkpoints so far.
        log_tokens: Places of the past, healthy checkpoints only. Shape (K,).
        scores: Their scores, larger is better; moved to the present level. Shape (K, T).
        residuals: By group, at checkpoints that were forecast. Shape (R, G).
        variances: Of those for phi = 1. Shape (R, G).
        gains: Rise that the curves let expect at each of them. Shape (R, G).
        paces: Share of it that was added (see ``pace.py``). Shape (R,).
        evidence: For each curve. Shape (3,).
        event: What is open.
    """

    log_tokens: Floats
    scores: Floats
    residuals: Floats
    variances: Floats
    gains: Floats
    paces: Floats
    seen: int = 0
    evidence: Floats = field(default_factory=lambda: np.zeros(len(BETAS)))
    event: Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """One checkpoint against the past of its run.

    Attributes:
        forecast: What was expected.
        tested: Benchmarks with a verdict. Shape (T,).
        noise: Of the run. None = not judged.
        departure: By group.
        worse: Test of that side; None = not judged.
        better: Test of the other side.
        can_fall: Whether any benchmark is clear of chance.
        side: Where it is off trend; None = on trend.
        start: Position of the first checkpoint of the event that this one belongs to.
        n_agreeing: Checkpoints of that event so far.
        settled: Whether the event ends here as a shift of level.
        moved: Mean deviation of the event. Shape (T,).
        slide: Common shift of the last checkpoints where it raised the alarm, else 0; below 0.
    """

    forecast: NextScore
    tested: Bools
    noise: Noise | None = None
    departure: Departure | None = None
    worse: OneSide | None = None
    better: OneSide | None = None
    can_fall: bool = False
    side: Side | None = None
    start: int = -1
    n_agreeing: int = 0
    settled: bool = False
    moved: Floats | None = None
    slide: float = 0.0


def first_state(bench: Bench) -> State:
    """A run before its first checkpoint."""
    n_groups, n = bench.groups.shape
    return State(
        log_tokens=np.zeros(0),
        scores=np.zeros((0, n)),
        residuals=np.zeros((0, n_groups)),
        variances=np.zeros((0, n_groups)),
        gains=np.zeros((0, n_groups)),
        paces=np.zeros(0),
    )


def judge(
    bench: Bench, state: State, log_tokens: float, scores: Floats, noise: Floats
) -> tuple[Judgement, State]:
    """Judge the next checkpoint of a run, and take it into the past if it belongs there.

    Args:
        bench: What is judged.
        state: The run before it.
        log_tokens: Its place.
        scores: Its scores, larger is better; NaN = not measured. Shape (T,).
        noise: Answers behind each score; for unbounded metrics the variance of one. Shape (T,).
    """
    known = learn_noise(state.residuals, state.variances, labels=bench.labels, priors=bench.priors)
    forecast = predict_next(
        state.log_tokens,
        state.scores,
        at=log_tokens,
        noise=noise,
        phi=known.run,
        evidence=state.evidence,
        bounded=bench.bounded,
    )
    pace = learn_pace(
        state.residuals, state.variances * known.phi, gains=state.gains, paces=state.paces
    )
    gains = expected_gain(forecast, bench.groups)
    forecast = at_pace(forecast, pace, bench.bounded, bench.ceiling)
    departure = _departure(bench, forecast, scores)
    found = _test(bench, state, known, forecast, departure, scores)
    place, after = np.array([log_tokens]), replace(state, seen=state.seen + 1)
    found = _carried_on(bench, state, found, scores)
    if found.side is not None:
        return _off_trend(bench, after, found, place, scores, departure)
    after = _with_outliers(after)
    if np.isfinite(departure.residual).any():
        after = _learn(after, departure, gains=gains, pace=pace)
        after = replace(after, evidence=_weighed(after, known, forecast, scores))
    after = _join(replace(after, event=None), place, scores[None])
    if found.worse is None or not found.can_fall:
        return found, after
    return _slide(bench, found, after, noise)


def _departure(bench: Bench, forecast: NextScore, scores: Floats) -> Departure:
    # Siblings are averaged: k of them count as k / (1 + (k - 1) * correlation) benchmarks.
    residual = scores - forecast.expected
    members = bench.groups & np.isfinite(residual)
    n = members.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.abs(forecast.expected - forecast.recent)
        mean = [
            np.where(members, part, 0.0).sum(axis=1) / n
            for part in (residual, forecast.variance, forecast.bend, gain)
        ]
        mean[1] *= (1 + (n - 1) * SIBLINGS) / n
    return Departure(residual=mean[0], variance=mean[1], bend=mean[2], gain=mean[3])


def _test(
    bench: Bench,
    state: State,
    noise: Noise,
    forecast: NextScore,
    departure: Departure,
    scores: Floats,
) -> Judgement:
    enough = np.isfinite(state.residuals).sum(axis=0) >= MIN_RESIDUALS
    departure = replace(departure, residual=np.where(enough, departure.residual, np.nan))
    ready = enough[np.argmax(bench.groups, axis=0)]
    tested = ready & np.isfinite(scores) & np.isfinite(forecast.expected)
    if not tested.any():
        return Judgement(forecast=forecast, tested=tested)
    low, high = worse(departure, noise), better(departure, noise)
    of_unit = noise.phi[np.argmax(bench.groups, axis=0)]
    with np.errstate(invalid="ignore"):
        sd = np.sqrt(of_unit * forecast.variance + forecast.bend)
        can_fall = bool((tested & (forecast.expected - bench.chance > CLEAR_OF_CHANCE * sd)).any())
    side = None
    if can_fall and low.p_value < bench.alpha:
        side = Side.WORSE
    elif high.p_value < bench.alpha:
        side = Side.BETTER
    return Judgement(
        forecast=forecast,
        tested=tested,
        noise=noise,
        departure=departure,
        worse=low,
        better=high,
        can_fall=can_fall,
        side=side,
    )


def _carried_on(bench: Bench, state: State, found: Judgement, scores: Floats) -> Judgement:
    # What follows a checkpoint off trend and agrees with it needs no alarm of its own.
    event = state.event
    if event is None or found.side is not None or found.worse is None or found.better is None:
        return found
    test = found.worse if event.side is Side.WORSE else found.better
    residual = np.where(found.tested, scores - found.forecast.expected, np.nan)
    if test.p_value >= GOES_ON or not _agrees(bench, event, found, residual):
        return found
    return replace(found, side=event.side)


def _off_trend(
    bench: Bench,
    state: State,
    found: Judgement,
    place: Floats,
    scores: Floats,
    departure: Departure,
) -> tuple[Judgement, State]:
    assert found.side is not None
    residual = np.where(found.tested, scores - found.forecast.expected, np.nan)
    event = state.event
    if event is not None and event.side is found.side and _agrees(bench, event, found, residual):
        event = replace(
            event,
            log_tokens=np.concatenate([event.log_tokens, place]),
            scores=np.vstack([event.scores, scores]),
            residuals=np.vstack([event.residuals, residual]),
            departures=(*event.departures, departure),
        )
    else:
        state = _with_outliers(state)
        event = Event(
            side=found.side,
            start=state.seen - 1,
            log_tokens=place,
            scores=scores[None],
            residuals=residual[None],
            departures=(departure,),
        )
    n = len(event.scores)
    moved = _mean(event.residuals)
    settled = n >= AGREEING[event.side]
    found = replace(found, start=event.start, n_agreeing=n, settled=settled, moved=moved)
    if not settled:
        return found, replace(state, event=event)
    onto = replace(state, scores=state.scores + np.nan_to_num(moved), event=None)
    return found, _join(onto, event.log_tokens, event.scores)


def _agrees(bench: Bench, event: Event, found: Judgement, residual: Floats) -> bool:
    # The same two tests, around the mean of the event, which has an error of its own.
    assert found.noise is not None
    around = replace(found.forecast, expected=found.forecast.expected + _mean(event.residuals))
    scores = found.forecast.expected + residual
    departure = _departure(bench, around, scores)
    assert found.departure is not None
    departure = replace(
        departure,
        gain=found.departure.gain,
        variance=departure.variance * (1 + 1 / len(event.scores)),
    )
    if not np.isfinite(departure.residual).any():
        return False
    sides = worse(departure, found.noise), better(departure, found.noise)
    return min(side.p_value for side in sides) >= bench.alpha


def _with_outliers(state: State) -> State:
    # An event that did not settle: what the run did there belongs to its noise.
    for departure in () if state.event is None else state.event.departures:
        state = _learn(state, departure, gains=np.zeros(len(departure.residual)), pace=0.0)
    return state


def _learn(state: State, departure: Departure, *, gains: Floats, pace: float) -> State:
    return replace(
        state,
        residuals=np.vstack([state.residuals, departure.residual])[-MEMORY:],
        variances=np.vstack([state.variances, departure.variance])[-MEMORY:],
        gains=np.vstack([state.gains, gains])[-MEMORY:],
        paces=np.append(state.paces, pace)[-MEMORY:],
    )


def _weighed(state: State, noise: Noise, forecast: NextScore, scores: Floats) -> Floats:
    gap = (scores - forecast.by_curve) ** 2 / (noise.run * forecast.variance)
    each = np.where(np.isfinite(gap), np.minimum(gap, MAX_GAP), 0.0).sum(axis=1)
    n = np.isfinite(state.residuals[-1]).sum()
    fit = -0.5 * min(1.0, LIKE_EIGHT / n) * each
    return np.asarray((state.evidence + fit) * np.exp(-1 / EVIDENCE_MEMORY))


def _join(state: State, log_tokens: Floats, scores: Floats) -> State:
    return replace(
        state,
        log_tokens=np.concatenate([state.log_tokens, log_tokens])[-MEMORY:],
        scores=np.vstack([state.scores, scores])[-MEMORY:],
    )


def _slide(bench: Bench, found: Judgement, state: State, noise: Floats) -> tuple[Judgement, State]:
    over = bench.drift_over
    assert found.noise is not None
    recent = state.scores[-over:]
    forecast = predict_next(
        state.log_tokens[:-over],
        state.scores[:-over],
        at=float(state.log_tokens[-over:].mean()),
        noise=noise,
        phi=found.noise.run,
        evidence=state.evidence,
        bounded=bench.bounded,
    )
    residuals, variances = state.residuals[:-over], state.variances[:-over]
    before = learn_noise(residuals, variances, labels=bench.labels, priors=bench.priors)
    pace = learn_pace(
        residuals, variances * before.phi, gains=state.gains[:-over], paces=state.paces[:-over]
    )
    forecast = at_pace(forecast, pace, bench.bounded, bench.ceiling)
    one = base_variance(forecast.expected, noise, bench.bounded)
    forecast = replace(forecast, variance=forecast.variance - one * (1 - 1 / over))
    departure = _departure(bench, forecast, np.where(found.tested, _mean(recent), np.nan))
    if len(recent) < over or not np.isfinite(departure.residual).any():
        return found, state
    shift = slid(departure, before).shift
    if shift >= -bench.drift_threshold:
        return found, state
    after = replace(state, log_tokens=state.log_tokens[-over:], scores=recent)
    return replace(found, slide=shift), after


def _mean(residuals: Floats) -> Floats:
    known = np.isfinite(residuals)
    with np.errstate(invalid="ignore"):
        mean: Floats = np.where(known, residuals, 0.0).sum(axis=0) / known.sum(axis=0)
    return mean
