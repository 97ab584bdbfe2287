"""What is a metric? Its direction, range, unit and scale, and which shipped chance levels it takes.

Ships as ``configs/metrics.yaml``; a ``metrics:`` section of a user's file goes before it, and what
a harness says of the direction goes before both.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from scalepredict.errors import ConfigError
from scalepredict.records.text.schema import validated
from scalepredict.records.text.yaml_text import Document, load_shipped

Direction = Literal["higher", "lower"]
Kind = Literal[
    "choice", "exact", "overlap", "correlation", "loss", "perplexity", "error", "rating", "unknown"
]
ANY = "score"  # what a record without a metric is taken to hold
_SHORT = 2  # letters: `mmlu_ce` is a language as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """How a benchmark is measured.

    Attributes:
        name: As the records or the harness call it.
        direction: Whether ``higher`` or ``lower`` values are better.
        lower: Smallest possible value; may be minus infinity.
        upper: Largest possible value; may be infinity.
        unit: ``fraction``, ``nats``, ``bits``, or the name of the metric where it has no unit.
        scale: Scale on which its law is fitted: ``linear`` or ``log``.
        kind: What is counted. Shipped chance levels of multiple choice belong to ``choice``;
            those of written answers to ``choice``, ``exact`` and ``overlap``.
        chance: Score of a guesser whatever the benchmark; ``None`` = it depends on the benchmark.
        percent: Whether harnesses write it from 0 to 100.
    """

    name: str
    direction: Direction = "higher"
    lower: float = 0.0
    upper: float = 1.0
    unit: str = "fraction"
    scale: Literal["linear", "log"] = "linear"
    kind: Kind = "unknown"
    chance: float | None = None
    percent: bool = False

    @property
    def is_fraction(self) -> bool:
        """Whether its values lie in [0, 1], more is better, and a score can be one of them."""
        return self.direction == "higher" and self.lower == 0.0 and self.upper == 1.0


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
    names: tuple[str, ...] = ()
    direction: Direction = "higher"
    lower: float = 0.0
    upper: float = 1.0
    unit: str | None = None
    scale: Literal["linear", "log"] = "linear"
    kind: Kind = "unknown"
    chance: float | None = None
    percent: bool = False


class _Section(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)
    metrics: Mapping[str, _Entry] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Known metrics: exact names first, then patterns such as ``acc*`` in their order."""

    names: Mapping[str, Metric]
    patterns: tuple[tuple[str, Metric], ...] = ()

    def find(self, name: str) -> Metric:
        """The metric of a name; an unknown one has an ``unknown`` kind.

        Case, ``-`` for ``_`` and a filter after a comma (``exact_match,strict-match``) do not
        count. No name at all means that of `ANY`.
        """
        key = _key(name) or ANY
        metric = self.names.get(key)
        if metric is None:
            metric = next((m for pattern, m in self.patterns if fnmatchcase(key, pattern)), None)
        return replace(metric or Metric(name=name), name=name or ANY)

    def ending(self, name: str) -> tuple[str, Metric] | None:
        """Of a column such as ``wikitext_bpb``, the benchmark and the metric that end its name.

        Only metrics that could not be a score are looked for: names of benchmarks are free. Of a
        column that is nothing but the metric, the benchmark is the whole name.
        """
        key = _key(name)
        for start in _word_starts(key):
            metric = self.names.get(key[start:])
            if metric is not None and _is_no_score(metric) and len(key[start:]) > _SHORT:
                benchmark = name.strip()[:start].rstrip("_-/. ") or name.strip()
                return benchmark, replace(self.find(key[start:]), name=key[start:])
        return None

    def overridden(self, by: "Metrics") -> "Metrics":
        """These metrics with those of ``by`` put before them."""
        return Metrics(names={**self.names, **by.names}, patterns=(*by.patterns, *self.patterns))


def told(metric: Metric, higher_is_better: bool | None) -> Metric:
    """The metric with the direction that a harness says; ``None`` = it says nothing."""
    if higher_is_better is None or (metric.direction == "higher") == higher_is_better:
        return metric
    return replace(metric, direction="higher" if higher_is_better else "lower")


@cache
def shipped_metrics() -> Metrics:
    """The metrics that ship with the package."""
    return metrics_from(load_shipped("metrics.yaml"))


def metrics_from(document: Document) -> Metrics:
    """Read the ``metrics:`` section of a YAML document.

    Raises:
        ConfigError: A field is not known, a value is out of range, or two metrics share a name.
    """
    if not isinstance(document.value, dict) or document.value.get("metrics") is None:
        return Metrics(names={})
    section = validated(document, _Section)
    names: dict[str, Metric] = {}
    patterns: list[tuple[str, Metric]] = []
    for name, entry in section.metrics.items():
        metric = _metric(document, name, entry)
        for key in dict.fromkeys(map(_key, (name, *entry.names))):
            if key in names:
                raise ConfigError(
                    f"{document.where('metrics', name)}: {name!r} and {names[key].name!r} share "
                    f"the name {key!r}; keep it in one of them."
                )
            if any(sign in key for sign in "*?["):
                patterns.append((key, metric))
            else:
                names[key] = metric
    return Metrics(names=names, patterns=tuple(patterns))


def _metric(document: Document, name: str, entry: _Entry) -> Metric:
    if math.isnan(entry.lower) or math.isnan(entry.upper) or entry.lower >= entry.upper:
        raise ConfigError(
            f"{document.where('metrics', name)}: {name} lies between {entry.lower:g} and "
            f"{entry.upper:g}; lower must be below upper (inf for no bound)."
        )
    bounded = (entry.lower, entry.upper) == (0.0, 1.0)
    fields = entry.model_dump(exclude={"names", "unit"})
    return Metric(name=name, unit=entry.unit or ("fraction" if bounded else name), **fields)


def _key(name: str) -> str:
    return name.partition(",")[0].strip().casefold().replace("-", "_").replace(" ", "_")


def _word_starts(key: str) -> list[int]:
    return [0, *(i + 1 for i, sign in enumerate(key) if sign in "_/.")]


def _is_no_score(metric: Metric) -> bool:
    return metric.direction == "lower" or not math.isfinite(metric.upper)
