"""GitHub Actions: annotations on the log, the job summary, and outputs of the step.

Limits are GitHub's: 10 annotations per level and step (the rest is dropped without a word), 1 MiB
of summary per step (else all of it is lost).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from scalepredict.cli.ci.markdown import markdown_report
from scalepredict.cli.views.check_result import Result, sentence
from scalepredict.cli.views.render import clean
from scalepredict.errors import StorageError
from scalepredict.evaluation.off_trend.rules.verdicts import Level

MOST = 10
SUMMARY_BYTES = 900_000
_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def in_github(environment: Mapping[str, str]) -> bool:
    """Whether this runs in a GitHub Actions job."""
    return environment.get("GITHUB_ACTIONS") == "true"


def annotations(result: Result) -> Iterator[str]:
    """Workflow commands, at most ten of each level; the last one says how many more there are."""
    for level, command in _COMMANDS.items():
        found = [(v, f) for v, f in result.findings() if f.level is level]
        shown = found if len(found) <= MOST else found[: MOST - 1]
        for verdict, finding in shown:
            place = {
                "file": verdict.checkpoint.source,
                "line": str(verdict.checkpoint.line or ""),
                "title": f"scalepredict {finding.rule}",
            }
            given = ",".join(f"{k}={_property(v)}" for k, v in place.items() if v)
            yield f"::{command} {given}::{_data(sentence(verdict, finding))}"
        if len(found) > len(shown):
            more = len(found) - len(shown)
            yield f"::{command} title=scalepredict::and {more} more, see the job summary"


def write_summary(result: Result, path: str) -> None:
    """Append the Markdown report to the job summary, cut at a line where it would be too long."""
    _append(path, cut(markdown_report(result), SUMMARY_BYTES - _size(path)))


def write_outputs(result: Result, path: str) -> None:
    """Append ``status``, ``findings`` and ``worst`` to the outputs of the step."""
    found = [f for _, f in result.findings()]
    worst = found[0].level.value if found else "none"
    _append(path, f"status={result.status}\nfindings={len(found)}\nworst={worst}\n")


def cut(text: str, room: int) -> str:
    """The text, or as many whole lines as fit with a closing note."""
    if len(text.encode()) <= room:
        return text
    note = "\n\n... cut here: the report is too long for a job summary.\n"
    kept = text.encode()[: max(0, room - len(note))].decode(errors="ignore")
    return kept.rpartition("\n")[0] + note if "\n" in kept else ""


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def _data(value: str) -> str:
    return clean(value).replace("%", "%25")


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _append(path: str, text: str) -> None:
    try:
        with Path(path).open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}.") from error
