"""Where does the result of a check go? To stdout, to the files asked for, to GitHub Actions."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from scalepredict.cli.ci import github
from scalepredict.cli.ci.gitlab import gitlab
from scalepredict.cli.ci.junit import junit
from scalepredict.cli.ci.markdown import markdown_report
from scalepredict.cli.ci.openmetrics import openmetrics
from scalepredict.cli.ci.sarif import sarif
from scalepredict.cli.inputs.voice import Voice
from scalepredict.cli.views import check_view
from scalepredict.cli.views.check_result import Result
from scalepredict.cli.views.render import Format, emit, json_text
from scalepredict.cli.views.workflow_log import command
from scalepredict.records.text.writing import write_whole


def _json(result: Result) -> str:
    return json_text(check_view.document(result)) + "\n"


WRITERS: Mapping[str, Callable[[Result], str]] = {
    "junit": junit,
    "sarif": sarif,
    "gitlab": gitlab,
    "openmetrics": openmetrics,
    "markdown": markdown_report,
    "json": _json,
}


def write_report(kind: str, path: Path, result: Result) -> None:
    """Write one report, whole or not at all."""
    write_whole(path, WRITERS[kind](result))


def show(result: Result, form: Format, *, ci: bool, voice: Voice) -> None:
    """Write the result to stdout and, in a job of GitHub Actions, to the channels of the job."""
    voice.tell(check_view.unjudged_notes(result))
    on_github = ci and github.in_github(os.environ)
    emit(
        form,
        sheets=check_view.sheets(result),
        rows=check_view.rows(result),
        document=check_view.document(result),
    )
    if on_github:
        for line in github.annotations(result):
            # The runner reads both streams; stdout belongs to the data that was asked for.
            command(line, err=form is not Format.TABLE)
        if os.environ.get("GITHUB_STEP_SUMMARY"):
            github.write_summary(result, os.environ["GITHUB_STEP_SUMMARY"])
        if os.environ.get("GITHUB_OUTPUT"):
            github.write_outputs(result, os.environ["GITHUB_OUTPUT"])
