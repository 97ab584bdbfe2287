"""Markdown: the tables of the check for a job summary, a comment or a page."""

from scalepredict.cli.views.check_result import Result
from scalepredict.cli.views.check_view import sheets
from scalepredict.cli.views.render import markdown


def markdown_report(result: Result) -> str:
    """The report as text."""
    parts = [f"### scalepredict check: {result.status}"]
    parts += [markdown(sheet) for sheet in sheets(result)]
    return "\n\n".join(parts) + "\n"
