"""How is a file written so that nobody ever sees half of it? To the side, then renamed."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from scalepredict.errors import StorageError


def write_whole(path: str | Path, content: str | bytes | Iterable[bytes]) -> None:
    """Write a file in one step, all of it or a part after the other; text is UTF-8.

    Raises:
        StorageError: The file cannot be written, or is called ``-``.
    """
    check_place(path)
    target = Path(os.path.realpath(path))  # a link stays; what it points at is replaced
    # A lone surrogate in a name becomes its escape, which is what JSON writes too.
    raw = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    parts = [raw] if isinstance(raw, bytes) else raw
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as file:  # devices (/dev/null) are written to, never replaced
                file.writelines(parts)
            return
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(parts)
            os.chmod(temporary, target.stat().st_mode if target.exists() else 0o666 & ~_umask())
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}.") from error


def check_place(path: str | Path) -> None:
    """Refuse early what could not be written after the work is done.

    Raises:
        StorageError: The path is ``-``, a folder or write-protected, or lies in a folder that is
            not there or cannot be written.
    """
    target = Path(path)
    if str(target) == "-":
        raise StorageError("-: this goes to a file, not to stdout; give it a name.")
    if target.is_dir():
        raise StorageError(f"{target}: cannot be written: it is a folder; name a file in it.")
    if not target.parent.is_dir():
        raise StorageError(
            f"{target}: cannot be written: there is no folder {target.parent}; make it first."
        )
    if target.exists() and _is_protected(target):
        raise StorageError(
            f"{target}: cannot be written: it is write-protected; choose another name."
        )
    real = Path(os.path.realpath(target))
    if real.is_symlink() or not real.parent.is_dir():
        raise StorageError(f"{target}: cannot be written: it is a link that leads nowhere.")
    replaced = real.is_file() or not real.exists()
    if replaced and not os.access(real.parent, os.W_OK):
        raise StorageError(f"{target}: cannot be written: no permission to write in {real.parent}.")


def _is_protected(file: Path) -> bool:
    # Root may write everywhere, but somebody said that this file shall stay.
    return not (os.access(file, os.W_OK) and file.stat().st_mode & 0o222)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
