"""What a shell completes comes from the fit file of the folder that it is in."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scalepredict.cli.inputs.present_fit import DEFAULT_FIT, benchmarks, families

UNITS = [
    {"benchmark": "arc_easy", "label": ""},
    {"benchmark": "hellaswag", "label": "hellaswag [acc_norm]"},
]
STORED = {"groups": [{"families": ["mix-a", "web"], "evidence": {"units": UNITS}}]}


def test_names_of_the_fit_file_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / DEFAULT_FIT).write_text(json.dumps(STORED))
    monkeypatch.chdir(tmp_path)
    assert families("") == ["mix-a", "web"]
    assert families("m") == ["mix-a"]
    assert benchmarks("h") == ["hellaswag [acc_norm]"]
    assert benchmarks("x") == []


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"groups": 3}', '{"groups": [{"families": 1}]}']
)
def test_what_is_no_fit_file_completes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert families("") == []
    (tmp_path / DEFAULT_FIT).write_text(content)
    assert families("") == benchmarks("") == []


@pytest.mark.parametrize(
    ("words", "found"),
    [("forecast --benchmark arc", "arc_easy"), ("fit --predictor two", "two_step")],
)
def test_a_shell_is_told_the_names(tmp_path: Path, words: str, found: str) -> None:
    (tmp_path / DEFAULT_FIT).write_text(json.dumps(STORED))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("scalepredict"))],
        cwd=tmp_path,
        env={
            **os.environ,
            "_SCALEPREDICT_COMPLETE": "complete_bash",
            "COMP_WORDS": f"scalepredict {words}",
            "COMP_CWORD": str(len(words.split())),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert found in done.stdout.split("\n"), done.stderr
