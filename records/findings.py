"""What in the records should be mended before they are believed? Findings, in sentences.

A finding is something that a reader of the forecast would want corrected. What was merely assumed
or derived is a note of the reading report.
"""

from collections.abc import Iterator

import numpy as np

from scalepredict.records.aggregate import aggregation_notes, to_benchmarks
from scalepredict.records.answers import answers
from scalepredict.records.table import FLOPS_PER_PARAM_TOKEN, EvalTable, Floats
from scalepredict.records.text.counts import count_of, listed

MIN_MODELS = 3  # of one family, for a fit
BELOW_CHANCE_SIGMAS = 4.0  # one false finding in 30,000 scores of a guesser
BELOW_CHANCE_MARGIN = 0.03  # a constant answer to unequal options loses that much
FLOPS_RATIO = 3.0  # attention and embeddings explain less; active and total parameters, more
COPY_MIN_SCORES = 5  # equal scores on this many benchmarks are no coincidence


def lint(table: EvalTable) -> tuple[str, ...]:
    """Findings of a table that could be read."""
    benchmarks = to_benchmarks(table)
    return (
        *_small_families(table),
        *_below_chance(benchmarks),
        *_copies(benchmarks),
        *_odd_flops(table),
        *_negative_losses(table),
        *aggregation_notes(table),
    )


def _small_families(table: EvalTable) -> Iterator[str]:
    models: dict[str, set[str]] = {}
    for c in table.checkpoints:
        if c.role == "fit" and c.flops is not None:
            models.setdefault(c.family, set()).add(c.model)
    small = sorted(family for family, names in models.items() if len(names) < MIN_MODELS)
    if small and len(small) < len(models):
        yield (
            f"{len(small)} of {len(models)} families cannot be fitted alone, for lack of "
            f"{MIN_MODELS} models with FLOPs ({listed(small, most=5)})."
        )
    elif small:
        yield (
            f"no family has {MIN_MODELS} models with FLOPs ({listed(small, most=5)}); a fit needs "
            f"at least {MIN_MODELS} sizes of one recipe."
        )


def _below_chance(table: EvalTable) -> Iterator[str]:
    chance = np.broadcast_to(table.chance, table.scores.shape)
    error = np.nan_to_num(np.sqrt(chance * (1 - chance) / answers(table).known))
    limit = chance - np.maximum(BELOW_CHANCE_SIGMAS * error, BELOW_CHANCE_MARGIN)
    with np.errstate(invalid="ignore"):
        low = (table.scores < limit).sum(axis=0)
    measured = np.isfinite(table.scores).sum(axis=0)
    for column in np.flatnonzero(low):
        unit = table.units[column]
        if unit.chance_assumed:
            continue
        yield (
            f"{unit.benchmark}: clearly below the chance level {unit.chance:g}: {low[column]} of "
            f"{count_of(int(measured[column]), 'score')}; check the chance level, the prompt and "
            "the answer key."
        )


def _copies(table: EvalTable) -> Iterator[str]:
    seen: dict[bytes, int] = {}
    pairs: dict[tuple[str, str], int] = {}
    for row, scores in enumerate(_with_one_nan(table.scores)):
        if np.isfinite(scores).sum() < COPY_MIN_SCORES:
            continue
        first = seen.setdefault(scores.tobytes(), row)
        if first != row:
            names = (table.checkpoints[first].model, table.checkpoints[row].model)
            pairs[names] = pairs.get(names, 0) + 1
    if pairs:
        told = [
            f"{one} and {other} ({count_of(n, 'checkpoint')})" for (one, other), n in pairs.items()
        ]
        yield (
            f"the same scores on every benchmark: {listed(told, most=5)}; each pair is the same "
            "weights or a copy of the scores, not two measurements."
        )


def _odd_flops(table: EvalTable) -> Iterator[str]:
    given = np.array([c.flops_given for c in table.checkpoints], dtype=bool)
    ratio = table.flops / (FLOPS_PER_PARAM_TOKEN * table.params * table.tokens)
    with np.errstate(invalid="ignore"):
        odd = given & ((ratio > FLOPS_RATIO) | (ratio < 1 / FLOPS_RATIO))
    if odd.any():
        worst = int(np.nanargmax(np.where(odd, np.abs(np.log(ratio)), np.nan)))
        yield (
            f"FLOPs of {count_of(int(odd.sum()), 'checkpoint')} differ from 6 x params x tokens by "
            f"more than a factor of {FLOPS_RATIO:g} (most: {table.checkpoints[worst].model}, ratio "
            f"{ratio[worst]:.3g}); check the units, and total against active parameters."
        )


def _negative_losses(table: EvalTable) -> Iterator[str]:
    negative = int((table.task_loss < 0).sum()) + int((table.loss < 0).sum())
    if negative:
        yield (
            f"{count_of(negative, 'loss is', 'losses are')} negative; a loss is minus the "
            "log-likelihood, lower is better. Check the sign."
        )


def _with_one_nan(scores: Floats) -> Floats:
    # Any NaN may have other bits; bytes are compared.
    return np.where(np.isnan(scores), np.nan, scores)
