"""`scalepredict forecast`: points with intervals, doubts in words, and refusals that help."""

import csv
import io
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
LADDER = ROOT / "sample_data" / "pythia_ladder.csv"
Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def pythia(command: Run) -> Run:
    """The command line in a folder with a fit of the Pythia models up to 2.8B."""
    assert command("fit", str(LADDER), "--up-to-params", "2.8B", "-q").returncode == 0
    return command


def two_families(command: Run, tmp_path: Path) -> None:
    rows = ["model,family,params,tokens,benchmark,score,chance,n_items"]
    for family, models in (("small", 4), ("large", 9)):
        for i in range(models):
            score = 0.3 + 0.05 * i
            rows.append(f"{family}{i},{family},{3**i}e8,20B,arc_easy,{score:.2f},0.25,2000")
    (tmp_path / "r.csv").write_text("\n".join([*rows, ""]))
    assert command("fit", "r.csv", "-q").returncode == 0


def validate(document: object) -> None:
    jsonschema.validate(
        document, json.loads((ROOT / "configs" / "schemas" / "forecast.schema.json").read_text())
    )


def test_it_echoes_the_target_and_gives_intervals_class_and_last_value(scalepredict: Run) -> None:
    assert scalepredict("fit", str(LADDER), "--up-to-params", "2.8B", "-q").returncode == 0
    done = scalepredict("forecast", "--params", "12B", "--tokens", "300B")
    assert (done.returncode, done.stderr) == (0, "")
    title, header, *rows = done.stdout.splitlines()
    assert title == (
        "pythia-pile: 12B params, 300B tokens = 2.16e22 FLOPs, 4.33x the largest evidence "
        "(pythia-2.8b)"
    )
    assert header.split("  ")[0] == "benchmark"
    arc = next(row for row in rows if row.startswith("arc_easy"))
    assert arc.split()[1:3] == ["rising", "64.4"]
    assert len(re.findall(r"\d\d\.\d-\d\d\.\d", arc)) == 3
    assert any(row.startswith("average of core") for row in rows)


def test_a_benchmark_at_chance_gets_a_bound_instead_of_a_curve(pythia: Run) -> None:
    done = pythia("forecast", "--params", "12B")
    mmlu = next(row for row in done.stdout.splitlines() if row.startswith("mmlu"))
    assert "at chance" in mmlu
    assert re.search(r" <= \d\d\.\d ", mmlu)
    assert "not yet measurable: P(score > 30.0) = " in mmlu
    assert not re.search(r"\d-\d", mmlu)


@pytest.mark.parametrize(("risen", "said"), [(1, True), (2, False)])
def test_an_average_mostly_of_benchmarks_at_chance_says_so(
    command: Run, tmp_path: Path, risen: int, said: bool
) -> None:
    lines = ["model,params,tokens,b0,b0/n,b1,b1/n,b2,b2/n"]
    for k, y in enumerate((0.24, 0.26, 0.25, 0.25, 0.26, 0.25)):
        scores = [f"{0.4 + 0.05 * k if b < risen else y},1000" for b in range(3)]
        lines.append(f"m{k},{20 * 3**k}M,{3**k}B,{','.join(scores)}")
    (tmp_path / "at.csv").write_text("\n".join(lines))
    (tmp_path / "b.yaml").write_text(
        "benchmarks: {b0: {chance: 0.25}, b1: {chance: 0.25}, b2: {chance: 0.25}}"
    )
    assert command("fit", "at.csv", "--benchmarks", "b.yaml").returncode == 0
    shown = command("forecast", "--params", "12B").stdout
    assert ("2 of 3 benchmarks are at chance" in shown) is said, shown


def test_json_follows_its_schema_and_nests_its_intervals(pythia: Run) -> None:
    document = json.loads(pythia("forecast", "--params", "12B", "--json").stdout)
    validate(document)
    assert document["target"]["assumption"] == "tokens as in the ladder, 300B at every size"
    assert document["target"]["factor"] == pytest.approx(12e9 / 2775208960)
    for entry in document["benchmarks"] + document["suites"]:
        lows, highs = zip(*(entry["interval"][c] for c in ("50", "80", "90", "95")), strict=True)
        assert [*reversed(lows), entry["forecast"], *highs] == sorted(
            [*lows, entry["forecast"], *highs]
        )
        assert lows[0] < entry["forecast"] < highs[0]


