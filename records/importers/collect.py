"""How does a folder of foreign results become records? Detect, read, name, merge, check.

Every file that is not read and every value that is not taken is counted with its reason.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scalepredict.errors import RecordError
from scalepredict.records.importers.choose import (
    NO_CHOICE,
    Choice,
    Placed,
    check_keys,
    choose_metrics,
    keep_newest,
)
from scalepredict.records.importers.interface import Imported, ImportedScore, Importer, Subject
from scalepredict.records.importers.items import join_items
from scalepredict.records.importers.registry import IMPORTERS
from scalepredict.records.importers.source_file import open_source
from scalepredict.records.importers.walk import find_files
from scalepredict.records.ladder import Ladder, Resolved, resolve

Progress = Callable[[int, int], None]


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
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def collect(
    sources: Sequence[Path],
    *,
    ladder: Ladder | None = None,
    kind: str | None = None,
    samples: bool = False,
    exclude: Sequence[str] = (),
    choice: Choice = NO_CHOICE,
    progress: Progress | None = None,
) -> Collected:
    """Read result files and folders into scores with resolved checkpoints.

    Raises:
        RecordError: Nothing could be read, sizes or task keys contradict each other.
        ConfigError: The ladder asks for what it does not give.
    """
    found = find_files(sources, samples=samples, exclude=exclude)
    importers = [one for one in IMPORTERS if kind is None or one.kind.startswith(kind)]
    kinds: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    skipped: list[tuple[str, str]] = []
    warnings: list[str] = []
    scores: list[ImportedScore] = []
    facts: dict[str, Subject] = {}
    for done, (path, name) in enumerate(found.files):
        if progress is not None:
            progress(done, len(found.files))
        outcome = _read(path, name, importers)
        if isinstance(outcome, str):
            skipped.append((name, outcome))
            continue
        importer, imported = outcome
        kinds[importer.kind] += 1
        left_out.update(imported.skipped)
        warnings += imported.warnings
        scores += imported.scores
        facts |= {subject.label: subject for subject in imported.subjects}
    if not scores:
        raise RecordError(_nothing(sources, found.passed_over, skipped))
    scores = join_items(scores, left_out)
    checkpoints, everything, naming = _place(scores, facts, ladder or Ladder())
    chosen, notes = choose_metrics(everything, choice)
    newest, merged = keep_newest(chosen)
    if merged:
        notes.append(f"{merged} older evaluations of the same checkpoint and task were superseded")
    warnings += naming + check_keys(newest, [c.model for c in checkpoints], choice.ignore)
    return Collected(
        checkpoints=tuple(checkpoints),
        placed=tuple(newest),
        kinds=dict(kinds),
        skipped_files=tuple(skipped),
        passed_over=found.passed_over,
        left_out=dict(left_out),
        notes=tuple(notes),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _read(path: Path, name: str, importers: Sequence[Importer]) -> tuple[Importer, Imported] | str:
    try:
        file = open_source(path, name)
        for importer in importers:
            if importer.recognises(file):
                return importer, importer.read(file)
    except RecordError as error:
        return str(error).removeprefix(name).removeprefix(":").strip()
    return "of no known format"


def _nothing(
    sources: Sequence[Path], passed_over: dict[str, int], skipped: list[tuple[str, str]]
) -> str:
    reasons = [f"{name}: {reason}" for name, reason in skipped[:5]]
    reasons += [f"{count} files passed over: {reason}" for reason, count in passed_over.items()]
    detail = "; ".join(reasons) or "the folder is empty"
    kinds = ", ".join(importer.kind for importer in IMPORTERS)
    return (
        f"{', '.join(map(str, sources))}: no scores found ({detail}). Known formats: {kinds}; "
        "name one with --from."
    )


def _place(
    scores: Sequence[ImportedScore], facts: dict[str, Subject], ladder: Ladder
) -> tuple[list[Resolved], list[Placed], list[str]]:
    """Resolve every subject once, and give the subjects that are one checkpoint one index."""
    resolved: dict[tuple[Subject, str], Resolved] = {}
    for score in scores:
        key = (score.subject, score.source)
        if key not in resolved:
            resolved[key] = resolve(_informed(score.subject, facts), score.source, ladder)
    names = _tell_apart(resolved)
    index: dict[tuple[str, float | None, float | None], int] = {}
    checkpoints: list[Resolved] = []
    for key, one in resolved.items():
        place = (names[key], one.sizes.get("step"), one.sizes.get("tokens"))
        if place not in index:
            index[place] = len(checkpoints)
            checkpoints.append(replace(one, model=names[key]))
        else:
            checkpoints[index[place]] = _completed(checkpoints[index[place]], one)
    where = {
        key: index[names[key], one.sizes.get("step"), one.sizes.get("tokens")]
        for key, one in resolved.items()
    }
    placed = [Placed(where[score.subject, score.source], score) for score in scores]
    warnings = [warning for one in checkpoints for warning in one.warnings]
    return checkpoints, placed, warnings + _mixed_kinds(checkpoints)


def _informed(subject: Subject, facts: dict[str, Subject]) -> Subject:
    known = facts.get(subject.label)
    if known is None:
        return subject
    fields = (
        "family",
        "params",
        "params_non_embedding",
        "params_active",
        "tokens",
        "flops",
        "loss",
    )
    return replace(subject, **{f: getattr(subject, f) or getattr(known, f) for f in fields})


def _completed(one: Resolved, other: Resolved) -> Resolved:
    # Several files of one checkpoint: one may state what another leaves out.
    return replace(
        one,
        sizes={**other.sizes, **one.sizes},
        origin={**other.origin, **one.origin},
        loss=other.loss if one.loss is None else one.loss,
    )


def _tell_apart(resolved: dict[tuple[Subject, str], Resolved]) -> dict[tuple[Subject, str], str]:
    # Several revisions of one model without step or tokens would overwrite each other.
    revisions: dict[str, set[str]] = {}
    for (subject, _), one in resolved.items():
        if "step" not in one.sizes and "tokens" not in one.sizes:
            revisions.setdefault(one.model, set()).add(subject.revision)
    return {
        key: f"{one.model}@{key[0].revision}"
        if len(revisions.get(one.model, ())) > 1 and key[0].revision
        else one.model
        for key, one in resolved.items()
    }


def _mixed_kinds(checkpoints: list[Resolved]) -> list[str]:
    kinds = Counter(one.params_kind for one in checkpoints if "params" in one.sizes)
    if len(kinds) < 2:
        return []
    return [
        f"params are total for {kinds['total']} checkpoints and non-embedding for "
        f"{kinds['non_embedding']}: at 50M they differ by a factor 2; give one kind in the ladder"
    ]
