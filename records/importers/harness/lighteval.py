"""lighteval: `results_<time>.json` with keys like `arc:challenge|25`.

Traps: older files have three or four parts (`suite|task|shots|0`); `all` and `*:_average` are
averages, and their standard errors are averages of standard errors; `model_size` is bytes as text,
not parameters.
"""

from dataclasses import dataclass
from typing import ClassVar

from scalepredict.records.importers.harness.interface import (
    Imported,
    ImportedScore,
    Subject,
    Tally,
    entries,
    fraction,
    positive,
)
from scalepredict.records.importers.harness.source_file import SourceFile


@dataclass(frozen=True, slots=True)
class Lighteval:
    """Reads one result file."""

    kind: ClassVar[str] = "lighteval"

    def recognises(self, file: SourceFile) -> bool:
        """A general configuration and results."""
        content = file.content
        return (
            isinstance(content, dict)
            and isinstance(content.get("config_general"), dict)
            and isinstance(content.get("results"), dict)
        )

    def read(self, file: SourceFile) -> Imported:
        """Every metric of every task."""
        assert isinstance(file.content, dict)
        content = file.content
        subject = _subject(content["config_general"])
        time = file.path.name.removeprefix("results_").removesuffix(".json")
        tally = Tally()
        scores = []
        for key, measures in entries(content["results"]):
            name, shots = _task(key)
            if name == "all" or name.endswith("_average"):
                tally.add("an average over tasks, which are read themselves")
                continue
            benchmark, _, task = name.partition(":")
            for metric, value in entries(measures):
                if metric.endswith("_stderr"):
                    continue
                score = fraction(value)
                if score is None:
                    tally.add(f"{metric} is no score in [0, 1]")
                    continue
                assert isinstance(measures, dict)
                scores.append(
                    ImportedScore(
                        subject=subject,
                        benchmark=benchmark,
                        task=task,
                        metric=metric,
                        shots=shots,
                        version=_text(content.get("versions"), key),
                        digest=_digest(content.get("summary_tasks"), key),
                        score=score,
                        stderr=fraction(measures.get(f"{metric}_stderr")),
                        n_items=_n_items(content.get("config_tasks"), key, name),
                        time=time,
                        source=file.name,
                    )
                )
        return Imported(scores=tuple(scores), skipped=tally.counts)


def _task(key: str) -> tuple[str, int | None]:
    parts = key.split("|")
    if len(parts) >= 3:  # suite|task|shots and suite|task|shots|truncation, before 0.11
        return parts[1], int(parts[2]) if parts[2].isdecimal() else None
    if len(parts) == 2 and parts[1].isdecimal():
        return parts[0], int(parts[1])
    return parts[0], None


def _subject(general: dict[str, object]) -> Subject:
    config = general.get("model_config")
    config = config if isinstance(config, dict) else {}
    label = config.get("model_name") or general.get("model_name") or ""
    revision = str(config.get("revision") or "")
    return Subject(label=str(label), revision="" if revision == "main" else revision)


def _text(table: object, key: str) -> str:
    value = table.get(key) if isinstance(table, dict) else None
    return "" if value is None else str(value)


def _digest(table: object, key: str) -> str:
    summary = table.get(key) if isinstance(table, dict) else None
    hashes = summary.get("hashes") if isinstance(summary, dict) else None
    return str(hashes.get("hash_examples") or "") if isinstance(hashes, dict) else ""


def _n_items(table: object, key: str, name: str) -> float | None:
    if not isinstance(table, dict):
        return None
    config = table.get(key) or table.get(name)
    return positive(config.get("effective_num_docs")) if isinstance(config, dict) else None
