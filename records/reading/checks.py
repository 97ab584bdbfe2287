"""Which rows may enter a table? Values in range, and the metrics and shots that were chosen."""

from collections.abc import Sequence

import numpy as np

from scalepredict.errors import RecordError, did_you_mean
from scalepredict.records.formats.columns import SIZES
from scalepredict.records.formats.rows import Codes, Rows
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Bools
from scalepredict.records.text.counts import count_of, listed

_NONE = "(none)"
_IN_UNITS = "a count of units; if the column is in {}, say so in its header, like `{}`."
_PARAMS = _IN_UNITS.format("millions or billions", "params (B)")
_TOKENS = _IN_UNITS.format("billions or trillions", "tokens (B)")
MAX_LOSS = 50.0  # nats; a guess among a million tokens has 14
_LOSS = "a loss is minus the mean log-likelihood"
_ITEMS = "the number of questions is a whole number."
_RANGES = {
    "params": (1e3, 1e16, f"parameters are {_PARAMS}"),
    "params_active": (1e3, 1e16, f"active parameters are {_PARAMS}"),
    "params_non_embedding": (1e3, 1e16, f"parameters are {_PARAMS}"),
    "tokens": (1e3, 1e18, f"tokens are {_TOKENS}"),
    "unique_tokens": (1e3, 1e18, f"tokens are {_TOKENS}"),
    "total_tokens": (1e3, 1e18, f"tokens are {_TOKENS}"),
    "flops": (1e6, 1e32, "FLOPs are " + _IN_UNITS.format("units of 1e18 or 1e21", "flops (1e21)")),
    "fraction": (0.0, 1.0, "write the part of the schedule that is done, like 0.5."),
    "n_items": (1.0, 1e9, _ITEMS),
    "trials": (1.0, 1e9, _ITEMS),
    "task_loss": (0.0, MAX_LOSS, f"{_LOSS}, of the right answer, in nats or bits per byte."),
    "loss": (0.0, MAX_LOSS, f"{_LOSS}, of the validation set, in nats per token."),
    "stderr": (0.0, 1.0, "a standard error is a fraction, like the score."),
    "chance": (0.0, 1.0, "chance is a fraction, like 0.25 for four options."),
    "shots": (0.0, 1e6, "write the number of examples in the prompt."),
    "step": (0.0, np.inf, "write the optimiser step."),
    "successes": (0.0, np.inf, "write the number of right answers."),
}


def complete_scores(rows: Rows) -> Rows:
    """Check the ranges of all numbers, and take scores from successes and trials.

    Raises:
        RecordError: A number is out of range, or a name is missing; the first such row is named.
    """
    for name in ("model", "benchmark"):
        unnamed = np.flatnonzero(rows.text(name).codes < 0)
        if len(unnamed):
            raise RecordError(f"{rows.where(int(unnamed[0]))}: no {name}; every row needs one.")
    for name in _RANGES:
        if name != "stderr":  # it has the unit of its score, which is not settled yet
            check_range(rows, name)
    for name in ("n_items", "trials"):
        _check_whole(rows, name)
    return _from_successes(rows) if "successes" in rows.numbers else rows


def _check_whole(rows: Rows, name: str) -> None:
    if name not in rows.numbers:
        return
    values = rows.numbers[name]
    parts = np.flatnonzero(np.floor(values) < values)
    if len(parts):
        row = int(parts[0])
        raise RecordError(f"{rows.where(row)}: {name} {values[row]:.15g} has a fraction; {_ITEMS}")


def check_range(rows: Rows, name: str) -> None:
    """Refuse a number column with values that cannot be.

    Raises:
        RecordError: A number is out of range; the first such row is named.
    """
    if name not in rows.numbers:
        return
    low, high, advice = _RANGES[name]
    values = rows.numbers[name]
    outside = np.flatnonzero((values < low) | (values > high))
    if len(outside):
        row = int(outside[0])
        what = "model" if name in SIZES else "benchmark"
        bounds = f"between {low:g} and {high:g}" if np.isfinite(high) else f"at least {low:g}"
        raise RecordError(
            f"{rows.where(row)}: {name} {values[row]:.15g} is not {bounds} "
            f"({what} {rows.text(what)[row]}); {advice}"
        )


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
