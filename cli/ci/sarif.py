"""SARIF 2.1.0: findings with rule, place and a stable fingerprint, for code scanning.

Accepted findings are there too, as suppressed. GitHub shows 5000 results at most.
"""

from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from scalepredict import __version__
from scalepredict.cli.views.check_result import Result, sentence
from scalepredict.cli.views.render import clean, json_text
from scalepredict.evaluation.off_trend.rules.rules import RULES
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level, Verdict

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
MOST_RESULTS = 5000
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}


def sarif(result: Result) -> str:
    """The report as text."""
    results = [_result(v, f) for v, f in result.findings()]
    results += [_result(v, f, accepted=True) for v in result.verdicts for f in v.accepted]
    rules = [
        {
            "id": rule.id,
            "name": rule.name,
            "shortDescription": {"text": rule.help},
        }
        for rule in RULES.values()
    ]
    driver = {
        "name": "scalepredict",
        "version": __version__,
        "rules": rules,
    }
    run = {"tool": {"driver": driver}, "results": results[:MOST_RESULTS]}
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _result(verdict: Verdict, finding: Finding, *, accepted: bool = False) -> dict[str, Any]:
    checkpoint = verdict.checkpoint
    location = {
        "artifactLocation": {"uri": uri(checkpoint.source)},
        "region": {"startLine": max(1, checkpoint.line or 1)},
    }
    entry: dict[str, Any] = {
        "ruleId": RULES[finding.rule].id,
        "ruleIndex": list(RULES).index(finding.rule),
        "level": _LEVELS[finding.level],
        "message": {"text": clean(sentence(verdict, finding))},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"scalepredict/v1": finding.fingerprint(checkpoint)},
    }
    if accepted:
        entry["suppressions"] = [{"kind": "external", "status": "accepted"}]
    return entry


def uri(source: str) -> str:
    """A file name as a URI reference; stdin has a name of its own."""
    if source in ("", "-"):
        return "stdin"
    path = PurePath(source)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix(), errors="replace")
