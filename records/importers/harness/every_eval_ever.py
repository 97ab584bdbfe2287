"""Every Eval Ever: the interchange format, which also brings HELM and Inspect results.

Traps: every value of `additional_details` is text; limits may be the text "Infinity"; metrics
where lower is better are allowed.
"""

from dataclasses import dataclass
from typing import ClassVar

from scalepredict.errors import CountError
from scalepredict.records.importers.harness.interface import (
    Imported,
    ImportedScore,
    Subject,
    Tally,
    finite,
    positive,
)
from scalepredict.records.importers.harness.lm_eval_settings import shown
from scalepredict.records.importers.harness.source_file import SourceFile
from scalepredict.records.text.counts import parse_count


@dataclass(frozen=True, slots=True)
class EveryEvalEver:
    """Reads one file: one model, several results."""

    kind: ClassVar[str] = "every-eval-ever"

    def recognises(self, file: SourceFile) -> bool:
        """A schema version and evaluation results."""
        content = file.content
        return (
            isinstance(content, dict)
            and "schema_version" in content
            and isinstance(content.get("evaluation_results"), list)
        )

    def read(self, file: SourceFile) -> Imported:
        """Every score; those with limits of their own are rescaled to [0, 1] by them."""
        assert isinstance(file.content, dict)
        content = file.content
        subject = _subject(_object(content.get("model_info")))
        tally = Tally()
        scores = []
        for result in content["evaluation_results"]:
            result = _object(result)
            metric = _object(result.get("metric_config"))
            details = _object(result.get("score_details"))
            spread = _object(details.get("uncertainty"))
            scale = _scale(metric)
            if scale is None:
                tally.add("a result that is not bounded")
                continue
            low, span = scale
            value = finite(details.get("score"))
            score = None if value is None else finite((value - low) / span)
            if score is None:
                tally.add("a result that is not a finite number")
                continue
            stderr = positive(_object(spread.get("standard_error")).get("value"))
            scores.append(
                ImportedScore(
                    subject=subject,
                    benchmark=str(result.get("evaluation_name") or ""),
                    metric=str(
                        metric.get("metric_id") or metric.get("evaluation_description") or ""
                    ),
                    score=score,
                    stderr=None if stderr is None else stderr / span,
                    higher=_higher(metric),
                    percent=False,
                    settings=_settings(content, result),
                    n_items=positive(spread.get("num_samples")),
                    time=str(content.get("retrieved_timestamp") or ""),
                    source=file.name,
                )
            )
        return Imported(scores=tuple(scores), skipped=tally.counts)


def _scale(metric: dict[str, object]) -> tuple[float, float] | None:
    # A metric from -1 to 1 keeps its 0, which is what a guesser has.
    low, high = finite(metric.get("min_score", 0.0)), finite(metric.get("max_score", 1.0))
    if metric.get("lower_is_better") or (low, high) == (-1.0, 1.0):
        return 0.0, 1.0
    if low is None or high is None or low >= high:
        return None
    return low, high - low


def _higher(metric: dict[str, object]) -> bool | None:
    said = metric.get("lower_is_better")
    return None if said is None else not said


def _settings(content: dict[str, object], result: dict[str, object]) -> tuple[tuple[str, str], ...]:
    generation = result.get("generation_config") or content.get("generation_config")
    details = _object(_object(content.get("model_info")).get("additional_details"))
    written = {
        "generation": shown(generation),
        "precision": shown(details.get("precision") or details.get("dtype")),
    }
    return tuple((name, value) for name, value in written.items() if value)


def _subject(info: dict[str, object]) -> Subject:
    details = _object(info.get("additional_details"))
    return Subject(
        label=str(info.get("name") or info.get("id") or ""),
        revision=str(details.get("revision") or ""),
        params=_count(details.get("num_parameters")),
    )


def _count(value: object) -> float | None:
    try:
        return parse_count(value) if isinstance(value, str | int | float) else None
    except CountError:
        return None


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
