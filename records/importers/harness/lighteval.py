"""lighteval: `results_<time>.json` with keys like `arc:challenge|25`.

Traps: older files have three or four parts (`suite|task|shots|0`); `all` and `*:_average` are
averages, and their standard errors are averages of standard errors; `model_size` is bytes as text,
not parameters.
"""

from dataclasses import dataclass
from typing import ClassVar

from scalepredict.records.benchmarks import shipped_metadata, simplified
from scalepredict.records.importers.harness.interface import (
    Imported,
    ImportedScore,
    Subject,
    Tally,
    entries,
    finite,
    has_mappings,
    positive,
)
from scalepredict.records.importers.harness.lm_eval_settings import (
    is_on,
    model_arguments,
    precision,
    quantisation,
    shown,
    which_template,
)
from scalepredict.records.importers.harness.source_file import SourceFile
from scalepredict.records.notes import Note, noted


@dataclass(frozen=True, slots=True)
class Lighteval:
    """Reads one result file."""

    kind: ClassVar[str] = "lighteval"

    def recognises(self, file: SourceFile) -> bool:
        """A general configuration and results."""
        return has_mappings(file.content, "config_general", "results")

    def read(self, file: SourceFile) -> Imported:
        """Every metric of every task."""
        assert isinstance(file.content, dict)
        content = file.content
        run = _Run(content)
        subject = _subject(content["config_general"])
        warnings: list[Note] = []
        time = file.path.name.removeprefix("results_").removesuffix(".json")
        tally = Tally()
        scores = []
        for key, measures in entries(content["results"]):
            name, shots = _task(key)
            if name == "all" or name.endswith("_average"):
                tally.add("an average over tasks, which are read themselves")
                continue
            benchmark, task = _benchmark(name)
            if run.limit:
                text = f"{name} was evaluated on a subset of its items."
                warnings.append(noted("subset-of-items", text))
            for metric, value in entries(measures):
                if metric.endswith("_stderr"):
                    continue
                score = finite(value)
                if score is None:
                    tally.add(f"{metric} is not a finite number")
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
                        stderr=positive(measures.get(f"{metric}_stderr")),
                        n_items=run.n_items(key, name),
                        settings=run.settings,
                        time=time,
                        source=file.name,
                    )
                )
        return Imported(scores=tuple(scores), skipped=tally.counts, warnings=tuple(warnings))


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
    adapters = (config.get(key) for key in ("adapter_weights", "delta_weights"))
    label = "+".join(
        [str(label), *(str(name) for name in adapters if isinstance(name, str) and name)]
    )
    return Subject(label=label, revision="" if revision == "main" else revision)


def _text(table: object, key: str) -> str:
    value = table.get(key) if isinstance(table, dict) else None
    return "" if value is None else str(value)


def _digest(table: object, key: str) -> str:
    summary = table.get(key) if isinstance(table, dict) else None
    hashes = summary.get("hashes") if isinstance(summary, dict) else None
    return str(hashes.get("hash_examples") or "") if isinstance(hashes, dict) else ""


def _benchmark(name: str) -> tuple[str, str]:
    # `arc:challenge` is a benchmark, `mmlu:anatomy` a task of one: the shipped metadata tells.
    whole, _, task = name.partition(":")
    if not task:
        return whole, ""
    entry = shipped_metadata().find(whole)
    own = shipped_metadata().find(f"{whole}_{task}")
    if own is not None and not (entry and simplified(task) in entry.tasks):
        return f"{whole}_{task}", ""
    return whole, task


class _Run:
    """What one result file says of its tasks and settings."""

    def __init__(self, content: dict[str, object]) -> None:
        general = content["config_general"]
        general = general if isinstance(general, dict) else {}
        model = general.get("model_config")
        model = model if isinstance(model, dict) else {}
        self._tasks = content.get("config_tasks")
        self.limit = positive(general.get("max_samples"))
        chat = general.get("use_chat_template", model.get("use_chat_template"))
        chat = model.get("override_chat_template") if chat is None else chat
        arguments = model_arguments({k: v for k, v in model.items() if v is not None})
        generation = model.get("generation_parameters")
        if isinstance(generation, dict):
            generation = {k: v for k, v in generation.items() if v is not None}
        written = {
            "chat-template": "yes" if is_on(chat) else "no",
            "template": which_template(chat, general.get("chat_template")),
            "system-prompt": shown(general.get("system_prompt") or model.get("system_prompt"))
            or "no",
            "generation": shown(generation) or "default",
            "quantisation": quantisation(arguments) or "no",
            "precision": precision(arguments),
            "items": f"{self.limit:g} items" if self.limit else "all items",
        }
        self.settings = tuple((name, value) for name, value in written.items() if value)

    def n_items(self, key: str, name: str) -> float | None:
        config = None
        if isinstance(self._tasks, dict):
            config = self._tasks.get(key) or self._tasks.get(name)
        asked = positive(config.get("effective_num_docs")) if isinstance(config, dict) else None
        return min((n for n in (asked, self.limit) if n is not None), default=None)
