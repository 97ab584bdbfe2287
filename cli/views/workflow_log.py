"""Could a name in the text give GitHub's runner a command? Spelled so that it cannot.

The runner reads both streams of a step line by line. It takes a line that starts with ``::``, after
blanks, for a command, and ``##[name]`` anywhere in a line (actions/runner, ``ActionCommand.cs``).
A stream that goes to a file of its own is not read, and stays exact.
"""

import io
import os
import re
import stat
import sys
from typing import TextIO

import typer

from scalepredict.errors import RefusedError

_OLD_FORM = "##["
_LINE_START = re.compile(r"(^|[\n\r])([^\S\n\r]*)::")
_LATER_LINE = re.compile(r"([\n\r])([^\S\n\r]*)::")


def is_read(stream: TextIO) -> bool:
    """Whether a job of GitHub Actions looks for commands in what is written to the stream."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return False
    try:
        return not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):  # no file behind it
        return True


def guard_streams() -> None:
    """Put both streams of this process behind a guard, where the runner reads them."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if is_read(stream):
            setattr(sys, name, Guarded(stream))


def command(line: str, *, err: bool) -> None:
    """Write a command that is meant to be one."""
    stream = sys.stderr if err else sys.stdout
    if isinstance(stream, Guarded):
        stream.command(line)
    else:
        typer.echo(line, err=err)


def json_guarded(text: str) -> str:
    """JSON that says the same and holds no command."""
    return text.replace(_OLD_FORM, r"##\u005b") if is_read(sys.stdout) else text


def check_csv(text: str) -> None:
    """Refuse CSV that would give the runner commands: it has no other way to spell them.

    Raises:
        RefusedError: The runner reads stdout, and a cell would be a command.
    """
    if is_read(sys.stdout) and (_OLD_FORM in text or _LINE_START.search(text)):
        raise RefusedError(
            "stdout: a name starts with '::' or holds '##[', which the log of GitHub Actions takes "
            "for a command; send the CSV to a file (> rows.csv), or take --format json."
        )


class Guarded(io.TextIOBase):
    """A text stream on which no line that is written is a command of the runner."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._line = ""  # what the unfinished line ends with, as far as it matters

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of the stream."""
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """How the stream treats what it cannot encode."""
        return self._stream.errors

    def write(self, text: str) -> int:
        """Write text, with commands in it spelled out."""
        guarded = (self._line + text).replace(_OLD_FORM, r"##\x5b")[len(self._line) :]
        if self._line == ":" and guarded.startswith(":"):
            guarded = r"\x3a" + guarded[1:]
        pattern = _LATER_LINE if self._line else _LINE_START
        self._stream.write(pattern.sub(r"\1\2\\x3a:", guarded))
        line = re.split(r"[\n\r]", self._line + text)[-1].lstrip()
        self._line = line if line in ("", ":") else "x" + line[-2:]
        return len(text)

    def command(self, line: str) -> None:
        """Write a line that may be a command."""
        self._stream.write(("\n" if self._line else "") + line + "\n")
        self._line = ""

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Descriptor of the stream."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """It is."""
        return True
