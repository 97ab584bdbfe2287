"""GitLab code quality: a JSON array for the merge request widget.

The widget wants each fingerprint once, so a finding that repeats along a run is shown at its
latest checkpoint.
"""

from typing import Any

from scalepredict.cli.views.check_result import Result, sentence
from scalepredict.cli.views.render import clean, json_text
from scalepredict.evaluation.off_trend.rules.rules import RULES
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level, Verdict
from scalepredict.records.text.counts import count_of

_SEVERITY = {Level.ERROR: "major", Level.WARNING: "minor", Level.NOTE: "info"}


def gitlab(result: Result) -> str:
    """The report as text."""
    latest: dict[str, tuple[int, Verdict, Finding]] = {}
    for verdict, finding in result.findings():
        fingerprint = finding.fingerprint(verdict.checkpoint)
        n_before = latest[fingerprint][0] + 1 if fingerprint in latest else 0
        latest[fingerprint] = (n_before, verdict, finding)
    return json_text([_entry(key, *value) for key, value in latest.items()]) + "\n"


def _entry(fingerprint: str, n_before: int, verdict: Verdict, finding: Finding) -> dict[str, Any]:
    again = f" (and at {count_of(n_before, 'earlier checkpoint')})" if n_before else ""
    return {
        "description": clean(sentence(verdict, finding)) + again,
        "check_name": RULES[finding.rule].name,
        "fingerprint": fingerprint,
        "severity": _SEVERITY[finding.level],
        "location": {
            "path": clean(verdict.checkpoint.source or "stdin"),
            "lines": {"begin": max(1, verdict.checkpoint.line or 1)},
        },
    }
