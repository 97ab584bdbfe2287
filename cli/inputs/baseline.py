"""Which findings has the user accepted? A JSON file that can be read, diffed and edited."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scalepredict.cli.views.check_result import subject
from scalepredict.cli.views.render import json_text
from scalepredict.errors import ConfigError
from scalepredict.evaluation.off_trend.rules.verdicts import Accepted, Finding, Verdict
from scalepredict.records.text.writing import write_whole

SCHEMA = "scalepredict.baseline/1"
DEFAULT_FILE = Path("scalepredict.baseline.json")


def read_baseline(path: Path) -> dict[Accepted, dict[str, Any]]:
    """The accepted findings with the words that were written beside them.

    Raises:
        ConfigError: The file cannot be read, or is no baseline.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}). Make it with --update-baseline."
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"{path}: not a JSON document ({error}). Make it anew with --update-baseline."
        ) from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ConfigError(f"{path}: not a baseline ({SCHEMA}). Make it with --update-baseline.")
    entries = document.get("accepted")
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: accepted is not a list. Make it anew with --update-baseline.")
    return {_accepted(entry, f"{path}: accepted[{i}]"): entry for i, entry in enumerate(entries)}


def write_baseline(path: Path, entries: dict[Accepted, dict[str, Any]]) -> None:
    """Write a baseline, sorted, whole or not at all."""
    ordered = sorted(entries.items(), key=lambda item: (item[0].place, item[0].fingerprint))
    ordered.sort(key=lambda item: str(item[1].get("model", "")))
    document = {"schema": SCHEMA, "accepted": [entry for _, entry in ordered]}
    write_whole(path, json_text(document) + "\n")


def entries_of(verdicts: Iterable[Verdict]) -> dict[Accepted, dict[str, Any]]:
    """Baseline entries of all findings, those that are accepted already among them."""
    return {
        Accepted(
            fingerprint=finding.fingerprint(verdict.checkpoint),
            place=finding.place(verdict.checkpoint),
        ): _entry(verdict, finding)
        for verdict in verdicts
        for finding in (*verdict.findings, *verdict.accepted)
    }


def _entry(verdict: Verdict, finding: Finding) -> dict[str, Any]:
    return {
        "fingerprint": finding.fingerprint(verdict.checkpoint),
        "place": finding.place(verdict.checkpoint),
        "model": verdict.checkpoint.model,
        "rule": finding.rule,
        "benchmark": subject(finding),
    }


def _accepted(entry: Any, where: str) -> Accepted:
    if not isinstance(entry, dict):
        raise ConfigError(f"{where}: not an object. Make the file anew with --update-baseline.")
    for key in ("fingerprint", "place"):
        if not isinstance(entry.get(key), str):
            raise ConfigError(f"{where}: {key} is missing or no text.")
    return Accepted(fingerprint=entry["fingerprint"], place=entry["place"])
