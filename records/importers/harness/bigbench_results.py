"""BIG-bench: `results/scores_<family>_<model>.json`, one entry for each subtask and shot count.

Traps: scores lie between `low_score`, which a guesser has, and `high_score`; an aggregate over the
subtasks, normalised from 0 to 100, stands among them; parameters are total, tokens are not there.
"""

from dataclasses import dataclass
from typing import ClassVar

from scalepredict.records.importers.harness.interface import (
    Imported,
    ImportedScore,
    Subject,
    Tally,
    finite,
    positive,
    whole,
)
from scalepredict.records.importers.harness.source_file import SourceFile

_AGGREGATE = "normalized_aggregate_score"


@dataclass(frozen=True, slots=True)
class BigBench:
    """Reads the scores of one model on one task."""

    kind: ClassVar[str] = "big-bench"

    def recognises(self, file: SourceFile) -> bool:
        """A model, and scores with a preferred one."""
        content = file.content
        scores = content.get("scores") if isinstance(content, dict) else None
        return isinstance(scores, list) and any(
            isinstance(one, dict) and "score_dict" in one for one in scores
        )

    def read(self, file: SourceFile) -> Imported:
        """The preferred score of every subtask."""
        assert isinstance(file.content, dict)
        content = file.content
        model = content.get("model")
        model = model if isinstance(model, dict) else {}
        subject = Subject(
            label=str(model.get("model_name") or file.path.stem),
            family=str(model.get("model_family") or ""),
            params=positive(model.get("total_params")),
            params_non_embedding=positive(model.get("non_embedding_params")),
        )
        tally = Tally()
        scores = []
        for entry in content["scores"]:
            entry = entry if isinstance(entry, dict) else {}
            metric = str(entry.get("preferred_score") or "")
            if metric == _AGGREGATE:
                tally.add("an average over subtasks, which are read themselves")
                continue
            measures = entry.get("score_dict")
            value = finite(measures.get(metric)) if isinstance(measures, dict) else None
            low, high = finite(entry.get("low_score")), finite(entry.get("high_score"))
            if value is None:
                tally.add("a subtask without its preferred score")
                continue
            benchmark, _, task = str(entry.get("subtask_description") or "").partition(":")
            span = high if high is not None and high > 1 else 1.0
            scores.append(
                ImportedScore(
                    subject=subject,
                    benchmark=benchmark or file.path.parent.name,
                    task=task,
                    metric=metric,
                    shots=whole(entry.get("number_of_shots")),
                    score=value / span,
                    percent=False,
                    chance=low / span if low is not None and 0 <= low / span < 1 else None,
                    source=file.name,
                )
            )
        return Imported(scores=tuple(scores), skipped=tally.counts)
