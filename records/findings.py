"""What in the records should be mended before they are believed? Findings, in sentences.

A finding is something that a reader of the forecast would want corrected. What was merely assumed
or derived is a note of the reading report.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from scalepredict.records.aggregate import aggregation_notes, to_benchmarks
from scalepredict.records.answers import answers
from scalepredict.records.notes import Note, noted, without
from scalepredict.records.table import FLOPS_PER_PARAM_TOKEN, Bools, EvalTable, Floats
from scalepredict.records.text.counts import count_of, format_count, listed

MIN_MODELS = 3  # of one family, for a fit
BELOW_CHANCE_SIGMAS = 4.0  # one false finding in 30,000 scores of a guesser
BELOW_CHANCE_MARGIN = 0.03  # a constant answer to unequal options loses that much
FLOPS_RATIO = 3.0  # attention and embeddings explain less; active and total parameters, more
COPY_MIN_SCORES = 3  # equal scores on this many benchmarks that move are no coincidence
SMALL_PARAMS, SMALL_TOKENS = 1e5, 1e6  # below them, a unit is more likely missing
FEWEST_ROWS = 3
FEWEST_COLUMNS = 2
MOST_COLUMNS = 2000  # of a table whose means are looked for; questions are no averages
ROUNDED = 6e-4  # a mean that was rounded to a tenth of a percent
LARGEST_AS_PERCENT = 0.0101  # a fraction of 1 that was taken for a percentage
PLAIN_SCORE = 0.05


INCOMPLETE = ("aggregate-lacking", "tasks-averaged")
OF_UNITS = ("mixed-units", "small-size", "odd-flops")


def lint(table: EvalTable) -> tuple[Note, ...]:
    """Findings of a table that could be read."""
    benchmarks = to_benchmarks(table)
    found = (
        ("small-family", _small_families(table)),
        ("mixed-units", _mixed_units(benchmarks)),
        ("below-chance", _below_chance(benchmarks)),
        ("constant-column", _constant(benchmarks)),
        ("mean-column", _means(benchmarks)),
        ("copied-rows", _copies(benchmarks)),
        ("small-size", _small_sizes(table)),
        ("odd-flops", _odd_flops(table)),
    )
    return (*_notes(found), *aggregation_notes(table))


def doubts(table: EvalTable) -> tuple[Note, ...]:
    """The findings that whoever uses the records must hear; a fit says the others itself."""
    return without(lint(table), ("small-family", *INCOMPLETE))


def doubts_of_units(table: EvalTable) -> tuple[Note, ...]:
    """The findings of a missing or wrong unit, which no comparison of checkpoints would tell."""
    found = (
        ("mixed-units", _mixed_units(to_benchmarks(table))),
        ("small-size", _small_sizes(table)),
        ("odd-flops", _odd_flops(table)),
    )
    return _notes(found)


def units_doubted(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Those of the notes of a fit that doubt a unit: whoever uses the fit must hear them again."""
    return tuple(note for note in notes if note.code in OF_UNITS)


