"""How are results read out of a pipe? Importers open files, so what comes is kept in one meanwhile.

A pipe has no name that tells its form, so its first bytes do.
"""

import shutil
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from scalepredict.errors import RecordError

STDIN = Path("-")
_GZIP = b"\x1f\x8b"
_HEAD = 1 << 16
_OWN = ("/dev/stdin", "/dev/fd/")  # also where a shell puts a file there, whose name it hides


def shown(source: Path) -> str:
    """What messages call a source."""
    return "<stdin>" if source == STDIN else str(source)


def is_stream(source: Path) -> bool:
    """Whether a source is stdin or another pipe: ``-``, ``/dev/stdin``, ``<(zcat x.gz)``."""
    return source == STDIN or source.is_fifo() or str(source).startswith(_OWN)


@contextmanager
def kept_streams(sources: Sequence[Path]) -> Iterator[Mapping[Path, Path]]:
    """The files in which streams among the sources are kept, which are gone afterwards.

    Raises:
        RecordError: A stream is closed, empty, or cannot be read.
    """
    with ExitStack() as stack:
        kept: dict[Path, Path] = {}
        for source in dict.fromkeys(source for source in sources if is_stream(source)):
            folder = Path(stack.enter_context(TemporaryDirectory()))
            kept[source] = _keep(source, folder)
        yield kept


def _keep(source: Path, folder: Path) -> Path:
    file = folder / ("stdin" if source == STDIN else source.name)
    try:
        if source == STDIN:
            if sys.stdin is None:
                raise RecordError("<stdin>: it is closed; pipe results into it, or name a file.")
            _copy(sys.stdin.buffer, file)
        else:
            with source.open("rb") as stream:
                _copy(stream, file)
    except OSError as problem:
        reason = problem.strerror or problem
        raise RecordError(f"{shown(source)}: cannot be read to the end ({reason}).") from problem
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    if not head.strip():
        raise RecordError(f"{shown(source)}: nothing came out of it.")
    return file.rename(file.with_name(file.name + _suffix(head)))


def _copy(stream: BinaryIO, file: Path) -> None:
    with file.open("wb") as kept:
        shutil.copyfileobj(stream, kept)


def _suffix(head: bytes) -> str:
    if head.startswith(_GZIP):
        return f"{_suffix(_unpacked(head))}.gz"
    lines = head.removeprefix(b"\xef\xbb\xbf").strip().splitlines() or [b""]
    if not lines[0].startswith((b"{", b"[")):
        return ".csv"
    whole = lines[0].startswith(b"{") and lines[0].rstrip().endswith(b"}") and len(lines) > 1
    return ".jsonl" if whole else ".json"


def _unpacked(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head)
    except zlib.error:  # its reader says that it is damaged
        return b""
