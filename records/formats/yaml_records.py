"""How is the YAML form read? One entry per checkpoint, with its scores; JSON is the same."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from scalepredict.errors import CountError, RecordError, did_you_mean
from scalepredict.records.benchmarks import metadata_from
from scalepredict.records.formats.cells import parse_cell
from scalepredict.records.formats.columns import Header, misspelt
from scalepredict.records.formats.json_lines import rows_of_objects
from scalepredict.records.formats.odd_cells import is_missing
from scalepredict.records.formats.record_columns import NUMBERS, OF_ONE_SCORE, TEXTS, names_of
from scalepredict.records.formats.rows import FileRows
from scalepredict.records.formats.sources import Source
from scalepredict.records.text.schema import refuse_other
from scalepredict.records.text.yaml_text import Document, Path_, parse_yaml

_TOP = ("benchmarks", "metrics", "records", "percent", "schema")
_EVALUATION = names_of(about="evaluation")
_CHECKPOINT = (*names_of(about="checkpoint"), *_EVALUATION, "scores")
_SCORE = (*(n for n in OF_ONE_SCORE if n not in ("benchmark", "task")), *_EVALUATION)
_EXAMPLE = "`- {model: a, params: 1B, tokens: 20B, scores: {piqa: 0.71}}`"


def read_structured(source: Source, *, percent: bool) -> FileRows:
    """Read the YAML form, or the same as JSON.

    Raises:
        RecordError: The file or one of its values is not understood.
    """
    source.check_readable()
    text = source.read_whole().decode("utf-8-sig")
    return rows_of_document(parse_yaml(text, source.name, error=RecordError), percent=percent)


def rows_of_document(document: Document, *, percent: bool = False) -> FileRows:
    """Bring a parsed document into long form.

    Raises:
        RecordError: A key or value is not understood.
    """
    top = document.value
    if not isinstance(top, dict):
        raise RecordError(
            f"{document.source}: expected `records:` with a list of checkpoints, like {_EXAMPLE}."
        )
    refuse_other(document, wanted="records", error=RecordError)
    _refuse_unknown(document, (), top, _TOP)
    said = top.get("percent", False)
    if not isinstance(said, bool):
        raise RecordError(f"{document.where('percent')}: percent is {said!r}; write true or false.")
    metadata = metadata_from(document)
    records = top.get("records")
    if records is None and "benchmarks" in top:
        records = []
    if not isinstance(records, list):
        raise RecordError(
            f"{document.where('records')}: no list `records`; give one entry per checkpoint, like "
            f"{_EXAMPLE}."
        )
    rows = [row for i, entry in enumerate(records) for row in _of_checkpoint(document, i, entry)]
    lines = np.array([line for _, line in rows], dtype=np.int32)
    objects = [row for row, _ in rows] or [dict.fromkeys(("model", "benchmark", "score"))]
    if not rows:
        lines = np.zeros(1, dtype=np.int32)
    part = rows_of_objects(document.source, objects, lines, percent=percent or said)
    kept = part.rows if rows else part.rows.take(np.zeros(1, dtype=bool))
    return replace(part, rows=kept, metadata=metadata)


def _of_checkpoint(document: Document, i: int, entry: Any) -> Iterator[tuple[dict[str, Any], int]]:
    path: Path_ = ("records", i)
    if not isinstance(entry, dict):
        raise RecordError(f"{document.where(*path)}: an entry must be a mapping, like {_EXAMPLE}.")
    _refuse_unknown(document, path, entry, _CHECKPOINT)
    for key in ("model", "scores"):
        if entry.get(key) is None:
            raise RecordError(
                f"{document.where(*path)}: this entry has no {key!r}; write {_EXAMPLE}."
            )
    own = {}
    for key, value in entry.items():
        if key != "scores":
            own[key] = _plain(document, (*path, key), value)
    scores = entry["scores"]
    if not isinstance(scores, dict):
        raise RecordError(
            f"{document.where(*path, 'scores')}: scores must map benchmarks to scores, like "
            "`{piqa: 0.71, mmlu: {anatomy: 0.27}}`."
        )
    for benchmark, value in scores.items():
        place = (*path, "scores", benchmark)
        for task, fields, at in _of_benchmark(document, place, value):
            yield {**own, "benchmark": benchmark, "task": task, **fields}, document.line(*at)


def _of_benchmark(
    document: Document, path: Path_, value: Any
) -> Iterator[tuple[str | None, dict[str, Any], Path_]]:
    # 0.71, or {score: 0.71, stderr: 0.01}, or {anatomy: 0.27, astronomy: {score: 0.3}}, or both.
    if not isinstance(value, dict):
        yield None, {"score": _plain(document, path, value)}, path
        return
    own = {key: _plain(document, (*path, key), v) for key, v in value.items() if key in _SCORE}
    if own:
        yield None, own, path
    for task, item in value.items():
        if task in own:
            continue
        if meant := misspelt(task, _SCORE):
            where = document.where(*path, task)
            raise RecordError(f"{where}: unknown field {task!r}; did you mean {meant!r}?")
        at = (*path, task)
        if isinstance(item, dict):
            _refuse_unknown(document, at, item, _SCORE)
            yield task, {k: _plain(document, (*at, k), v) for k, v in item.items()}, at
        else:
            yield task, {"score": _plain(document, at, item)}, at


def _plain(document: Document, path: Path_, value: Any) -> Any:
    if isinstance(value, dict | list):
        raise RecordError(f"{document.where(*path)}: {path[-1]} must be one value.")
    key = path[-1]
    if isinstance(value, str | bool) and key not in TEXTS and not str(value).endswith("%"):
        name = str(key) if key in NUMBERS else "score"
        try:  # here, where the position of the value is known, not only that of its record
            if not is_missing(str(value).strip()):
                parse_cell(str(value).strip(), Header(text=name, name=name, known=True))
        except CountError as problem:
            raise RecordError(f"{document.where(*path)}: {key}: {problem}") from problem
    return value


def _refuse_unknown(
    document: Document, path: Path_, mapping: dict[str, Any], known: tuple[str, ...]
) -> None:
    for key in mapping:
        if key not in known:
            hint = did_you_mean(key, known) or f"; known are {', '.join(known)}"
            raise RecordError(f"{document.where(*path, key)}: unknown key {key!r}{hint}.")
