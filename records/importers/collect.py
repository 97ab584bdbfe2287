"""How does a folder of foreign results become records? Detect, read, name, merge, check.

Every file that is not read and every value that is not taken is counted with its reason.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from scalepredict.errors import RecordError, did_you_mean
from scalepredict.records.importers.admit_scores import admit_scores
from scalepredict.records.importers.choose import (
    NO_CHOICE,
    Choice,
    Placed,
    choose_metrics,
    keep_newest,
)
from scalepredict.records.importers.harness.interface import (
    Imported,
    ImportedScore,
    Importer,
    Subject,
)
from scalepredict.records.importers.harness.source_file import open_source
from scalepredict.records.importers.items import join_items
from scalepredict.records.importers.place import place
from scalepredict.records.importers.registry import importers
from scalepredict.records.importers.sidecar import Ladder, Resolved
from scalepredict.records.importers.streams import kept_streams, shown
from scalepredict.records.importers.unreadable import as_records, by_reason, route
from scalepredict.records.importers.variants import split_variants, unequal_items
from scalepredict.records.importers.walk import UNASKED, Found, find_files
from scalepredict.records.metrics import Metrics, shipped_metrics
from scalepredict.records.notes import Note, noted, told
from scalepredict.records.text.counts import count_of

Progress = Callable[[int, int], None]
_REASONS = 5  # that are told of files which are skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Scores with their checkpoints, and an account of everything else.

    Attributes:
        checkpoints: What was evaluated.
        placed: The scores, each with the index of its checkpoint.
        kinds: Files read, by format.
        skipped_files: Files that were opened and not read: (name, reason).
        passed_over: Files that were not opened, by reason.
        left_out: Values that were not taken, by reason.
        notes: What was chosen and merged.
        warnings: What looks wrong.
    """

    checkpoints: tuple[Resolved, ...]
    placed: tuple[Placed, ...]
    kinds: dict[str, int]
    skipped_files: tuple[tuple[str, str], ...]
    passed_over: dict[str, int]
    left_out: dict[str, int]
    notes: tuple[Note, ...]
    warnings: tuple[Note, ...]


def collect(
    sources: Sequence[Path],
    *,
    ladder: Ladder | None = None,
    kind: str | None = None,
    samples: bool = False,
    exclude: Sequence[str] = (),
    output: Path | None = None,
    choice: Choice = NO_CHOICE,
    metrics: Metrics | None = None,
    progress: Progress | None = None,
) -> Collected:
    """Read result files and folders into scores with resolved checkpoints.

    Args:
        sources: Files and folders.
        ladder: Sizes of the models.
        kind: Format, or the first letters of its name; None finds it out.
        samples: Whether answers to single questions are read too.
        exclude: Glob patterns of files to leave out.
        output: File that an earlier import may have written into a source; it is left out.
        choice: Metric, filter and shots where there are several.
        metrics: What is known of metrics; None = what ships.
        progress: Called with the numbers of files done and found.

    Raises:
        RecordError: Nothing could be read, sizes or task keys contradict each other.
        ConfigError: The ladder asks for what it does not give.
    """
    with kept_streams(sources) as kept:
        found = find_files(sources, samples=samples, exclude=exclude, output=output, kept=kept)
        given = frozenset((*sources, *kept.values()))
        read = _contents(found, kind, samples=samples, given=given, progress=progress)
    scores, left_out = read.scores, read.left_out
    if not scores:
        raise RecordError(_nothing(sources, found.passed_over, read.skipped, left_out, kind))
    scores = join_items(scores, left_out)
    found_values = Counter(left_out)
    scores, notes, reasons = admit_scores(
        scores,
        metrics or shipped_metrics(),
        percent=choice.percent,
        asked=choice.prefer,
        left_out=left_out,
    )
    if not scores:
        raise RecordError(
            _nothing(sources, found.passed_over, read.skipped, left_out - found_values, kind)
        )
    checkpoints, everything, naming = place(scores, read.facts, ladder or Ladder())
    models = [c.model for c in checkpoints]
    chosen, chosen_notes = choose_metrics(everything, choice, reasons)
    told_apart, columns, ignored = split_variants(chosen, models, choice.ignore)
    newest, merged, doubtful = keep_newest(told_apart, models)
    notes += chosen_notes + columns
    if merged:
        older = count_of(merged, "older evaluation")
        notes.append(noted("superseded", f"superseded: {older} of the same checkpoint and task."))
    warnings = [_in_files(note, names) for note, names in read.warned.items()]
    warnings += _versions(read.harnesses)
    warnings += naming + doubtful + ignored + unequal_items(newest)
    return Collected(
        checkpoints=tuple(checkpoints),
        placed=tuple(newest),
        kinds=dict(read.kinds),
        skipped_files=tuple(read.skipped),
        passed_over=found.passed_over,
        left_out=dict(left_out),
        notes=tuple(notes),
        warnings=tuple(dict.fromkeys(warnings)),
    )


