"""Results that could not be written are refused before the work, not after it."""

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]


@pytest.mark.parametrize(
    "arguments",
    [
        "fit none.csv -o {place}",
        "backtest none.csv --rows {place}",
        "calibrate none.csv -o {place}",
        "clusters none.csv --tasks-out {place}",
        "report --fit none.json --flops 1e24 -o {place}.html",
        "plot forecast --fit none.json --flops 1e24 -o {place}.png",
        "check none.csv --report junit={place}",
        "import none -o {place}.csv",
        "import none --write-ladder {place}.yaml",
        "simulate -o {place}.csv",
    ],
)
def test_a_place_is_checked_before_the_input_is_read(scalepredict: Run, arguments: str) -> None:
    result = scalepredict(*arguments.format(place="no/such").split())
    assert result.returncode == 2
    assert "cannot be written: there is no folder no; make it first" in result.stderr


def test_a_folder_is_no_file(scalepredict: Run) -> None:
    result = scalepredict("fit", "none.csv", "-o", ".")
    assert (result.returncode, result.stdout) == (2, "")
    assert ".: cannot be written: it is a folder" in result.stderr
