"""Which files are meant, in what form are they, and can their bytes be read at all?"""

import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO, cast

from scalepredict.errors import RecordError
from scalepredict.records.formats.bounded import bounded_lines

_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_ZIP = b"PK\x03\x04"
_HEAD = 65536
MAX_WHOLE_BYTES = 64 << 20
_RECORDS_KEY = rb"^[\s{]*\"?(records|benchmarks)\"?\s*:"
_FOREIGN = {  # first bytes of what people save by mistake
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"%PDF": "a PDF",
    b"BZh": "bzip2 data",
    b"\xfd7zXZ": "xz data",
    b"\x28\xb5\x2f\xfd": "zstandard data",
}


_MARKDOWN_RULE = re.compile(rb"^\s*\|?\s*:?-{3,}:?\s*\|[\s:|-]*$", re.MULTILINE)
_LATEX = re.compile(rb"\\begin\s*\{|\\\\\s*(?:\\[a-z]+rule|\\hline|$)", re.MULTILINE)


class Form(Enum):
    """Forms of record files."""

    DELIMITED = "CSV"
    JSON_LINES = "JSONL"
    PARQUET = "Parquet"
    YAML = "YAML"
    MARKDOWN = "Markdown"
    SPREADSHEET = "Excel"


_SUFFIXES = {
    ".csv": Form.DELIMITED,
    ".tsv": Form.DELIMITED,
    ".jsonl": Form.JSON_LINES,
    ".ndjson": Form.JSON_LINES,
    ".parquet": Form.PARQUET,
    ".yaml": Form.YAML,
    ".yml": Form.YAML,
    ".json": Form.YAML,  # JSON is YAML
    ".md": Form.MARKDOWN,
    ".markdown": Form.MARKDOWN,
    ".xlsx": Form.SPREADSHEET,
    ".xlsm": Form.SPREADSHEET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One input.

    Attributes:
        name: As messages call it.
        path: The file; ``None`` for stdin.
        content: All bytes of stdin; empty for a file.
    """

    name: str
    path: Path | None
    content: bytes = b""

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Its bytes, unpacked if they are gzip.

        Raises:
            RecordError: Also for what goes wrong while the bytes are being used: damaged gzip
                data, text that is not UTF-8.
        """
        try:
            with self._raw() as raw:
                packed = raw.read(2) == _GZIP
                raw.seek(0)
                stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
                binary = stream.read(4) in (_PARQUET, _ZIP)
                stream.seek(0)
                yield stream if binary else bounded_lines(self.name, stream)
        except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
            raise RecordError(
                f"{self.name}: the gzip data is cut off or damaged; copy or download it again."
            ) from problem
        except UnicodeDecodeError as problem:
            raise self._not_utf8() from problem
        except OSError as problem:
            raise RecordError(
                f"{self.name}: cannot be read ({problem.strerror or problem})."
            ) from problem

    def read_whole(self) -> bytes:
        """All of it, for forms that are not read block by block.

        Raises:
            RecordError: It unpacks to more than 64 MiB.
        """
        with self.open() as stream:
            content = stream.read(MAX_WHOLE_BYTES + 1)
        if len(content) > MAX_WHOLE_BYTES:
            raise RecordError(
                f"{self.name}: more than {MAX_WHOLE_BYTES >> 20} MiB; give records of that size as "
                "CSV, JSONL or Parquet."
            )
        return content

    def form(self) -> Form:
        """The form of the file, by its name, else by its first bytes.

        Raises:
            RecordError: It is empty, or of no form that can be read.
        """
        with self.open() as stream:
            head = stream.read(_HEAD)
        if self._form_by_name() is Form.SPREADSHEET and head.startswith(b"PK\x03\x04"):
            return Form.SPREADSHEET
        self._refuse_foreign(head)
        if head.startswith(_PARQUET):
            return Form.PARQUET
        if b"\0" in head:
            raise RecordError(
                f"{self.name}: binary data, not records; give CSV, JSONL, Parquet or YAML."
            )
        if _LATEX.search(head):
            raise RecordError(
                f"{self.name}: LaTeX is not read; save the table as CSV, or paste it as Markdown."
            )
        return self._form_by_name() or _form_of_text(head)

    def may_be_records(self) -> bool:
        """Whether a file of a folder is one of records, not a ladder or a result beside them."""
        if self._form_by_name() is not Form.YAML:
            return True
        with self.open() as stream:
            text = stream.read(MAX_WHOLE_BYTES)
        return re.search(_RECORDS_KEY, text, flags=re.MULTILINE) is not None

    def has_known_name(self) -> bool:
        """Whether the name ends like a file of records."""
        return self._form_by_name() is not None

    def check_readable(self) -> None:
        """Read all bytes, for the error that explains why a parser stopped.

        Raises:
            RecordError: The bytes are damaged or not UTF-8.
        """
        with self.open() as stream:
            for line in stream:
                line.decode("utf-8")

    def _form_by_name(self) -> Form | None:
        suffixes = [] if self.path is None else [s.lower() for s in self.path.suffixes]
        if suffixes and suffixes[-1] == ".gz":
            suffixes.pop()
        return _SUFFIXES.get(suffixes[-1]) if suffixes else None

    def _refuse_foreign(self, head: bytes) -> None:
        if not head.strip():
            raise RecordError(f"{self.name}: the file is empty; nothing to read.")
        for magic, what in _FOREIGN.items():
            if head.startswith(magic):
                raise RecordError(
                    f"{self.name}: this is {what}, not records; save it as CSV (UTF-8), JSONL, "
                    "Parquet or YAML."
                )

    def _not_utf8(self) -> RecordError:
        with self.open() as stream:
            for number, line in enumerate(stream, start=1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError as problem:
                    byte = line[problem.start]
                    return RecordError(
                        f"{self.name}, line {number}: byte 0x{byte:02x} is not UTF-8 text; save "
                        "the file as UTF-8."
                    )
        return RecordError(f"{self.name}: not UTF-8 text; save the file as UTF-8.")

    def _raw(self) -> BinaryIO:
        return io.BytesIO(self.content) if self.path is None else self.path.open("rb")


def find_sources(paths: Sequence[str | Path]) -> tuple[list[Source], tuple[str, ...]]:
    """The inputs that are meant: files, all record files under a folder, ``-`` for stdin.

    Returns:
        The inputs, and the names of files in folders that are of a known form but no records.

    Raises:
        RecordError: A path does not exist, or a folder has no record files.
    """
    found: list[Source] = []
    others: list[str] = []
    for path in paths:
        if str(path) == "-":
            if sys.stdin is None:
                raise RecordError("<stdin>: it is closed; pipe records into it, or name a file.")
            found.append(Source(name="<stdin>", path=None, content=sys.stdin.buffer.read()))
        elif Path(path).is_dir():
            for source in _under(Path(path)):
                if source.may_be_records():
                    found.append(source)
                else:
                    others.append(source.name)
        elif Path(path).is_fifo() or Path(path).is_char_device():  # /dev/stdin, <(zcat x.gz)
            found.append(Source(name=str(path), path=None, content=_whole(Path(path))))
        elif Path(path).exists():
            found.append(Source(name=str(path), path=Path(path)))
        else:
            raise RecordError(f"{path}: no such file or folder.")
    if not found:
        raise RecordError(
            f"{', '.join(map(str, paths)) or 'nothing'}: no record files here; they end in "
            f"{', '.join(_SUFFIXES)}, or these with .gz."
        )
    return found, tuple(others)


def _whole(stream: Path) -> bytes:
    try:
        return stream.read_bytes()
    except OSError as problem:
        raise RecordError(f"{stream}: cannot be read ({problem.strerror or problem}).") from problem


def _under(folder: Path) -> list[Source]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sources = [Source(name=str(path), path=path) for path in files if not _hidden(path, folder)]
    return [source for source in sources if source.has_known_name()]


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _form_of_text(head: bytes) -> Form:
    first = head.lstrip(b"\xef\xbb\xbf \t\r\n").splitlines()[0].strip()
    if first.startswith(b"{") and first.endswith(b"}"):
        return Form.JSON_LINES
    if _MARKDOWN_RULE.search(head):
        return Form.MARKDOWN
    if first.startswith((b"{", b"[", b"#", b"-")) or first.endswith(b":"):
        return Form.YAML
    if b"," in first or b"\t" in first or b";" in first:
        return Form.DELIMITED
    return Form.YAML if b": " in first else Form.DELIMITED
