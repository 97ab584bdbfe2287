"""`scalepredict validate`: are files read as they are meant? What was assumed, what to mend."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.gathered import SameTokensOption
from scalepredict.cli.inputs.options import Measurement, Output
from scalepredict.cli.inputs.parameters import command
from scalepredict.cli.views.render import (
    MISSING,
    WARNING_PREFIX,
    Cell,
    Format,
    Sheet,
    emit,
    percent,
    percent_range,
    spoken,
)
from scalepredict.records.notes import Note, without
from scalepredict.records.text.counts import count_of

if TYPE_CHECKING:
    from scalepredict.cli.schemas.validate_schema import (
        BenchmarkInventory,
        CheckedFile,
        FamilyInventory,
        RecordsFile,
        ValidateDocument,
    )
    from scalepredict.records.inventory import BenchmarkSummary, FamilySummary
    from scalepredict.records.reading.read import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What one kind of file was found to hold.

    Attributes:
        sheets: What it holds, for people.
        document: The same, for JSON.
        notes: What was assumed, derived or left out.
        findings: What should be mended.
    """

    sheets: tuple[Sheet, ...]
    document: "CheckedFile"
    notes: tuple[Note, ...]
    findings: tuple[Note, ...]


@command
def validate(
    files: Annotated[
        tuple[Path, ...],
        typer.Argument(
            metavar="FILES...",
            help="Records (files, folders, - for stdin), a ladder, benchmark or check file.",
        ),
    ],
    measurement: Measurement,
    shown: Output,
    tokens: SameTokensOption = None,
) -> None:
    """Tell what files hold and what in them should be mended.

    And what was assumed in reading them. Exits with 0 if nothing needs mending, 1 if there are
    findings, 2 if a file cannot be read.

    Example: scalepredict validate records.csv
    """
    form = shown.shape
    others = {path: check for path in files if (check := _other_kind(path)) is not None}
    if len(others) < len(files):  # beside records, a benchmark file says how to read them
        others = {path: check for path, check in others.items() if check is not _benchmark_file}
    checked = [check(path) for path, check in others.items()]
    records = [path for path in files if path not in others]
    if records:
        checked.append(_records(records, measurement, tokens))
    ignored = shown.voice.ignored
    findings = without((finding for one in checked for finding in one.findings), ignored)
    notes = without((note for one in checked for note in one.notes), ignored)
    if not (shown.verbosity.quiet and form is Format.TABLE):
        _tell(checked, notes, findings, form)
    if findings:
        raise typer.Exit(1)


def _tell(
    checked: Sequence[Checked], notes: Sequence[Note], findings: Sequence[Note], form: Format
) -> None:
    told = [("finding", finding) for finding in findings] + [("note", note) for note in notes]
    verdict = count_of(len(findings), "finding")
    lines = tuple(
        (kind, code, line.removeprefix(WARNING_PREFIX))
        for kind, code in dict.fromkeys((kind, note.code) for kind, note in told)
        for line in spoken(note for group, note in told if (group, note.code) == (kind, code))
    )
    summary = Sheet(title=verdict, header=("", "code", ""), align="lll", rows=lines)
    sheets = [sheet for one in checked for sheet in one.sheets]
    rows: list[dict[str, Cell]] = [
        {"kind": kind, "code": note.code, "sentence": str(note)} for kind, note in told
    ]
    document: ValidateDocument = {
        "schema": "scalepredict.validate/1",
        "files": [one.document for one in checked],
        "findings": list(map(str, findings)),
        "notes": [note.document() for note in (*findings, *notes)],
    }
    emit(form, sheets=[*sheets, summary], rows=rows, document=document)


def _other_kind(path: Path) -> Callable[[Path], Checked] | None:
    # A kind of configuration file is known by a key at its top; a new kind is one line here.
    from scalepredict.records.text.yaml_text import load_yaml

    kinds = {"models": _ladder, "benchmarks": _benchmark_file, "check": _gate_file}
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        return None
    value = load_yaml(path).value
    if not isinstance(value, dict) or "records" in value:
        return None
    return next((check for key, check in kinds.items() if key in value), None)


def _ladder(path: Path) -> Checked:
    from scalepredict.records.importers.sidecar import read_ladder

    ladder = read_ladder(path)
    n_models = len(ladder.models)
    return Checked(
        sheets=(
            Sheet(
                title="ladder file",
                header=("file", "models"),
                align="lr",
                rows=((str(path), f"{n_models}"),),
            ),
        ),
        document={"file": str(path), "kind": "ladder", "models": n_models},
        notes=(),
        findings=(),
    )


def _benchmark_file(path: Path) -> Checked:
    from scalepredict.records.benchmarks import metadata_from
    from scalepredict.records.text.yaml_text import load_yaml

    # An entry is found by several names.
    n_benchmarks = len({id(entry) for entry in metadata_from(load_yaml(path)).entries.values()})
    return Checked(
        sheets=(
            Sheet(
                title="benchmark file",
                header=("file", "names"),
                align="lr",
                rows=((str(path), f"{n_benchmarks}"),),
            ),
        ),
        document={"file": str(path), "kind": "benchmarks", "names": n_benchmarks},
        notes=(),
        findings=(),
    )


