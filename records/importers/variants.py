"""Under how many settings was a benchmark evaluated? Each of them is a column of its own.

Scores are comparable only if benchmark, task, metric, filter, shots and all settings agree: version
and hash of the task, chat template, system prompt, generation, precision, part of the questions.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from scalepredict.records.importers.choose import Placed
from scalepredict.records.notes import Note, noted
from scalepredict.records.text.counts import listed

_PLAIN = {  # settings that need no name before their value
    ("chat-template", "yes"): "chat template",
    ("chat-template", "no"): "no chat template",
    ("turns", "yes"): "few-shot as turns",
    ("turns", "no"): "few-shot in one turn",
    ("system-prompt", "no"): "no system prompt",
    ("quantisation", "no"): "not quantised",
    ("generation", "default"): "default generation",
}
_BARE = ("quantisation", "precision", "items")
_SHOWN = 4
_Evaluation = tuple[int, str, int | None]  # checkpoint, file, and row of a table of runs


@dataclass(slots=True)
class _Group:
    """Evaluations that contradict each other in no task."""

    values: dict[str, str]
    first: Placed
    members: list[_Evaluation] = field(default_factory=list)


def split_variants(
    placed: Sequence[Placed], models: Sequence[str], ignore: frozenset[str]
) -> tuple[list[Placed], list[Note], list[Note]]:
    """Name the settings in which the evaluations of a benchmark differ.

    Args:
        placed: Scores with their settings.
        models: Name of each checkpoint.
        ignore: Names of settings that may differ.

    Returns:
        The scores with their variants; notes about the columns that they become; notes about
        differences that were ignored.
    """
    by_column: dict[tuple[str, str, str], list[Placed]] = defaultdict(list)
    for item in placed:
        score = item.score
        by_column[score.benchmark, score.metric, score.filter].append(item)
    words: dict[tuple[str, _Evaluation], list[str]] = defaultdict(list)
    told: dict[str, list[str]] = defaultdict(list)
    ignored: dict[str, list[str]] = defaultdict(list)
    for (benchmark, _, _), items in by_column.items():
        known_splits: list[set[frozenset[_Evaluation]]] = []
        for name, groups in _differences(items).items():
            sentence = _sentence(name, groups, models)
            if name in ignore:
                ignored[
                    f"{name.replace('-', ' ')} differs between models ({len(groups)} values)."
                ].append(benchmark)
                continue
            told[sentence].append(benchmark)
            split = {frozenset(group.members) for group in groups}
            if name == "shots" or split in known_splits:  # shots are a column of the records
                continue
            known_splits.append(split)
            for number, group in enumerate(groups):
                word = _label(name, _telling(group, groups), number)
                for member in group.members:
                    words[benchmark, member].append(word)
    apart = [
        Placed(p.checkpoint, replace(p.score, variant=", ".join(words[p.score.benchmark, key])))
        if (p.score.benchmark, key := _evaluation(p)) in words
        else p
        for p in placed
    ]
    notes = [
        noted("settings-differ", text, subject=_several(names)) for text, names in told.items()
    ]
    loose = [
        noted("settings-ignored", text, subject=_several(names)) for text, names in ignored.items()
    ]
    return apart, notes, loose


def _several(names: Sequence[str]) -> str:
    return listed(list(dict.fromkeys(names)), most=4)


def unequal_items(placed: Sequence[Placed]) -> list[Note]:
    """Notes about benchmarks whose models answered different numbers of questions."""
    counts: dict[tuple[str, str, str], set[float]] = defaultdict(set)
    for p in placed:
        if p.score.n_items is not None and p.score.questions is None:
            counts[p.score.benchmark, p.score.task, p.score.variant].add(p.score.n_items)
    most: dict[str, int] = defaultdict(int)
    for (benchmark, _, _), found in counts.items():
        most[benchmark] = max(most[benchmark], len(found))
    return [
        noted(
            "items-differ",
            f"number of items differs between models ({n} values).",
            subject=benchmark,
        )
        for benchmark, n in most.items()
        if n > 1
    ]


def _differences(items: Sequence[Placed]) -> dict[str, list[_Group]]:
    # For each setting that differs, the groups of evaluations that do not contradict each other.
    stated: dict[str, dict[_Evaluation, dict[str, tuple[str, Placed]]]] = defaultdict(dict)
    for item in items:
        for name, value in _settings(item):
            evaluation = stated[name].setdefault(_evaluation(item), {})
            evaluation[item.score.task] = (value, item)
    found = {}
    for name, evaluations in stated.items():
        if _agree(evaluations.values()):
            continue
        groups: list[_Group] = []
        for key, by_task in evaluations.items():
            values = {task: value for task, (value, _) in by_task.items()}
            group = next((g for g in groups if not _contradict(g.values, values)), None)
            if group is None:
                group = _Group(values={}, first=next(iter(by_task.values()))[1])
                groups.append(group)
            group.values |= values
            group.members.append(key)
        if len(groups) > 1:
            found[name] = groups
    return found


def _evaluation(item: Placed) -> _Evaluation:
    return item.checkpoint, item.score.source, None if item.score.task else item.score.line


def _settings(item: Placed) -> list[tuple[str, str]]:
    score = item.score
    own = [
        ("shots", "" if score.shots is None else str(score.shots)),
        ("version", score.version),
        ("hash", score.digest),
        *score.settings,
    ]
    return [(name, value) for name, value in own if value]


def _agree(evaluations: object) -> bool:
    seen: dict[str, str] = {}
    for by_task in evaluations:  # type: ignore[attr-defined]
        for task, (value, _) in by_task.items():
            if seen.setdefault(task, value) != value:
                return False
    return True


def _contradict(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return any(one.get(task, value) != value for task, value in other.items())


def _telling(group: _Group, groups: Sequence[_Group]) -> str:
    # The value of the first task in which the groups differ.
    for task, value in group.values.items():
        if any(other.values.get(task, value) != value for other in groups):
            return value
    return next(iter(group.values.values()))


def _label(name: str, value: str, number: int) -> str:
    if name == "hash":
        return f"hash {value[:8] or number}"
    word = name.replace("-", " ")
    return _PLAIN.get((name, value)) or (value if name in _BARE else f"{word} {value}")


def _sentence(name: str, groups: Sequence[_Group], models: Sequence[str]) -> str:
    told = [
        f"{_telling(group, groups)!r} for {models[group.first.checkpoint]} "
        f"({group.first.score.source})"
        for group in groups[:_SHOWN]
    ]
    more = f" and {len(groups) - _SHOWN} more values" if len(groups) > _SHOWN else ""
    word = name.replace("-", " ")
    choice = "--shots chooses" if name == "shots" else f"--ignore-key {name} takes them as one"
    return (
        f"{word} is {', '.join(told[:-1])} and {told[-1]}{more}; scores that differ in it are "
        f"not comparable and become columns of their own ({choice}, --exclude leaves files out)."
    )
