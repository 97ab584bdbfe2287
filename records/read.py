"""What was measured? Files of records in, one table and a report out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scalepredict.errors import RecordError
from scalepredict.records.assemble import assemble
from scalepredict.records.delimited import read_delimited
from scalepredict.records.metadata import BenchmarkMetadata, shipped_metadata
from scalepredict.records.report import ReadReport
from scalepredict.records.rows import Rows, join_rows
from scalepredict.records.sources import find_sources
from scalepredict.records.table import EvalTable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """The table of all files, with tasks, and what was done to make it."""

    table: EvalTable
    report: ReadReport


def read_records(
    paths: Sequence[str | Path], *, metadata: BenchmarkMetadata | None = None
) -> Reading:
    """Read files and folders of records into one table.

    Args:
        paths: Files; ``-`` is stdin.
        metadata: Overrides the shipped chance levels, item counts and suites.

    Raises:
        RecordError: A file is not understood, or records contradict each other.
    """
    known = shipped_metadata()
    known = known if metadata is None else known.overridden(metadata)
    sources = find_sources(paths)
    parts = [read_delimited(source) for source in sources]
    rows = join_rows([part for part, _ in parts])
    rows, n_empty = _checked(rows)
    built = assemble(rows, known)
    table = built.table
    return Reading(
        table=table,
        report=ReadReport(
            files=tuple((s.name, len(r)) for s, (r, _) in zip(sources, parts, strict=True)),
            n_rows=len(rows),
            n_merged=built.n_merged,
            n_empty=n_empty,
            n_tokens_derived=built.derived["tokens"],
            n_flops_derived=built.derived["flops"],
            n_params_derived=built.derived["params"],
            n_without_compute=int(np.isnan(table.flops).sum()),
            chance_from_metadata=built.chance_from_metadata,
            chance_assumed=tuple(
                dict.fromkeys(unit.benchmark for unit in table.units if unit.chance_assumed)
            ),
            n_items_from_metadata=built.n_items_from_metadata,
            ignored_columns=tuple(dict.fromkeys(name for _, names in parts for name in names)),
        ),
    )


def _checked(rows: Rows) -> tuple[Rows, int]:
    score = rows.number("score")
    outside = np.flatnonzero((score < 0) | (score > 1) | np.isinf(score))
    if len(outside):
        row = int(outside[0])
        raise RecordError(
            f"{rows.where(row)}: score {score[row]:.15g} is not between 0 and 1; scores are "
            "fractions. If the file is in percent, say so in the header: `score (%)`."
        )
    measured = ~(np.isnan(score) & np.isnan(rows.number("task_loss")))
    return rows.take(measured), int((~measured).sum())
