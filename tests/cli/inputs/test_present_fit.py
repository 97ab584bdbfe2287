"""What a shell completes comes from the fit file that a command line would read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scalepredict.cli.inputs.present_fit import DEFAULT_FIT

UNITS = [
    {"benchmark": "arc_easy", "label": ""},
    {"benchmark": "hellaswag", "label": "hellaswag [acc_norm]"},
]
STORED = {"groups": [{"families": ["mix-a", "web"], "evidence": {"units": UNITS}}]}
OTHER = {"groups": [{"families": ["deep"], "evidence": {"units": [{"benchmark": "piqa"}]}}]}


def completed(folder: Path, words: str, *, more: bool = False) -> list[str]:
    """What bash is told after these words: for the last of them, or for a new one."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("scalepredict"))],
        cwd=folder,
        env={
            **os.environ,
            "_SCALEPREDICT_COMPLETE": "complete_bash",
            "COMP_WORDS": f"scalepredict {words}" + " " * more,
            "COMP_CWORD": str(len(words.split()) + more),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("forecast --benchmark arc", ["arc_easy"]),
        ("plan --benchmark hella", ["hellaswag", "[acc_norm]"]),
        ("register --family m", ["mix-a"]),
        ("forecast --family x", []),
        ("forecast --fit other.json --benchmark p", ["piqa"]),
        ("forecast -f other.json --family d", ["deep"]),
        ("forecast --fit none.json --family m", []),
        ("fit --predictor two", ["two_step"]),
        ("backtest -p two", ["two_step"]),
    ],
)
def test_a_shell_is_told_the_names(tmp_path: Path, words: str, found: list[str]) -> None:
    (tmp_path / DEFAULT_FIT).write_text(json.dumps(STORED))
    (tmp_path / "other.json").write_text(json.dumps(OTHER))
    assert completed(tmp_path, words) == found


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"groups": 3}', '{"groups": [{"families": 1}]}']
)
def test_what_is_no_fit_file_completes_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / DEFAULT_FIT).write_text(content)
    assert completed(tmp_path, "forecast --family", more=True) == []


def test_where_there_is_no_fit_file_nothing_is_completed(tmp_path: Path) -> None:
    assert completed(tmp_path, "forecast --benchmark", more=True) == []
