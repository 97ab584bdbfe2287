"""The Python API is lazy, and computes what the command line prints."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest

import scalepredict

LADDER = Path(__file__).resolve().parents[1] / "sample_data" / "pythia_ladder.csv"


def test_importing_the_package_or_the_command_line_imports_no_numerics() -> None:
    code = "import sys, scalepredict, scalepredict.cli.app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"numpy", "scipy", "pandas", "rich", "yaml", "joblib"} & set(done.stdout.split())


def test_every_public_name_is_there_and_no_other() -> None:
    for name in scalepredict.__all__:
        assert getattr(scalepredict, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'forcast'"):
        scalepredict.forcast  # type: ignore[attr-defined]  # noqa: B018


def test_it_computes_what_the_commands_print(
    command: Callable[..., CompletedProcess[str]], tmp_path: Path
) -> None:
    command("fit", str(LADDER), "--up-to-params", "2.8B", "-q")
    printed = json.loads(command("forecast", "--params", "12B", "--json").stdout)
    records = scalepredict.read_records([LADDER]).table
    small = scalepredict.fit(records.take_rows(records.params <= 2.8e9))
    stored = scalepredict.load_fit(tmp_path / "scalepredict.fit.json")
    for fitted in (small, stored):
        (family,) = scalepredict.forecast(fitted, params=12e9)
        expected = [entry["forecast"] for entry in printed["benchmarks"]]
        assert family.forecast.point[0].tolist() == expected
        assert [k.value for k in scalepredict.classify(family.evidence).kinds] == [
            entry["class"] for entry in printed["benchmarks"]
        ]


def test_a_family_without_forecast_is_an_error_not_a_gap() -> None:
    records = scalepredict.read_records([LADDER]).table
    fitted = scalepredict.fit(records.take_rows(records.params <= 2.8e9))
    with pytest.raises(scalepredict.ScalePredictError, match="beyond 300x"):
        scalepredict.forecast(fitted, params=np.array([12e9, 9e12]).tolist())


def test_records_without_compute_are_refused_with_what_to_record(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("model,params,piqa\na,1B,0.6\nb,2B,0.7\n")
    table = scalepredict.read_records([tmp_path / "r.csv"]).table
    with pytest.raises(scalepredict.ScalePredictError, match="2 without tokens, 2 without flops"):
        scalepredict.fit(table)
