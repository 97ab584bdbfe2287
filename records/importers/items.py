"""Whose answers are these? Questions of a samples file joined to the run that they belong to.

The harness writes `results_<time>.json` and `samples_<task>_<time>.jsonl` into one folder; only the
first names the model in full, its size, the shots and the benchmark that a subtask belongs to.
"""

import os
from collections import Counter
from dataclasses import replace

from scalepredict.records.importers.harness.interface import ImportedScore

Run = tuple[str, str]  # folder and time


def join_items(scores: list[ImportedScore], left_out: Counter[str]) -> list[ImportedScore]:
    """Give all questions their run's name and benchmark; drop the subtask scores they repeat."""
    aggregates = {_raw_key(score): score for score in scores if score.questions is None}
    asked = {_raw_key(score) for score in scores if score.questions is not None}
    joined: list[ImportedScore] = []
    for score in scores:
        if score.questions is None:
            if score.task and _raw_key(score) in asked:
                left_out["a subtask's score, whose questions are read themselves"] += 1
            else:
                joined.append(score)
            continue
        whole = aggregates.get(_raw_key(score))
        joined.append(
            score
            if whole is None
            else replace(
                score,
                subject=whole.subject,
                benchmark=whole.benchmark,
                task=whole.task,
                shots=whole.shots,
                version=whole.version,
                higher=whole.higher,
                percent=whole.percent,
                settings=whole.settings,
            )
        )
    return joined


def _run(score: ImportedScore) -> Run:
    return os.path.dirname(score.source), score.time


def _raw_key(score: ImportedScore) -> tuple[str, str, str]:
    raw = f"{score.benchmark}_{score.task}" if score.task else score.benchmark
    return (*_run(score), raw)
