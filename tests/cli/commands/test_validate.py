"""`validate` tells what files hold, exits 1 on findings and 2 on what cannot be read."""

import json
from pathlib import Path

import jsonschema
import pytest

from tests.conftest import Run

SAMPLES = Path(__file__).resolve().parents[3] / "sample_data"
HEADER = "model,params,tokens,benchmark,score,n_items,chance\n"
LADDER = "".join(f"m{i},{i}B,{20 * i}B,piqa,0.{5 + i},1838,0.5\n" for i in (1, 2, 3))
BELOW = LADDER.replace("0.7", "0.3").replace("0.8", "0.35")


def test_clean_records_exit_with_0_and_are_told(scalepredict: Run) -> None:
    done = scalepredict("validate", str(SAMPLES / "pythia_ladder.csv"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 findings" in done.stdout
    assert "FLOPs of 8 checkpoints computed as 6 x params x tokens." in done.stdout
    assert "lambada_openai" in done.stdout


def test_scores_below_chance_are_a_finding(scalepredict: Run) -> None:
    done = scalepredict("validate", "-", "--json", stdin=HEADER + BELOW)
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document["schema"] == "scalepredict.validate/1"
    (finding,) = document["findings"]
    assert "piqa: clearly below the chance level 0.5: 2 of 3 scores" in finding


def test_scores_of_single_models_below_chance_are_no_finding(scalepredict: Run) -> None:
    assert (
        scalepredict("validate", "-", stdin=HEADER + LADDER.replace("0.7", "0.3")).returncode == 0
    )


def test_findings_of_one_kind_are_said_once(scalepredict: Run) -> None:
    text = HEADER + BELOW + BELOW.replace("piqa", "copa") + BELOW.replace("piqa", "wic")
    done = scalepredict("validate", "-", stdin=text)
    assert done.stdout.count("clearly below the chance level") == 1
    assert "piqa, copa, wic: clearly below" in done.stdout


def test_two_models_of_a_family_are_a_finding(scalepredict: Run) -> None:
    done = scalepredict("validate", "-", stdin=HEADER + "".join(LADDER.splitlines(True)[:2]))
    assert done.returncode == 1
    assert "no family has 3 models" in done.stdout


def test_a_mistake_exits_with_2_and_prints_no_result(scalepredict: Run) -> None:
    done = scalepredict("validate", "-", stdin=HEADER + LADDER.replace("0.7", "70"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: <stdin>, line 3: score 70 is not between 0 and 1 (")
    assert done.stderr.count("\n") == 1


def test_the_advice_on_percent_works(scalepredict: Run) -> None:
    percent = HEADER + LADDER.replace("0.6", "60").replace("0.7", "70").replace("0.8", "80")
    assert scalepredict("validate", "-", stdin=percent).returncode == 2
    assert scalepredict("validate", "-", "--percent", stdin=percent).returncode == 0
    said = percent.replace(",score,", ",score (%),")
    assert scalepredict("validate", "-", stdin=said).returncode == 0


def test_the_advice_on_two_metrics_works(scalepredict: Run) -> None:
    header = "model,params,tokens,benchmark,metric,score\n"
    rows = "".join(
        f"m{i},{i}B,{20 * i}B,quiz,{metric},0.{i}\n" for i in (1, 2, 3) for metric in ("f1", "em")
    )
    both = scalepredict("validate", "-", stdin=header + rows)
    assert both.returncode == 0
    assert "2 metrics, each a column of its own" in both.stdout
    assert "--metric em" in both.stdout
    assert scalepredict("validate", "-", "--metric", "em", stdin=header + rows).returncode == 0


def test_the_users_metadata_goes_before_the_shipped(scalepredict: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("benchmarks: {piqa: {chance: 0.125}}\n", encoding="utf-8")
    records = (HEADER + LADDER).replace(",chance", "").replace(",1838,0.5", ",1838")
    done = scalepredict("validate", "-", "--benchmarks", "mine.yaml", "--json", stdin=records)
    (piqa,) = json.loads(done.stdout)["files"][0]["benchmarks"]
    assert piqa["chance"] == [0.125, 0.125]


def test_a_ladder_file_is_checked_by_its_own_rules(scalepredict: Run, tmp_path: Path) -> None:
    path = tmp_path / "ladder.yaml"
    path.write_text("models:\n  - {match: a, params: 7b8}\n", encoding="utf-8")
    done = scalepredict("validate", "ladder.yaml")
    assert done.returncode == 2
    assert "ladder.yaml:2:" in done.stderr
    path.write_text("models:\n  - {match: a, params: 7B}\n", encoding="utf-8")
    assert scalepredict("validate", "ladder.yaml").returncode == 0


def test_json_output_obeys_its_schema(scalepredict: Run, tmp_path: Path) -> None:
    (tmp_path / "ladder.yaml").write_text("models: [{match: a, params: 7B}]\n", encoding="utf-8")
    samples = str(SAMPLES / "pythia_ladder.csv")
    done = scalepredict("validate", samples, "ladder.yaml", "--json")
    schema = json.loads(
        (SAMPLES.parent / "configs/schemas/validate.schema.json").read_text("utf-8")
    )
    document = json.loads(done.stdout)
    assert {one["kind"] for one in document["files"]} == {"records", "ladder"}
    jsonschema.validate(document, schema)


def test_a_benchmark_file_is_checked_alone_and_applied_beside_records(
    scalepredict: Run, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text("benchmarks: {piqa: {chance: 0.125}}\n", encoding="utf-8")
    (tmp_path / "records.csv").write_text(
        (HEADER + LADDER).replace(",chance", "").replace(",1838,0.5", ",1838"), encoding="utf-8"
    )
    alone = scalepredict("validate", "mine.yaml", "--json")
    assert json.loads(alone.stdout)["files"] == [
        {"file": "mine.yaml", "kind": "benchmarks", "names": 1}
    ]
    beside = scalepredict("validate", "records.csv", "mine.yaml", "--json")
    assert json.loads(beside.stdout)["files"][0]["benchmarks"][0]["chance"] == [0.125, 0.125]


@pytest.mark.parametrize("form", ["csv", "markdown"])
def test_other_formats_hold_the_findings(scalepredict: Run, form: str) -> None:
    text = HEADER + BELOW
    done = scalepredict("validate", "-", "--format", form, stdin=text)
    assert done.returncode == 1
    assert "clearly below the chance level" in done.stdout
