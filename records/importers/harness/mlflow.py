"""MLflow: the CSV of `mlflow experiments csv` or `search_runs().to_csv()`: one row for each run.

Traps: only the last value of each metric is there; parameters are text, so `3.8B` is a count.
"""

from dataclasses import dataclass
from typing import ClassVar

from scalepredict.records.importers.harness.interface import Imported, ImportedScore, Tally
from scalepredict.records.importers.harness.logged import (
    configuration,
    facts_of_run,
    read_column,
    scores_of_row,
)
from scalepredict.records.importers.harness.source_file import SourceFile

_PREFIX = "metrics."


@dataclass(frozen=True, slots=True)
class MlflowRuns:
    """Reads the table of runs."""

    kind: ClassVar[str] = "mlflow"

    def recognises(self, file: SourceFile) -> bool:
        """A run id and metrics."""
        return "run_id" in file.header and any(name.startswith(_PREFIX) for name in file.header)

    def read(self, file: SourceFile) -> Imported:
        """The last scores of every finished run."""
        columns = {
            name: column
            for name in file.header
            if name.startswith(_PREFIX) and (column := read_column(name.removeprefix(_PREFIX)))
        }
        tally = Tally()
        scores: list[ImportedScore] = []
        for line, row in file.csv_rows():
            if row.get("status", "FINISHED") != "FINISHED":
                tally.add(f"a run that is {row['status']}")
                continue
            label = row.get("tags.mlflow.runName") or row["run_id"]
            run = configuration(row)
            scores += scores_of_row(
                facts_of_run(row, run, label),
                columns,
                row,
                source=file.name,
                line=line,
                time=row.get("end_time", ""),
                run=run,
            )
        return Imported(scores=tuple(scores), skipped=tally.counts)
