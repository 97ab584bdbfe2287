"""Which findings has the user accepted? A JSON file that can be read, diffed and edited."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from scalepredict.cli.views.check_result import subject
from scalepredict.cli.views.render import json_text
from scalepredict.errors import ConfigError
from scalepredict.evaluation.off_trend.rules.verdicts import Accepted, Finding, Verdict
from scalepredict.records.text.json_text import parse_json
from scalepredict.records.text.schema import validated
from scalepredict.records.text.writing import write_whole

SCHEMA = "scalepredict.baseline/1"
DEFAULT_FILE = Path("scalepredict.baseline.json")
_MAKE = "Make it anew with --update-baseline."


class _Entry(BaseModel):
    # What else was written beside a finding, say why it is accepted, is kept.
    model_config = ConfigDict(extra="allow", strict=True)

    fingerprint: str
    place: str


class _Baseline(BaseModel):
    model_config = ConfigDict(strict=True)

    kind: Literal["scalepredict.baseline/1"] = Field(alias="schema")
    accepted: list[_Entry]


def read_baseline(path: Path) -> dict[Accepted, dict[str, Any]]:
    """The accepted findings with the words that were written beside them.

    Raises:
        ConfigError: The file cannot be read, or is no baseline.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}). {_MAKE}") from error
    document = parse_json(content, str(path), advice=_MAKE)
    accepted = validated(document, _Baseline, advice=_MAKE).accepted
    return {Accepted(fingerprint=e.fingerprint, place=e.place): e.model_dump() for e in accepted}


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