def _gate_file(path: Path) -> Checked:
    from scalepredict.evaluation.off_trend.gate_file import load_gate

    gate = load_gate(path).gate
    return Checked(
        sheets=(
            Sheet(
                title="rules of check",
                header=("file", "alpha", "benchmark patterns"),
                align="lrr",
                rows=((str(path), f"{gate.alpha:g}", f"{len(gate.benchmarks)}"),),
            ),
        ),
        document={"file": str(path), "kind": "check", "alpha": gate.alpha},
        notes=(),
        findings=(),
    )


def _records(paths: Sequence[Path], measurement: Measurement, tokens: float | None) -> Checked:
    # Imported here: `--help` must not pay for pandas.
    from scalepredict.cli.inputs.chosen import read_files
    from scalepredict.records.findings import lint

    reading = read_files(
        paths,
        benchmarks=measurement.reading.benchmarks,
        ladder=measurement.reading.ladder,
        metrics=measurement.metric,
        shots=measurement.shots,
        percent=measurement.reading.percent,
        answers=measurement.reading.answers,
        tokens=tokens,
    )
    return Checked(
        sheets=(_files_sheet(reading), _families_sheet(reading), _benchmarks_sheet(reading)),
        document=_document(reading),
        notes=reading.report.notes(),
        findings=lint(reading.table),
    )


def _files_sheet(reading: "Reading") -> Sheet:
    return Sheet(
        title="files",
        header=("file", "rows"),
        align="lr",
        rows=tuple((name, f"{rows:,}") for name, rows in reading.report.files),
    )


def _families_sheet(reading: "Reading") -> Sheet:
    from scalepredict.records.inventory import summarise_families

    return Sheet(
        title="families",
        header=("family", "models", "checkpoints", "params", "tokens", "FLOPs"),
        align="lrrrrr",
        rows=tuple(
            (
                *(f.family, f"{f.n_models:,}", f"{f.n_checkpoints:,}"),
                *(_counts(f.params), _counts(f.tokens), _counts(f.flops)),
            )
            for f in summarise_families(reading.table)
        ),
    )


def _benchmarks_sheet(reading: "Reading") -> Sheet:
    from scalepredict.records.inventory import summarise_benchmarks

    found = summarise_benchmarks(reading.table)
    others = "" if all(b.is_fraction for b in found) else ", other metrics in their own unit"
    return Sheet(
        title=f"benchmarks (chance and scores in %{others})",
        header=(
            *("benchmark", "tasks", "metric", "shots", "chance", "items", "suite", "measured"),
            "scores",
        ),
        align="lrlrrrlrr",
        rows=tuple(
            (
                *(b.benchmark, f"{b.n_tasks:,}", ", ".join(b.metrics) or MISSING),
                ", ".join(map(str, b.shots)) or MISSING,
                "unknown" if b.chance_assumed else _chance(b),
                MISSING if b.n_items is None else f"{b.n_items:,.0f}",
                b.suite or MISSING,
                f"{b.n_scores:,}",
                MISSING if b.scores is None else _scores(b, *b.scores),
            )
            for b in found
        ),
    )


def _chance(benchmark: "BenchmarkSummary") -> str:
    return _percents(benchmark.chance) if benchmark.is_fraction else MISSING  # no guesser


def _scores(benchmark: "BenchmarkSummary", low: float, high: float) -> str:
    return percent_range(low, high) if benchmark.is_fraction else f"{low:.4g}-{high:.4g}"


def _document(reading: "Reading") -> "RecordsFile":
    from scalepredict.records.inventory import summarise_benchmarks, summarise_families

    return {
        "kind": "records",
        "report": asdict(reading.report),
        "families": [_family(family) for family in summarise_families(reading.table)],
        "benchmarks": [_benchmark(each) for each in summarise_benchmarks(reading.table)],
    }


def _family(family: "FamilySummary") -> "FamilyInventory":
    return {
        "family": family.family,
        "n_models": family.n_models,
        "n_checkpoints": family.n_checkpoints,
        "params": _ends(family.params),
        "tokens": _ends(family.tokens),
        "flops": _ends(family.flops),
    }


def _benchmark(benchmark: "BenchmarkSummary") -> "BenchmarkInventory":
    return {
        "benchmark": benchmark.benchmark,
        "n_tasks": benchmark.n_tasks,
        "metrics": [*benchmark.metrics],
        "shots": [*benchmark.shots],
        "chance": [*benchmark.chance],
        "chance_assumed": benchmark.chance_assumed,
        "n_items": benchmark.n_items,
        "suite": benchmark.suite,
        "n_scores": benchmark.n_scores,
        "scores": _ends(benchmark.scores),
    }


def _ends(bounds: tuple[float, float] | None) -> list[float] | None:
    return None if bounds is None else [*bounds]


def _counts(bounds: tuple[float, float] | None) -> str:
    from scalepredict.records.text.counts import format_count

    if bounds is None:
        return MISSING
    low, high = (format_count(value) for value in bounds)
    return low if low == high else f"{low} to {high}"


def _percents(bounds: tuple[float, float]) -> str:
    return percent(bounds[0]) if bounds[0] == bounds[1] else percent_range(*bounds)
