"""Which rows may enter a table? Values in range, and the metrics and shots that were chosen."""

from collections.abc import Sequence

import numpy as np

from scalepredict.errors import RecordError, did_you_mean
from scalepredict.records.formats.plausible import check_range
from scalepredict.records.formats.record_columns import NUMBERS
from scalepredict.records.formats.rows import Codes, Rows
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Bools
from scalepredict.records.text.counts import count_of, listed

_NONE = "(none)"


def complete_scores(rows: Rows) -> Rows:
    """Check the ranges of all numbers, and take scores from successes and trials.

    Raises:
        RecordError: A number is out of range, or a name is missing; the first such row is named.
    """
    for name in ("model", "benchmark"):
        unnamed = np.flatnonzero(rows.text(name).codes < 0)
        if len(unnamed):
            raise RecordError(f"{rows.where(int(unnamed[0]))}: no {name}; every row needs one.")
    for name in NUMBERS:
        if name != "stderr":  # it has the unit of its score, which is not settled yet
            check_range(rows, name)
    return _from_successes(rows) if "successes" in rows.numbers else rows


def measured(rows: Rows) -> Bools:
    """Rows with a score or a task loss, shape (N,)."""
    known: Bools = ~(np.isnan(rows.number("score")) & np.isnan(rows.number("task_loss")))
    return known


def choose_variants(
    rows: Rows, *, metrics: Sequence[str], shots: int | None
) -> tuple[Rows, tuple[Note, ...]]:
    """Keep one metric and one shot count where the user chose; the others are columns apart.

    Args:
        rows: All rows.
        metrics: Where a benchmark has several metrics, the first of these that it has is kept.
        shots: Where a benchmark has several shot counts, this one is kept.

    Returns:
        The rows, and notes about benchmarks that become several columns.

    Raises:
        RecordError: A metric or shot count that was asked for is nowhere.
    """
    column = rows.text("metric")
    names = [*map(str, column.categories), _NONE]  # the last one serves code -1
    notes: list[Note] = []
    rows = rows.take(_chosen(rows, names, column.codes, metrics, "metric", notes))
    if shots is not None or "shots" in rows.numbers:
        values, codes = np.unique(rows.number("shots"), return_inverse=True)
        names = [_NONE if np.isnan(value) else f"{value:g}" for value in values]
        wanted = () if shots is None else (str(shots),)
        rows = rows.take(_chosen(rows, names, codes, wanted, "shots", notes))
    return rows, tuple(notes)


def _chosen(
    rows: Rows,
    variants: Sequence[str],
    variant_of: Codes,
    wanted: Sequence[str],
    word: str,
    notes: list[Note],
) -> Bools:
    for name in wanted:
        if name not in variants:
            near = did_you_mean(name, (variant for variant in variants if variant != _NONE))
            found = near or f"; the records have {', '.join(variants)}"
            raise RecordError(f"no record has the {word} {name!r}{found}.")
    benchmarks = [str(name) for name in rows.text("benchmark").categories]
    benchmark_of = rows.text("benchmark").codes
    code = benchmark_of.astype(np.int64) * len(variants) + variant_of % len(variants)
    found_codes, first = np.unique(code, return_index=True)
    allowed = np.zeros((len(benchmarks), len(variants)), dtype=bool)
    allowed.ravel()[found_codes] = True
    place = dict(zip(found_codes.tolist(), first.tolist(), strict=True))
    several: dict[str, list[str]] = {}
    for b in np.flatnonzero(allowed.sum(axis=1) > 1):
        ranked = [variants.index(name) for name in wanted if allowed[b, variants.index(name)]]
        if ranked:
            allowed[b] = np.arange(len(variants)) == ranked[0]
            continue
        mine = np.flatnonzero(allowed[b]).tolist()
        told = [f"{variants[v]} ({rows.where(place[b * len(variants) + v])})" for v in mine]
        key = ", ".join(variants[v] for v in mine)
        several.setdefault(key, []).append(f"{benchmarks[b]}: {', '.join(sorted(told))}")
    notes += [_several(key, places, word) for key, places in several.items()]
    keep: Bools = allowed[benchmark_of, variant_of]
    return keep


def _several(variants: str, places: Sequence[str], word: str) -> Note:
    what = "metrics" if word == "metric" else "shot counts"
    names = [place.partition(": ")[0] for place in places]
    kinds = [name for name in variants.split(", ") if name != _NONE]
    choice = " ".join(f"--{word} {kind}" for kind in (kinds if word == "metric" else kinds[:1]))
    return noted(
        "several-columns",
        f"{len(variants.split(', '))} {what}, each a column of its own, since their scores are not "
        f"comparable ({places[0]}); {choice} keeps the first of them that a benchmark has.",
        subject=listed(names, most=4),
    )


def _from_successes(rows: Rows) -> Rows:
    successes, trials = rows.number("successes"), rows.number("trials")
    score, n_items = rows.number("score"), rows.number("n_items")
    alone = np.flatnonzero(~np.isnan(successes) & np.isnan(trials))
    if len(alone):
        raise RecordError(f"{rows.where(int(alone[0]))}: successes without trials; give both.")
    parts = np.flatnonzero(successes % 1 > 0)
    if len(parts):
        row = int(parts[0])
        raise RecordError(
            f"{rows.where(row)}: {successes[row]:.15g} successes is not a whole number; write the "
            "number of right answers, or for partial credit a score instead of successes and "
            "trials."
        )
    beyond = np.flatnonzero(successes > trials)
    if len(beyond):
        row = int(beyond[0])
        raise RecordError(
            f"{rows.where(row)}: {_outcome(successes[row], trials[row])}; there cannot be more "
            "successes than trials."
        )
    share = successes / trials
    clash = np.flatnonzero(np.abs(share - score) > 1e-3)
    if len(clash):
        row = int(clash[0])
        raise RecordError(
            f"{rows.where(row)}: score {score[row]:g} contradicts "
            f"{_outcome(successes[row], trials[row])}; correct or remove one of them."
        )
    return rows.with_numbers(
        {
            "score": np.where(np.isnan(score), share, score),
            "n_items": np.where(np.isnan(n_items) & ~np.isnan(share), trials, n_items),
        }
    )


def _outcome(successes: float, trials: float) -> str:
    right = count_of(round(successes), "success", "successes")
    return f"{right} in {count_of(round(trials), 'trial')}"
