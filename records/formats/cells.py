"""How do the columns of a file become text and numbers? Errors name the file, line and value."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from scalepredict.errors import CountError, RecordError
from scalepredict.records.formats.columns import (
    WIDE_ATTRIBUTES,
    Header,
    is_setting,
    is_wide,
    misspelt,
)
from scalepredict.records.formats.odd_cells import (
    count_odd,
    is_missing,
    split_uncertain,
    without_comma,
)
from scalepredict.records.formats.record_columns import COUNTS, TEXTS
from scalepredict.records.formats.rows import Codes, FileRows, Odd, Rows, Texts
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Floats
from scalepredict.records.text.counts import listed, parse_count
from scalepredict.records.text.visible import is_visible

Column = Texts | Floats  # texts (code -1 = empty), or numbers (NaN = empty)
Where = Callable[[int], str]
TEXT = pd.Index([], dtype=str).dtype  # one type for all files, so that they can be joined
_LINK = re.compile(r"</?a(?:\s[^<>]*)?>")  # a leaderboard writes a model as a link
_TRUTH = {"true": 1.0, "false": 0.0}  # a graded answer; pandas reads a whole column of them so
_FRACTIONS = ("score", "stderr", "chance", "fraction")
_ANSWERS = ("trials", "n_items")
_NO_ANSWERS = "0 answers make no score; correct the count, or remove the row."
Place = tuple[str, str, str]  # benchmark, task and attribute of a column of a wide table


def rows_of_columns(
    source: str, headers: Sequence[Header], columns: Sequence[Column], lines: Codes, word: str
) -> FileRows:
    """Bring the columns of one file, long or wide, into long form.

    Args:
        source: Name of the file.
        headers: One for each column.
        columns: Of equal length N.
        lines: Line or row of each. Shape (N,).
        word: ``line`` or ``row``.

    Raises:
        RecordError: A cell is not understood.
    """

    def where(row: int) -> str:
        return f"{source}, {word} {lines[row]}"

    texts: dict[str, Texts] = {}
    numbers: dict[str, Floats] = {}
    odd = Odd()
    for header, column in zip(headers, columns, strict=True):
        if header.known and header.name in TEXTS:
            texts[header.name] = as_text(column)
            _refuse_invisible(texts[header.name], header, where)
        elif header.known:
            values, errors, cells = _score_and_error(column, header, where)
            numbers[header.name] = values
            odd += cells
            if errors is not None and header.name == "score":
                numbers.setdefault("stderr", errors)
    rows = Rows(
        sources=(source,),
        word=(word,),
        source=np.zeros(len(lines), dtype=np.int32),
        lines=lines,
        texts=texts,
        numbers=numbers,
    )
    rest = [(h, c) for h, c in zip(headers, columns, strict=True) if not h.known]
    if not is_wide(headers):
        return FileRows(rows=rows, ignored=tuple(header.text for header, _ in rest), odd=odd)
    settings = tuple(h.text for h, _ in rest if is_setting(h.name))
    ignored = tuple(
        h.text
        for h, c in rest
        if h.text not in settings and (h.name.startswith("x_") or _holds_no_number(c))
    )
    left_out = frozenset((*ignored, *settings))
    kept = [(_place(h, source), h, c) for h, c in rest if h.text not in left_out]
    scores, cells = _scores(kept, where)
    return FileRows(
        rows=_melted(rows, scores),
        ignored=ignored,
        settings=settings,
        benchmarks=tuple(dict.fromkeys(place[0] for place, _ in scores)),
        odd=odd + cells,
        notes=tuple(_units_said(source, [h for _, h, _ in kept], scores)),
    )


def _units_said(
    source: str, headers: Sequence[Header], scores: Sequence[tuple[Place, Floats]]
) -> Iterator[Note]:
    # One column in fractions beside others in percent, or one said to be in percent that is not.
    largest = {
        place[0]: float(np.nanmax(values))
        for place, values in scores
        if place[2] == "score" and np.isfinite(values).any()
    }
    percent = [h.name for h in headers if h.percent and h.name in largest]
    plain = [h.name for h in headers if not h.percent and h.name in largest]
    small = [name for name in percent if 0 < largest[name] <= 0.01]
    if percent and plain and (odd := [name for name in plain if largest[name] <= 1]):
        told = [f"{name} (up to {largest[name]:g})" for name in odd]
        text = (
            f"{listed(told, most=5)} read as fractions, while {listed(percent, most=3)} are said "
            "to be in percent; write (%) after the name if they are percent too."
        )
        yield noted("units-doubtful", text, subject=source)
    if small:
        text = (
            f"{listed(small, most=5)} said to be in percent, and no value is above 1: fractions, "
            "perhaps?"
        )
        yield noted("units-doubtful", text, subject=source)


def _scores(
    columns: Sequence[tuple[Place, Header, Column]], where: Where
) -> tuple[list[tuple[Place, Floats]], Odd]:
    # All columns that cannot be read are named at once.
    scores: list[tuple[Place, Floats]] = []
    odd = Odd()
    stated = {place for place, _, _ in columns}
    problems: list[tuple[Header, RecordError]] = []
    for place, header, column in columns:
        benchmark, task, attribute = place
        try:
            values, errors, cells = _score_and_error(
                column, replace(header, name=attribute, known=True), where
            )
        except RecordError as problem:
            problems.append((header, problem))
            continue
        odd += cells
        scores.append((place, values))
        if errors is not None and (benchmark, task, "stderr") not in stated:
            scores.append(((benchmark, task, "stderr"), errors))
    if problems:
        _, first = problems[0]
        others = [header.text for header, _ in problems[1:]]
        more = f" The same holds for {listed(others, most=20)}." if others else ""
        raise RecordError(
            f"{first}{more} A column that is no benchmark is ignored if its name starts with x_."
        ) from first
    return scores, odd


def _score_and_error(
    column: Column, header: Header, where: Where
) -> tuple[Floats, Floats | None, Odd]:
    # The values of a column, the standard errors beside them (26.9 ± 0.9), and its odd cells.
    if not isinstance(column, pd.Categorical):
        return as_number(column, header, where), None, Odd()
    values, errors = split_uncertain(column)
    numbers = as_number(values, header, where)
    odd = count_odd([str(text) for text in values.categories], values.codes)
    if errors is None:
        return numbers, None, odd
    spread = as_number(errors, replace(header, name="stderr", known=True), where)
    return numbers, spread, odd + Odd(uncertain=int(np.isfinite(spread).sum()))


def as_text(column: Column) -> Texts:
    """A column of names; outer blanks do not count. Numbers become their shortest text."""
    if not isinstance(column, pd.Categorical):
        codes, values = pd.factorize(column)  # NaN has code -1
        names = [f"{value:.15g}" for value in values]
        return pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype=str))
    texts = list(map(str, column.categories.tolist()))
    stripped = [(_LINK.sub("", text) if "<" in text else text).strip() for text in texts]
    if stripped == texts and "" not in texts and column.categories.dtype == TEXT:
        return column
    kept = list(dict.fromkeys(text for text in stripped if text))
    code = {text: i for i, text in enumerate(kept)}
    renumbered = np.array([*(code.get(text, -1) for text in stripped), -1], dtype=np.int32)
    categories = pd.Index(kept, dtype=str)
    return pd.Categorical.from_codes(renumbered[column.codes], categories=categories)


def _refuse_invisible(column: Texts, header: Header, where: Where) -> None:
    # Blanks alone are an empty cell; what is shown as nothing is a name that nobody can tell.
    names = map(str, column.categories.tolist())
    odd = [i for i, name in enumerate(names) if not name.isascii() and not is_visible(name)]
    rows = np.flatnonzero(np.isin(column.codes, odd)) if odd else odd
    if len(rows):
        row = int(rows[0])
        raise RecordError(
            f"{where(row)}: {header.text} {column[row]!a} has no visible character; write a "
            "name that can be seen."
        )


def as_number(column: Column, header: Header, where: Where) -> Floats:
    """A column of numbers; each different text is parsed once. Shape (N,).

    Raises:
        RecordError: A text is no number of this column's kind; the first such row is named.
    """
    if not isinstance(column, pd.Categorical):
        return _checked_floats(column, header, where)
    parsed = np.full(len(column.categories) + 1, np.nan)  # the last one serves code -1
    problems: dict[int, CountError] = {}
    for code, category in enumerate(column.categories):
        text = str(category).strip()
        try:
            if text and not is_missing(text):
                parsed[code] = parse_cell(text, header)
        except CountError as refusal:
            problems[code] = refusal
    bad = np.flatnonzero(np.isin(column.codes, list(problems)))
    if len(bad):  # a category may belong to rows that are gone
        problem = problems[int(column.codes[bad[0]])]
        raise RecordError(f"{where(int(bad[0]))}: {header.text}: {problem}") from problem
    values: Floats = parsed[column.codes]
    return values


def parse_cell(text: str, header: Header) -> float:
    """The number that a text means in a column.

    Raises:
        CountError: It is no number of this column's kind.
    """
    if header.known and header.name in ("score", "successes") and text.casefold() in _TRUTH:
        return _TRUTH[text.casefold()]
    if header.known and header.name in _ANSWERS and not text.strip("0."):
        raise CountError(_NO_ANSWERS)
    text = without_comma(text)
    parse = parse_count if header.known and header.name in COUNTS else _plain_number
    if header.percent:
        return parse(text.removesuffix("%").strip()) / 100  # 57.3 / 100, not 57.3 * 0.01
    if text.endswith("%"):
        name = header.name if header.known else "score"
        if name not in _FRACTIONS:
            raise CountError(
                f"{text!r} is in percent, and {name} is no fraction; write its number."
            )
        raise CountError(
            f"{text!r} is in percent, and this column holds fractions. Say so in the header, like "
            f"`{name} (%)`, and every value of the column is divided by 100."
        )
    return _scaled(parse(text), header)


def _scaled(value: float, header: Header) -> float:
    # 1.14576 in units of 1e21 is the number that 1.14576e21 is, which a product alone need not be.
    return value if header.factor == 1 else float(f"{value * header.factor:.15g}")


def _plain_number(text: str) -> float:
    try:
        number = float(text.replace("_", "x"))  # float() alone would take 1_0
    except ValueError:
        number = float("nan")
    if not np.isfinite(number):
        raise CountError(f"{text!r} is not a number; leave the cell empty if it is not known.")
    return number


def _checked_floats(values: Floats, header: Header, where: Where) -> Floats:
    lowest = 0.0 if header.known and header.name in COUNTS else -np.inf
    bad = np.flatnonzero((values <= lowest) | np.isinf(values))
    if len(bad):
        kind = "a positive count" if lowest == 0.0 else "a finite number"
        what = f"{values[bad[0]]:.15g} is not {kind}; correct it or leave it empty."
        if header.name in _ANSWERS and values[bad[0]] == 0:
            what = _NO_ANSWERS
        raise RecordError(f"{where(int(bad[0]))}: {header.text}: {what}")
    if header.percent:
        return values / 100
    if header.factor == 1:
        return values
    distinct, place = np.unique(values, return_inverse=True)
    return np.array([_scaled(value, header) for value in distinct], dtype=float)[place]


def _holds_no_number(column: Column) -> bool:
    # A column of a wide table without a number is a remark or a date, not a score. A mixed one is
    # a mistake that as_number names.
    if not isinstance(column, pd.Categorical) or not len(column.categories):
        return False
    texts = [str(text).strip() for text in split_uncertain(column)[0].categories]
    said = [text for text in texts if text and not is_missing(text)]
    return bool(said) and not any(_may_be_number(text) for text in said)


def _may_be_number(text: str) -> bool:
    try:
        float(without_comma(text).removesuffix("%").strip())
    except ValueError:
        return text.casefold() in _TRUTH
    return True


def _melted(rows: Rows, scores: Sequence[tuple[Place, Floats]]) -> Rows:
    if not scores:
        raise RecordError(
            f"{rows.sources[0]}, {rows.word[0]} 1: no column 'benchmark', and no column "
            "with scores; give benchmark and score columns, or one column for each benchmark."
        )
    units: dict[tuple[str, str], dict[str, Floats]] = {}
    for (benchmark, task, attribute), values in scores:
        units.setdefault((benchmark, task), {})[attribute] = values
    n, t = len(rows), len(units)
    unit = np.tile(np.arange(t, dtype=np.int32), n)
    texts = {name: _repeated(column, t) for name, column in rows.texts.items()}
    for position, name in enumerate(("benchmark", "task")):
        names = [key[position] for key in units]
        texts[name] = as_text(pd.Categorical(names))[unit]
    numbers = {name: np.repeat(column, t) for name, column in rows.numbers.items()}
    for name in ("score", *dict.fromkeys(WIDE_ATTRIBUTES.values())):
        if any(name in attributes for attributes in units.values()):
            nothing = np.full(n, np.nan)
            table = [attributes.get(name, nothing) for attributes in units.values()]
            numbers[name] = np.stack(table, axis=1).ravel()
    return Rows(
        sources=rows.sources,
        word=rows.word,
        source=np.repeat(rows.source, t),
        lines=np.repeat(rows.lines, t),
        texts=texts,
        numbers=numbers,
    )


def _place(header: Header, source: str) -> Place:
    # `arc_easy`, `arc_easy/stderr`, `mmlu/anatomy`, `mmlu/anatomy/stderr`
    benchmark, *rest = header.name.split("/")
    attribute = "score"
    if rest and rest[-1] in WIDE_ATTRIBUTES:
        attribute = WIDE_ATTRIBUTES[rest.pop()]
    elif rest and (meant := misspelt(rest[-1], WIDE_ATTRIBUTES)):
        raise RecordError(
            f"{source}, line 1: unknown column {header.text!r}; did you mean {benchmark}/{meant}?"
        )
    return benchmark, "/".join(rest), attribute


def _repeated(column: Texts, times: int) -> Texts:
    return pd.Categorical.from_codes(np.repeat(column.codes, times), dtype=column.dtype)
