"""What a user says and is told about public models: --no-reference, --reference-without, JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Run = Callable[..., CompletedProcess[str]]

HEAD = "model,family,params,tokens,arc_easy,piqa,own\n"
ROWS = [
    f"m{i},f,{4**i}e8,{8 * 4**i}B,0.{33 + 8 * i},0.{57 + 5 * i},0.{20 + 7 * i}\n" for i in range(5)
]


def write(folder: Path, models: int) -> None:
    (folder / "r.csv").write_text(HEAD + "".join(ROWS[:models]))


def forecast(command: Run, *fit_options: str) -> dict[str, dict[str, Any]]:
    assert command("fit", "r.csv", "-q", *fit_options).returncode == 0
    done = command("forecast", "--params", "100B", "--tokens", "8T", "--json")
    return {item["benchmark"]: item for item in json.loads(done.stdout)["benchmarks"]}


def test_json_tells_what_public_models_did(command: Run, tmp_path: Path) -> None:
    write(tmp_path, 5)
    with_it, without = forecast(command), forecast(command, "--no-reference")
    use = with_it["arc_easy"]["reference"]
    assert set(use) == {"labs", "families", "level_sd", "weight"}
    assert use["weight"] == 0.8
    assert with_it["own"]["reference"] is None
    assert without["arc_easy"]["reference"] is None
    assert with_it["own"]["forecast"] == without["own"]["forecast"]
    assert with_it["arc_easy"]["forecast"] != without["arc_easy"]["forecast"]


def test_a_named_lab_takes_no_part(command: Run, tmp_path: Path) -> None:
    write(tmp_path, 5)
    full, less = forecast(command), forecast(command, "--reference-without", "meta")
    labs = [item["arc_easy"]["reference"]["labs"] for item in (full, less)]
    assert labs == [7, 6]
    assert (
        "models of meta took no part"
        in command("fit", "r.csv", "--reference-without", "meta").stdout
    )


def test_one_model_is_forecast_by_public_models_alone(command: Run, tmp_path: Path) -> None:
    write(tmp_path, 1)
    done = command("fit", "r.csv")
    assert "rests on public models alone" in done.stdout
    done = command("forecast", "--params", "1B", "--tokens", "20B", "--json")
    items = {item["benchmark"]: item for item in json.loads(done.stdout)["benchmarks"]}
    low, high = items["arc_easy"]["interval"]["90"]
    assert 0.33 < low < items["arc_easy"]["forecast"] < high < 0.8
    assert items["arc_easy"]["class"] == "too_few"
    assert items["arc_easy"]["reference"]["weight"] == 1.0
    assert items["own"]["forecast"] is None
    assert command("fit", "r.csv", "--no-reference").returncode == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--reference-without", "metta"], "no lab 'metta' (did you mean 'meta'?)"),
        (["--no-reference", "-p", "last"], "--no-reference means nothing to the predictor 'last'"),
    ],
)
def test_settings_that_mean_nothing(
    command: Run, tmp_path: Path, options: list[str], message: str
) -> None:
    write(tmp_path, 5)
    done = command("fit", "r.csv", *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "scalepredict.fit.json").exists()


def test_backtest_without_public_models(command: Run, tmp_path: Path) -> None:
    write(tmp_path, 5)
    maes = []
    for options in ([], ["--no-reference"]):
        done = command("backtest", "r.csv", "-p", "stack", "--json", *options)
        rows = json.loads(done.stdout)["rows"]
        maes.append([r["forecast"] for r in rows if r["benchmark"] == "arc_easy"])
    assert maes[0] != maes[1]
