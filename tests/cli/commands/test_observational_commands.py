"""Methods that pool families on the command line: tables, known scores, closed models, refusals."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[3]
PUBLIC = str(ROOT / "sample_data" / "public_models.csv")
Run = Callable[..., CompletedProcess[str]]
KNOWN = "model,MMLU,ARC-C,HellaSwag,GSM8K\nmine,0.61,0.55,0.78,0.41\nother,0.7,,0.8,\n"


def schema(kind: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        (ROOT / "configs" / "schemas" / f"{kind}.schema.json").read_text()
    )
    return document


@pytest.fixture
def fitted(command: Run) -> Run:
    done = command("fit", PUBLIC, "--predictor", "observational", "-q")
    assert done.returncode == 0, done.stderr
    return command


def test_fit_shows_loadings_once_and_more_on_request(command: Run) -> None:
    short = command("fit", PUBLIC, "--predictor", "observational")
    title, header, first, *_ = short.stdout.splitlines()
    assert title.startswith("loadings: change of the score")
    assert header.split() == ["benchmark", "1", "2", "3", "4", "5", "error"]
    assert first.split()[0] == "ARC-C"
    assert short.stdout.count("capability space: 5 components (forecasts use 5)") == 1
    assert "5 models of unknown compute" in short.stdout
    assert "classes in each of 14 families: add -v." in short.stdout
    full = command("fit", PUBLIC, "--predictor", "observational", "-v").stdout
    assert "equivalent" in full
    assert "Llama-2: observational on 3 models" in full


@pytest.mark.parametrize(
    ("predictor", "tables"),
    [("observational", {"loadings", "links", "models"}), ("skills", {"loadings", "families"})],
)
def test_the_tables_of_a_pooled_law_are_in_the_document(
    command: Run, predictor: str, tables: set[str]
) -> None:
    done = command("fit", PUBLIC, "--predictor", predictor, "--json")
    document = json.loads(done.stdout)
    jsonschema.validate(document, schema("fit-report"))
    assert set(document["details"]) == tables
    assert len(document["details"]["loadings"]) == 9 + 1


def test_a_model_is_forecast_from_its_scores_on_other_benchmarks(fitted: Run) -> None:
    model = "mistralai/Mixtral-8x22B-v0.1"  # its compute is not published
    done = fitted("forecast", "--capabilities-of", model, "--json")
    document = json.loads(done.stdout)
    jsonschema.validate(document, schema("forecast"))
    assert document["target"]["flops"] is None
    [downstream] = [b for b in document["benchmarks"] if b["benchmark"] == "word_unscrambling"]
    low, high = downstream["interval"]["90"]
    assert low < downstream["forecast"] < high
    assert downstream["forecast"] == pytest.approx(0.527, abs=0.1)  # measured on it: 0.527


def test_records_of_standard_scores_are_targets_without_family_or_scale(
    fitted: Run, tmp_path: Path
) -> None:
    (tmp_path / "known.csv").write_text(KNOWN)
    done = fitted("forecast", "--known", "known.csv", "--benchmark", "word_unscrambling", "--json")
    mine, other = json.loads(done.stdout)
    jsonschema.validate(mine, schema("forecast"))
    assert [each["target"]["model"] for each in (mine, other)] == ["mine", "other"]
    rows = fitted("forecast", "--known", "known.csv", "--benchmark", "MMLU", "--format", "csv")
    assert [row.split(",")[1] for row in rows.stdout.splitlines()] == ["model", "mine", "other"]
    assert mine["benchmarks"][0]["forecast"] != other["benchmarks"][0]["forecast"]
    one = fitted("forecast", "--known", "-", "--benchmark", "MMLU", stdin="model,foo\nm,0.5\n")
    assert one.returncode == 2
    assert "a forecast needs scores of the target on other benchmarks (best: ARC-C" in one.stderr
    assert "model 'm': " in one.stderr


def test_a_known_benchmark_of_another_metric_is_said_to_be_ignored(fitted: Run) -> None:
    text = "model,benchmark,metric,score\nm,MMLU,,0.5\nm,foo,acc,0.4\n"
    done = fitted("forecast", "--known", "-", "--benchmark", "GSM8K", stdin=text)
    assert done.returncode == 0, done.stderr
    assert "scores on foo acc are not read" in done.stderr


def test_cells_that_known_models_lack_are_counted(fitted: Run) -> None:
    text = "model,MMLU,ARC-C\na,0.5,0.4\nb,,\n"
    done = fitted("forecast", "--known", "-", "--benchmark", "GSM8K", stdin=text)
    assert done.returncode == 0, done.stderr
    assert "2 rows have neither score nor task loss; left out." in done.stderr


def test_what_holds_for_all_known_models_is_warned_of_once(fitted: Run) -> None:
    text = "model,MMLU,ARC-C,foo\na,0.5,0.4,0.1\nb,0.6,0.5,0.2\n"
    done = fitted("forecast", "--known", "-", "--benchmark", "GSM8K", stdin=text)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("scores on foo are not read") == 1


def test_family_and_scale_forecast_through_capabilities(fitted: Run) -> None:
    done = fitted("forecast", "--family", "Llama-2", "--params", "130B", "--tokens", "2T", "--json")
    document = json.loads(done.stdout)
    jsonschema.validate(document, schema("forecast"))
    [mmlu] = [b for b in document["benchmarks"] if b["benchmark"] == "MMLU"]
    assert mmlu["last"] == pytest.approx(0.697, abs=0.01)  # of Llama-2-70b, not of another family
    assert mmlu["forecast"] > mmlu["last"] - 0.02


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--family", "Mistral", "--params", "70B", "--tokens", "3T"], "the compute of none of"),
        (["--family", "Lama-2", "--params", "70B"], "'Lama-2' (did you mean 'Llama-2'?)"),
        (["--capabilities-of", "nobody"], "there is no model 'nobody'"),
        (["--capabilities-of", "mosaicml/mpt-7b", "--params", "7B"], "leave out the scale"),
    ],
)
def test_targets_that_cannot_be_forecast_are_refused_in_one_line(
    fitted: Run, arguments: list[str], said: str
) -> None:
    done = fitted("forecast", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_known_scores_and_components_mean_nothing_to_a_method_of_one_ladder(
    command: Run,
) -> None:
    ladder = str(ROOT / "sample_data" / "pythia_ladder.csv")
    refused = command("fit", ladder, "--components", "2")
    assert (refused.returncode, "means nothing to the predictor 'stack'" in refused.stderr) == (
        2,
        True,
    )
    assert command("fit", ladder).returncode == 0
    done = command("forecast", "--capabilities-of", "pythia-1b")
    assert done.returncode == 2
    assert "fit with --predictor observational" in done.stderr


@pytest.mark.parametrize("unknown", ["first", "all"])
def test_a_fit_whose_first_model_or_none_tells_its_compute_is_read_again(
    command: Run, tmp_path: Path, unknown: str
) -> None:
    header, *lines = Path(PUBLIC).read_text().splitlines()
    tokens = header.split(",").index("Pretraining Data Size (T)")
    flops = header.split(",").index("FLOPs (1E21)")
    rows = [line.split(",") for line in lines]
    for row in rows if unknown == "all" else rows[:1]:
        row[tokens] = row[flops] = ""
    (tmp_path / "public.csv").write_text("\n".join([header, *map(",".join, rows)]) + "\n")
    fitting = command("fit", "public.csv", "--predictor", "observational", "--components", "1")
    assert fitting.returncode == 0, fitting.stderr
    model = rows[0][0]
    done = command("forecast", "--capabilities-of", model, "--benchmark", "MMLU", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    jsonschema.validate(document, schema("forecast"))
    assert document["target"]["model"] == model


def test_two_models_of_one_name_are_refused_when_one_is_asked_for(
    command: Run, tmp_path: Path
) -> None:
    lines = Path(PUBLIC).read_text().splitlines()
    twin = lines[1].replace(",BLOOM,", ",Phi,")
    (tmp_path / "twice.csv").write_text("\n".join([*lines, twin]) + "\n")
    assert command("fit", "twice.csv", "-p", "observational", "-q").returncode == 0
    done = command("forecast", "--capabilities-of", "bigscience/bloom-560m")
    assert done.returncode == 2
    assert "2 checkpoints are named 'bigscience/bloom-560m' (families BLOOM, Phi)" in done.stderr


def test_a_score_above_one_is_refused_with_its_row(command: Run, tmp_path: Path) -> None:
    text = Path(PUBLIC).read_text().replace("0.37154,", "37.154,")
    (tmp_path / "bad.csv").write_text(text)
    done = command("fit", "bad.csv", "-p", "observational")
    assert done.returncode == 2
    assert "37.154" in done.stderr
    assert "bad.csv" in done.stderr
    assert list(tmp_path.glob("*.json")) == []
