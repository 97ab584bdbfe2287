"""OLMES (oe-eval): `metrics-all.jsonl`, `task-*-metrics.json`, `metrics.json`.

Score: `primary_score`. Loss of the right answer: `logits_per_byte_corr` or `bits_per_byte` (names
of the same quantity in different releases; bits per byte, lower is better).
Traps: no standard errors anywhere; suites (macro or micro averages) stand beside their tasks.
"""

from collections.abc import Iterable
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
from scalepredict.records.importers.harness.lm_eval_settings import (
    model_arguments,
    precision,
    quantisation,
    shown,
    which_template,
)
from scalepredict.records.importers.harness.source_file import SourceFile

_BITS_PER_BYTE = ("logits_per_byte_corr", "bits_per_byte_corr", "bits_per_byte")
_AVERAGES = ("macro", "micro")


@dataclass(frozen=True, slots=True)
class Olmes:
    """Reads the metrics of one run."""

    kind: ClassVar[str] = "olmes"

    def recognises(self, file: SourceFile) -> bool:
        """A summary of primary scores, or a task with its hash and metrics."""
        content = file.content
        return isinstance(content, dict) and (
            ("all_primary_scores" in content and "tasks" in content)
            or ("task_hash" in content and "metrics" in content and "task_config" in content)
        )

    def read(self, file: SourceFile) -> Imported:
        """The primary score of every task."""
        content = file.content
        assert isinstance(content, dict)
        tally = Tally()
        scores = []
        lines: Iterable[tuple[int | None, object]]
        if "all_primary_scores" in content:
            model = content.get("model_config")
            tasks = content["tasks"] if isinstance(content["tasks"], list) else []
            lines = ((None, {**task, "model_config": model}) for task in tasks)
        elif file.path.name.removesuffix(".gz").endswith(".jsonl"):
            lines = file.json_lines()
        else:
            lines = [(None, content)]
        for line, entry in lines:
            score = _score(entry, file.name, line, tally)
            if score is not None:
                scores.append(score)
        return Imported(scores=tuple(scores), skipped=tally.counts)


def _score(entry: object, source: str, line: int | None, tally: Tally) -> ImportedScore | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("metrics"), dict):
        tally.add("an entry without metrics")
        return None
    config = entry.get("task_config")
    config = config if isinstance(config, dict) else {}
    if config.get("primary_metric") in _AVERAGES:
        tally.add("an average over a suite, whose tasks are read themselves")
        return None
    metrics = entry["metrics"]
    value = finite(metrics.get("primary_score"))
    if value is None:
        tally.add("an entry whose primary_score is not a finite number")
        return None
    benchmark, _, subtask = str(entry.get("task_name") or config.get("task_name")).partition(":")
    core = str(config.get("task_core") or benchmark)
    shots = config.get("num_shots")
    losses = (positive(metrics.get(key)) for key in _BITS_PER_BYTE)
    return ImportedScore(
        subject=_subject(entry.get("model_config")),
        benchmark=f"{core}:{subtask}" if subtask else core,
        metric=str(config.get("primary_metric") or "primary_score"),
        shots=whole(shots),
        version=str(config.get("version") if config.get("version") is not None else ""),
        digest=str(entry.get("task_hash") or ""),
        score=value,
        settings=_settings(config, entry.get("model_config")),
        n_items=positive(entry.get("num_instances")),
        task_loss=next((loss for loss in losses if loss is not None), None),
        time=str(entry.get("current_date") or ""),
        source=source,
        line=line,
    )


def _subject(config: object) -> Subject:
    config = config if isinstance(config, dict) else {}
    return Subject(label=str(config.get("model") or ""), revision=str(config.get("revision") or ""))


def _settings(task: dict[str, object], model: object) -> tuple[tuple[str, str], ...]:
    arguments = model_arguments(model)
    chat = bool(task.get("use_chat_format")) or arguments.get("chat_model") == "True"
    limit = task.get("limit")
    written = {
        "chat-template": "yes" if chat else "no",
        "template": which_template(chat, arguments.get("chat_template")),
        "system-prompt": shown(arguments.get("system_prompt", "")) or "no",
        "generation": shown(task.get("generation_kwargs")),
        "quantisation": quantisation(arguments) or "no",
        "precision": precision(arguments),
        "items": f"limit {limit}" if limit not in (None, 0, "None") else "all items",
    }
    return tuple((name, value) for name, value in written.items() if value)
