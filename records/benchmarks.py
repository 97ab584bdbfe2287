"""What is known of a benchmark beforehand? Its chance level, item count and suite.

Ships as ``configs/benchmarks.yaml``; a user's file of the same form overrides it. Metadata never
renames a benchmark: aliases only find the entry.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from scalepredict.errors import ConfigError, RefusedError
from scalepredict.records.asymptote import Asymptote, parse_asymptote
from scalepredict.records.metrics import Kind, Metric, Metrics, metrics_from, shipped_metrics
from scalepredict.records.text.schema import Count, validated
from scalepredict.records.text.yaml_text import Document, load_shipped

ANY_METRIC = "*"
WRITTEN: tuple[Kind, ...] = ("choice", "exact", "overlap")  # a written answer is not guessed
OPTIONS: tuple[Kind, ...] = ("choice",)  # one option of several is, if the metric counts options
# What harnesses put around a name: shots, a suite or a form of the prompt.
_DRESS = re.compile(
    r"^(?:super_?glue|glue|helm|lighteval|harness|original|olmes)[_:|/-]+"
    r"|[@_: -]+(?:\d+|zero|few|five)?[_-]?shots?$|\s*\((?:\d+|zero|few|five)[_ -]?shots?\)$"
    r"|@\d+$|::?(?:olmes|rc|mc|cf)\b.*$",
    re.IGNORECASE,
)


def _a_chance(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise ValueError(f"{value!r}; write a fraction from 0 to below 1, like 0.25")
    return float(value)


Chance = Annotated[float, BeforeValidator(_a_chance)]


def _an_asymptote(value: Any) -> Any:
    try:
        return parse_asymptote(str(value), repr(value))
    except RefusedError as error:
        raise ValueError(f"{value!r}; write E or LO..HI, like 1.6 or 1.4..1.7") from error


Falls = Annotated[Asymptote, BeforeValidator(_an_asymptote)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class _Task(_Strict):
    n_items: Count | None = None
    chance: Chance | None = None


class _Entry(_Strict):
    chance: Annotated[
        Mapping[str, Chance],
        BeforeValidator(lambda v: v if isinstance(v, dict) else {ANY_METRIC: v}),
    ] = {}
    n_items: Count | None = None
    suite: str | None = None
    asymptote: Falls | None = None
    aliases: tuple[str, ...] = ()
    tasks: Mapping[str, Annotated[_Task, BeforeValidator(lambda v: _as_task(v))]] = {}


class _Section(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)
    benchmarks: Mapping[str, _Entry] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEntry:
    """One task of a benchmark: its questions and the score of a guesser; ``None`` = not known."""

    n_items: float | None = None
    chance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkEntry:
    """One benchmark. ``None`` = not known.

    Attributes:
        name: Usual name.
        chance: Score of a guesser, a fraction, by metric, by kind of metric, or for any (``*``).
        n_items: Questions of its usual test set.
        counted: Kinds of metrics that ``n_items`` belongs to; empty for all.
        suite: Named set of benchmarks it belongs to.
        asymptote: What its loss, or another metric of which less is better, falls to.
        tasks: What is known of its tasks, by (simplified) name.
    """

    name: str
    chance: Mapping[str, float] = field(default_factory=dict)
    n_items: float | None = None
    counted: tuple[Kind, ...] = ()
    suite: str | None = None
    asymptote: Asymptote | None = None
    tasks: Mapping[str, TaskEntry] = field(default_factory=dict)

    def chance_of(self, metric: Metric, task: str = "") -> float | None:
        """Score of a guesser by this metric, on the benchmark or one of its tasks."""
        own = self.tasks.get(simplified(task)) if task and self.tasks else None
        if own is not None and own.chance is not None and self._counts(metric):
            return own.chance
        for key in (metric.name, ANY_METRIC, metric.kind):
            if key in self.chance:
                return self.chance[key]
        return None

    def items_of(self, metric: Metric, task: str = "") -> float | None:
        """Questions of the benchmark or one of its tasks, if the metric counts them."""
        if not self._counts(metric):
            return None
        own = self.tasks.get(simplified(task))
        return (None if own is None else own.n_items) if task else self.n_items

    def _counts(self, metric: Metric) -> bool:
        return not self.counted or metric.kind in self.counted


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkMetadata:
    """Entries by simplified name or alias, and metrics; later files override field by field."""

    entries: Mapping[str, BenchmarkEntry]
    metrics: Metrics = field(default_factory=lambda: Metrics(names={}))

    def find(self, benchmark: str) -> BenchmarkEntry | None:
        """The entry of a benchmark, by its name or an alias.

        Case, punctuation, and what harnesses put around a name (``arc_easy@0``) do not count.
        """
        entry = self.entries.get(simplified(benchmark))
        while entry is None and (bare := _DRESS.sub("", benchmark)) not in ("", benchmark):
            benchmark = bare
            entry = self.entries.get(simplified(benchmark))
        return entry

    def near(self, benchmark: str) -> str | None:
        """The usual name that the name of an unknown benchmark may be a slip of."""
        close = get_close_matches(simplified(benchmark), self.entries, 1, cutoff=0.85)
        return self.entries[close[0]].name if close else None

    def chance(self, benchmark: str, task: str, metric: str) -> float | None:
        """Score of a guesser, or ``None``."""
        known, entry = self.metrics.find(metric), self.find(benchmark)
        own = None if entry is None else entry.chance_of(known, task)
        return known.chance if own is None else own

    def n_items(self, benchmark: str, task: str, metric: str) -> float | None:
        """Questions behind a score, or ``None``."""
        entry = self.find(benchmark)
        return None if entry is None else entry.items_of(self.metrics.find(metric), task)

    def has_chance(self, benchmark: str) -> bool:
        """Whether any chance level of a benchmark is known."""
        entry = self.find(benchmark)
        return entry is not None and bool(
            entry.chance or any(task.chance is not None for task in entry.tasks.values())
        )

    def has_items(self, benchmark: str) -> bool:
        """Whether item counts of a benchmark or its tasks are known."""
        entry = self.find(benchmark)
        return entry is not None and (entry.n_items is not None or bool(entry.tasks))

    def overridden(self, by: "BenchmarkMetadata") -> "BenchmarkMetadata":
        """These entries and metrics with what ``by`` knows put over them."""
        merged = dict(self.entries)
        for key, entry in by.entries.items():
            old = merged.get(key)
            new = entry if old is None else _over(old, entry)
            # Its other names must follow: a file that overrides ARC-C means arc_challenge.
            names = [key, *(name for name, other in merged.items() if other is old)]
            merged |= dict.fromkeys(names, new)
        return BenchmarkMetadata(entries=merged, metrics=self.metrics.overridden(by.metrics))


@cache
def shipped_metadata() -> BenchmarkMetadata:
    """The metadata that ships with the package."""
    shipped = metadata_from(load_shipped("benchmarks.yaml"))
    kept = {id(entry): _for_its_kind(entry) for entry in shipped.entries.values()}
    return BenchmarkMetadata(
        entries={key: kept[id(entry)] for key, entry in shipped.entries.items()},
        metrics=shipped_metrics(),
    )


def metadata_from(document: Document) -> BenchmarkMetadata:
    """Read the ``benchmarks:`` and ``metrics:`` sections of a YAML document.

    Raises:
        ConfigError: A field is not known or a value is out of range.
    """
    metrics = metrics_from(document)
    if not isinstance(document.value, dict) or document.value.get("benchmarks") is None:
        return BenchmarkMetadata(entries={}, metrics=metrics)
    entries: dict[str, BenchmarkEntry] = {}
    for name, written in validated(document, _Section).benchmarks.items():
        entry = _entry(name, written)
        for key in dict.fromkeys(map(simplified, (name, *written.aliases))):
            if key in entries:
                raise ConfigError(
                    f"{document.where('benchmarks', name)}: {name!r} and {entries[key].name!r} "
                    f"share the name or alias {key!r}; keep it in one of them."
                )
            entries[key] = entry
    alone = dict(_tasks_alone(entries))
    return BenchmarkMetadata(entries={**alone, **entries}, metrics=metrics)


def simplified(name: str) -> str:
    """A name without case and punctuation: ``ARC-C`` and ``arc_c`` are the same."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _tasks_alone(entries: Mapping[str, BenchmarkEntry]) -> Iterator[tuple[str, BenchmarkEntry]]:
    # Harnesses also report a task as a benchmark of its own: mmlu_anatomy, hendrycksTest-anatomy.
    for key, entry in entries.items():
        for task, known in entry.tasks.items():
            chance = entry.chance if known.chance is None else {ANY_METRIC: known.chance}
            yield (
                key + task,
                BenchmarkEntry(name=f"{entry.name}_{task}", chance=chance, n_items=known.n_items),
            )


