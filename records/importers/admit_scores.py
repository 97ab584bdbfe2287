"""Which imported values are scores? One decision for each benchmark and metric over all files."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from scalepredict.records.admission import Admission, admit, is_score
from scalepredict.records.importers.harness.interface import ImportedScore, Questions
from scalepredict.records.metrics import Metric, Metrics, told
from scalepredict.records.notes import Note, noted
from scalepredict.records.text.counts import count_of, listed

_Group = tuple[str, str]  # benchmark and metric
LeftOut = dict[_Group, str]


def admit_scores(
    scores: Sequence[ImportedScore],
    metrics: Metrics,
    *,
    percent: bool,
    asked: Sequence[str] = (),
    left_out: Counter[str],
) -> tuple[list[ImportedScore], list[Note], LeftOut]:
    """Bring values to fractions, losses beside the scores they belong to, and leave out the rest.

    Args:
        scores: Values as the files have them.
        metrics: What is known of metrics.
        percent: Whether the user says that all of them are in percent.
        asked: Metrics that the user asked for; a loss of these is no covariate.
        left_out: Counts by reason, added to.

    Returns:
        The scores, notes about what was divided by 100, and why a metric of a benchmark was
        left out.
    """
    groups: dict[_Group, list[ImportedScore]] = defaultdict(list)
    for score in scores:
        groups[score.benchmark, score.metric].append(score)
    known = {group: _metric(found, metrics) for group, found in groups.items()}
    scored = {benchmark for (benchmark, _), m in known.items() if is_score(m)}
    decided = {
        group: _decide(found, known[group], percent, group[0] in scored and group[1] not in asked)
        for group, found in groups.items()
    }
    reasons: LeftOut = {}
    divided: dict[str, list[str]] = defaultdict(list)
    for (benchmark, metric), admission in decided.items():
        n_values = sum(score.n_records for score in groups[benchmark, metric])
        if admission.use == "out":
            left_out[f"{metric}: {admission.reason}"] += n_values
            reasons[benchmark, metric] = admission.reason
        elif admission.divisor != 1 and not (percent or _says_percent(groups[benchmark, metric])):
            divided[metric].append(benchmark)
    kept = [
        _scaled(score, decided[score.benchmark, score.metric])
        for score in scores
        if decided[score.benchmark, score.metric].use == "score"
    ]
    losses = [s for s in scores if decided[s.benchmark, s.metric].use == "loss"]
    notes = [_divided(metric, names, groups) for metric, names in divided.items()]
    return _with_losses(kept, losses), notes, reasons


def _metric(found: Sequence[ImportedScore], metrics: Metrics) -> Metric:
    said = {score.higher for score in found} - {None}
    direction = False if False in said else (True if said else None)
    return told(metrics.find(found[0].metric), direction)


def _decide(
    found: Sequence[ImportedScore], metric: Metric, percent: bool, beside: bool
) -> Admission:
    values = np.concatenate([_values(score) for score in found])
    if metric.direction == "lower" and metric.kind == "unknown":
        # Records carry the name of a metric alone, by which no one could tell.
        return Admission(
            use="out",
            reason="less is better, says the harness; say so in a file for --benchmarks, like "
            f"`metrics: {{{metric.name}: {{direction: lower}}}}`, to keep it",
        )
    declared = metric.percent and any(score.percent is None for score in found)
    in_percent = percent or declared or any(score.percent for score in found)
    low, high = float(values.min()), float(values.max())
    decision = admit(metric, low, high, percent=in_percent, beside=beside)
    if decision.divisor != 1 and not percent and all(score.percent is False for score in found):
        return Admission(use="out", reason="values outside the limits that the file states")
    return decision


def _says_percent(found: Sequence[ImportedScore]) -> bool:
    return all(score.percent for score in found)


def _values(score: ImportedScore) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([score.score]) if score.questions is None else score.questions.scores


def _scaled(score: ImportedScore, admission: Admission) -> ImportedScore:
    if admission.divisor == 1:
        return score
    asked = score.questions
    return replace(
        score,
        score=score.score / admission.divisor,
        stderr=None if score.stderr is None else score.stderr / admission.divisor,
        questions=None
        if asked is None
        else Questions(
            names=asked.names, scores=asked.scores / admission.divisor, lines=asked.lines
        ),
    )


def _with_losses(kept: list[ImportedScore], losses: Sequence[ImportedScore]) -> list[ImportedScore]:
    # The loss of the right answer goes beside the scores of the same evaluation.
    by_place: dict[tuple[object, ...], ImportedScore] = {}
    for loss in losses:
        if loss.questions is None:
            by_place.setdefault(_place(loss), loss)
    used = set()
    joined = []
    for score in kept:
        beside = by_place.get(_place(score))
        if beside is not None and score.task_loss is None and score.questions is None:
            used.add(_place(score))
            score = replace(score, task_loss=beside.score)
        joined.append(score)
    alone = [loss for place, loss in by_place.items() if place not in used]
    return joined + [
        replace(loss, score=float("nan"), stderr=None, task_loss=loss.score) for loss in alone
    ]


def _place(score: ImportedScore) -> tuple[object, ...]:
    return score.subject, score.source, score.line, score.benchmark, score.task, score.shots


def _divided(
    metric: str, names: Iterable[str], groups: Mapping[_Group, Sequence[ImportedScore]]
) -> Note:
    names = sorted(names)
    found = [score for name in names for score in groups[name, metric]]
    values = np.concatenate([_values(score) for score in found])
    return noted(
        "percent",
        f"{metric} is in percent (up to {values.max():g}); all "
        f"{count_of(len(values), 'value')} divided by 100.",
        subject=listed(names, most=4),
    )