def test_several_targets_and_families_are_several_documents(command: Run, tmp_path: Path) -> None:
    two_families(command, tmp_path)
    options = ["--params", "10B", "--params", "20B", "--json"]
    documents: list[dict[str, Any]] = json.loads(command("forecast", *options).stdout)
    for document in documents:
        validate(document)
    pairs = [(d["family"], d["target"]["params"]) for d in documents]
    assert pairs == [("small", 10e9), ("small", 20e9), ("large", 10e9), ("large", 20e9)]
    alone = json.loads(command("forecast", *options, "--family", "large").stdout)
    assert alone == documents[2:]


def test_a_target_out_of_reach_of_one_family_is_refused_there_and_said(
    command: Run, tmp_path: Path
) -> None:
    two_families(command, tmp_path)
    done = command("forecast", "--params", "5T")
    assert done.returncode == 0
    assert "warning: family 'small' has no forecast: target 5T params" in done.stderr
    assert "large: 5T params" in done.stdout
    done = command("forecast", "--params", "5T", "--family", "small")
    assert (done.returncode, done.stdout) == (2, "")
    assert "beyond 300x no forecast was ever checked" in done.stderr


def test_doubts_about_the_target_are_warnings(pythia: Run) -> None:
    far = pythia("forecast", "--params", "200B")
    assert "warning: the target has 72.1x the FLOPs of the largest evidence" in far.stderr
    small = pythia("forecast", "--params", "1B")
    assert small.returncode == 0
    assert "warning: the target is smaller than the largest evidence" in small.stderr
    quiet = pythia("forecast", "--params", "200B", "--quiet", "--format", "markdown")
    assert quiet.stderr == ""
    assert "warning: the target has 72.1x" in quiet.stdout


def test_measured_scores_stand_beside_the_forecast_with_the_error(pythia: Run) -> None:
    text = pythia("forecast", "--measured", str(LADDER)).stdout
    notes = [line for line in text.splitlines() if line.startswith("measured on ")]
    assert [note.split(":")[0] for note in notes] == [
        "measured on pythia-6.9b",
        "measured on pythia-12b",
    ]
    done = pythia("forecast", "--params", "12B", "--measured", str(LADDER), "--json")
    document = json.loads(done.stdout)
    validate(document)
    errors = [entry["forecast"] - entry["measured"] for entry in document["benchmarks"]]
    assert [entry["error"] for entry in document["benchmarks"]] == pytest.approx(errors)
    accuracy = document["accuracy"]
    assert accuracy["model"] == "pythia-12b"
    assert accuracy["mean_absolute_error"] == pytest.approx(sum(map(abs, errors)) / 9)
    inside = [
        e["interval"]["90"][0] <= e["measured"] <= e["interval"]["90"][1]
        for e in document["benchmarks"]
    ]
    assert accuracy["inside_90"] == sum(inside)


def test_a_target_that_was_not_measured_is_not_compared(pythia: Run) -> None:
    done = pythia("forecast", "--params", "30B", "--measured", str(LADDER))
    assert done.returncode == 2
    assert "the nearest is pythia-12b (11.8B params, 300B tokens)" in done.stderr


