"""Is this still a file of text? A stream that refuses lines that no table has.

A few kilobytes of gzip unpack to gigabytes. Rows are read block by block, so memory is bounded by
the longest line; that is what is bounded here, and runs of blank lines with it.
"""

import io
from typing import BinaryIO, cast

from scalepredict.errors import RecordError

MAX_LINE_BYTES = 16 << 20
_CHUNK = 1 << 20


def bounded_lines(name: str, stream: BinaryIO) -> BinaryIO:
    """The same bytes, one after the other.

    Raises:
        RecordError: While it is read: a line, or a run of blank lines, of more than 16 MiB.
    """
    return cast(BinaryIO, io.BufferedReader(_Bounded(name, stream), _CHUNK))


class _Bounded(io.RawIOBase):
    """Counts the bytes since the last line break, and since the last text."""

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self._name, self._stream = name, stream
        self._line = self._blank = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        data = self._stream.read(min(len(buffer), _CHUNK))
        buffer[: len(data)] = data
        end = max(data.rfind(b"\n"), data.rfind(b"\r"))
        self._line = len(data) - end - 1 + (self._line if end < 0 else 0)
        self._blank = 0 if data.strip() else self._blank + len(data)
        for kind, count in (("line", self._line), ("run of blank lines", self._blank)):
            if count > MAX_LINE_BYTES:
                raise RecordError(
                    f"{self._name}: a {kind} of more than {MAX_LINE_BYTES >> 20} MiB, so no table "
                    "of records; is it the right file, and was it packed whole?"
                )
        return len(data)
