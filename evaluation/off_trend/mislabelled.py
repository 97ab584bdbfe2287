"""Whose scores are these? The likelihood of a checkpoint's scores under every other label.

Asked only about a checkpoint that is off its trend: which other size, step or shot count of the
records would have produced these scores? Every candidate predicts with its own measurement, whose
error counts twice (once in the candidate, once in the new scores).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.off_trend.against_past import binomial
from scalepredict.evaluation.off_trend.null import log_t
from scalepredict.evaluation.off_trend.rules import place_in_words
from scalepredict.evaluation.off_trend.runs import Run
from scalepredict.records.table import Bools, EvalTable, Floats
from scalepredict.records.text.counts import count_of
from scalepredict.records.units import key

DECISIVE = 14.0  # ln of the likelihood ratio over the own label: a factor of a million
FITS = 1.5  # mean z^2 above which even the best label does not explain the scores
NEAR = 0.35  # ln(tokens) within which a checkpoint of another run is at the same place
SAME_SIZE = 0.05  # ln(params): a run of the same size is a neighbour, not another label
MIN_UNITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label that fits better, in words, and ln of its likelihood ratio over the own label."""

    text: str
    log_ratio: float


def better_label(
    table: EvalTable,
    run: Run,
    runs: Sequence[Run],
    k: int,
    past: Sequence[int],
    units: Bools,
    *,
    own: Floats,
    own_variance: Floats,
    phi: Floats,
    tail: float,
    n_items: Floats,
) -> Label | None:
    """The label that explains a checkpoint's scores decisively better than its own, if any.

    Args:
        table: Benchmark scores.
        run: The run that the checkpoint is filed under.
        runs: All runs.
        k: Position of the checkpoint in its run.
        past: Positions that count as its past, in order.
        units: Units that the checkpoint is tested on. Shape (T,); the arrays below hold only
            these.
        own: Scores that the run's past predicts.
        own_variance: Variance of a measurement around them, squared fractions.
        phi: Noise over the binomial one.
        tail: Degrees of freedom of z.
        n_items: Answers behind the scores.
    """
    row = run.rows[k]
    offers = [
        *_other_sizes(table, run, runs, k, units),
        *_other_steps(table, run, past, units),
        *_other_shots(table, run, k, units, own),
    ]
    offers = [offer for offer in offers if np.isfinite(offer[1]).all()]
    if units.sum() < MIN_UNITS or not offers:
        return None
    expected = np.array([own, *(scores for _, scores in offers)])
    variance = np.vstack([own_variance, 2 * phi * binomial(expected[1:], n_items)])
    z = (table.scores[row, units] - expected) / np.sqrt(variance)
    likelihood = (log_t(z, tail) - 0.5 * np.log(variance)).sum(axis=1)
    best = 1 + int(np.argmax(likelihood[1:]))
    log_ratio = float(likelihood[best] - likelihood[0])
    if log_ratio < DECISIVE or (z[best] ** 2).mean() > FITS:
        return None
    return Label(text=offers[best - 1][0], log_ratio=log_ratio)


_Offer = tuple[str, Floats]


def _other_sizes(
    table: EvalTable, run: Run, runs: Sequence[Run], k: int, units: Bools
) -> Iterator[_Offer]:
    for other in runs:
        if abs(other.log_params - run.log_params) < SAME_SIZE or other.model == run.model:
            continue
        gap = np.abs(other.log_tokens - run.log_tokens[k])
        if gap.min() <= NEAR:
            row = int(other.rows[int(np.argmin(gap))])
            yield (
                f"{other.model} at {place_in_words(table.checkpoints[row])}",
                table.scores[row, units],
            )


def _other_steps(table: EvalTable, run: Run, past: Sequence[int], units: Bools) -> Iterator[_Offer]:
    for earlier in past[:-1]:  # the last one is what the trend itself predicts
        row = int(run.rows[earlier])
        yield f"{run.model} at {place_in_words(table.checkpoints[row])}", table.scores[row, units]


def _other_shots(table: EvalTable, run: Run, k: int, units: Bools, own: Floats) -> Iterator[_Offer]:
    # All benchmarks that are filed under one shot count have the scores of another.
    tested = np.flatnonzero(units)
    place = {key(unit): t for t, unit in enumerate(table.units)}
    counts = sorted({u.shots for u in table.units if u.shots is not None})
    for filed in counts:
        for shots in counts:
            scores = own.copy()
            for i, unit in enumerate(table.units[t] for t in tested):
                other = place.get(key(unit)._replace(shots=shots))
                if unit.shots == filed and other is not None:
                    measured = table.scores[run.rows[max(k - 1, 0) : k + 1], other]
                    scores[i] = measured[-1] if np.isfinite(measured[-1]) else measured[0]
            if filed != shots and not np.array_equal(scores, own):
                yield f"{shots} instead of {count_of(filed, 'shot')}", scores
