"""lm-evaluation-harness: aggregated result files of every version from 0.2 to 0.4.13.

Source: the harness's own code at its tags; `results`, `versions` and `config` are in all of them.
Traps: a metric dictionary also holds names, counts and aliases; standard errors may be the text
"N/A"; before 0.4.0 metric keys have no filter; group aggregates stand beside their own subtasks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from scalepredict.records.importers.harness.interface import (
    Imported,
    ImportedScore,
    Subject,
    Tally,
    entries,
    finite,
    has_mappings,
    positive,
    whole,
)
from scalepredict.records.importers.harness.lm_eval_settings import (
    ADAPTERS,
    LmEvalSettings,
    model_arguments,
)
from scalepredict.records.importers.harness.source_file import SourceFile
from scalepredict.records.notes import noted

_NOT_METRICS = {"name", "alias", "samples", "sample_len", "sample_count", " "}
_TIMESTAMP = re.compile(r"_(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)\.json(?:\.gz)?$")
_NAME_KEYS = ("pretrained", "model", "path", "engine", "peft", "delta")


@dataclass(frozen=True, slots=True)
class LmEval:
    """Reads one `results*.json`."""

    kind: ClassVar[str] = "lm-eval"

    def recognises(self, file: SourceFile) -> bool:
        """Results, versions and a configuration."""
        return has_mappings(file.content, "results", "versions", "config")

    def lacking(self, file: SourceFile) -> str:
        """What a file that is said to be of this format lacks; empty if it can be read."""
        results = file.content.get("results") if isinstance(file.content, dict) else None
        if isinstance(results, dict) and any(any(_metrics(m)) for m in results.values()):
            return ""
        return "it has no `results` with the metrics of tasks"

    def read(self, file: SourceFile) -> Imported:
        """Every metric of every task, groups told from tasks."""
        assert isinstance(file.content, dict)
        run = _Run(file.content)
        subject = _subject(file)
        groups = _Groups(file.content)
        settings = LmEvalSettings(file.content)
        tally = Tally()
        scores = []
        warnings = []
        time = _time(file)
        for task, measures in entries(file.content["results"]):
            place = groups.place(task, tally)
            if place is None:
                continue
            # A group of groups states no shots of its own.
            counts = {run.shots(leaf) for leaf in groups.leaves(task)}
            shots = counts.pop() if len(counts) == 1 else run.shots(task)
            for metric, filter_name, value, stderr in _metrics(measures):
                score = finite(value)
                if score is None:
                    tally.add(f"{metric} is not a finite number")
                    continue
                scores.append(
                    ImportedScore(
                        subject=subject,
                        benchmark=place[0],
                        task=place[1],
                        metric=metric,
                        filter=filter_name,
                        shots=shots,
                        version=run.version(task),
                        digest=run.digest(task),
                        score=score,
                        stderr=_not_negative(stderr),
                        n_items=run.n_items(task, f"{metric},{filter_name}"),
                        higher=run.higher_is_better(task, metric),
                        settings=settings.of(task, run.subset(task)),
                        time=time,
                        source=file.name,
                    )
                )
            if run.subset(task):
                text = f"{task} was evaluated on a subset of its items."
                warnings.append(noted("subset-of-items", text))
        version = file.content.get("lm_eval_version")
        return Imported(
            scores=tuple(scores),
            skipped=tally.counts,
            warnings=tuple(warnings),
            harness=f"{self.kind} {version}" if isinstance(version, str) and version else "",
        )


class _Run:
    """Look-ups in one result file that differ between versions."""

    def __init__(self, content: dict[str, object]) -> None:
        self._content = content
        config = content.get("config")
        self._config: dict[str, object] = config if isinstance(config, dict) else {}

    def _of(self, section: str, task: str) -> object:
        table = self._content.get(section)
        return table.get(task) if isinstance(table, dict) else None

    def shots(self, task: str) -> int | None:
        own = self._of("configs", task)
        stated = (
            self._of("n-shot", task),
            own.get("num_fewshot") if isinstance(own, dict) else None,
            self._config.get("num_fewshot"),
        )
        return next((n for n in map(whole, stated) if n is not None), None)

    def version(self, task: str) -> str:
        version = self._of("versions", task)
        return "" if version in (None, "N/A", "Yaml") else str(version)

    def digest(self, task: str) -> str:
        digest = self._of("task_hashes", task)
        return digest if isinstance(digest, str) else ""

    def n_items(self, task: str, key: str) -> float | None:
        samples = self._of("n-samples", task)
        if isinstance(samples, dict) and positive(samples.get("effective")):
            return positive(samples.get("effective"))
        measures = self._of("results", task)
        if not isinstance(measures, dict):
            return None
        counts = measures.get("sample_count")
        if isinstance(counts, dict) and positive(counts.get(key)):
            return positive(counts.get(key))
        return positive(measures.get("sample_len"))

    def subset(self, task: str) -> str:
        """Which part of the questions was asked; empty if all of them were."""
        samples = self._of("n-samples", task)
        if isinstance(samples, dict):
            original, effective = (
                positive(samples.get("original")),
                positive(samples.get("effective")),
            )
            part = original is not None and effective is not None and effective < original
            return f"{effective:g} items" if part else ""
        limit = self._config.get("limit")
        return "" if limit in (None, "None") else f"limit {limit}"

    def higher_is_better(self, task: str, metric: str) -> bool | None:
        table = self._of("higher_is_better", task)
        said = table.get(metric) if isinstance(table, dict) else None
        return said if isinstance(said, bool) else None


class _Groups:
    """Which benchmark does a task belong to, and which rows are group aggregates?"""

    def __init__(self, content: dict[str, object]) -> None:
        self._children = {
            group: [str(child) for child in children]
            for group, children in entries(content.get("group_subtasks"))
            if isinstance(children, list) and children
        } or _children_by_alias(content)
        self._parent = {
            child: group for group, children in self._children.items() for child in children
        }
        self._scored = {
            name for name, measures in entries(content.get("results")) if any(_metrics(measures))
        }

    def place(self, task: str, tally: Tally) -> tuple[str, str] | None:
        """(benchmark, task) of a row; None for an aggregate that would be counted twice."""
        top = self._benchmark(task)
        if task in self._children:
            owns = any(self._benchmark(leaf) == task for leaf in self.leaves(task))
            if task == top and owns:
                return task, ""
            if task in self._scored:
                tally.add("a group's aggregate, whose tasks are read themselves")
            return None
        return (task, "") if top == task else (top, task[len(top) :].lstrip("_-: "))

    def _benchmark(self, task: str) -> str:
        # A subtask carries its benchmark's name in front (mmlu_anatomy); the other groups, such
        # as a leaderboard, are collections of benchmarks.
        top = parent = task
        seen = {task}
        while (parent := self._parent.get(parent, "")) and parent not in seen:
            seen.add(parent)
            if parent in self._scored and re.match(re.escape(parent) + r"[_\-: ]", task):
                top = parent
        return top

    def leaves(self, group: str) -> Iterator[str]:
        """The tasks below a group; the task itself if it is none."""
        stack, seen = [group], set()
        while stack:
            name = stack.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in self._children:
                stack.extend(self._children[name])
            else:
                yield name


def _children_by_alias(content: dict[str, object]) -> dict[str, list[str]]:
    # 0.4.0 and 0.4.1 list no subtasks: the tree is in the order and the indentation of the aliases.
    groups = {name for name, _ in entries(content.get("groups"))}
    children: dict[str, list[str]] = {}
    path: list[tuple[int, str]] = []
    for task, measures in entries(content.get("results")) if groups else ():
        alias = measures.get("alias") if isinstance(measures, dict) else None
        depth = len(alias) - len(alias.lstrip(" -")) if isinstance(alias, str) else 0
        while path and path[-1][0] >= depth:
            path.pop()
        if path:
            children.setdefault(path[-1][1], []).append(task)
        if task in groups:
            path.append((depth, task))
    return children


def _metrics(measures: object) -> Iterator[tuple[str, str, object, object]]:
    for key, value in entries(measures):
        metric, _, filter_name = key.partition(",")
        if key in _NOT_METRICS or metric.endswith("_stderr"):
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        suffix = f",{filter_name}" if filter_name else ""
        stderr = measures.get(f"{metric}_stderr{suffix}") if isinstance(measures, dict) else None
        yield metric, filter_name or "none", value, stderr


def _subject(file: SourceFile) -> Subject:
    assert isinstance(file.content, dict)
    content = file.content
    config = content.get("config")
    config = config if isinstance(config, dict) else {}
    arguments = model_arguments(config.get("model_args"))
    named = next((arguments[key] for key in _NAME_KEYS if arguments.get(key)), "")
    # An adapter or a delta of weights makes another model of the one it is put on.
    adapters = [arguments[key] for key in ADAPTERS if arguments.get(key) not in (None, "", named)]
    named = "+".join([named, *adapters])
    label = named or str(content.get("model_name") or config.get("model") or "")
    if not named and content.get("model_source") not in (None, "hf"):
        # Without such an argument the harness makes up eight random letters; the folder is better.
        label = file.path.parent.name or label
    label = label or file.path.name.removesuffix(".gz").removesuffix(".json")
    revision = config.get("model_revision") or arguments.get("revision") or ""
    return Subject(
        label=label,
        revision="" if revision == "main" else str(revision),
        params=positive(config.get("model_num_parameters")),
    )


def _time(file: SourceFile) -> str:
    match = _TIMESTAMP.search(file.path.name)
    if match:
        return match[1]
    assert isinstance(file.content, dict)
    date = file.content.get("date")
    if isinstance(date, int | float) and not isinstance(date, bool) and 0 <= date < 1e11:
        return datetime.fromtimestamp(float(date), UTC).strftime("%Y-%m-%dT%H-%M-%S.%f")
    return ""


def _not_negative(value: object) -> float | None:
    number = finite(value)
    return number if number is not None and number >= 0 else None
