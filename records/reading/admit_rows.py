"""Which numbers of a record file are scores? One decision for each benchmark and metric."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from scalepredict.errors import RecordError
from scalepredict.records.admission import Admission, admit, is_score
from scalepredict.records.formats.rows import Rows
from scalepredict.records.metrics import Metric, Metrics
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Bools, Floats, Ints
from scalepredict.records.text.counts import count_of, listed

_PERCENT = (
    "scores are fractions. If the whole column is in percent, say so in its header, like "
    "`score (%)`, with `percent: true` in YAML, or with --percent."
)
_CENTRED = (
    "scores are fractions, and a guesser has its chance level, not 0. Turn chance-corrected "
    "(centred) scores back: score = chance + (1 - chance) x value; or say it in a column `metric`: "
    "centered, or mcc for a correlation."
)
_NO_BENCHMARK = "A column that is no benchmark is ignored if its name starts with x_."
_SHOWN = 20


def admit_rows(
    rows: Rows, metrics: Metrics, *, asked: Sequence[str] = ()
) -> tuple[Rows, tuple[Note, ...]]:
    """The rows with fractions for scores, and other metrics in their own unit.

    The loss of a benchmark that has scores too goes beside these, as a covariate.

    Args:
        rows: All rows with a score or a task loss.
        metrics: What is known of metrics.
        asked: Metrics that the user asked for; a loss of these is no covariate.

    Returns:
        The rows, of which those that are left out have no score; and what was done, with
        counts.

    Raises:
        RecordError: Scores that count right answers are no fractions; all such benchmarks are
            named.
    """
    score = rows.number("score")
    names = [*map(str, rows.text("metric").categories), ""]  # the last one serves code -1
    known = [metrics.find(name) for name in names]
    if all(metric.is_fraction for metric in known) and _within(score, 0, 1):
        return rows, ()
    group, pairs = _groups(rows)
    low, high, count = _ranges(score, group, len(pairs))
    scored = {b for i, (b, m) in enumerate(pairs) if count[i] and is_score(known[m])}
    decided: list[Admission] = []
    refused: list[int] = []
    for i, (b, m) in enumerate(pairs):
        metric = known[m]
        if not count[i]:
            decided.append(Admission(use="score"))
            continue
        beside = b in scored and metric.name not in asked
        decision = admit(metric, float(low[i]), float(high[i]), beside=beside)
        if metric.kind == "choice" and (decision.use == "out" or decision.divisor != 1):
            refused.append(i)
        decided.append(decision)
    if refused:
        raise RecordError(_refusal(rows, group, refused))
    benchmarks = [str(name) for name in rows.text("benchmark").categories]
    told = tuple(_told([(benchmarks[b], known[m]) for b, m in pairs], decided, high, count))
    return _rewritten(rows, group, decided), told


def of_scores(rows: Rows, metrics: Metrics) -> Bools:
    """Rows of metrics that are fractions, shape (N,)."""
    column = rows.text("metric")
    fractions = [is_score(metrics.find(name)) for name in [*map(str, column.categories), ""]]
    chosen: Bools = np.array(fractions, dtype=bool)[column.codes]
    return chosen


def _within(values: Floats, low: float, high: float) -> bool:
    if not len(values):
        return True
    with np.errstate(invalid="ignore"):
        return bool(np.fmin.reduce(values) >= low and np.fmax.reduce(values) <= high) or bool(
            np.isnan(values).all()
        )


def _groups(rows: Rows) -> tuple[Ints, list[tuple[int, int]]]:
    metric, benchmark = rows.text("metric"), rows.text("benchmark")
    width = len(metric.categories) + 1
    combined = benchmark.codes.astype(np.int64) * width + metric.codes % width
    found, group = np.unique(combined, return_inverse=True)
    return group, [(int(code) // width, int(code) % width) for code in found]


def _ranges(score: Floats, group: Ints, n: int) -> tuple[Floats, Floats, Ints]:
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    given = np.isfinite(score)
    np.minimum.at(low, group[given], score[given])
    np.maximum.at(high, group[given], score[given])
    return low, high, np.bincount(group[given], minlength=n)


def _rewritten(rows: Rows, group: Ints, decided: Sequence[Admission]) -> Rows:
    divisor = np.array([d.divisor for d in decided])[group]
    is_loss = np.array([d.use == "loss" for d in decided])[group]
    is_score = np.array([d.use == "score" for d in decided])[group]
    score = rows.number("score")
    changed = {"score": np.where(is_score, score, np.nan) / divisor}
    if "stderr" in rows.numbers:
        changed["stderr"] = np.where(is_score, rows.number("stderr"), np.nan) / divisor
    if is_loss.any():
        stated = rows.number("task_loss")
        changed["task_loss"] = np.where(is_loss & np.isnan(stated), score, stated)
    return rows.with_numbers(changed)


def _told(
    columns: Sequence[tuple[str, Metric]],
    decided: Sequence[Admission],
    high: Floats,
    count: Ints,
) -> Iterator[Note]:
    out: dict[str, list[int]] = defaultdict(list)
    divided: dict[str, list[int]] = defaultdict(list)
    losses: dict[str, list[int]] = defaultdict(list)
    own: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, ((_, metric), decision) in enumerate(zip(columns, decided, strict=True)):
        if decision.use == "out":
            out[f"{metric.name}: {decision.reason}"].append(i)
        elif decision.use == "loss":
            losses[metric.name].append(i)
        elif decision.divisor != 1:
            divided[metric.name].append(i)
        elif not is_score(metric) and count[i]:
            how = "less is better" if metric.direction == "lower" else "without an upper bound of 1"
            own[metric.name, how].append(i)
    for name, index in divided.items():
        largest = max(float(high[i]) for i in index)
        yield noted(
            "percent",
            f"{name} is in percent (up to {largest:g}); all {_counted(count, index)} divided by "
            "100.",
            subject=listed([columns[i][0] for i in index], most=4),
        )
    for name, index in losses.items():
        yield noted(
            "loss-kept",
            f"{name} is a loss; {_counted(count, index)} kept beside the scores as a covariate; "
            f"--metric {name} forecasts it instead.",
            subject=listed([columns[i][0] for i in index], most=4),
        )
    for (name, how), index in own.items():
        yield noted(
            "own-unit",
            f"{name}, {how}; {_counted(count, index)} forecast by a law of its own, in its own "
            "unit.",
            subject=listed([columns[i][0] for i in index], most=4),
        )
    for reason, index in out.items():
        yield noted(
            "values-left-out",
            f"left out {_counted(count, index)} of "
            f"{listed([columns[i][0] for i in index], most=4)}: {reason}.",
        )


def _counted(count: Ints, index: Sequence[int]) -> str:
    return count_of(int(count[list(index)].sum()), "value")


def _refusal(rows: Rows, group: Ints, refused: Sequence[int]) -> str:
    score = rows.number("score")
    first: dict[int, int] = {}
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(((score < 0) | (score > 1)) & np.isin(group, refused))
    for place in bad.tolist():
        first.setdefault(int(group[place]), place)
    places = sorted(first.values())
    row = places[0]
    values = score[bad]
    message = (
        f"{rows.where(row)}: score {score[row]:.15g} is not between 0 and 1 (benchmark "
        f"{rows.text('benchmark')[row]}); {_advice(values)}"
    )
    if len(places) == 1:
        return message
    others = [f"{rows.text('benchmark')[r]} ({score[r]:.6g})" for r in places[1:]]
    return f"{message} The same holds for {listed(others, most=_SHOWN)}."


def _advice(values: Floats) -> str:
    if values.min() < 0 and values.min() >= -1 and values.max() <= 1:
        return f"{_CENTRED} {_NO_BENCHMARK}"
    return f"{_PERCENT} {_NO_BENCHMARK}"
