"""OpenMetrics text: the latest checkpoint of each run as numbers, for GitLab's metrics report."""

from collections.abc import Iterator

from scalepredict.cli.views.check_result import Result, subject
from scalepredict.cli.views.render import clean
from scalepredict.evaluation.off_trend.rules.verdicts import Level, Verdict


def openmetrics(result: Result) -> str:
    """The report as text; it ends with ``# EOF``."""
    return "\n".join([*_lines(result), "# EOF"]) + "\n"


def _lines(result: Result) -> Iterator[str]:
    latest: dict[tuple[str, str, str], Verdict] = {}
    for verdict in result.verdicts:
        c = verdict.checkpoint
        latest[c.family, c.model, c.phase] = verdict
    yield "# TYPE scalepredict_p_value gauge"
    yield "# HELP scalepredict_p_value P-value of the scores of the latest checkpoint together."
    for verdict in latest.values():
        if verdict.p_value is not None:
            yield f"scalepredict_p_value{_labels(verdict)} {verdict.p_value:.6g}"
    yield "# TYPE scalepredict_residual_z gauge"
    yield "# HELP scalepredict_residual_z Deviation from the trend in standard deviations."
    for verdict in latest.values():
        for f in verdict.findings:
            if f.z is not None:
                shots = "" if f.shots is None else str(f.shots)
                about = {"benchmark": subject(f), "metric": f.metric, "shots": shots}
                labels = _labels(verdict, rule=f.rule, **about)
                yield f"scalepredict_residual_z{labels} {f.z:.6g}"
    yield "# TYPE scalepredict_findings gauge"
    yield "# HELP scalepredict_findings Findings at all checkpoints of this check."
    for level in (Level.ERROR, Level.WARNING, Level.NOTE):
        n = sum(f.level is level for _, f in result.findings())
        yield f'scalepredict_findings{{level="{level}"}} {n}'


def _labels(verdict: Verdict, **more: str) -> str:
    c = verdict.checkpoint
    named = {"model": c.model, "family": c.family, "phase": c.phase, **more}
    pairs = [f'{name}="{_escaped(value)}"' for name, value in named.items() if value]
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    # Control characters are spelled out first; what is left is the syntax of a label value.
    return clean(value).replace("\\", r"\\").replace('"', r"\"")
