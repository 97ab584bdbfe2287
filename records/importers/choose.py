"""Which of a task's metrics is its score, and may the scores of two models be compared?

Rows are comparable only if benchmark, task, metric, filter, shots, version and hash all agree.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalepredict.errors import RecordError, did_you_mean
from scalepredict.records.importers.harness.interface import ImportedScore
from scalepredict.records.text.counts import listed

# What the harness's own leaderboards report; a metric that is not listed comes after these.
_METRICS = ("primary_score", "acc_norm", "acc", "accuracy", "exact_match", "em", "pass@1", "f1")
_FILTERS = ("none", "strict-match", "flexible-extract")
_KEYS = ("shots", "version", "digest")


class Placed(NamedTuple):
    """A score and the checkpoint (index into the resolved checkpoints) it belongs to."""

    checkpoint: int
    score: ImportedScore


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the user asked for, by task; the key "" holds for all tasks.

    Attributes:
        metric: Name of the metric.
        filter: Name of the filter.
        shots: Examples in the prompt.
        ignore: Parts of the key that may differ between models: version, digest.
        prefer: Metrics (``name`` or ``name,filter``); the first that a benchmark has is taken.
    """

    metric: Mapping[str, str]
    filter: Mapping[str, str]
    shots: Mapping[str, int]
    ignore: frozenset[str] = frozenset()
    prefer: tuple[str, ...] = ()


NO_CHOICE = Choice(metric={}, filter={}, shots={})


def choose_metrics(placed: Sequence[Placed], choice: Choice) -> tuple[list[Placed], list[str]]:
    """Keep one metric and filter for each benchmark; sentences say what was chosen over what.

    Raises:
        RecordError: A metric, filter or shot count that was asked for is nowhere.
    """
    by_benchmark: dict[str, list[Placed]] = defaultdict(list)
    for item in placed:
        by_benchmark[item.score.benchmark].append(item)
    _refuse_unknown(placed, by_benchmark, choice)
    kept: list[Placed] = []
    taken: dict[str, list[str]] = defaultdict(list)
    for benchmark, items in by_benchmark.items():
        wanted = _wanted(benchmark, items, choice)
        # A metric that the harness itself aggregates over tasks goes first.
        aggregates = [p for p in wanted if not p.score.task and p.score.questions is None]
        everything = {_kind(p) for p in wanted}
        candidates = _preferred(everything, choice.prefer) or {
            _kind(p) for p in aggregates or wanted
        }
        coverage = {c: len({p.checkpoint for p in wanted if _kind(p) == c}) for c in candidates}
        widest = max(coverage.values())
        best = min((c for c in candidates if coverage[c] == widest), key=_preference)
        kept += [p for p in wanted if _kind(p) == best]
        if len(everything) > 1:
            others = ", ".join(_label(kind) for kind in sorted(everything - {best}))
            taken[f"{_label(best)} taken; also there: {others}"].append(benchmark)
    return kept, [f"{listed(names, most=4)}: {what}" for what, names in taken.items()]


def keep_newest(placed: Sequence[Placed]) -> tuple[list[Placed], int]:
    """The newest evaluation of each task of a checkpoint, and how many older ones were merged.

    Args:
        placed: Scores of one metric for each benchmark.
    """
    rivals: dict[tuple[object, ...], list[Placed]] = defaultdict(list)
    for item in placed:
        score = item.score  # of the one metric of its benchmark
        of_questions = score.questions is not None
        rivals[item.checkpoint, score.benchmark, score.task, score.shots, of_questions].append(item)
    kept: list[Placed] = []
    for found in rivals.values():
        by_time = sorted(found, key=lambda p: p.score.time)
        kept += by_time[-1:] if found[0].score.questions is None else _newest_answers(by_time)
    return kept, _n_records(placed) - _n_records(kept)


def _newest_answers(by_time: Sequence[Placed]) -> list[Placed]:
    # A later evaluation may have asked fewer questions: of each question, its newest answer.
    blocks = [p.score.questions for p in by_time if p.score.questions is not None]
    names = np.concatenate([block.names for block in blocks])
    ends = np.cumsum([len(block.names) for block in blocks])[:-1]
    newest = np.split(~pd.Series(names).duplicated(keep="last").to_numpy(), ends)
    return [
        Placed(p.checkpoint, replace(p.score, questions=block.take(keep)))
        for p, block, keep in zip(by_time, blocks, newest, strict=True)
        if keep.any()
    ]


