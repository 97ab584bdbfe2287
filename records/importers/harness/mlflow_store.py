"""MLflow's file store: `mlruns/<experiment>/<run>/` with a file for each metric and parameter.

Traps: a metric is a log of `time value step`, whose last line counts; names of metrics are paths;
the name of a run is a tag, or in its `meta.yaml`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from scalepredict.errors import RecordError
from scalepredict.records.importers.harness.interface import Imported, ImportedScore, Tally
from scalepredict.records.importers.harness.logged import (
    configuration,
    facts_of_run,
    read_column,
    scores_of_row,
)
from scalepredict.records.importers.harness.source_file import SourceFile

_FINISHED = (3, "3", "FINISHED", None)
_MAX_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class MlflowStore:
    """Reads one run by its `meta.yaml`."""

    kind: ClassVar[str] = "mlflow-store"

    def recognises(self, file: SourceFile) -> bool:
        """The description of a run beside its metrics."""
        return file.path.name == "meta.yaml" and (file.path.parent / "metrics").is_dir()

    def read(self, file: SourceFile) -> Imported:
        """The last scores of a finished run.

        Raises:
            RecordError: A file of the run cannot be read.
        """
        meta = file.content if isinstance(file.content, dict) else {}
        folder = file.path.parent
        tally = Tally()
        if meta.get("status") not in _FINISHED:
            tally.add("a run that is not finished")
            return Imported(skipped=tally.counts)
        tags = dict(_values(folder / "tags"))
        parameters = {f"params.{name}": value for name, value in _values(folder / "params")}
        row = {**parameters, **{f"tags.{name}": value for name, value in tags.items()}}
        run = configuration(row)
        for name, text in _values(folder / "metrics"):
            lines = [line.split() for line in text.splitlines() if line.strip()]
            row[name] = lines[-1][1] if lines and len(lines[-1]) > 1 else ""
            if len(lines) > 1:
                tally.add("an earlier value of a metric", len(lines) - 1)
        label = tags.get("mlflow.runName") or str(meta.get("run_name") or folder.name)
        columns = {name: column for name in row if (column := read_column(name))}
        scores: list[ImportedScore] = scores_of_row(
            facts_of_run(row, run, label),
            columns,
            row,
            source=file.name,
            line=1,
            time=str(meta.get("end_time") or ""),
            run=run,
        )
        return Imported(scores=tuple(scores), skipped=tally.counts)


def _values(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if not path.is_file() or path.is_symlink():
            continue
        try:
            with path.open("rb") as stream:
                text = stream.read(_MAX_BYTES).decode("utf-8", "replace")
        except OSError as error:
            raise RecordError(f"{path}: cannot be read: {error.strerror or error}.") from error
        yield path.relative_to(folder).as_posix(), text.strip()
