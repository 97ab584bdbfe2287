"""Are these records already, or results of a harness or logger that must be imported first?"""

from collections.abc import Sequence
from pathlib import Path

from scalepredict.errors import RecordError
from scalepredict.records.importers.harness.source_file import open_source
from scalepredict.records.importers.registry import importers
from scalepredict.records.importers.walk import ENDINGS, RUN_FILE, find_files

_LOOKED_AT = 50  # files of a folder; a folder of results shows it in the first


def split_foreign(paths: Sequence[str | Path]) -> tuple[list[str | Path], list[Path]]:
    """Files and folders of records, and those of foreign results. A folder is one or the other."""
    foreign = [Path(path) for path in paths if str(path) != "-" and _is_foreign(Path(path))]
    return [path for path in paths if Path(path) not in foreign], foreign


def _is_foreign(path: Path) -> bool:
    if not (path.is_file() or path.is_dir()):
        return False
    found = find_files([path], samples=False, exclude=()).files[:_LOOKED_AT]
    return any(_is_recognised(file, name) for file, name in found)


def _is_recognised(path: Path, name: str) -> bool:
    if not path.name.endswith((*ENDINGS, RUN_FILE)):
        return False
    try:
        file = open_source(path, name)
    except RecordError:  # its reader says what is wrong with it
        return False
    return any(importer.recognises(file) for importer in importers())