def _n_records(placed: Sequence[Placed]) -> int:
    return sum(p.score.n_records for p in placed)


def check_keys(
    placed: Sequence[Placed], models: Sequence[str], ignore: frozenset[str]
) -> list[str]:
    """Compare shots, version and hash of each task between models.

    Raises:
        RecordError: They differ, and the difference was not allowed; both values are named.
    """
    first: dict[tuple[str, str, str], Placed] = {}
    tolerated: dict[tuple[str, str], set[object]] = defaultdict(set)
    warnings: list[str] = []
    items: dict[tuple[str, str], Placed] = {}
    for item in placed:
        score = item.score
        for key in _KEYS:
            value = getattr(score, key)
            if value in (None, ""):
                continue
            other = first.setdefault((score.benchmark, score.task, key), item)
            if getattr(other.score, key) == value:
                continue
            if key not in ignore:
                raise RecordError(_mismatch(key, other, item, models))
            tolerated[score.benchmark, key].add(value)
        if score.n_items is not None and score.questions is None:
            other = items.setdefault((score.benchmark, score.task), item)
            if other.score.n_items != score.n_items:
                tolerated[score.benchmark, "number of items"].add(score.n_items)
    for (benchmark, key), values in tolerated.items():
        warnings.append(f"{benchmark}: {key} differs between models ({len(values) + 1} values)")
    return warnings


def _refuse_unknown(placed: Sequence[Placed], benchmarks: Collection[str], choice: Choice) -> None:
    for key in ("metric", "filter", "shots"):
        table: Mapping[str, object] = getattr(choice, key)
        for benchmark in table:
            if benchmark and benchmark not in benchmarks:
                hint = did_you_mean(benchmark, benchmarks)
                raise RecordError(f"--{key} {benchmark}=...: no such benchmark{hint}.")
        there = {getattr(p.score, key) for p in placed} if "" in table else set()
        if "" in table and table[""] not in there:
            raise RecordError(
                f"no score with {key} {table['']!r}; the files have "
                f"{', '.join(sorted(map(str, there)))}."
            )


def _wanted(benchmark: str, items: list[Placed], choice: Choice) -> list[Placed]:
    for key, table in (
        ("metric", choice.metric),
        ("filter", choice.filter),
        ("shots", choice.shots),
    ):
        asked: object = table.get(benchmark, table.get(""))
        if asked is None:
            continue
        there = sorted({str(getattr(p.score, key)) for p in items})
        chosen = [p for p in items if getattr(p.score, key) == asked]
        if chosen:
            items = chosen
        elif benchmark in table:
            raise RecordError(
                f"{benchmark}: no score with {key} {asked!r}; the files have {', '.join(there)}."
            )
    return items


def _preferred(kinds: set[tuple[str, str]], names: Sequence[str]) -> set[tuple[str, str]]:
    for name in names:
        if found := {kind for kind in kinds if name in (kind[0], _label(kind))}:
            return found
    return set()


def _label(kind: tuple[str, str]) -> str:
    return kind[0] if kind[1] == "none" else ",".join(kind)


def _kind(placed: Placed) -> tuple[str, str]:
    return placed.score.metric, placed.score.filter


def _preference(candidate: tuple[str, str]) -> tuple[int, int, str, str]:
    metric, filter_name = candidate
    return (
        _METRICS.index(metric) if metric in _METRICS else len(_METRICS),
        _FILTERS.index(filter_name) if filter_name in _FILTERS else len(_FILTERS),
        metric,
        filter_name,
    )


def _mismatch(key: str, first: Placed, second: Placed, models: Sequence[str]) -> str:
    a, b = first.score, second.score
    name = f"{a.benchmark}/{a.task}" if a.task else a.benchmark
    word = "hash" if key == "digest" else key
    advice = (
        f"Choose with --shots {a.benchmark}={a.shots}"
        if key == "shots"
        else f"If it makes no difference, pass --ignore-key {word}"
    )
    return (
        f"{name}: {word} is {getattr(a, key)!r} for {models[first.checkpoint]} ({a.source}) and "
        f"{getattr(b, key)!r} for {models[second.checkpoint]} ({b.source}); scores that differ in "
        f"it are not comparable. {advice}, leave files out with --exclude, or evaluate again."
    )
