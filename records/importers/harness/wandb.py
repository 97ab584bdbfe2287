"""Weights & Biases: three different CSV files: run history, chart export and runs table.

Traps: the history's run is named by the file only; `run.history()` is sampled to 500 rows and
differs between calls; a chart holds `__MIN` and `__MAX` columns beside each curve.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

from scalepredict.records.importers.harness.interface import Imported, ImportedScore, Subject, Tally
from scalepredict.records.importers.harness.logged import (
    configuration,
    facts,
    facts_of_run,
    number,
    read_column,
    read_columns,
    scores_of_row,
)
from scalepredict.records.importers.harness.source_file import SourceFile
from scalepredict.records.notes import Note, noted

_SAMPLED_ROWS = 500  # what run.history() returns at the most unless asked otherwise


@dataclass(frozen=True, slots=True)
class WandbHistory:
    """One file for each run: `_step` and the logged values."""

    kind: ClassVar[str] = "wandb-history"

    def recognises(self, file: SourceFile) -> bool:
        """A `_step` column."""
        return "_step" in file.header

    def read(self, file: SourceFile) -> Imported:
        """Every row with scores is a checkpoint."""
        label = file.path.name.removesuffix(".gz").removesuffix(".csv")
        columns = read_columns(file.header)
        tally = Tally()
        scores: list[ImportedScore] = []
        rows = 0
        for line, row in file.csv_rows():
            rows += 1
            subject = facts(row, label, step=number(row["_step"]))
            scores += scores_of_row(subject, columns, row, source=file.name, line=line)
        warnings: tuple[Note, ...] = ()
        if rows == _SAMPLED_ROWS:
            text = (
                f"exactly {_SAMPLED_ROWS} rows: run.history() samples them; export with "
                "scan_history() to get all."
            )
            warnings = (noted("rows-sampled", text),)
        return Imported(scores=tuple(scores), skipped=tally.counts, warnings=warnings)


@dataclass(frozen=True, slots=True)
class WandbChart:
    """`"Step","<run> - <metric>",...`: one curve for each run."""

    kind: ClassVar[str] = "wandb-chart"

    def recognises(self, file: SourceFile) -> bool:
        """A step, then columns of runs."""
        return (
            bool(file.header)
            and file.header[0] in ("Step", "_step", "Relative Time (Process)")
            and any(" - " in name for name in file.header[1:])
        )

    def read(self, file: SourceFile) -> Imported:
        """Every cell is a score of the run that its column names."""
        curves = {}
        for name in file.header[1:]:
            run, _, metric = name.partition(" - ")
            column = None if re.search(r"__(?:MIN|MAX|_step)$", name) else read_column(metric)
            if column is not None and not column.is_loss:
                curves[name] = (run, column)
        tally = Tally()
        scores: list[ImportedScore] = []
        for line, row in file.csv_rows():
            step = number(row[file.header[0]])
            for name, (run, column) in curves.items():
                subject = Subject(label=run, step=step)
                scores += scores_of_row(subject, {name: column}, row, source=file.name, line=line)
        return Imported(scores=tuple(scores), skipped=tally.counts)


@dataclass(frozen=True, slots=True)
class WandbRuns:
    """`Name,State,...`: one row for each run, configuration beside the final scores."""

    kind: ClassVar[str] = "wandb-runs"

    def recognises(self, file: SourceFile) -> bool:
        """Name and state of a run."""
        return {"Name", "State"} <= set(file.header)

    def lacking(self, file: SourceFile) -> str:
        """What a file that is said to be of this format lacks; empty if it can be read."""
        if "Name" not in file.header:
            return "it has no column `Name`"
        scored = any(read_column(name) for name in file.header)
        return "" if scored else "none of its columns is a metric like `eval/arc_easy/acc`"

    def read(self, file: SourceFile) -> Imported:
        """The final scores of every finished run."""
        columns = read_columns(file.header)
        tally = Tally()
        scores: list[ImportedScore] = []
        for line, row in file.csv_rows():
            if row.get("State", "") not in ("finished", ""):
                tally.add(f"a run that is {row['State']}")
                continue
            run = configuration(row)
            scores += scores_of_row(
                facts_of_run(row, run, row["Name"]),
                columns,
                row,
                source=file.name,
                line=line,
                time=row.get("Created", ""),
                run=run,
            )
        return Imported(scores=tuple(scores), skipped=tally.counts)
