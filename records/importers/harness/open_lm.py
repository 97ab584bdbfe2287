"""open_lm and DCLM: a model file (params, tokens, loss) and an evaluation file, joined by run name.

Trap: in mlfoundations/scaling the evaluation's `model` is the architecture, not the run; the run's
name stands in the file name only (`evaluation_<run>_heavy.json`). DCLM writes `model_name`.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

from scalepredict.records.importers.harness.interface import (
    Imported,
    ImportedScore,
    Subject,
    Tally,
    entries,
    finite,
    positive,
)
from scalepredict.records.importers.harness.source_file import SourceFile

_EVALUATION = re.compile(r"evaluation_(?P<run>.+?)(?:_(?:heavy|medium|light|low_variance))?")


@dataclass(frozen=True, slots=True)
class OpenLm:
    """Reads either file of the pair."""

    kind: ClassVar[str] = "open-lm"

    def recognises(self, file: SourceFile) -> bool:
        """In-context scores, or the hyper-parameters of a run."""
        content = file.content
        return isinstance(content, dict) and (_is_evaluation(content) or _is_model(content))

    def read(self, file: SourceFile) -> Imported:
        """The scores of an evaluation, or the facts of a run."""
        content = file.content
        assert isinstance(content, dict)
        if not _is_evaluation(content):
            return Imported(subjects=(_run(content, file),))
        match = _EVALUATION.fullmatch(file.path.stem)
        label = content.get("model_name") or (match["run"] if match else file.path.stem)
        subject = Subject(label=str(label))
        tally = Tally()
        scores = []
        for benchmark, value in entries(content["eval_metrics"]["icl"]):
            score = finite(value)
            if score is None:
                tally.add(f"{benchmark} is not a finite number")
                continue
            scores.append(
                ImportedScore(
                    subject=subject,
                    benchmark=benchmark,
                    metric="acc",
                    score=score,
                    time=str(content.get("creation_date") or ""),
                    source=file.name,
                )
            )
        return Imported(scores=tuple(scores), skipped=tally.counts)


def _is_evaluation(content: dict[str, object]) -> bool:
    metrics = content.get("eval_metrics")
    return isinstance(metrics, dict) and isinstance(metrics.get("icl"), dict)


def _is_model(content: dict[str, object]) -> bool:
    parameters = content.get("hyperparameters")
    return isinstance(parameters, dict) and "params" in parameters and "tokens" in parameters


def _run(content: dict[str, object], file: SourceFile) -> Subject:
    parameters = content["hyperparameters"]
    assert isinstance(parameters, dict)
    results = content.get("results")
    last = results[-1] if isinstance(results, list) and results else None
    return Subject(
        label=str(content.get("name") or file.path.stem),
        family=str(content.get("dataset_name") or ""),
        params=positive(parameters.get("params")),
        params_non_embedding=positive(parameters.get("params_no_embed")),
        tokens=positive(parameters.get("tokens")),
        loss=positive(last.get("loss")) if isinstance(last, dict) else None,
    )
