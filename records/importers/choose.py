"""Which of a task's metrics is its score, and which of several evaluations counts?"""

import os
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalepredict.errors import RecordError, did_you_mean
from scalepredict.records.importers.harness.interface import ImportedScore
from scalepredict.records.notes import Note, noted
from scalepredict.records.text.counts import listed

# What the harness's own leaderboards report; a metric that is not listed comes after these.
_METRICS = ("primary_score", "acc_norm", "acc", "accuracy", "exact_match", "em", "pass@1", "f1")
_FILTERS = ("none", "strict-match", "flexible-extract")


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
        ignore: Settings that may differ between evaluations of one column: version, hash, ...
        prefer: Metrics (``name`` or ``name,filter``); the first that a benchmark has is taken.
        percent: Whether all values are in percent.
    """

    metric: Mapping[str, str]
    filter: Mapping[str, str]
    shots: Mapping[str, int]
    ignore: frozenset[str] = frozenset()
    prefer: tuple[str, ...] = ()
    percent: bool = False


NO_CHOICE = Choice(metric={}, filter={}, shots={})


def choose_metrics(
    placed: Sequence[Placed], choice: Choice, left_out: Mapping[tuple[str, str], str]
) -> tuple[list[Placed], list[Note]]:
    """Keep one metric and filter for each benchmark; sentences say what was chosen over what.

    Checkpoints that lack it keep another one, which becomes a column of its own.

    Args:
        placed: Scores.
        choice: What the user asked for.
        left_out: Why metrics of benchmarks are not among the scores.

    Raises:
        RecordError: A metric, filter or shot count that was asked for is nowhere.
    """
    by_benchmark: dict[str, list[Placed]] = defaultdict(list)
    for item in placed:
        by_benchmark[item.score.benchmark].append(item)
    _refuse_unknown(placed, by_benchmark, choice, left_out)
    kept: list[Placed] = []
    taken: dict[str, list[str]] = defaultdict(list)
    columns: dict[tuple[str, str], list[str]] = defaultdict(list)
    for benchmark, items in by_benchmark.items():
        wanted = _wanted(benchmark, items, choice)
        scored = [p for p in wanted if _scored(p)]
        if not scored:  # only losses
            kept += wanted
            continue
        wanted = scored
        # A metric that the harness itself aggregates over tasks goes first.
        aggregates = [p for p in wanted if not p.score.task and p.score.questions is None]
        everything = {_kind(p) for p in wanted}
        candidates = _preferred(everything, choice.prefer) or {
            _kind(p) for p in aggregates or wanted
        }
        coverage = {c: len({p.checkpoint for p in wanted if _kind(p) == c}) for c in candidates}
        widest = max(coverage.values())
        best = min((c for c in candidates if coverage[c] == widest), key=_preference)
        mine = [p for p in wanted if _kind(p) == best]
        covered = {p.checkpoint for p in mine}
        lacking = [p for p in wanted if p.checkpoint not in covered and _scored(p)]
        while lacking:  # one metric for each of them, a column of its own
            other = min({_kind(p) for p in lacking}, key=_preference)
            told = next(p for p in lacking if _kind(p) == other)
            columns[f"{_label(other)} ({told.score.source})", _label(best)].append(benchmark)
            mine += [p for p in lacking if _kind(p) == other]
            covered |= {p.checkpoint for p in lacking if _kind(p) == other}
            lacking = [p for p in lacking if p.checkpoint not in covered]
        kept += mine
        others = ", ".join(_label(kind) for kind in sorted(everything - set(map(_kind, mine))))
        if others:
            taken[f"{_label(best)} taken; also there: {others}"].append(benchmark)
    notes = [
        noted("metric-taken", f"{what}.", subject=listed(names, most=4))
        for what, names in taken.items()
    ]
    notes += [
        noted(
            "metric-lacking",
            f"some models have {other} and not {best}; columns of their own.",
            subject=listed(names, most=4),
        )
        for (other, best), names in columns.items()
    ]
    return kept, notes


def keep_newest(
    placed: Sequence[Placed], models: Sequence[str]
) -> tuple[list[Placed], int, list[Note]]:
    """The newest evaluation of each task of a checkpoint, and how many older ones were merged.

    Args:
        placed: Scores whose variants are told apart.
        models: Name of each checkpoint.

    Returns:
        The newest; the number of older ones; and warnings where those may be of another run,
        because their names or folders differ.
    """
    doubtful: dict[int, tuple[ImportedScore, ImportedScore]] = {}
    rivals: dict[tuple[object, ...], list[Placed]] = defaultdict(list)
    for item in placed:
        score = item.score
        kind = (_kind(item), score.variant, score.shots, score.questions is not None)
        rivals[item.checkpoint, score.benchmark, score.task, *kind].append(item)
    kept: list[Placed] = []
    for found in rivals.values():
        by_time = sorted(found, key=lambda p: p.score.time)
        for older in by_time[:-1]:
            if _origin(older.score) != _origin(by_time[-1].score):
                doubtful.setdefault(older.checkpoint, (older.score, by_time[-1].score))
        kept += by_time[-1:] if found[0].score.questions is None else _newest_answers(by_time)
    warnings = [
        noted(
            "superseded-doubtful",
            f"{older.source} is superseded by {newer.source}, which may be of another run or step; "
            "if they are, tell them apart in a ladder (`name:`, or a step in the pattern).",
            subject=models[i],
        )
        for i, (older, newer) in doubtful.items()
    ]
    return kept, _n_records(placed) - _n_records(kept), warnings


def _origin(score: ImportedScore) -> tuple[str, str]:
    return score.subject.label, os.path.dirname(score.source)


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


def _scored(placed: Placed) -> bool:
    return placed.score.questions is not None or not np.isnan(placed.score.score)


def _refuse_unknown(
    placed: Sequence[Placed],
    benchmarks: Collection[str],
    choice: Choice,
    left_out: Mapping[tuple[str, str], str],
) -> None:
    for benchmark, metric in choice.metric.items():
        for (name, other), reason in left_out.items():
            if other == metric and benchmark in ("", name):
                raise RecordError(f"--metric {metric}: {name} has it, but {reason}.")
    there = {kind for p in placed for kind in (p.score.metric, _label(_kind(p)))}
    for name in choice.prefer:
        if name not in there:
            reasons = [f"{b}: {why}" for (b, m), why in left_out.items() if m == name]
            hint = f"; left out of {reasons[0]}" if reasons else did_you_mean(name, there)
            found = hint or f"; the files have {', '.join(sorted(there))}"
            raise RecordError(f"no score has the metric {name!r}{found}.")
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
