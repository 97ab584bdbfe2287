"""Which rows may enter a table? Values in range, one metric and one shot count per benchmark."""

from collections.abc import Sequence

import numpy as np

from scalepredict.errors import RecordError
from scalepredict.records.columns import suggestion
from scalepredict.records.rows import Codes, Rows
from scalepredict.records.table import Bools, Floats

_SCORE_ADVICE = (
    "scores are fractions. If the whole column is in percent, say so in its header, like "
    "`score (%)`, with `percent: true` in YAML, or with --percent."
)
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
    for name, (low, high, advice) in _RANGES.items():
        values = rows.number(name)
        outside = np.flatnonzero((values < low) | (values > high))
        if len(outside):
            row = int(outside[0])
            bounds = f"between {low:g} and {high:g}" if np.isfinite(high) else f"at least {low:g}"
            raise RecordError(
                f"{rows.where(row)}: {name} {values[row]:.15g} is not {bounds}; {advice}"
            )
    return _from_successes(rows) if "successes" in rows.numbers else rows


def measured(rows: Rows) -> Bools:
    """Rows with a score or a task loss, shape (N,)."""
    known: Bools = ~(np.isnan(rows.number("score")) & np.isnan(rows.number("task_loss")))
    return known


def choose_variants(rows: Rows, *, metrics: Sequence[str], shots: int | None) -> Bools:
    """Which rows to keep, so that each benchmark has one metric and one shot count. Shape (N,).

    Args:
        rows: N rows.
        metrics: Where a benchmark has several metrics, the first of these that it has is kept.
        shots: Where a benchmark has several shot counts, this one is kept.

    Raises:
        RecordError: A benchmark has several metrics or shot counts, and none was chosen.
    """
    names = [str(name) for name in rows.text("metric").categories]
    for metric in metrics:
        if metric not in names:
            hint = suggestion(metric, names) or f"they have {', '.join(names) or 'none'}."
            raise RecordError(f"no record has the metric {metric!r}; {hint}")
    metric_of = rows.text("metric").codes.astype(np.int64)
    ranks = np.array([metrics.index(n) if n in metrics else len(metrics) for n in names] + [9**9])
    keep = _one_of_each(rows, metric_of, ranks.astype(float)[metric_of], len(metrics), "metric")
    values, shot_of = np.unique(rows.number("shots"), return_inverse=True)
    rank = np.where(values == shots, 0.0, 1.0)[shot_of]
    return keep & _one_of_each(rows, shot_of, rank, 1, "shots", among=keep)


def _one_of_each(
    rows: Rows, variant: Codes, rank: Floats, n_chosen: int, name: str, among: Bools | None = None
) -> Bools:
    # Per benchmark: if it has several variants, keep the one of lowest rank below n_chosen.
    benchmarks = rows.text("benchmark")
    among = np.ones(len(rows), dtype=bool) if among is None else among
    n = len(benchmarks.categories)
    low, high = np.full(n, np.iinfo(np.int64).max), np.full(n, np.iinfo(np.int64).min)
    np.minimum.at(low, benchmarks.codes[among], variant[among])
    np.maximum.at(high, benchmarks.codes[among], variant[among])
    several = low < high
    best = np.full(n, np.inf)
    np.minimum.at(best, benchmarks.codes[among], rank[among])
    undecided = np.flatnonzero(several & (best >= n_chosen))
    if len(undecided):
        _refuse_variants(rows, int(undecided[0]), name, among)
    keep: Bools = ~several[benchmarks.codes] | (rank == best[benchmarks.codes])
    return keep


def _refuse_variants(rows: Rows, benchmark: int, name: str, among: Bools) -> None:
    at = np.flatnonzero((rows.text("benchmark").codes == benchmark) & among)
    if name == "metric":
        column = rows.text("metric")[at]
        values = ["(none)" if not isinstance(v, str) else v for v in column]
    else:
        values = ["(none)" if np.isnan(v) else f"{v:g}" for v in rows.number("shots")[at]]
    first: dict[str, int] = {}
    for row, value in zip(at.tolist(), values, strict=True):
        first.setdefault(value, row)
    what = "metrics" if name == "metric" else "shot counts"
    told = ", ".join(f"{value} ({rows.where(row)})" for value, row in sorted(first.items()))
    option = "--metric" if name == "metric" else "--shots"
    choice = next((value for value in first if value != "(none)"), "")
    raise RecordError(
        f"{rows.text('benchmark').categories[benchmark]}: {len(first)} {what} for one benchmark: "
        f"{told}. Scores of different {what} are not comparable; choose one, like "
        f"{option} {choice}, or give the benchmarks different names."
    )


def _from_successes(rows: Rows) -> Rows:
    successes, trials = rows.number("successes"), rows.number("trials")
    score, n_items = rows.number("score"), rows.number("n_items")
    alone = np.flatnonzero(~np.isnan(successes) & np.isnan(trials))
    if len(alone):
        raise RecordError(f"{rows.where(int(alone[0]))}: successes without trials; give both.")
    beyond = np.flatnonzero(successes > trials)
    if len(beyond):
        row = int(beyond[0])
        raise RecordError(
            f"{rows.where(row)}: {successes[row]:g} successes in {trials[row]:g} trials; there "
            "cannot be more successes than trials."
        )
    share = successes / trials
    clash = np.flatnonzero(np.abs(share - score) > 1e-3)
    if len(clash):
        row = int(clash[0])
        raise RecordError(
            f"{rows.where(row)}: score {score[row]:g} contradicts {successes[row]:g} successes in "
            f"{trials[row]:g} trials; correct or remove one of them."
        )
    return rows.with_numbers(
        {
            "score": np.where(np.isnan(score), share, score),
            "n_items": np.where(np.isnan(n_items) & ~np.isnan(share), trials, n_items),
        }
    )
