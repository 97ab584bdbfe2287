"""Which evidence did the user choose? From files and options to the table that a method may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scalepredict.errors import ConfigError, RefusedError
from scalepredict.records.asymptote import parse_asymptotes, with_asymptotes
from scalepredict.records.benchmarks import BenchmarkMetadata, metadata_from
from scalepredict.records.choice import EvidenceChoice
from scalepredict.records.evidence import CheckpointChoice, select_evidence, why_no_evidence
from scalepredict.records.findings import doubts
from scalepredict.records.importers.sidecar import read_ladder
from scalepredict.records.notes import Note
from scalepredict.records.reading.read import Reading, read_records
from scalepredict.records.subset import of_families, refuse_mixed_phases, up_to
from scalepredict.records.table import EvalTable
from scalepredict.records.text.counts import format_count
from scalepredict.records.text.yaml_text import load_yaml


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What was chosen: the table and anchors, what was read, and notes that tell both."""

    table: EvalTable
    anchors: EvalTable
    reading: Reading
    notes: tuple[Note, ...]


def gather_evidence(
    records: Sequence[str | Path], choice: EvidenceChoice, *, among_others: bool = False
) -> Evidence:
    """Read records and keep what was asked for.

    Args:
        records: What to read.
        choice: What was asked for.
        among_others: Whether other records are read with the same choice, so that an option may
            mean nothing to these.
    """
    reading = read_files(
        records,
        benchmarks=choice.benchmarks,
        ladder=choice.ladder,
        metrics=choice.metrics,
        shots=choice.shots,
        percent=choice.percent,
        answers=choice.answers,
        tokens=choice.tokens,
    )
    if not among_others:
        check_ladder_used([reading], choice.ladder)
        check_tokens_used([reading], choice.tokens)
    selection = select_evidence(
        of_families(reading.table, choice.families),
        choice=CheckpointChoice.parse(choice.checkpoints),
        phases=frozenset(choice.phases) or None,
        needs_compute=not choice.without_compute,
    )
    if not selection.table.checkpoints:
        why = f"{', '.join(map(str, records))}: {why_no_evidence(reading.table)}"
        raise RefusedError("\n".join((why, *map(str, reading.report.doubts()))))
    refuse_mixed_phases(selection.table)
    given = with_asymptotes(selection.table, parse_asymptotes(choice.asymptotes))
    table, cut = up_to(given, params=choice.up_to_params, flops=choice.up_to_flops)
    return Evidence(
        table=table,
        anchors=selection.anchors,
        reading=reading,
        notes=(
            *reading.report.notes(),
            *doubts(table),
            *selection.notes,
            *cut,
        ),
    )


def check_ladder_used(readings: Sequence[Reading], ladder: Path | None) -> None:
    """Refuse a ladder file that gives no model its size.

    Raises:
        RefusedError: No results of harnesses were read.
    """
    if ladder is not None and not any(reading.report.imported for reading in readings):
        raise RefusedError(
            f"--ladder {ladder}: it gives sizes to results of harnesses, and these records are "
            "tables, which hold their own; leave it out, or add the sizes as columns."
        )


def check_tokens_used(readings: Sequence[Reading], tokens: float | None) -> None:
    """Refuse ``--tokens`` where none of the records lacks what it stands for.

    Raises:
        RefusedError: All models tell their tokens or FLOPs.
    """
    if tokens is not None and not any(reading.report.n_same_tokens for reading in readings):
        raise RefusedError(
            f"--tokens {format_count(tokens)} is for models whose tokens and FLOPs are not "
            "recorded, and here all are; leave it out."
        )


def read_files(
    records: Sequence[str | Path],
    *,
    benchmarks: Path | None,
    ladder: Path | None,
    metrics: Sequence[str] = (),
    shots: int | None = None,
    percent: bool = False,
    answers: bool = False,
    tokens: float | None = None,
) -> Reading:
    """Read records with the user's own benchmark and ladder files; see `read_records`."""
    return read_records(
        records,
        metadata=None if benchmarks is None else _own_metadata(benchmarks),
        metrics=metrics,
        shots=shots,
        percent=percent,
        answers=answers,
        tokens=tokens,
        ladder=None if ladder is None else read_ladder(ladder),
    )


def _own_metadata(path: Path) -> BenchmarkMetadata:
    document = load_yaml(path)
    metadata = metadata_from(document)
    if not isinstance(document.value, dict) or not {"benchmarks", "metrics"} & set(document.value):
        raise ConfigError(
            f"{path}: says nothing of a benchmark; --benchmarks takes a YAML file with "
            "`benchmarks:` or `metrics:`, like `benchmarks: {arc_easy: {chance: 0.25}}`."
        )
    return metadata
