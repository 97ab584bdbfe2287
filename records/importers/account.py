"""What happened to every file and value? The import told in sentences, with counts."""

from collections.abc import Iterator

from scalepredict.records.importers.collect import Collected
from scalepredict.records.importers.unreadable import by_reason
from scalepredict.records.notes import Note, noted
from scalepredict.records.text.counts import count_of, format_count, listed

_SHOWN = 8
_REPEATED = "read themselves"  # an average over tasks that are there: nothing is lost


def summary(collected: Collected) -> tuple[Note, ...]:
    """What was read, merged, chosen and left out."""
    return tuple(_summary(collected))


def explanation(collected: Collected) -> tuple[str, ...]:
    """For each checkpoint: its sizes, and where each came from."""
    lines = []
    for one in collected.checkpoints:
        sizes = [
            f"{key} {format_count(value, digits=6)} ({_origin(one.origin.get(key, ''))})"
            for key, value in one.sizes.items()
        ]
        lacking = [f"{key} unknown" for key in ("params", "tokens") if key not in one.sizes]
        kind = " [non-embedding params]" if one.params_kind == "non_embedding" else ""
        lines.append(f"  {one.model}: {', '.join(sizes + lacking)}{kind}")
    return tuple(lines)


def gaps(collected: Collected) -> tuple[str, ...]:
    """What a strict import does not accept: skips, guesses and unknown sizes."""
    found = [f"{name} was skipped: {reason}" for name, reason in collected.skipped_files]
    found += [
        f"{count_of(count, 'value')} left out: {reason}"
        for reason, count in sorted(collected.left_out.items())
        if _REPEATED not in reason
    ]
    for key in ("params", "tokens"):
        unknown = [c.model for c in collected.checkpoints if key not in c.sizes]
        guessed = [c.model for c in collected.checkpoints if c.origin.get(key) == "name"]
        if unknown:
            found.append(f"{key} unknown for {listed(unknown)}")
        if guessed:
            found.append(f"{key} guessed from the name for {listed(guessed)}")
    return tuple(found)


def _summary(collected: Collected) -> Iterator[Note]:
    n_files = sum(collected.kinds.values())
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(collected.kinds.items()))
    models = {one.model for one in collected.checkpoints}
    benchmarks = {placed.score.benchmark for placed in collected.placed}
    n_scores = sum(placed.score.n_records for placed in collected.placed)
    yield noted(
        "files-read",
        f"read {count_of(n_files, 'file')} ({kinds}): {count_of(len(models), 'model')}, "
        f"{count_of(len(collected.checkpoints), 'checkpoint')}, "
        f"{count_of(len(benchmarks), 'benchmark')}, {count_of(n_scores, 'score')}.",
    )
    for reason, count in sorted(collected.passed_over.items()):
        text = f"not opened: {count_of(count, 'file')}: {reason}."
        yield noted("files-not-opened", text)
    skipped = by_reason(collected.skipped_files)
    for names, reason in skipped[:_SHOWN]:
        yield noted("files-skipped", f"skipped {names}: {reason}")
    if len(skipped) > _SHOWN:
        more = count_of(len(skipped) - _SHOWN, "more reason")
        yield noted("files-skipped", f"skipped files for {more}.")
    for reason, count in sorted(collected.left_out.items()):
        text = f"left out {count_of(count, 'value')}: {reason}."
        yield noted("values-left-out", text)
    yield from collected.notes
    cut = sorted({c.model for c in collected.checkpoints if c.origin.get("model") == "name"})
    if cut:
        yield noted(
            "steps-in-names",
            f"taken as runs, with the steps in the names of their checkpoints: {listed(cut)}; "
            "name them in a ladder if they are not.",
        )
    for key in ("params", "tokens"):
        unknown = sorted({c.model for c in collected.checkpoints if key not in c.sizes})
        guessed = sorted({c.model for c in collected.checkpoints if c.origin.get(key) == "name"})
        if guessed:
            text = f"{key} guessed from the name for {listed(guessed)}; check with --explain."
            yield noted("size-guessed", text)
        if unknown:
            yield noted(
                "size-unknown",
                f"{key} unknown for {listed(unknown)}: no forecast can use them. "
                "`scalepredict import --write-ladder FILE` writes a ladder to fill in for "
                "--ladder.",
            )


def _origin(origin: str) -> str:
    if origin == "name":
        return "guessed from the name"
    return f"from the {origin}" if origin in ("file", "ladder", "revision") else origin
