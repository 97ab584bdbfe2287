"""How is JSONL read? One JSON object per line, block by block."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from scalepredict.errors import RecordError
from scalepredict.records.formats.cells import Column, rows_of_columns
from scalepredict.records.formats.columns import read_headers
from scalepredict.records.formats.parquet_file import column_of_arrow
from scalepredict.records.formats.rows import Codes, FileRows, join_parts
from scalepredict.records.formats.sources import Source

_CHUNK = 32 << 20  # bytes
_PARSED = 4 << 20  # bytes of them that each thread of pyarrow parses at a time
_BLOCK = 200_000  # lines that are held as Python objects at a time


def read_json_lines(source: Source, *, percent: bool) -> FileRows:
    """Read a JSONL file, long or wide.

    Raises:
        RecordError: The file or one of its values is not understood.
    """
    parts: list[FileRows] = []
    with source.open() as stream:
        for objects, lines in _blocks(stream, source.name):
            parts.append(rows_of_objects(source.name, objects, lines, percent=percent))
    if not parts:
        raise RecordError(f"{source.name}: no records; nothing to read.")
    return join_parts(parts)


def json_blocks(source: Source, *, percent: bool) -> Iterator[FileRows]:
    """The blocks of rows of a JSONL file, one after the other; by pyarrow, where it is installed.

    Raises:
        RecordError: As `read_json_lines`.
    """
    first = 1
    with source.open() as stream:
        while chunk := stream.read(_CHUNK):
            chunk += b"" if chunk.endswith(b"\n") else stream.readline()
            n_lines = chunk.count(b"\n") + (not chunk.endswith(b"\n"))
            lines = np.arange(first, first + n_lines, dtype=np.int32)
            first += n_lines
            part = _by_arrow(source.name, chunk, lines, percent=percent)
            if part is None:
                texts = chunk.removesuffix(b"\n").split(b"\n")
                filled = np.array([bool(text.strip()) for text in texts], dtype=bool)
                kept, at = [t for t in texts if t.strip()], lines[filled]
                if kept:
                    objects = _parsed(kept, at, source.name)
                    part = rows_of_objects(source.name, objects, at, percent=percent)
            if part is not None:
                yield part


def json_names(source: Source) -> list[str]:
    """Keys of the first object of a JSONL file; none if there is no object."""
    with source.open() as stream:
        first = next((line for line in stream if line.strip()), b"")
    try:
        item = json.loads(first.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # whoever reads it says what is wrong
        return []
    return list(item) if isinstance(item, dict) else []


def _by_arrow(source: str, chunk: bytes, lines: Codes, *, percent: bool) -> FileRows | None:
    # None where it is not installed or sees anything odd; then each line is read for itself.
    try:
        import pyarrow as pa  # optional, and slow to import
        import pyarrow.json as pj
    except ImportError:
        return None
    try:
        first = json.loads(chunk[: chunk.index(b"\n")]) if b"\n" in chunk else {}
        named = [(k, pa.string()) for k, v in first.items() if isinstance(v, str)]
        options = pj.ParseOptions(explicit_schema=pa.schema(named))
        read = pj.ReadOptions(block_size=_PARSED)
        table = pj.read_json(pa.BufferReader(chunk), read, options).combine_chunks()
    except (pa.ArrowException, ValueError, AttributeError):
        return None
    if len(table) != len(lines) or any(pa.types.is_nested(kind) for kind in table.schema.types):
        return None
    headers = read_headers(source, table.column_names, percent=percent)
    columns = [column_of_arrow(column.chunk(0)) for column in table.columns]
    return rows_of_columns(source, headers, columns, lines, "line")


def rows_of_objects(
    source: str, objects: Sequence[Mapping[str, Any]], lines: Codes, *, percent: bool
) -> FileRows:
    """Bring mappings of column to value, one per row, into long form.

    Raises:
        RecordError: A key or value is not understood.
    """
    keys = list(dict.fromkeys(key for item in objects for key in item))
    headers = read_headers(source, keys, percent=percent)
    columns: list[Column] = []
    for key, header in zip(keys, headers, strict=True):
        values = [item.get(key) for item in objects]
        nested = next((i for i, v in enumerate(values) if isinstance(v, dict | list)), None)
        if nested is None:
            columns.append(_column(values))
        elif header.known:
            raise RecordError(
                f"{source}, line {lines[nested]}: {key} holds a {type(values[nested]).__name__}; "
                "give one value per row."
            )
        else:
            columns.append(pd.Categorical(["nested"] * len(values)))  # no number: left out
    return rows_of_columns(source, headers, columns, lines, "line")


def _blocks(stream: BinaryIO, name: str) -> Iterator[tuple[list[dict[str, Any]], Codes]]:
    numbered = enumerate(stream, start=1)
    while block := list(islice(numbered, _BLOCK)):
        filled = [(number, line) for number, line in block if line.strip()]
        if filled:
            lines = np.array([number for number, _ in filled], dtype=np.int32)
            yield _parsed([line for _, line in filled], lines, name), lines


def _parsed(texts: Sequence[bytes], lines: Codes, name: str) -> list[dict[str, Any]]:
    objects: list[dict[str, Any]] = []
    for text, line in zip(texts, lines, strict=True):
        try:
            item = json.loads(
                text.decode("utf-8-sig"), parse_constant=_constant, object_pairs_hook=_object
            )
            if b"\\u" in text:
                json.dumps(item, ensure_ascii=False).encode()  # a lone surrogate is no text
        except KeyError as problem:
            twice = f"key {problem.args[0]!r} twice in one object; keep one of them."
            raise RecordError(f"{name}, line {line}: {twice}") from problem
        except (ValueError, RecursionError) as problem:
            if isinstance(problem, UnicodeDecodeError):
                raise
            reason = getattr(problem, "msg", problem)
            raise RecordError(
                f"{name}, line {line}: not a JSON value ({reason}); JSONL has one object per line."
            ) from problem
        if not isinstance(item, dict):
            raise RecordError(
                f"{name}, line {line}: a {type(item).__name__} instead of an object; JSONL has one "
                'object per line, like {"model": "a", "benchmark": "piqa", "score": 0.6, ...}.'
            )
        objects.append(item)
    return objects


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    item = dict(pairs)
    if len(item) < len(pairs):
        raise KeyError(Counter(key for key, _ in pairs).most_common(1)[0][0])
    return item


def _constant(text: str) -> str:
    # Python writes NaN for a missing value, which is no JSON.
    if text != "NaN":
        raise ValueError(f"{text} is not a number; leave it out or write null")
    return text


def _column(values: Sequence[Any]) -> Column:
    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {int, float}:
        with contextlib.suppress(OverflowError):  # a number beyond floats is shown as it is written
            return np.array([np.nan if value is None else value for value in values], dtype=float)
    texts = [
        value if value is None or isinstance(value, str) else json.dumps(value) for value in values
    ]
    return pd.Categorical(texts)
