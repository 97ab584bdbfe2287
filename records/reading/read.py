"""What was measured? Files of records in, one table and a report out.

Long form: one row per checkpoint and benchmark or task. Wide form: a column for each benchmark.
A column that is not known is an error where it resembles one that is; else it is left out and
reported (any column whose name starts with ``x_`` is left out).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scalepredict.errors import RecordError
from scalepredict.records.benchmarks import BenchmarkMetadata, shipped_metadata
from scalepredict.records.formats.csv_file import read_delimited
from scalepredict.records.formats.json_lines import read_json_lines
from scalepredict.records.formats.parquet_file import read_parquet
from scalepredict.records.formats.pasted_tables import from_markdown, from_spreadsheet
from scalepredict.records.formats.plausible import check_range
from scalepredict.records.formats.rows import FileRows, Odd, join_rows
from scalepredict.records.formats.sources import Form, Source, find_sources
from scalepredict.records.formats.yaml_records import read_structured
from scalepredict.records.importers.account import summary
from scalepredict.records.importers.choose import Choice
from scalepredict.records.importers.collect import collect
from scalepredict.records.importers.detect import split_foreign
from scalepredict.records.importers.sidecar import Ladder
from scalepredict.records.importers.to_rows import as_rows
from scalepredict.records.reading.add_answers import add_answers, answer_files
from scalepredict.records.reading.admit_rows import admit_rows, of_scores
from scalepredict.records.reading.assemble import assemble
from scalepredict.records.reading.checks import (
    choose_variants,
    complete_scores,
    measured,
)
from scalepredict.records.reading.identity import told_apart_by_seed, with_same_tokens
from scalepredict.records.reading.metric_names import metrics_told
from scalepredict.records.reading.read_report import ReadReport
from scalepredict.records.table import EvalTable

if TYPE_CHECKING:
    import pandas as pd

_READERS = {
    Form.DELIMITED: read_delimited,
    Form.JSON_LINES: read_json_lines,
    Form.PARQUET: read_parquet,
    Form.YAML: read_structured,
}


MOST_NAMES = 50  # of benchmarks that are not known, for which near names are looked for


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """The table of all files, with tasks, and what was done to make it."""

    table: EvalTable
    report: ReadReport

    def to_frame(self) -> "pd.DataFrame":
        """One row for each score, in long form."""
        from scalepredict.records.formats.long_form import long_form

        return long_form(self.table)


def read_records(
    paths: str | Path | Sequence[str | Path],
    *,
    metadata: BenchmarkMetadata | None = None,
    metrics: Sequence[str] = (),
    shots: int | None = None,
    percent: bool = False,
    ladder: Ladder | None = None,
    tokens: float | None = None,
    answers: bool = False,
) -> Reading:
    """Read files and folders of records, or of harness and logger results, into one table.

    Args:
        paths: A file or folder, or several; ``-`` is stdin.
        metadata: Chance levels, item counts and suites that override the shipped ones. A
            ``benchmarks:`` section of a record file overrides both.
        metrics: Where a benchmark has several metrics, the first of these that it has is read;
            without one, each is a column of its own.
        shots: Where a benchmark has several shot counts, this one is read; as with metrics.
        percent: Whether all scores and their standard errors are in percent.
        ladder: Sizes of the models in harness and logger results, which hardly state them.
        tokens: Training tokens of all models whose tokens and FLOPs are not recorded (a count).
        answers: Whether each row is a graded answer (or successes of trials), so that those of one
            checkpoint and question are added up.

    Raises:
        RecordError: A file is not understood, or records contradict each other.
        ConfigError: A ``benchmarks:`` section is not understood.
    """
    if isinstance(paths, str | Path):
        paths = (paths,)
    own, foreign = split_foreign(paths)
    sources, others = _sources(own) if own or not foreign else ([], ())
    graded = sources if answers else answer_files(sources)
    plain = [source for source in sources if source not in graded]
    parts = [_read(source, percent=percent) for source in plain]
    added = add_answers(graded, percent=percent) if graded else None
    choice = Choice(
        metric={},
        filter={},
        shots={} if shots is None else {"": shots},
        prefer=tuple(metrics),
        percent=percent,
    )
    own_metadata = BenchmarkMetadata(entries={})
    for given in (metadata, *(part.metadata for part in parts)):
        own_metadata = own_metadata if given is None else own_metadata.overridden(given)
    known = shipped_metadata().overridden(own_metadata)
    collected = (
        collect(foreign, ladder=ladder, choice=choice, metrics=known.metrics) if foreign else None
    )
    names = [source.name for source in plain]
    n_rows = [len(part.rows) for part in parts]
    if added is not None:
        parts.append(added.part)
        names += [source.name for source in graded]
        n_rows += added.n_rows
    if collected is not None:
        imported = as_rows(collected)
        parts.append(FileRows(rows=imported))
        names += imported.sources
        n_rows += np.bincount(imported.source, minlength=len(imported.sources)).tolist()
    rows = metrics_told(complete_scores(join_rows([part.rows for part in parts])), known)
    rows, n_same_tokens = with_same_tokens(rows, tokens)
    rows, seeds = told_apart_by_seed(rows)
    scored = measured(rows)
    rows, admitted = admit_rows(rows.take(scored), known.metrics, asked=metrics)
    check_range(rows.take(of_scores(rows, known.metrics)), "stderr")
    rows = rows.take(measured(rows))
    if not len(rows):
        why = " ".join(("", *map(str, admitted))) or " Nothing to read."
        raise RecordError(f"{', '.join(names)}: no row has a score.{why}")
    kept, several = choose_variants(rows, metrics=metrics, shots=shots)
    built = assemble(kept, known)
    return Reading(
        table=built.table,
        report=ReadReport(
            files=tuple(zip(names, n_rows, strict=True)),
            imported=() if collected is None else (*summary(collected), *collected.warnings),
            other_files=others,
            columns=(*admitted, *several),
            n_rows=len(kept),
            n_merged=built.n_merged,
            n_empty=int((~scored).sum()) + (0 if added is None else added.n_empty),
            n_filtered=len(rows) - len(kept),
            n_tokens_derived=built.derived["tokens"],
            n_flops_derived=built.derived["flops"],
            n_params_derived=built.derived["params"],
            n_params_non_embedding=built.derived["non_embedding"],
            n_sizes_assumed=built.derived["from_flops"],
            n_same_tokens=n_same_tokens,
            sparse=bool(np.isfinite(built.table.params_active).any()),
            seeds=seeds,
            n_without_compute=int(np.isnan(built.table.flops).sum()),
            # What the user wrote down was not assumed.
            chance_from_metadata=tuple(
                name for name in built.chance_from_metadata if not own_metadata.has_chance(name)
            ),
            chance_assumed=tuple(
                dict.fromkeys(unit.benchmark for unit in built.table.units if unit.chance_assumed)
            ),
            near_names=_near_names(built.table, known),
            n_items_from_metadata=tuple(
                name for name in built.n_items_from_metadata if not own_metadata.has_items(name)
            ),
            ignored_columns=tuple(dict.fromkeys(name for part in parts for name in part.ignored)),
            settings=tuple(dict.fromkeys(name for part in parts for name in part.settings)),
            read_as_benchmarks=_unfamiliar(parts, known),
            odd=sum((part.odd for part in parts), Odd()),
            remarks=tuple(note for part in parts for note in part.notes),
        ),
    )


def _near_names(table: EvalTable, known: BenchmarkMetadata) -> tuple[tuple[str, str], ...]:
    names = list(dict.fromkeys(unit.benchmark for unit in table.units if unit.chance_assumed))
    if len(names) > MOST_NAMES:  # such a table has names of its own
        return ()
    near = ((name, known.near(name)) for name in names if known.find(name) is None)
    return tuple((name, usual) for name, usual in near if usual is not None)


def _sources(paths: Sequence[str | Path]) -> tuple[list[Source], tuple[str, ...]]:
    # A folder without records may hold results that cannot be read: say why, as `import` does.
    try:
        return find_sources(paths)
    except RecordError:
        folders = [Path(path) for path in paths if Path(path).is_dir()]
        if len(folders) == len(paths) and any(
            True for folder in folders for _ in folder.rglob("*.json*")
        ):
            collect(folders)
        raise


def _unfamiliar(parts: Sequence[FileRows], known: BenchmarkMetadata) -> tuple[str, ...]:
    # The columns of wide tables, where one of them is of no benchmark that is known.
    names = tuple(dict.fromkeys(name for part in parts for name in part.benchmarks))
    return names if any(known.find(name) is None for name in names) else ()


def _read(source: Source, *, percent: bool) -> FileRows:
    form = source.form()
    if form in (Form.MARKDOWN, Form.SPREADSHEET):
        convert = from_markdown if form is Form.MARKDOWN else from_spreadsheet
        table, notes = convert(source)
        word = "line" if form is Form.MARKDOWN else "row"
        part = read_delimited(table, percent=percent, word=word)
        return replace(part, notes=(*notes, *part.notes))
    return _READERS[form](source, percent=percent)
