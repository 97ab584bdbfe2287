"""Every Eval Ever: the interchange format, which also brings HELM and Inspect results.

Traps: every value of `additional_details` is text; limits may be the text "Infinity"; metrics
where lower is better are allowed.
"""

import sys
from dataclasses import dataclass
from typing import ClassVar, TypeGuard

from scalepredict.errors import CountError
from scalepredict.records.importers.harness.interface import (
    Imported,
    ImportedScore,
    Subject,
    Tally,
    fraction,
    positive,
)
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
        """Every bounded score where higher is better, rescaled to [0, 1] by its limits."""
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
                tally.add("a result that is not bounded, or where lower is better")
                continue
            low, span = scale
            value = details.get("score")
            score = fraction((value - low) / span) if _is_finite(value) else None
            if score is None:
                tally.add("a result that is no number within the limits of its metric")
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
                    n_items=positive(spread.get("num_samples")),
                    time=str(content.get("retrieved_timestamp") or ""),
                    source=file.name,
                )
            )
        return Imported(scores=tuple(scores), skipped=tally.counts)


def _scale(metric: dict[str, object]) -> tuple[float, float] | None:
    low, high = metric.get("min_score", 0.0), metric.get("max_score", 1.0)
    if metric.get("lower_is_better") or not (_is_finite(low) and _is_finite(high) and low < high):
        return None
    return float(low), float(high) - float(low)


def _is_finite(value: object) -> TypeGuard[float]:
    """A number within the range of floats; limits may be the text "Infinity"."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max


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
