"""May these files be written? Not one that is read, nor one that is written twice."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from scalepredict.errors import StorageError


def check_written(written: Sequence[Path], read: Iterable[Path]) -> None:
    """Refuse before any work what would destroy an input or another output.

    Args:
        written: Files that a command writes; ``-`` is stdout.
        read: Files and folders that it reads; ``-`` is stdin.

    Raises:
        StorageError: An output is an input, by whatever name or link, or another output.
    """
    outputs = [path for path in written if str(path) != "-"]
    inputs = [path for path in read if str(path) != "-"]
    for number, path in enumerate(outputs):
        for other in outputs[:number]:
            if _same(path, other):
                raise StorageError(f"{path}: two outputs go to this file; give each its own name.")
        for source in inputs:
            if _same(path, source) or _read_with(path, source):
                raise StorageError(
                    f"{path}: is also an input, which would be lost; choose another name for the "
                    "output."
                )


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there yet
        return one.absolute() == other.absolute()


def _read_with(path: Path, folder: Path) -> bool:
    # A file of a folder that is read for records; others in it may be written again.
    if not (folder.is_dir() and path.is_file()):
        return False
    if not path.resolve().is_relative_to(folder.resolve()):
        return False
    from scalepredict.records.formats.sources import Source

    source = Source(name=str(path), path=path)
    return source.has_known_name() and source.may_be_records()
