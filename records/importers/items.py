"""Whose answers are these? Questions of a samples file joined to the run that they belong to.

The harness writes `results_<time>.json` and `samples_<task>_<time>.jsonl` into one folder; only the
first names the model in full, its size, the shots and the benchmark that a subtask belongs to.
"""

import os
from collections import Counter
from dataclasses import replace

from scalepredict.records.importers.interface import ImportedScore

Run = tuple[str, str]  # folder and time


def join_items(scores: list[ImportedScore], left_out: Counter[str]) -> list[ImportedScore]:
    """Give every question its run's name and its benchmark; drop the subtask scores they repeat.

    ``scores`` is used up, and is empty afterwards: a million questions are not held twice.
    """
    if not any(score.is_item for score in scores):
        return scores
    aggregates = {_raw_key(score): score for score in scores if not score.is_item}
    with_items = {(*_run(score), score.benchmark) for score in scores if score.is_item}
    joined: list[ImportedScore] = []
    scores.reverse()
    while scores:
        score = scores.pop()
        if not score.is_item:
            if score.task and _raw_key(score) in with_items:
                left_out["a subtask's score, whose questions are read themselves"] += 1
            else:
                joined.append(score)
            continue
        whole = aggregates.get((*_run(score), score.benchmark))
        if whole is None:
            joined.append(score)
            continue
        joined.append(
            replace(
                score,
                subject=whole.subject,
                benchmark=whole.benchmark,
                task=f"{whole.task}/{score.task}" if whole.task else score.task,
                shots=whole.shots,
                version=whole.version,
            )
        )
    return joined


def _run(score: ImportedScore) -> Run:
    return os.path.dirname(score.source), score.time


def _raw_key(score: ImportedScore) -> tuple[str, str, str]:
    raw = f"{score.benchmark}_{score.task}" if score.task else score.benchmark
    return (*_run(score), raw)
