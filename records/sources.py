"""Which files are meant, and how are their bytes opened?"""

import gzip
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from scalepredict.errors import RecordError

_GZIP = b"\x1f\x8b"


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
        """Its bytes, unpacked if they are gzip."""
        with self._raw() as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw

    def _raw(self) -> BinaryIO:
        if self.path is None:
            return io.BytesIO(self.content)
        try:
            return self.path.open("rb")
        except OSError as problem:
            raise RecordError(f"{self.name}: cannot be read ({problem.strerror}).") from problem


def find_sources(paths: Sequence[str | Path]) -> list[Source]:
    """The inputs that are meant by paths; ``-`` is stdin."""
    found: list[Source] = []
    for path in paths:
        if str(path) == "-":
            found.append(Source(name="<stdin>", path=None, content=sys.stdin.buffer.read()))
        else:
            found.append(Source(name=str(path), path=Path(path)))
    return found
