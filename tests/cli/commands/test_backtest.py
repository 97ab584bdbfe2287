"""`scalepredict backtest` as a user calls it, on the Pythia ladder that ships."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
import pytest

Run = Callable[..., CompletedProcess[str]]
ROOT = Path(__file__).resolve().parents[3]
LADDER = str(ROOT / "sample_data" / "pythia_ladder.csv")
FAST = ("--predictor", "last")
WORDS = [
    (("--predictor", "stck"), "stack"),
    (("--cutoff-params", "1k"), "at or below the cutoff"),
    (("--holdout", "nothing*"), "no model of the records"),
    (("--holdout", "*12b", "--cutoff-flops", "1e21"), "contradict each other"),
    (("--exclude", "gpt*"), "fits no family"),
    (("--checkpoints", "newest"), "mean-last-3"),
    (("--min-models", "20"), "a backtest needs a family"),
]


def document(run: Run, *arguments: str) -> dict[str, Any]:
    result = run("backtest", LADDER, *arguments, "--json", "--quiet")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    content: dict[str, Any] = json.loads(result.stdout)
    return content


def test_the_document_fits_its_schema_and_holds_both_methods(scalepredict: Run) -> None:
    content = document(scalepredict, "--predictor", "stack", "--by", "family")
    schema = json.loads(
        (ROOT / "configs" / "schemas" / "backtest.schema.json").read_text(encoding="utf-8")
    )
    jsonschema.validate(content, schema)
    assert {row["predictor"] for row in content["rows"]} == {"stack", "last"}
    everything = {s["predictor"]: s for s in content["summary"] if s["family"] is None}
    assert everything["last"]["skill"] == pytest.approx(1.0)
    assert everything["stack"]["skill"] < 0.75
    assert all(floor["interpolation"] > 0 for floor in content["noise_floor"])


def test_rows_are_forecasts_of_models_above_the_cutoff(scalepredict: Run) -> None:
    content = document(scalepredict, "--cutoff-params", "3B", *FAST)
    models = {row["model"] for row in content["rows"]}
    assert models == {"pythia-6.9b", "pythia-12b"}
    assert {row["n_train"] for row in content["rows"]} == {6}


def test_the_same_command_gives_the_same_bytes_whatever_the_jobs(scalepredict: Run) -> None:
    arguments = ("backtest", LADDER, "--predictor", "stack", "--origins", "1", "--json")
    one, two = scalepredict(*arguments), scalepredict(*arguments, "--jobs", "2")
    assert one.returncode == 0
    assert one.stdout == two.stdout


def test_a_table_states_its_floor_skill_and_assumptions(scalepredict: Run) -> None:
    result = scalepredict("backtest", LADDER, *FAST)
    assert result.returncode == 0
    title, header, *lines = result.stdout.splitlines()
    assert title.startswith("Backtest: errors in points")
    assert header.split()[:3] == ["predictor", "factor", "MAE"]
    assert lines[0].split()[:2] == ["last", "2x"]
    assert "evidence: last checkpoint of each of 8 models" in result.stderr


def test_rows_go_to_a_file_when_asked(scalepredict: Run, tmp_path: Path) -> None:
    result = scalepredict("backtest", LADDER, *FAST, "--rows", "rows.csv", "--format", "csv")
    assert result.returncode == 0
    rows = list(csv.DictReader((tmp_path / "rows.csv").read_text().splitlines()))
    assert len(rows) == 9 * (4 + 3 + 2 + 1)
    first = rows[0]
    assert float(first["low_90"]) <= float(first["forecast"]) <= float(first["high_90"])
    summary = list(csv.DictReader(result.stdout.splitlines()))
    assert [row["factor_bin"] for row in summary] == ["2x", "4x", "8x", "16x", "all"]


@pytest.mark.parametrize(("arguments", "words"), WORDS)
def test_a_request_that_cannot_be_met_is_refused_with_a_reason(
    scalepredict: Run, arguments: tuple[str, ...], words: str
) -> None:
    result = scalepredict("backtest", LADDER, "-p", "last", *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert words in result.stderr
    assert "Traceback" not in result.stderr
