"""How do graded answers become scores? Those of one checkpoint and question are added up.

Rows come block by block and only counts stay, so memory is that of the cells (checkpoints times
questions) and not that of the rows.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scalepredict.errors import RecordError
from scalepredict.records.formats.record_columns import NUMBERS, TEXTS
from scalepredict.records.formats.rows import Codes, Rows, Texts
from scalepredict.records.reading.checks import complete_scores
from scalepredict.records.table import Floats, Ints
from scalepredict.records.text.counts import listed

_COUNTED = ("score", "successes", "trials", "n_items", "stderr", "task_loss")
_GROUP_TEXTS = tuple(name for name in TEXTS if name != "task")
_GROUP_NUMBERS = tuple(name for name in NUMBERS if name not in _COUNTED)
_Values = tuple[str | float | None, ...]


@dataclass(slots=True)
class _Group:
    """The answers of one checkpoint on one benchmark, by the number of the question."""

    benchmark: str
    right: Floats = field(default_factory=lambda: np.zeros(0))
    count: Floats = field(default_factory=lambda: np.zeros(0))
    source: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    line: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.intp))

    def add(self, task: Ints, right: Floats, count: Floats, line: Ints, source: int) -> None:
        """Add answers to distinct questions, each array of one length."""
        if len(self.right) <= (last := int(task.max())):
            more = max(last + 1, 2 * len(self.right)) - len(self.right)
            for name in ("right", "count", "source", "line"):
                setattr(self, name, np.pad(getattr(self, name), (0, more)))
        new = task[self.count[task] == 0]
        self.source[new] = source
        self.line[new] = line[self.count[task] == 0]
        self.right[task] += right
        self.count[task] += count


class AnswerFold:
    """Adds blocks of rows up; each row is one answer, or successes of trials."""

    def __init__(self) -> None:
        self.n_rows = self.n_empty = 0
        self._read: list[str] = []
        self.left_out: dict[str, None] = {}
        self._groups: dict[_Values, _Group] = {}
        self._tasks: dict[str, dict[str, int]] = defaultdict(dict)
        self._sources: dict[tuple[str, str], int] = {}

    def read_from(self, source: str) -> None:
        """The next blocks are of this file."""
        self._read.append(source)

    def add(self, rows: Rows) -> None:
        """Add a block of rows of one file.

        Raises:
            RecordError: An answer is no fraction, or belongs to no question; its row is named.
        """
        self.n_rows += len(rows)
        self.left_out |= dict.fromkeys(n for n in ("stderr", "task_loss") if n in rows.numbers)
        if "successes" in rows.numbers and "trials" not in rows.numbers:
            one = np.where(np.isnan(rows.numbers["successes"]), np.nan, 1.0)
            rows = rows.with_numbers({"trials": one})
        rows = complete_scores(rows)
        answered = np.isfinite(rows.number("score"))
        self.n_empty += int((~answered).sum())
        rows = rows.take(answered)
        if not len(rows):
            return
        score, count = rows.number("score"), rows.number("n_items")
        _check(rows, score, count)
        count = np.where(np.isnan(count), 1.0, count)
        group, values = _number(rows)
        task = self._number_tasks(rows, group, values)
        width = int(task.max()) + 1
        cell, cells = pd.factorize(group * np.int64(width) + task)
        first = np.zeros(len(cells), dtype=np.intp)
        first[cell[::-1]] = np.arange(len(cell))[::-1]
        right: Floats = np.bincount(cell, weights=score * count).astype(float)
        total: Floats = np.bincount(cell, weights=count).astype(float)
        source = self._sources.setdefault((rows.sources[0], rows.word[0]), len(self._sources))
        of_group, of_task = np.divmod(cells, width)
        order = np.argsort(of_group, kind="stable")
        starts = np.searchsorted(of_group[order], np.arange(len(values) + 1))
        for i, key in enumerate(values):
            mine = order[starts[i] : starts[i + 1]]
            known = self._groups.setdefault(key, _Group(str(key[_BENCHMARK])))
            known.add(of_task[mine], right[mine], total[mine], rows.lines[first[mine]], source)

    def rows(self) -> Rows:
        """One row for each checkpoint and question, with the score and the number of answers.

        Raises:
            RecordError: There was no answer.
        """
        if not self._groups:
            raise RecordError(f"{listed(self._read)}: no row holds an answer; nothing to read.")
        groups = list(self._groups.values())
        found = [np.flatnonzero(group.count) for group in groups]
        of_group = np.repeat(np.arange(len(groups)), [len(tasks) for tasks in found])
        count = np.concatenate([g.count[t] for g, t in zip(groups, found, strict=True)])
        right = np.concatenate([g.right[t] for g, t in zip(groups, found, strict=True)])
        keys = list(self._groups)
        texts = {
            name: _text([key[i] for key in keys], of_group) for i, name in enumerate(_GROUP_TEXTS)
        }
        numbers = {
            name: np.array([key[i] for key in keys], dtype=float)[of_group]
            for i, name in enumerate(_GROUP_NUMBERS, start=len(_GROUP_TEXTS))
            if any(key[i] is not None for key in keys)
        }
        return Rows(
            sources=tuple(name for name, _ in self._sources),
            word=tuple(word for _, word in self._sources),
            source=np.concatenate([g.source[t] for g, t in zip(groups, found, strict=True)]),
            lines=np.concatenate([g.line[t] for g, t in zip(groups, found, strict=True)]),
            texts={
                **{name: text for name, text in texts.items() if (text.codes >= 0).any()},
                "task": self._task_column(groups, found),
            },
            numbers={**numbers, "score": right / count, "n_items": count},
        )

    def _number_tasks(self, rows: Rows, group: Ints, values: Sequence[_Values]) -> Ints:
        # Questions are numbered inside their benchmark: another benchmark has others.
        column = rows.text("task")
        names = [*map(str, column.categories.tolist()), ""]  # the last one serves code -1
        bench_of = np.array([str(key[_BENCHMARK]) for key in values], dtype=object)
        bench_code, benches = pd.factorize(bench_of)
        pair = bench_code[group] * len(names) + column.codes % len(names)
        place, found = pd.factorize(pair)
        numbers = np.empty(len(found), dtype=np.int64)
        for i, code in enumerate(found.tolist()):
            known = self._tasks[benches[code // len(names)]]
            numbers[i] = known.setdefault(names[code % len(names)], len(known))
        result: Ints = numbers[place]
        return result

    def _task_column(self, groups: Sequence[_Group], found: Sequence[Ints]) -> Texts:
        start: dict[str, int] = {}
        names: list[str] = []
        for benchmark, tasks in self._tasks.items():
            start[benchmark] = len(names)
            names += list(tasks)
        codes = [start[g.benchmark] + tasks for g, tasks in zip(groups, found, strict=True)]
        return _categories(names, np.concatenate(codes))


_BENCHMARK = _GROUP_TEXTS.index("benchmark")


def _check(rows: Rows, score: Floats, count: Floats) -> None:
    outside = np.flatnonzero((score < 0) | (score > 1))
    if len(outside):
        row = int(outside[0])
        raise RecordError(
            f"{rows.where(row)}: an answer is graded from 0 to 1, not {score[row]:.15g}; divide "
            "by the most that there is, or say so in the header, like `score (%)`."
        )
    lost = np.flatnonzero((rows.text("task").codes < 0) & np.isnan(count) & (score % 1 > 0))
    if len(lost):
        row = int(lost[0])
        raise RecordError(
            f"{rows.where(row)}: score {score[row]:.15g} without a question (column `task`), among "
            "graded answers; name the question, or give successes and trials."
        )


def _number(rows: Rows) -> tuple[Ints, list[_Values]]:
    # The distinct combinations of all columns that are no answers, and their values.
    codes = [rows.text(name).codes for name in _GROUP_TEXTS if name in rows.texts]
    numbers = [rows.numbers[name] for name in _GROUP_NUMBERS if name in rows.numbers]
    codes += [pd.factorize(values)[0] for values in numbers if np.ptp(values) != 0]
    group = np.zeros(len(rows), dtype=np.int64)
    for part in codes:
        if len(part) and part.min() != part.max():
            wide = part.astype(np.int64) + 1
            group = pd.factorize(group * (wide.max() + 1) + wide)[0].astype(np.int64)
    n = int(group.max()) + 1
    first = np.zeros(n, dtype=np.intp)
    first[group[::-1]] = np.arange(len(group))[::-1]
    columns = [_texts_at(rows.text(name), first) for name in _GROUP_TEXTS]
    columns += [_numbers_at(rows.number(name), first) for name in _GROUP_NUMBERS]
    return group, list(zip(*columns, strict=True))


def _texts_at(column: Texts, at: Ints) -> list[str | float | None]:
    names = [*map(str, column.categories), None]
    return [names[code] for code in column.codes[at].tolist()]


def _numbers_at(values: Floats, at: Ints) -> list[str | float | None]:
    return [None if value != value else value for value in values[at].tolist()]


def _text(values: Sequence[str | float | None], of_group: Ints) -> Texts:
    codes, names = pd.factorize(np.array(values, dtype=object))
    return _categories([str(name) for name in names], codes[of_group])


def _categories(names: Sequence[str], codes: Codes) -> Texts:
    # Two benchmarks may have questions of one name.
    code, kinds = pd.factorize(np.array(names, dtype=object))
    index = np.append(code, -1)[codes]
    column: Texts = pd.Categorical.from_codes(index, categories=pd.Index(kinds, dtype=str))
    return column
