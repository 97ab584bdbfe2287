"""`clusters` and `simulate` as a user calls them, on item records with and without mistakes."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import jsonschema
import numpy as np
import pytest
from typer.testing import CliRunner

from scalepredict.cli.app import app
from scalepredict.errors import ScalePredictError
from scalepredict.evaluation.questions.item_simulator import MID, simulate_items
from scalepredict.predictors.cod.clustering import CLUSTERINGS, Clustering
from scalepredict.predictors.cod.cod import ClusteringOnDifficulty
from scalepredict.predictors.store.fit_file import load_fit
from scalepredict.records.formats.long_form import long_form
from scalepredict.records.formats.record_file import write_records

Run = Callable[..., CompletedProcess[str]]
Row = dict[str, str]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("items") / "items.csv"
    world = replace(MID, n_questions=300)
    table = simulate_items(world, benchmark="mid", rng=np.random.default_rng(0)).table
    write_records(path, long_form(table))
    return path


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(rows: list[Row], path: Path) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def test_simulated_records_are_the_same_for_the_same_seed(scalepredict: Run, items: Path) -> None:
    result = scalepredict("simulate", "mid", "--questions", "300")
    assert (result.returncode, result.stderr) == (0, "")
    plain = result.stdout.replace("simulated-mid-100-0", "simulated").replace(
        "simulated_mid", "mid"
    )
    assert plain == items.read_text(encoding="utf-8")


def test_a_world_without_bounds_is_simulated_in_silence(scalepredict: Run) -> None:
    result = scalepredict("simulate", "mid", "--questions", "3", "--model-noise", "1e9")
    assert (result.returncode, result.stderr) == (0, "")


def test_simulated_records_are_not_written_in_a_form_that_is_not_theirs(
    scalepredict: Run, tmp_path: Path
) -> None:
    result = scalepredict("simulate", "mid", "--questions", "3", "-o", "items.json")
    assert result.returncode == 2
    assert "items.json: records are written as .csv or .parquet" in result.stderr
    assert not (tmp_path / "items.json").exists()


def test_the_document_fits_its_schema_and_every_question_has_one_place(
    scalepredict: Run, items: Path
) -> None:
    result = scalepredict("clusters", str(items), "--flops", "3.8e24", "--json", "--quiet")
    assert (result.returncode, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    schema = json.loads(
        (ROOT / "configs" / "schemas" / "clusters.schema.json").read_text(encoding="utf-8")
    )
    jsonschema.validate(document, schema)
    (entry,) = document["benchmarks"]
    placed = [task for cluster in entry["clusters"] for task in cluster["tasks"]]
    assert len({*placed, *entry["outliers"], *entry["solved_by_none"]}) == 300
    assert len(placed) + len(entry["outliers"]) + len(entry["solved_by_none"]) == 300
    first, last = entry["clusters"][0], entry["clusters"][-1]
    assert sum(first["pass_rates"]) < sum(last["pass_rates"])  # the hardest comes first
    (forecast,) = entry["forecasts"]
    assert forecast["local_line"] == pytest.approx(0.62, abs=0.06)
    assert forecast["spline"] == pytest.approx(forecast["monotone_cubic"], abs=0.03)


def test_the_table_shows_clusters_trust_and_the_anchor(scalepredict: Run, items: Path) -> None:
    result = scalepredict("clusters", str(items))
    assert result.returncode == 0, result.stderr
    assert "extrapolatable" in result.stdout
    assert "trust: " in result.stdout
    assert "1 anchor;" in result.stdout
    assert "▁" not in result.stdout  # only terminals get drawings
    assert scalepredict("clusters", str(items)).stdout == result.stdout


@pytest.mark.parametrize("name", ["k-means", "dbscan"])
def test_another_clustering_is_used_and_named(command: Run, items: Path, name: str) -> None:
    shown = command("clusters", str(items), "--clustering", name, "--quiet")
    assert shown.returncode == 0
    assert f"clusters ({name}) from one half" in shown.stdout
    assert shown.stdout != command("clusters", str(items), "--quiet").stdout
    result = command("clusters", str(items), "--clustering", name, "--json", "--quiet")
    document = json.loads(result.stdout)
    schema = json.loads(
        (ROOT / "configs" / "schemas" / "clusters.schema.json").read_text(encoding="utf-8")
    )
    jsonschema.validate(document, schema)
    assert document["benchmarks"][0]["clustering"] == name


def test_a_fit_keeps_the_clustering_that_made_it(command: Run, items: Path, tmp_path: Path) -> None:
    choice = ("--predictor", "cod", "--clustering", "k-means")
    fit = command("fit", str(items), *choice, "--json", "--quiet")
    assert fit.returncode == 0
    assert json.loads(fit.stdout)["settings"]["clustering"]["method"] == "k-means"
    stored = load_fit(tmp_path / "scalepredict.fit.json").fit
    assert stored.predictor == ClusteringOnDifficulty(clustering=Clustering(method="k-means"))
    assert "questions clustered by k-means." in map(str, stored.groups[0].law.notes())


def test_a_wrong_clustering_is_refused_with_what_is_accepted(command: Run, items: Path) -> None:
    for words in (("clusters",), ("fit", "--predictor", "cod")):
        result = command(*words, str(items), "--clustering", "kmeans")
        assert (result.returncode, result.stdout) == (2, "")
        for name in CLUSTERINGS:
            assert name in result.stderr
    result = command("fit", str(items), "--clustering", "k-means")
    assert result.returncode == 2
    assert "--clustering means nothing to the predictor 'stack'" in result.stderr


@pytest.mark.parametrize("name", ["clusters", "fit", "plot clusters"])
def test_help_lists_every_clustering(command: Run, name: str) -> None:
    words = " ".join(command(*name.split(), "--help").stdout.split())
    assert all(each in words.replace("- ", "-") for each in CLUSTERINGS)


@pytest.mark.parametrize("name", ["clusters", "fit", "backtest", "plot clusters"])
def test_help_tells_that_answers_of_checkpoints_can_be_pooled(command: Run, name: str) -> None:
    assert "pool-last-K" in command(*name.split(), "--help").stdout


def test_the_predictable_questions_are_written_for_a_harness(
    scalepredict: Run, items: Path, tmp_path: Path
) -> None:
    numbered = [{**row, "task": str(int(row["task"][1:]))} for row in rows_of(items)]
    records = write(numbered, tmp_path / "numbered.csv")
    result = scalepredict("clusters", records, "--tasks-out", "chosen.json")
    assert result.returncode == 0, result.stderr
    chosen = json.loads((tmp_path / "chosen.json").read_text(encoding="utf-8"))["mid"]
    assert all(isinstance(index, int) for index in chosen)
    assert f"{len(chosen)} questions that can be extrapolated" in result.stderr
    scalepredict("clusters", str(items), "--tasks-out", "chosen.csv")
    lines = (tmp_path / "chosen.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "benchmark,task"
    assert [int(line.split(",q")[1]) for line in lines[1:]] == chosen


def test_the_predictable_questions_alone_go_to_stdout(command: Run, items: Path) -> None:
    result = command("clusters", str(items), "--tasks-out", "-", "--quiet")
    assert result.returncode == 0, result.stderr
    header, *rows = result.stdout.splitlines()
    assert header == "benchmark,task"
    assert {row.split(",")[0] for row in rows} == {"mid"}


def test_clusters_and_fit_find_the_same(command: Run, items: Path) -> None:
    target = ("--flops", "3e24", "--json", "--quiet")
    shown = json.loads(command("clusters", str(items), *target).stdout)
    command("fit", str(items), "--predictor", "cod", "--quiet")
    forecast = json.loads(command("forecast", *target).stdout)
    (clusters,), (benchmark,) = shown["benchmarks"], forecast["benchmarks"]
    assert clusters["forecasts"][0]["local_line"] == pytest.approx(benchmark["forecast"], abs=1e-9)


def test_a_target_far_away_is_told_with_what_was_assumed_and_is_not_trusted(
    command: Run, items: Path
) -> None:
    result = command("clusters", str(items), "--flops", "1e25")
    assert result.returncode == 0, result.stderr
    assert "= 1e25 FLOPs, 70.7x the largest evidence (sim-12022M); assumed: " in result.stderr
    assert "trust: low; the target has 70.7x the FLOPs of the largest evidence" in result.stdout


def test_clusters_that_carry_no_forecast_are_shown_with_their_kind(
    command: Run, items: Path, tmp_path: Path
) -> None:
    flat = [
        {**row, "successes": str(10 * (int(row["task"][1:]) % 10))}
        for row in rows_of(items)
        if row["role"] == "fit"
    ]
    records = write(flat, tmp_path / "flat.csv")
    table = command("clusters", records, "--quiet").stdout
    assert "non-emergent" in table
    assert "forecast by item response, not by clusters" in table
    document = json.loads(command("clusters", records, "--json", "--quiet").stdout)
    schema = json.loads(
        (ROOT / "configs" / "schemas" / "clusters.schema.json").read_text(encoding="utf-8")
    )
    jsonschema.validate(document, schema)
    (entry,) = document["benchmarks"]
    assert entry["method"] == "item response"
    assert {cluster["kind"] for cluster in entry["clusters"]} <= {
        "non-emergent",
        "non-extrapolatable",
    }


def test_a_csv_without_clusters_has_the_header_of_one_with_clusters(
    command: Run, items: Path, tmp_path: Path
) -> None:
    one_answer = [
        {**row, "successes": str(int(int(row["successes"]) > 50)), "trials": "1"}
        for row in rows_of(items)
    ]
    lacking, made = (
        command("clusters", records, "--format", "csv", "--quiet").stdout.splitlines()
        for records in (write(one_answer, tmp_path / "one.csv"), str(items))
    )
    assert lacking == made[:1]
    assert len(made) > 1


def test_what_holds_for_many_benchmarks_is_said_once(
    command: Run, items: Path, tmp_path: Path
) -> None:
    few = [row for row in rows_of(items) if row["task"] < "q00080"]
    rows = [{**row, "trials": "", "successes": ""} for row in few]
    graded = [
        {**row, "score": str(0.2 + 0.001 * (n % 600)), "benchmark": name}
        for name in ("mid", "other")
        for n, row in enumerate(rows)
    ]
    said = "graded scores without trials: taken as exact, without sampling noise."
    records = write(graded, tmp_path / "graded.csv")
    for words in (("clusters",), ("fit", "--predictor", "cod")):
        result = command(*words, records)
        assert (result.stdout + result.stderr).count(f"mid, other: {said}") == 1
        result = command(*words, records, "--verbose")
        assert (result.stdout + result.stderr).count(said) == 2


def test_fit_and_forecast_use_cod_like_any_predictor(scalepredict: Run, items: Path) -> None:
    fit = scalepredict("fit", str(items), "--predictor", "cod", "-o", "fit.json")
    assert fit.returncode == 0, fit.stderr
    forecast = scalepredict(
        "forecast", "--fit", "fit.json", "--measured", str(items), "--json", "--quiet"
    )
    assert forecast.returncode == 0, forecast.stderr
    document = json.loads(forecast.stdout)
    (row,) = (document[0] if isinstance(document, list) else document)["benchmarks"]
    assert row["forecast"] == pytest.approx(0.62, abs=0.06)


def test_one_answer_each_goes_to_item_response_and_writes_no_questions(
    scalepredict: Run, tmp_path: Path
) -> None:
    scalepredict("simulate", "easy", "--questions", "400", "--trials", "1", "-o", "one.csv")
    result = scalepredict("clusters", "one.csv", "--tasks-out", "chosen.csv")
    assert result.returncode == 0, result.stderr
    assert "forecast by item response, not by clusters" in result.stdout
    assert (tmp_path / "chosen.csv").read_text(encoding="utf-8") == "benchmark,task\n"


BROKEN: dict[str, tuple[Callable[[list[Row]], list[Row]], str]] = {
    "more successes than trials": (
        lambda rows: [{**rows[0], "successes": "101"}, *rows[1:]],
        "cannot be more successes than trials",
    ),
    "five questions": (
        lambda rows: [row for row in rows if row["task"] < "q00005"],
        "5 questions that all 8 models answered; 20 are needed",
    ),
    "one model": (
        lambda rows: [row for row in rows if row["model"] == "sim-122M"],
        "1 model with questions and training FLOPs; 3 are needed, and 6 or more for a free ceiling",
    ),
    "nobody solves it": (
        lambda rows: [{**row, "successes": "0"} for row in rows],
        "no model passed any of the 300 questions",
    ),
    "other ids for each model": (
        lambda rows: [{**row, "task": row["task"] + row["model"]} for row in rows],
        "must be the same for all models",
    ),
    "totals only": (
        lambda rows: [{**row, "task": ""} for row in rows if row["task"] == "q00000"],
        "only its total score",
    ),
}


@pytest.mark.parametrize("defect", BROKEN)
def test_bad_items_are_refused_with_a_reason(items: Path, tmp_path: Path, defect: str) -> None:
    broken, reason = BROKEN[defect]
    records = write(broken(rows_of(items)), tmp_path / "broken.csv")
    chosen = tmp_path / "chosen.csv"
    result = CliRunner().invoke(app, ["clusters", records, "--tasks-out", str(chosen)])
    assert isinstance(result.exception, ScalePredictError)
    assert reason in str(result.exception)
    assert result.stdout == ""
    assert not chosen.exists()


def test_a_refusal_exits_with_2_and_one_line(
    scalepredict: Run, items: Path, tmp_path: Path
) -> None:
    few = [row for row in rows_of(items) if row["task"] < "q00005"]
    result = scalepredict("clusters", write(few, tmp_path / "few.csv"), "--quiet")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: cod on 'mid': 5 questions")
    assert result.stderr.count("\n") == 1


def test_answers_one_by_one_give_the_clusters_of_their_counts(
    scalepredict: Run, tmp_path: Path
) -> None:
    world = replace(MID, n_questions=40)
    table = simulate_items(world, benchmark="mid", rng=np.random.default_rng(0)).table
    counts = long_form(table)
    write_records(tmp_path / "counts.csv", counts)
    trials = counts["trials"].to_numpy(dtype=int)
    right = counts["successes"].to_numpy(dtype=int)
    answers = counts.drop(columns=["successes", "trials"]).loc[counts.index.repeat(trials)]
    number = np.concatenate([np.arange(n) for n in trials])
    answers = answers.assign(correct=(number < np.repeat(right, trials)).astype(int))
    (tmp_path / "answers").mkdir()
    answers.iloc[::2].to_parquet(tmp_path / "answers/even.parquet", index=False)
    answers.iloc[1::2].to_csv(tmp_path / "answers/odd.csv", index=False)
    one = scalepredict("clusters", str(tmp_path / "counts.csv"), "--json")
    each = scalepredict("clusters", str(tmp_path / "answers"), "--json")
    assert (one.returncode, each.returncode) == (0, 0)
    assert f"{len(answers):,} rows are graded answers" in each.stderr
    assert json.loads(each.stdout)["benchmarks"] == json.loads(one.stdout)["benchmarks"]
