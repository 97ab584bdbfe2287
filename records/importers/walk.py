"""Which files of a folder may hold results? Walked in a fixed order, without following loops."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType

from scalepredict.errors import RecordError
from scalepredict.records.importers.harness.source_file import EVENTS
from scalepredict.records.importers.streams import shown

ENDINGS = (".json", ".jsonl", ".csv", ".json.gz", ".jsonl.gz", ".csv.gz")
RUN_FILE = "meta.yaml"
_SAMPLES = ("samples_*", "*-predictions.jsonl*", "*-requests.jsonl*", "*-recorded-inputs.jsonl*")
UNASKED = "answers to single questions (read with --samples)"
_OLMES_SUMMARY = ("metrics-all.jsonl", "metrics-all.jsonl.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The files to open, with the names to show, and the count of those passed over by reason."""

    files: tuple[tuple[Path, str], ...]
    passed_over: dict[str, int]


def find_files(
    sources: Sequence[Path],
    *,
    samples: bool,
    exclude: Sequence[str],
    output: Path | None = None,
    kept: Mapping[Path, Path] = MappingProxyType({}),
) -> Found:
    """List result files below the sources, sorted by path.

    Args:
        sources: Files, folders and streams.
        samples: Whether answers to single questions are asked for.
        exclude: Glob patterns of files to leave out.
        output: A file to leave out.
        kept: The files in which streams are kept.

    Raises:
        RecordError: A source does not exist.
    """
    files: list[tuple[Path, str]] = []
    passed_over: dict[str, int] = {}
    for source in sources:
        if source in kept:
            files.append((kept[source], shown(source)))
            continue
        if not source.exists():
            raise RecordError(f"{source}: no such file or folder.")
        if source.is_file():
            files.append((source, str(source)))
            continue
        if not source.is_dir():
            raise RecordError(
                f"{source}: neither a file nor a folder nor a pipe (a device, perhaps)."
            )
        # Does not follow links to folders.
        for folder, subfolders, names in os.walk(source, onerror=_refuse_unreadable):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            if RUN_FILE in names and "metrics" in subfolders:  # a run in the store of MLflow
                files.append((Path(folder, RUN_FILE), str(Path(folder, RUN_FILE))))
                subfolders.clear()
                continue
            summary = any(name in names for name in _OLMES_SUMMARY)
            for name in sorted(names):
                path = Path(folder, name)
                if output is not None and os.path.abspath(path) == os.path.abspath(output):
                    continue
                reason = _reason_to_pass(path, str(path), samples, exclude, summary)
                if reason:
                    passed_over[reason] = passed_over.get(reason, 0) + 1
                else:
                    files.append((path, str(path)))
    return Found(files=tuple(files), passed_over=passed_over)


def _reason_to_pass(
    path: Path, place: str, samples: bool, exclude: Sequence[str], summary: bool
) -> str:
    name = path.name
    if not name.isprintable():
        return "a name with control characters or not in UTF-8"
    if any(fnmatchcase(place, pattern) or fnmatchcase(name, pattern) for pattern in exclude):
        return "excluded by --exclude"
    known = name.endswith(ENDINGS) or name.startswith(EVENTS)
    if name.startswith(".") or not known:
        return "not a .json, .jsonl or .csv file"
    is_sample = any(fnmatchcase(name, pattern) for pattern in _SAMPLES)
    if is_sample and not samples:
        return UNASKED
    if summary and name.removesuffix(".gz").endswith("metrics.json"):
        return "repeated in metrics-all.jsonl beside it"
    if not path.is_file():
        return "not a regular file (a broken link, a pipe)"
    return ""


def _refuse_unreadable(error: OSError) -> None:
    raise RecordError(f"{error.filename}: cannot be read: {error.strerror}.") from error
