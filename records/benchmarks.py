"""What is known of a benchmark beforehand? Its chance level, item count and suite.

Ships as ``configs/benchmarks.yaml``; a user's file of the same form overrides it. Metadata never
renames a benchmark: aliases only find the entry.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from scalepredict.errors import ConfigError, CountError, did_you_mean
from scalepredict.records.text.counts import parse_count
from scalepredict.records.text.yaml_text import Document, load_shipped

_FIELDS = ("chance", "n_items", "suite", "aliases", "tasks")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkEntry:
    """One benchmark. ``None`` = not known.

    Attributes:
        name: Usual name.
        chance: Score of a guesser, a fraction.
        n_items: Questions of its usual test set.
        suite: Named set of benchmarks it belongs to.
        task_items: Questions of each of its tasks, by (simplified) task name.
    """

    name: str
    chance: float | None = None
    n_items: float | None = None
    suite: str | None = None
    task_items: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkMetadata:
    """Entries by simplified name or alias; later files override field by field."""

    entries: Mapping[str, BenchmarkEntry]

    def find(self, benchmark: str) -> BenchmarkEntry | None:
        """The entry of a benchmark, by its name or an alias; case and punctuation do not count."""
        return self.entries.get(simplified(benchmark))

    def has_chance(self, benchmark: str) -> bool:
        """Whether the chance level of a benchmark is known."""
        entry = self.find(benchmark)
        return entry is not None and entry.chance is not None

    def has_items(self, benchmark: str) -> bool:
        """Whether item counts of a benchmark or its tasks are known."""
        entry = self.find(benchmark)
        return entry is not None and (entry.n_items is not None or bool(entry.task_items))

    def n_items(self, benchmark: str, task: str = "") -> float | None:
        """Questions of a benchmark, or of one of its tasks."""
        entry = self.find(benchmark)
        if entry is None:
            return None
        return entry.task_items.get(simplified(task)) if task else entry.n_items

    def overridden(self, by: "BenchmarkMetadata") -> "BenchmarkMetadata":
        """These entries with the known fields of ``by`` put over them."""
        merged = dict(self.entries)
        for key, entry in by.entries.items():
            old = merged.get(key)
            new = entry if old is None else _over(old, entry)
            # Its other names must follow: a file that overrides ARC-C means arc_challenge.
            names = [key, *(name for name, other in merged.items() if other is old)]
            merged |= dict.fromkeys(names, new)
        return BenchmarkMetadata(entries=merged)


@cache
def shipped_metadata() -> BenchmarkMetadata:
    """The metadata that ships with the package."""
    return metadata_from(load_shipped("benchmarks.yaml"))


def metadata_from(document: Document) -> BenchmarkMetadata:
    """Read the ``benchmarks:`` section of a YAML document.

    Raises:
        ConfigError: A field is not known or a value is out of range.
    """
    value = document.value
    section = value.get("benchmarks") if isinstance(value, dict) else None
    if section is None:
        return BenchmarkMetadata(entries={})
    if not isinstance(section, dict):
        raise ConfigError(
            f"{document.where('benchmarks')}: benchmarks must map names to their chance, n_items "
            "and suite, like `arc_easy: {chance: 0.25, n_items: 2376}`."
        )
    entries: dict[str, BenchmarkEntry] = {}
    for name, fields in section.items():
        entry, aliases = _entry(document, name, fields)
        for key in dict.fromkeys(map(simplified, (name, *aliases))):
            if key in entries:
                raise ConfigError(
                    f"{document.where('benchmarks', name)}: {name!r} and {entries[key].name!r} "
                    f"share the name or alias {key!r}; keep it in one of them."
                )
            entries[key] = entry
    return BenchmarkMetadata(entries={**_tasks_alone(entries), **entries})


def simplified(name: str) -> str:
    """A name without case and punctuation: ``ARC-C`` and ``arc_c`` are the same."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _tasks_alone(entries: Mapping[str, BenchmarkEntry]) -> dict[str, BenchmarkEntry]:
    # Harnesses also report a task as a benchmark of its own: mmlu_anatomy, hendrycksTest-anatomy.
    return {
        key + task: replace(
            entry, name=f"{entry.name}_{task}", n_items=items, suite=None, task_items={}
        )
        for key, entry in entries.items()
        for task, items in entry.task_items.items()
    }


def _entry(document: Document, name: str, fields: Any) -> tuple[BenchmarkEntry, Iterable[str]]:
    if not isinstance(fields, dict):
        raise ConfigError(
            f"{document.where('benchmarks', name)}: {name} must be a mapping like "
            "`{chance: 0.25, n_items: 2376}`."
        )
    for field in fields:
        if field not in _FIELDS:
            hint = did_you_mean(field, _FIELDS) or f"; known are {', '.join(_FIELDS)}"
            where = document.where("benchmarks", name, field)
            raise ConfigError(f"{where}: {name} has the unknown field {field!r}{hint}.")
    entry = BenchmarkEntry(
        name=name,
        chance=_chance(document, name, fields.get("chance")),
        n_items=_items(document, fields.get("n_items"), "benchmarks", name, "n_items"),
        suite=None if fields.get("suite") is None else str(fields["suite"]),
        task_items={
            simplified(task): count
            for task, items in (fields.get("tasks") or {}).items()
            if (count := _items(document, items, "benchmarks", name, "tasks", task)) is not None
        },
    )
    return entry, [str(alias) for alias in fields.get("aliases") or ()]


def _chance(document: Document, name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        where = document.where("benchmarks", name, "chance")
        raise ConfigError(
            f"{where}: chance of {name} is {value!r}; write a fraction from 0 to below 1, "
            "like 0.25."
        )
    return float(value)


def _items(document: Document, value: Any, *path: str) -> float | None:
    if value is None:
        return None
    try:
        return parse_count(value)
    except CountError as problem:
        raise ConfigError(f"{document.where(*path)}: {'.'.join(path)}: {problem}") from problem


def _over(old: BenchmarkEntry, new: BenchmarkEntry) -> BenchmarkEntry:
    return replace(
        old,
        chance=old.chance if new.chance is None else new.chance,
        n_items=old.n_items if new.n_items is None else new.n_items,
        suite=old.suite if new.suite is None else new.suite,
        task_items={**old.task_items, **new.task_items},
    )
