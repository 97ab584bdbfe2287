"""JUnit XML: one suite per checkpoint, one case per finding, and one for its trend.

GitLab, Jenkins, Azure and Buildkite read it. Errors are failures, warnings pass with a text in
``system-out``, a checkpoint that could not be judged is skipped.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from scalepredict.cli.views.check_result import Result, checkpoint_name, sentence, subject
from scalepredict.cli.views.render import clean
from scalepredict.evaluation.off_trend.rules.rules import RULES
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Verdict


def junit(result: Result) -> str:
    """The report as text."""
    suites = [_suite(result, verdict) for verdict in result.verdicts]
    root = Element("testsuites", {"name": "scalepredict check", **_counts(suites)})
    root.extend(suites)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(result: Result, verdict: Verdict) -> Element:
    suite = Element("testsuite", {"name": clean(checkpoint_name(verdict.checkpoint))})
    trend = _case(suite, verdict, "trend")
    if verdict.p_value is None:
        SubElement(trend, "skipped", {"message": clean(str(verdict.unjudged))})
    for finding in verdict.findings:
        case = _case(suite, verdict, f"{finding.rule}: {subject(finding)}")
        text = clean(sentence(verdict, finding))
        if _fails(result, finding):
            kind = RULES[finding.rule].id
            SubElement(case, "failure", {"message": text, "type": kind}).text = text
        else:
            SubElement(case, "system-out").text = f"{finding.level}: {text}"
    suite.attrib.update(_counts([suite]))
    return suite


def _fails(result: Result, finding: Finding) -> bool:
    return finding.level.reaches(result.fails_from)


def _case(suite: Element, verdict: Verdict, name: str) -> Element:
    checkpoint = verdict.checkpoint
    attributes = {"classname": f"scalepredict.{clean(checkpoint.model)}", "name": clean(name)}
    if checkpoint.source:
        attributes["file"] = clean(checkpoint.source)
    if checkpoint.line is not None:
        attributes["line"] = str(checkpoint.line)
    return SubElement(suite, "testcase", attributes)


def _counts(suites: list[Element]) -> dict[str, str]:
    def count(tag: str) -> str:
        return str(sum(1 for suite in suites for _ in suite.iter(tag)))

    return {
        "tests": count("testcase"),
        "failures": count("failure"),
        "errors": "0",
        "skipped": count("skipped"),
    }
