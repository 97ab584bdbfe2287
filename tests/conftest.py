"""Shared arrangement: the command line as a user calls it, and paths of the shipped records."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


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