@dataclass(slots=True)
class _Contents:
    """What the files hold, and what became of each."""

    scores: list[ImportedScore] = field(default_factory=list)
    facts: dict[str, Subject] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    warned: dict[Note, list[str]] = field(default_factory=lambda: defaultdict(list))
    harnesses: Counter[str] = field(default_factory=Counter)


def _contents(
    found: Found,
    kind: str | None,
    *,
    samples: bool,
    given: Collection[Path],
    progress: Progress | None,
) -> _Contents:
    importers, read = _importers(kind), _Contents()
    for done, (path, name) in enumerate(found.files):
        if progress is not None:
            progress(done, len(found.files))
        items = samples or path in given
        outcome = _read(path, name, importers, items=items, asked=kind is not None)
        if outcome == UNASKED:
            found.passed_over[UNASKED] = found.passed_over.get(UNASKED, 0) + 1
            continue
        if isinstance(outcome, str):
            read.skipped.append((name, outcome))
            continue
        importer, imported = outcome
        read.kinds[importer.kind] += 1
        read.left_out.update(imported.skipped)
        read.harnesses.update([imported.harness] if imported.harness else [])
        for warning in told(imported.warnings):
            read.warned[warning].append(name)
        if not (imported.scores or imported.subjects):
            read.skipped.append((name, f"{importer.kind}, but without a score that can be read"))
        read.scores += imported.scores
        read.facts |= {subject.label: subject for subject in imported.subjects}
    return read


def _read(
    path: Path, name: str, importers: Sequence[Importer], *, items: bool, asked: bool
) -> tuple[Importer, Imported] | str:
    try:
        file = open_source(path, name)
        for importer in importers:
            if importer.recognises(file):
                # Version 0.4.0 of lm-eval named samples so that only their content tells.
                read = items or not _of_answers(importer)
                return (importer, importer.read(file)) if read else UNASKED
        missed = []
        for importer in importers if asked else ():
            # Asked for by name: a bare file may do, and what it lacks is said.
            lacking = getattr(importer, "lacking", None)
            why_not = lacking(file) if lacking is not None else _needs(importer)
            if not why_not:
                return importer, importer.read(file)
            if items or not _of_answers(importer):
                missed.append(f"no {importer.kind}: {why_not}")
        if missed:
            return "; ".join(missed)
    except RecordError as error:
        if not path.name.endswith((".csv", ".csv.gz")) and (told := as_records(path, name)):
            return told
        return str(error).removeprefix(name).removeprefix(":").strip()
    return route(file) or as_records(path, name) or "of no known format"


def _of_answers(importer: Importer) -> bool:
    return bool(getattr(importer, "of_answers", False))


def _needs(importer: Importer) -> str:
    # The first line of `recognises` says what makes a file of this format.
    said = (importer.recognises.__doc__ or "").strip().partition("\n")[0].rstrip(".")
    return f"it needs {said[:1].lower()}{said[1:]}" if said else "it is not recognised"


def _importers(kind: str | None) -> list[Importer]:
    chosen = [one for one in importers() if kind is None or one.kind.startswith(kind)]
    if not chosen:
        kinds = [one.kind for one in importers()]
        hint = did_you_mean(str(kind), kinds) or f"; known are {', '.join(kinds)}"
        raise RecordError(f"--from: unknown format {kind!r}{hint}.")
    return chosen


def _in_files(note: Note, names: list[str]) -> Note:
    more = f" (and {count_of(len(names) - 1, 'more file')})" if len(names) > 1 else ""
    return replace(note, subject=f"{names[0]}{more}")


def _versions(harnesses: Counter[str]) -> list[Note]:
    # Task versions and hashes are compared one by one; what a harness computes may change as well.
    if len(harnesses) < 2:
        return []
    made = ", ".join(f"{name} ({count_of(n, 'file')})" for name, n in sorted(harnesses.items()))
    text = f"the results were made by different versions: {made}; their scores may differ."
    return [noted("versions-differ", text)]


def _nothing(
    sources: Sequence[Path],
    passed_over: dict[str, int],
    skipped: list[tuple[str, str]],
    left_out: Counter[str],
    kind: str | None,
) -> str:
    told = [f"{names}: {reason.rstrip('.')}" for names, reason in by_reason(skipped)]
    reasons = told[:_REASONS]
    if len(told) > _REASONS:
        reasons.append(f"and {count_of(len(told) - _REASONS, 'more reason')}")
    reasons += [
        f"{count_of(count, 'value')} left out: {reason}" for reason, count in left_out.items()
    ]
    reasons += [
        f"{count_of(count, 'file')} passed over: {reason}" for reason, count in passed_over.items()
    ]
    detail = "; ".join(reasons) or "the folder is empty"
    known = ", ".join(importer.kind for importer in importers())
    return (
        f"{', '.join(map(shown, sources))}: no scores found ({detail}). Known formats: {known}; "
        f"{'name one with --from' if kind is None else 'leave out --from to find it out'}."
    )
