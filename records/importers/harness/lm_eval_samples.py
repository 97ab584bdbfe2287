"""lm-evaluation-harness: one row for each question (`samples_<task>_<time>.jsonl`) -> item records.

Traps: a question stands once for each filter; version 0.4.0 wrote a JSON array into the `.jsonl`
file; per-question values of perplexity metrics are pairs. The hash of the question is its name, so
that the same question has the same name for every model.
"""

import re
import sys
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalepredict.records.importers.harness.interface import (
    Imported,
    ImportedScore,
    Questions,
    Subject,
    Tally,
    finite,
)
from scalepredict.records.importers.harness.source_file import SourceFile

_NAME = re.compile(
    r"samples_(?P<task>.+)_(?P<time>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)\.jsonl(?:\.gz)?"
)
_HASH_DIGITS = 16  # 64 bits: a collision among 10^6 questions has probability 3e-8


@dataclass(frozen=True, slots=True)
class LmEvalSamples:
    """Reads one samples file; the model is the folder that the harness made for it."""

    kind: ClassVar[str] = "lm-eval-samples"
    of_answers: ClassVar[bool] = True

    def recognises(self, file: SourceFile) -> bool:
        """Rows with a question, its identity and filtered responses."""
        first = file.content
        if isinstance(first, list):
            first = first[0] if first else None
        return isinstance(first, dict) and "doc_id" in first and "filtered_resps" in first

    def read(self, file: SourceFile) -> Imported:
        """The questions of each filter and metric."""
        match = _NAME.fullmatch(file.path.name)
        tally = Tally()
        seen: dict[str, Counter[str]] = defaultdict(Counter)
        answers: dict[tuple[str, str], _Answers] = defaultdict(_Answers)
        for line, sample in file.json_lines():
            if not isinstance(sample, dict):
                tally.add("a line that is no sample")
                continue
            item = sys.intern(str(sample.get("doc_hash") or sample.get("doc_id"))[:_HASH_DIGITS])
            filter_name = str(sample.get("filter") or "none")
            seen[filter_name][item] += 1
            if (times := seen[filter_name][item]) > 1:
                # A benchmark that asks a question twice has two items.
                item = sys.intern(f"{item}-{times}")
            # Each model is asked the same questions, and each name is held once.
            for metric in _metrics(sample):
                score = finite(sample.get(metric))
                if score is None:
                    tally.add(f"{metric} of a question is not a finite number")
                    continue
                answers[filter_name, metric].add(item, score, line)
        scores = tuple(
            ImportedScore(
                subject=Subject(label=file.path.parent.name),
                benchmark=match["task"] if match else file.path.stem,
                metric=metric,
                filter=filter_name,
                score=float(np.mean(found.scores)),
                n_items=float(len(found.scores)),
                time=match["time"] if match else "",
                source=file.name,
                questions=found.questions(),
            )
            for (filter_name, metric), found in answers.items()
        )
        return Imported(scores=scores, skipped=tally.counts)


class _Answers:
    """Columns that grow while a file is read."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.scores = array("d")
        self.lines = array("q")

    def add(self, name: str, score: float, line: int) -> None:
        self.names.append(name)
        self.scores.append(score)
        self.lines.append(line)

    def questions(self) -> Questions:
        return Questions(
            names=np.array(self.names, dtype=object),
            scores=np.array(self.scores),
            lines=np.array(self.lines, dtype=np.intp),
        )


def _metrics(sample: dict[str, object]) -> list[str]:
    listed = sample.get("metrics")
    if isinstance(listed, list) and listed:
        return [name for name in listed if isinstance(name, str)]
    # Before 0.4.8 a sample did not list its metrics.
    return [key for key in ("acc", "acc_norm", "exact_match", "f1", "em") if key in sample]
