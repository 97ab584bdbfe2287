"""Shared arrangement: the command line as a user calls it, and paths of the shipped records."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
SCHEMAS = Path(__file__).resolve().parents[1] / "configs" / "schemas"


def valid(text: str) -> Any:
    """What a command printed as JSON, once each document in it obeys the schema that it names."""
    content = json.loads(text)
    for document in content if isinstance(content, list) else [content]:
        kind = document["schema"].removeprefix("scalepredict.").partition("/")[0]
        schema = json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"))
        jsonschema.validate(document, schema)
    return content


@pytest.fixture
def scalepredict(tmp_path: Path) -> Run:
    """Call the command line in an empty folder: ``scalepredict("fit", "records.csv")``."""

    def run(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        # -P keeps the checkout's folder `scalepredict/` from hiding the installed package.
        return subprocess.run(
            [sys.executable, "-P", "-m", "scalepredict", *arguments],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """The same in this process, where many calls share the time of the imports."""

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        from scalepredict.cli.app import main

        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", ["scalepredict", *arguments])
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        captured = capsys.readouterr()
        assert isinstance(code, int)
        return subprocess.CompletedProcess(list(arguments), code, captured.out, captured.err)

    return run
