"""TensorBoard: event files of a run, `events.out.tfevents.*`, whose scalars are logged by step.

A file is a sequence of records (length, checksum, bytes, checksum), each a protocol buffer `Event`
(tensorflow/core/util/event.proto); only steps and scalars are read of it. The run is named by its
folder. A last record that is cut off belongs to a run that is still writing.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from scalepredict.errors import RecordError
from scalepredict.records.importers.harness.interface import Imported, ImportedScore
from scalepredict.records.importers.harness.logged import facts, read_columns, scores_of_row
from scalepredict.records.importers.harness.source_file import EVENTS, MAX_LINE_BYTES, SourceFile

_LENGTH = struct.Struct("<Q")
_CHECKSUM = 4
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_STEP, _SUMMARY, _VALUE, _TAG, _SIMPLE, _TENSOR = 2, 5, 1, 1, 2, 8
_DTYPE, _CONTENT, _FLOATS, _DOUBLES = 1, 4, 5, 6
_FLOAT_TYPE = 1


@dataclass(frozen=True, slots=True)
class TensorBoard:
    """Scalars of one event file."""

    kind: ClassVar[str] = "tensorboard"

    def recognises(self, file: SourceFile) -> bool:
        """By its name."""
        return file.path.name.startswith(EVENTS)

    def read(self, file: SourceFile) -> Imported:
        """Every step with scores is a checkpoint.

        Raises:
            RecordError: It is no event file.
        """
        rows: dict[int, dict[str, str]] = {}
        for step, tag, value in _scalars(file):
            rows.setdefault(step, {})[tag] = repr(value)
        columns = read_columns(dict.fromkeys(tag for row in rows.values() for tag in row))
        label = file.path.resolve().parent.name
        scores: list[ImportedScore] = []
        for number, (step, row) in enumerate(sorted(rows.items()), start=1):
            subject = facts(row, label, step=float(step))
            scores += scores_of_row(subject, columns, row, source=file.name, line=number)
        return Imported(scores=tuple(scores), skipped={})


def _scalars(file: SourceFile) -> Iterator[tuple[int, str, float]]:
    for event in _events(file):
        try:
            fields = list(_fields(event))
            step = next((v for n, v in fields if n == _STEP and isinstance(v, int)), 0)
            for summary in (v for n, v in fields if n == _SUMMARY and isinstance(v, bytes)):
                for value in (v for n, v in _fields(summary) if n == _VALUE):
                    scalar = _scalar(value)
                    if scalar is not None:
                        yield step, *scalar
        except (IndexError, struct.error, UnicodeDecodeError, TypeError) as problem:
            raise RecordError(f"{file.name}: damaged event file; copy it again.") from problem


def _events(file: SourceFile) -> Iterator[bytes]:
    try:
        with file.path.open("rb") as stream:
            while len(head := stream.read(_LENGTH.size + _CHECKSUM)) == _LENGTH.size + _CHECKSUM:
                (length,) = _LENGTH.unpack_from(head)
                if length > MAX_LINE_BYTES:
                    raise RecordError(
                        f"{file.name}: a record of {length:,} bytes, so no event file of scalars."
                    )
                record = stream.read(length)
                if len(record) < length or len(stream.read(_CHECKSUM)) < _CHECKSUM:
                    return  # the run is still writing it
                yield record
    except OSError as problem:
        raise RecordError(f"{file.name}: cannot be read: {problem.strerror}.") from problem


def _scalar(value: int | bytes) -> tuple[str, float] | None:
    if not isinstance(value, bytes):
        return None
    tag, number = "", None
    for field, content in _fields(value):
        if not isinstance(content, bytes):
            continue
        if field == _TAG:
            tag = content.decode()
        elif field == _SIMPLE:
            (number,) = struct.unpack("<f", content)
        elif field == _TENSOR:
            number = _first_of(content)
    return None if number is None or not tag else (tag, float(number))


def _first_of(tensor: bytes) -> float | None:
    # A scalar tensor: as text of its bytes, or as a list of one.
    fields = dict(_fields(tensor))
    double = fields.get(_DTYPE) != _FLOAT_TYPE
    for field, form in ((_CONTENT, "<d" if double else "<f"), (_FLOATS, "<f"), (_DOUBLES, "<d")):
        content = fields.get(field)
        if isinstance(content, bytes) and len(content) == struct.calcsize(form):
            (number,) = struct.unpack(form, content)
            return float(number)
    return None


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        else:
            size = {_FIXED64: 8, _FIXED32: 4}[kind] if kind in (_FIXED64, _FIXED32) else -1
        if size < 0 or at + size > len(message):
            raise IndexError
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise IndexError