def _entry(name: str, written: _Entry) -> BenchmarkEntry:
    return BenchmarkEntry(
        name=name,
        chance=dict(written.chance),
        n_items=written.n_items,
        suite=written.suite,
        asymptote=written.asymptote,
        tasks={
            simplified(task): TaskEntry(n_items=known.n_items, chance=known.chance)
            for task, known in written.tasks.items()
        },
    )


def _for_its_kind(entry: BenchmarkEntry) -> BenchmarkEntry:
    # Shipped levels are of the usual metric: options that are counted, or answers written out.
    level = entry.chance.get(ANY_METRIC)
    kinds = WRITTEN if level == 0 else OPTIONS
    chance: dict[str, float] = {} if level is None else dict.fromkeys(kinds, level)
    return replace(entry, chance=chance, counted=kinds)


def _as_task(value: Any) -> Any:
    return value if isinstance(value, dict) else {"n_items": value}


def _over(old: BenchmarkEntry, new: BenchmarkEntry) -> BenchmarkEntry:
    return replace(
        old,
        chance={**old.chance, **new.chance},
        n_items=old.n_items if new.n_items is None else new.n_items,
        counted=old.counted if new.n_items is None else (),
        suite=old.suite if new.suite is None else new.suite,
        asymptote=old.asymptote if new.asymptote is None else new.asymptote,
        tasks={**old.tasks, **new.tasks},
    )