def test_csv_has_one_row_for_each_benchmark_and_suite_of_each_target(pythia: Run) -> None:
    done = pythia("forecast", "--params", "7B", "--params", "12B", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 2 * (9 + 1)
    assert [row["is_suite"] for row in rows[:10]] == ["False"] * 9 + ["True"]
    assert all(float(row["low_90"]) <= float(row["forecast"]) for row in rows)
    assert "pythia-pile: 7B params" in done.stderr  # the echo, which CSV has no place for


def test_one_benchmark_can_be_asked_for(pythia: Run) -> None:
    done = pythia("forecast", "--params", "12B", "--benchmark", "piqa", "--json")
    document = json.loads(done.stdout)
    assert [entry["benchmark"] for entry in document["benchmarks"]] == ["piqa"]
    assert document["suites"] == []


def test_a_fit_from_a_pipe_and_the_same_bytes_twice(pythia: Run, tmp_path: Path) -> None:
    stored = (tmp_path / "scalepredict.fit.json").read_text()
    piped = pythia("forecast", "--fit", "-", "--params", "12B", "--json", stdin=stored)
    direct = pythia("forecast", "--params", "12B", "--json")
    assert piped.returncode == 0
    assert piped.stdout == direct.stdout


def test_the_fits_own_calibration_is_used_unless_another_is_named(
    command: Run, tmp_path: Path
) -> None:
    shipped = (ROOT / "configs" / "calibration.yaml").read_text()
    (tmp_path / "own.yaml").write_text(_scaled_quantiles(shipped))
    fit = ["fit", str(LADDER), "--up-to-params", "2.8B", "-q"]
    assert command(*fit, "-o", "plain.json").returncode == 0
    assert command(*fit, "-o", "own.json", "--calibration", "own.yaml").returncode == 0
    widths = []
    for options in (
        ["--fit", "plain.json"],
        ["--fit", "own.json"],
        ["--fit", "plain.json", "--calibration", "own.yaml"],
        ["--fit", "own.json", "--calibration", str(ROOT / "configs" / "calibration.yaml")],
    ):
        done = command("forecast", *options, "--params", "12B", "--json")
        low, high = json.loads(done.stdout)["benchmarks"][1]["interval"]["90"]
        widths.append(high - low)
    assert widths[1] == widths[2] == pytest.approx(2 * widths[0])
    assert widths[3] == widths[0]


def _scaled_quantiles(text: str) -> str:
    tree = yaml.safe_load(text)
    for entry in [*tree["predictors"].values(), tree["fallback"]]:
        entry["quantiles"] = {p: 2 * q for p, q in entry["quantiles"].items()}
    return yaml.safe_dump(tree, sort_keys=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "no target was given"),
        (["--params", "70Bn"], "'70Bn' is not a count"),
        (["--params", "-3"], "'-3' is not a positive count"),
        (["--tokens", "1T"], "--tokens alone"),
        (["--params", "9T"], "beyond 300x"),
        (["--params", "12B", "--family", "pythia"], "did you mean 'pythia-pile'?"),
        (["--params", "12B", "--benchmark", "arc_esy"], "did you mean 'arc_easy'?"),
        (["--params", "12B", "--fit", "none.json"], "none.json: there is no such file"),
        (["--params", "12B", "--fit", "old.json"], "reads scalepredict.fit/1"),
        (["--params", "12B", "--fit", "bad.json"], "bad.json: is not a JSON document"),
        (["--params", "12B", "--measured", "none.csv"], "none.csv"),
        (["--params", "12B", "--calibration", "bad.json"], "bad.json"),
    ],
)
def test_bad_input_ends_with_2_one_message_and_no_output(
    pythia: Run, tmp_path: Path, options: list[str], message: str
) -> None:
    stored = (tmp_path / "scalepredict.fit.json").read_text()
    (tmp_path / "old.json").write_text(stored.replace("scalepredict.fit/1", "scalepredict.fit/9"))
    (tmp_path / "bad.json").write_text(stored[:-40])
    done = pythia("forecast", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_single_digit_of_a_law_that_is_no_number_is_refused(pythia: Run, tmp_path: Path) -> None:
    path = tmp_path / "scalepredict.fit.json"
    stored = json.loads(path.read_text())
    stored["groups"][0]["evidence"]["scores"][0][0] = "0.3"
    path.write_text(json.dumps(stored))
    done = pythia("forecast", "--params", "12B")
    assert done.returncode == 2
    assert "groups[0].evidence.scores" in done.stderr


def test_the_example_of_the_help_runs(pythia: Run) -> None:
    lines = pythia("forecast", "--help").stdout.splitlines()
    example = next(line for line in lines if "scalepredict forecast --params" in line)
    done = pythia(*example.split("scalepredict ")[1].split())
    assert done.returncode == 0
    assert math.isfinite(float(done.stdout.split("arc_easy")[1].split()[2]))


def test_a_family_that_was_not_fitted_is_named_by_every_forecast(
    command: Run, tmp_path: Path
) -> None:
    rows = ["model,family,params,tokens,benchmark,score"]
    for family, models in (("tiny", 2), ("large", 5)):
        rows += [f"{family}{i},{family},{3**i}e8,20B,own,0.{60 + 3 * i}" for i in range(models)]
    (tmp_path / "r.csv").write_text("\n".join([*rows, ""]))
    assert command("fit", "r.csv", "-q").returncode == 0
    assert (
        "not forecast: tiny; --family NAME tells why"
        in command("forecast", "--params", "30B").stderr
    )
    assert "needs 3" in command("forecast", "--params", "30B", "--family", "tiny").stderr
