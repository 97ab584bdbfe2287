"""Which rows may enter a table? Values in range, one metric and one shot count per benchmark."""

from collections.abc import Mapping, Sequence

import numpy as np

from scalepredict.errors import RecordError, did_you_mean
from scalepredict.records.formats.rows import Codes, Rows
from scalepredict.records.table import Bools
from scalepredict.records.text.counts import count_of

_SCORE_ADVICE = (
    "scores are fractions. If the whole column is in percent, say so in its header, like "
    "`score (%)`, with `percent: true` in YAML, or with --percent. A column that is no "
    "benchmark is ignored if its name starts with x_."
)
_NONE = "(none)"
_RANGES = {
    "score": (0.0, 1.0, _SCORE_ADVICE),
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
    for name in (name for name in _RANGES if name in rows.numbers):
        low, high, advice = _RANGES[name]
        values = rows.numbers[name]
        outside = np.flatnonzero((values < low) | (values > high))
        if len(outside):
            row = int(outside[0])
            bounds = f"between {low:g} and {high:g}" if np.isfinite(high) else f"at least {low:g}"
            benchmark = rows.text("benchmark")[row]
            raise RecordError(
                f"{rows.where(row)}: {name} {values[row]:.15g} is not {bounds} (benchmark "
                f"{benchmark}); {advice}"
            )
    return _from_successes(rows) if "successes" in rows.numbers else rows


def measured(rows: Rows) -> Bools:
    """Rows with a score or a task loss, shape (N,)."""
    known: Bools = ~(np.isnan(rows.number("score")) & np.isnan(rows.number("task_loss")))
    return known


def choose_variants(rows: Rows, *, metrics: Sequence[str], shots: int | None) -> Rows:
    """The rows of one metric and one shot count for each benchmark.

    Args:
        rows: All rows.
        metrics: Where a benchmark has several metrics, the first of these that it has is kept.
        shots: Where a benchmark has several shot counts, this one is kept.

    Raises:
        RecordError: A benchmark has several metrics or shot counts, and none of them was chosen.
    """
    column = rows.text("metric")
    names = [*map(str, column.categories), _NONE]  # the last one serves code -1
    rows = rows.take(_chosen(rows, names, column.codes, metrics, "metric"))
    if shots is None and "shots" not in rows.numbers:
        return rows
    values, codes = np.unique(rows.number("shots"), return_inverse=True)
    names = [_NONE if np.isnan(value) else f"{value:g}" for value in values]
    return rows.take(_chosen(rows, names, codes, () if shots is None else (str(shots),), "shots"))


def _chosen(
    rows: Rows, variants: Sequence[str], variant_of: Codes, wanted: Sequence[str], word: str
) -> Bools:
    for name in wanted:
        if name not in variants:
            found = did_you_mean(name, variants) or f"; the records have {', '.join(variants)}"
            raise RecordError(f"no record has the {word} {name!r}{found}.")
    benchmarks = [str(name) for name in rows.text("benchmark").categories]
    benchmark_of = rows.text("benchmark").codes
    allowed = np.zeros((len(benchmarks), len(variants)), dtype=bool)
    allowed[benchmark_of, variant_of] = True
    for b in np.flatnonzero(allowed.sum(axis=1) > 1):
        ranked = [variants.index(name) for name in wanted if allowed[b, variants.index(name)]]
        if not ranked:
            mine = benchmark_of == b
            first = {
                variants[v]: rows.where(int(np.argmax(mine & (variant_of % len(variants) == v))))
                for v in np.flatnonzero(allowed[b]).tolist()
            }
            raise RecordError(_several(benchmarks[b], first, word))
        allowed[b] = np.arange(len(variants)) == ranked[0]
    keep: Bools = allowed[benchmark_of, variant_of]
    return keep


def _several(benchmark: str, first: Mapping[str, str], word: str) -> str:
    what = "metrics" if word == "metric" else "shot counts"
    told = ", ".join(f"{variant} ({place})" for variant, place in sorted(first.items()))
    choice = next(variant for variant in first if variant != _NONE)
    return (
        f"{benchmark}: {len(first)} {what} for one benchmark: {told}. Scores of different {what} "
        f"are not comparable; choose one, like --{word} {choice}, or give the benchmarks "
        "different names."
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