def _notes(found: Iterable[tuple[str, Iterator[str | Note]]]) -> tuple[Note, ...]:
    return tuple(
        said if isinstance(said, Note) else noted(code, said)
        for code, sentences in found
        for said in sentences
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


def _below_chance(table: EvalTable) -> Iterator[Note]:
    # Of most scores: a wrong key or chance level; single models that fall for distractors are none.
    chance = np.broadcast_to(table.chance, table.scores.shape)
    error = np.nan_to_num(np.sqrt(chance * (1 - chance) / answers(table).known))
    limit = chance - np.maximum(BELOW_CHANCE_SIGMAS * error, BELOW_CHANCE_MARGIN)
    with np.errstate(invalid="ignore"):
        low = (table.scores < limit).sum(axis=0)
    measured = np.isfinite(table.scores).sum(axis=0)
    for column in np.flatnonzero(2 * low > measured):
        unit = table.units[column]
        if unit.chance_assumed:
            continue
        text = (
            f"clearly below the chance level {unit.chance:g}: {low[column]} of "
            f"{count_of(int(measured[column]), 'score')}; check the chance level, the prompt and "
            "the answer key."
        )
        yield noted("below-chance", text, subject=unit.benchmark)


def _mixed_units(table: EvalTable) -> Iterator[str]:
    # A row of fractions among rows of percent is a hundred times too low on every benchmark.
    scores = table.scores[:, [i for i, unit in enumerate(table.units) if unit.measure is None]]
    measured = np.isfinite(scores)
    rows = np.flatnonzero(measured.sum(axis=1) >= FEWEST_COLUMNS)
    if len(rows) < FEWEST_ROWS:
        return
    typical = np.nanmedian(scores[rows], axis=1)
    low = (typical > 0) & (typical <= LARGEST_AS_PERCENT)
    if low.any() and (typical[~low] > PLAIN_SCORE).any() and (typical[~low] > PLAIN_SCORE).all():
        names = [table.checkpoints[rows[i]].model for i in np.flatnonzero(low)]
        yield (
            f"scores of {count_of(len(names), 'checkpoint')} ({listed(names, most=5)}) are about a "
            "hundred times lower than the others: fractions among percent? Bring all rows to one "
            "unit."
        )


def _constant(table: EvalTable) -> Iterator[str]:
    for column, unit in enumerate(table.units):
        known = table.scores[np.isfinite(table.scores[:, column]), column]
        if unit.chance_assumed and len(known) >= FEWEST_ROWS and np.ptp(known) == 0:
            yield (
                f"{unit.benchmark}: the same value {known[0]:g} for all "
                f"{count_of(len(known), 'checkpoint')}: a setting rather than a benchmark? Start "
                "its name with x_ to leave it out."
            )


def _means(table: EvalTable) -> Iterator[str]:
    moving = np.flatnonzero(_moving(table))
    if not FEWEST_COLUMNS < len(moving) <= MOST_COLUMNS:
        return
    for column in moving:
        unit = table.units[column]
        others = moving[moving != column]
        rows = np.isfinite(table.scores[:, moving]).all(axis=1)
        if not unit.chance_assumed or rows.sum() < FEWEST_ROWS:
            continue
        mean = table.scores[rows][:, others].mean(axis=1)
        if np.abs(table.scores[rows, column] - mean).max() < ROUNDED:
            names = [table.units[i].benchmark for i in others]
            yield (
                f"{unit.benchmark}: the mean of {listed(names, most=5)}; it says nothing more. "
                "Start its name with x_ to leave it out."
            )


def _copies(table: EvalTable) -> Iterator[str]:
    seen: dict[bytes, int] = {}
    pairs: dict[tuple[str, str], int] = {}
    for row, scores in enumerate(_with_one_nan(table.scores[:, _moving(table)])):
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


def _moving(table: EvalTable) -> Bools:
    # What is one value throughout tells no two checkpoints apart. Shape (T,).
    lowest = np.where(np.isfinite(table.scores), table.scores, np.inf).min(axis=0, initial=np.inf)
    highest = np.where(np.isfinite(table.scores), table.scores, -np.inf).max(
        axis=0, initial=-np.inf
    )
    moving: Bools = lowest < highest
    return moving


def _small_sizes(table: EvalTable) -> Iterator[str]:
    for name, least in (("params", SMALL_PARAMS), ("tokens", SMALL_TOKENS)):
        values = getattr(table, name)
        with np.errstate(invalid="ignore"):
            small = np.flatnonzero(values < least)
        if len(small):
            smallest = table.checkpoints[np.nanargmin(values)].model
            yield (
                f"{name} of {count_of(len(small), 'checkpoint')} are below {format_count(least)} "
                f"(least: {smallest}, {np.nanmin(values):g}); is a unit "
                f"missing, such as `{name} (M)`?"
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


def _with_one_nan(scores: Floats) -> Floats:
    # Any NaN may have other bits; bytes are compared.
    return np.where(np.isnan(scores), np.nan, scores)
