"""How is a foreign file opened without trusting it? Bounded, and parsed once.

Result files are small. What is larger than the bound, nested too deeply or not text is refused
with a sentence; memory never grows with a hostile file.
"""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from scalepredict.errors import RecordError
from scalepredict.records.text.counts import count_of
from scalepredict.records.text.yaml_text import parse_yaml

EVENTS = "events.out.tfevents"  # what files of TensorBoard are called
MAX_JSON_BYTES = 32 * 2**20  # the largest real result file seen is 2 MB
MAX_LINE_BYTES = 16 * 2**20  # one sample with its prompts and log-probabilities


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceFile:
    """One opened file.

    Attributes:
        path: Where it lies.
        name: The path as shown to the user.
        content: Parsed JSON; for JSON lines the first line; None for a table.
        header: Column names of a CSV file; empty otherwise.
    """

    path: Path
    name: str
    content: object = None
    header: tuple[str, ...] = ()

    def json_lines(self) -> Iterator[tuple[int, object]]:
        """Lines of a JSONL file with their numbers, or the elements of a JSON array.

        Raises:
            RecordError: A line is no JSON or longer than 16 MiB.
        """
        if isinstance(self.content, list):
            yield from enumerate(self.content, start=1)
            return
        with _open(self.path, self.name) as stream:
            for number, line in _lines(stream, self.name):
                if line.strip():
                    yield number, parse_json(line, f"{self.name}:{number}")

    def csv_rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Rows of a CSV file as dictionaries, with their line numbers.

        Raises:
            RecordError: A line is not UTF-8 or longer than 16 MiB.
        """
        with _open(self.path, self.name) as stream:
            reader = csv.reader(_text(stream, self.name), strict=True)
            try:
                header = next(reader)
                for row in reader:
                    if row and len(row) != len(header):
                        raise RecordError(
                            f"{self.name}:{reader.line_num}: {count_of(len(row), 'cell')}, but the "
                            f"header has {len(header)}; is the file cut off?"
                        )
                    if row:
                        yield reader.line_num, dict(zip(header, row, strict=True))
            except csv.Error as error:
                raise RecordError(f"{self.name}:{reader.line_num}: {error}.") from error


def open_source(path: Path, name: str) -> SourceFile:
    """Open a JSON, JSONL or CSV file (also ``.gz``) far enough to tell its format.

    Raises:
        RecordError: It cannot be read, is too large, or is neither JSON nor a table.
    """
    if path.name.startswith(EVENTS):
        return SourceFile(path=path, name=name)  # binary, read by its importer
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    try:
        with _open(path, name) as stream:
            if suffix == ".csv":
                header = next(csv.reader(_text(stream, name)), [])
                return SourceFile(path=path, name=name, header=tuple(header))
            if suffix == ".jsonl":
                return _open_lines(stream, path, name)
            text = stream.read(MAX_JSON_BYTES + 1)
            if suffix == ".yaml":
                content = parse_yaml(text.decode("utf-8", "replace"), name, error=RecordError)
                return SourceFile(path=path, name=name, content=content.value)
    except csv.Error as error:
        raise RecordError(f"{name}: {error}.") from error
    if len(text) > MAX_JSON_BYTES:
        raise RecordError(f"{name}: larger than {MAX_JSON_BYTES >> 20} MiB, so no result file.")
    return SourceFile(path=path, name=name, content=parse_json(text, name))


def parse_json(text: bytes, where: str) -> object:
    """Parse JSON (bare NaN and Infinity allowed, as harnesses write them).

    Raises:
        RecordError: It is not JSON, not UTF-8, or nested too deeply.
    """
    try:
        content: object = json.loads(text)
    except RecursionError as error:
        raise RecordError(f"{where}: nested too deeply to be a result file.") from error
    except UnicodeDecodeError as error:
        raise RecordError(f"{where}: not UTF-8 text (byte {error.start}).") from error
    except ValueError as error:
        raise RecordError(f"{where}: not JSON: {str(error)[:200]}.") from error
    return content


def _open_lines(stream: BinaryIO, path: Path, name: str) -> SourceFile:
    # lm-eval 0.4.0 wrote one pretty-printed array into files called .jsonl.
    first = next((line for _, line in _lines(stream, name) if line.strip()), b"")
    if first.strip() != b"[":
        return SourceFile(path=path, name=name, content=parse_json(first, f"{name}:1"))
    with _open(path, name) as whole:
        text = whole.read(MAX_JSON_BYTES + 1)
    if len(text) > MAX_JSON_BYTES:
        raise RecordError(f"{name}: an array of more than {MAX_JSON_BYTES >> 20} MiB.")
    return SourceFile(path=path, name=name, content=parse_json(text, name))


@contextmanager
def _open(path: Path, name: str) -> Iterator[BinaryIO]:
    # Damaged gzip data shows itself while the bytes are being used.
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
            yield cast(BinaryIO, stream)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RecordError(f"{name}: the gzip data is cut off or damaged.") from error
    except OSError as error:
        raise RecordError(f"{name}: cannot be read: {error.strerror or error}.") from error


def _lines(stream: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise RecordError(f"{name}:{number}: a line of more than {MAX_LINE_BYTES >> 20} MiB.")
        yield number, line


def _text(stream: BinaryIO, name: str) -> Iterator[str]:
    for number, line in _lines(stream, name):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise RecordError(f"{name}:{number}: not UTF-8 text (byte {error.start}).") from error
