"""`scalepredict register` and `score`: forecasts on record, unchanged, and what became of them."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
import pytest

from scalepredict.evaluation.forecast.registration import with_hash

ROOT = Path(__file__).resolve().parents[3]
LADDER = ROOT / "sample_data" / "pythia_ladder.csv"
Run = Callable[..., CompletedProcess[str]]
FILE = "scalepredict.registered.json"


@pytest.fixture
def registered(command: Run, tmp_path: Path) -> Run:
    """The command line in a folder with a registered forecast of the 12B model."""
    assert command("fit", str(LADDER), "--up-to-params", "2.8B", "-q").returncode == 0
    made = command("register", "--params", "12B", "--time", "2026-03-01T12:00:00Z")
    assert made.returncode == 0, made.stderr
    assert "sha256 of the registered content" in made.stdout
    return command


def load(path: Path, schema: str) -> Any:
    document = json.loads(path.read_text())
    jsonschema.validate(
        document, json.loads((ROOT / f"configs/schemas/{schema}.schema.json").read_text())
    )
    return document


def test_a_registered_forecast_is_that_of_forecast_with_hashes_and_time(
    registered: Run, tmp_path: Path
) -> None:
    document = load(tmp_path / FILE, "registered")
    assert document["time"] == "2026-03-01T12:00:00+00:00"
    assert document["inputs"][0]["name"] == "pythia_ladder.csv"
    plain = json.loads(registered("forecast", "--params", "12B", "--json", "-q").stdout)
    made = {entry["benchmark"]: entry for entry in document["targets"][0]["benchmarks"]}
    for entry in plain["benchmarks"]:
        found = made[entry["benchmark"]]
        assert found["forecast"] == pytest.approx(entry["forecast"])
        low, high = entry["interval"]["90"]
        assert found["quantiles"][3] == pytest.approx(low)
        assert found["quantiles"][9] == pytest.approx(high)


def test_scores_are_those_of_the_measured_model(registered: Run, tmp_path: Path) -> None:
    done = registered("score", FILE, "--measured", str(LADDER), "--json")
    assert done.returncode == 0, done.stderr
    (tmp_path / "scored.json").write_text(done.stdout)
    document = load(tmp_path / "scored.json", "scored")
    row = document["rows"][0]
    assert row["model"] == "pythia-12b"
    assert row["error"] == pytest.approx(row["forecast"] - row["measured"])
    assert row["inside_90"] == (0.05 <= row["pit"] <= 0.95)
    assert row["inside_50"] == (0.25 <= row["pit"] <= 0.75)
    errors = [abs(r["error"]) for r in document["rows"]]
    assert document["summary"]["mean_absolute_error"] == pytest.approx(sum(errors) / len(errors))
    assert all(math.isfinite(r["log_score"]) for r in document["rows"])


def test_a_changed_file_is_refused(registered: Run, tmp_path: Path) -> None:
    text = (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text(text.replace('"params": 12000000000', '"params": 12100000000'))
    refused = registered("score", FILE, "--measured", str(LADDER))
    assert refused.returncode == 2
    assert "no longer matches its own hash" in refused.stderr


def test_a_registered_file_is_never_overwritten(registered: Run, tmp_path: Path) -> None:
    before = (tmp_path / FILE).read_bytes()
    refused = registered("register", "--params", "12B")
    assert refused.returncode == 2
    assert "is not changed; name another file with -o" in refused.stderr
    assert (tmp_path / FILE).read_bytes() == before


def test_nothing_measured_exits_with_3(registered: Run, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text(
        "model,family,params,tokens,benchmark,score\nm,other,12B,300B,arc_easy,0.5\n"
    )
    done = registered("score", FILE, "--measured", "other.csv")
    assert done.returncode == 3
    assert "nothing is scored" in done.stderr


def test_a_time_that_is_none_is_refused_before_the_work(command: Run, tmp_path: Path) -> None:
    assert command("fit", str(LADDER), "-q").returncode == 0
    refused = command("register", "--params", "30B", "--time", "yesterday")
    assert refused.returncode == 2
    assert "'yesterday' is no moment" in refused.stderr
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"targets": 3}, "targets: 3 is not a list"),
        ({"targets": [{"family": "f"}]}, "targets[0].params: is missing"),
        ({"time": None}, "time: None is not text"),
        ({"more": 1}, "more: unknown key"),
    ],
)
def test_content_that_is_no_forecast_is_refused_although_its_hash_is_right(
    command: Run, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    file = {"name": "f", "sha256": ""}
    content: dict[str, object] = {
        "schema": "scalepredict.registered/1",
        "time": "t",
        "version": "v",
        "predictor": "p",
        "fit": file,
        "inputs": [],
        "targets": [],
        **change,
    }
    (tmp_path / FILE).write_text(json.dumps(with_hash(content)))
    refused = command("score", FILE, "--measured", str(LADDER))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"{FILE}: {words}" in refused.stderr
    assert "Give a file that `scalepredict register` wrote." in refused.stderr
