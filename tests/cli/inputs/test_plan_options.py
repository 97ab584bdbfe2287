"""`plan` and `plot plan` as a user calls them, with the mistakes that users make."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.conftest import Run

ROOT = Path(__file__).resolve().parents[3]
LADDER = str(ROOT / "sample_data" / "pythia_ladder.csv")
TARGET = ("--params", "12B", "--tokens", "300B")


@pytest.fixture(scope="module")
def fit_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One fit for all tests of this file."""
    folder = tmp_path_factory.mktemp("fit")
    words = ["fit", LADDER, "--up-to-params", "410M", "--family", "pythia-pile", "-q"]
    subprocess.run(
        [sys.executable, "-P", "-m", "scalepredict", *words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return (folder / "scalepredict.fit.json").read_text()


@pytest.fixture
def fitted(command: Run, tmp_path: Path, fit_text: str) -> Run:
    (tmp_path / "scalepredict.fit.json").write_text(fit_text)
    return command


def test_a_plan_names_a_run_the_knee_and_the_price(fitted: Run) -> None:
    done = fitted("plan", *TARGET, "--budget", "2e21", "--gpu", "h100", "--price", "2.5")
    assert done.returncode == 0, done.stderr
    assert "mean 90 % width at the target" in done.stdout
    assert "GPU-hours" in done.stdout
    hours = 2e21 / (989e12 * 0.4 * 3600)
    assert f"{hours:,.0f}" in done.stdout
    assert "arc_easy" in done.stdout


def test_a_forecast_tells_what_the_target_and_its_rungs_cost(fitted: Run) -> None:
    done = fitted("forecast", *TARGET, "--gpu", "a100", "--mfu", "0.5", "--price", "2")
    assert done.returncode == 0, done.stderr
    (row,) = [line.split() for line in done.stdout.splitlines() if " target " in line]
    hours = 6 * 12e9 * 300e9 / (312e12 * 0.5 * 3600)
    assert row[-2:] == [f"{hours:,.1f}", f"{2 * hours:,.0f}"]
    assert "pythia-410m" in done.stdout


def test_the_document_holds_what_the_contract_says(fitted: Run) -> None:
    document = json.loads(fitted("plan", *TARGET, "--budget", "2e21", "--json").stdout)
    schema = json.loads((ROOT / "configs" / "schemas" / "plan.schema.json").read_text())
    jsonschema.validate(document, schema)
    assert document["schema"] == "scalepredict.plan/1"
    assert document["verdict"] == "run"
    (run,) = document["runs"]
    assert run["flops"] == pytest.approx(2e21)
    assert run["share"] == pytest.approx(1.0)
    assert run["width_after"] < run["width_now"]
    assert {"benchmark", "width_now", "width_after"} == set(run["benchmarks"][0])
    assert len(document["curve"]) == 12
    assert document["limit"] <= run["width_after"]
    assert document["least_budget"] < 2e21
    assert document["excluded"] == []
    assert document["tried"] == []
    shown = [one["benchmark"] for one in document["benchmarks"]]
    for point in document["curve"]:
        assert [one["benchmark"] for one in point["benchmarks"]] == shown
        assert all(one["low"] < one["width"] < one["high"] for one in point["benchmarks"])
        mean = sum(one["width"] for one in point["benchmarks"]) / len(shown)
        assert point["width"] == pytest.approx(mean)
    budgets = [point["budget"] for point in document["curve"]]
    assert {one["knee"] for one in document["benchmarks"]} <= {None, *budgets}


def test_rows_hold_the_curve_of_the_mean_and_of_each_benchmark(fitted: Run) -> None:
    done = fitted(
        "plan", *TARGET, "--benchmark", "piqa", "--benchmark", "arc_easy", "--format", "csv"
    )
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [row["benchmark"] for row in rows[:3]] == ["(mean)", "arc_easy", "piqa"]
    assert len(rows) == 3 * 12
    whole, *each = (float(row["width"]) for row in rows[:3])
    assert whole == pytest.approx(sum(each) / 2)


def test_a_target_beyond_reach_is_planned_for(fitted: Run, tmp_path: Path) -> None:
    words = ("--params", "200B", "--tokens", "4T")
    done = fitted("plan", *words)
    assert done.returncode == 0, done.stderr
    assert "no forecast (none is made beyond 300x the largest run) now" in done.stdout
    document = json.loads(fitted("plan", *words, "--json").stdout)
    schema = json.loads((ROOT / "configs" / "schemas" / "plan.schema.json").read_text())
    jsonschema.validate(document, schema)
    assert document["least_budget"] == pytest.approx(6 * 200e9 * 4e12 / 300)
    assert document["runs"][0]["width_now"] is None
    assert document["curve"][0]["width"] > 0
    assert fitted("plot", "plan", *words, "-o", "plan.svg").returncode == 0
    assert ">now<" not in (tmp_path / "plan.svg").read_text()
    assert "beyond 300x no forecast" in fitted("plan", *words, "--serve", "1T").stderr


def test_candidates_are_chosen_by_name_and_the_others_are_explained(
    fitted: Run, tmp_path: Path
) -> None:
    (tmp_path / "c.csv").write_text(
        "model,params,tokens,cost\na,1B,100B,\nb,2.8B,100B,1e21\nc,11B,290B,\n"
        "pythia-410m,302M,300B,\n"
    )
    done = fitted("plan", *TARGET, "--budget", "2.5e21", "--candidates", "c.csv", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [run["model"] for run in document["runs"]] == ["b"]
    assert [one["model"] for one in document["excluded"]] == ["c"]
    assert "a run that large is the target" in document["excluded"][0]["why"]
    assert "another seed of it: pythia-410m" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--budget", "1e18"), "the least that helps is"),
        (("--params", "50M", "--tokens", "300B"), "less than 1.25x the largest run"),
        (("--gpu", "h1000"), "did you mean 'h100'"),
        (("--gpu-hours", "100"), "needs --gpu"),
        (("--price", "2"), "name the accelerator"),
        (("--gpu", "h100", "--mfu", "40"), "is a fraction, like 0.4"),
        (("--sizes", "1B,x"), "is not a count"),
        (("--up-to", "1e30"), "no smaller than the target"),
        (("--candidates", "c.csv", "--sizes", "1B"), "leave them out"),
        (("--tokens-per-param", "30..20"), "the lower bound goes first"),
        (("--family", "pythia-pil"), "did you mean 'pythia-pile'"),
        (("--benchmark", "arc_eazy"), "did you mean 'arc_easy'"),
        (("--try", "1B"), "A design is N:D"),
        (("--try", "20B:300B"), "no fewer than the target's"),
        (("--params", "200B", "--tokens", "4T", "--try", "1B:2B"), "still beyond 300x"),
        (("--sizes", "100M,200M"), "none of the sizes makes a run that tells more"),
        (("--candidates", "no.csv"), "no.csv: no such file"),
    ],
)
def test_a_mistake_is_named_with_its_mend(fitted: Run, words: tuple[str, ...], said: str) -> None:
    done = fitted("plan", *(() if "--params" in words else TARGET), *words)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model,params\na,1B\n", "line 1: no column tokens"),
        ("model,params,tokens\na,1X,1B\n", "line 2: params: '1X' is not a count"),
        ("model,params,tokens\na,1B,1B\na,2B,1B\n", "line 3: candidate 'a' stands twice"),
        ("model,params,tokens\na,1B,1B,5\n", "line 2: 4 values for 3 columns"),
        ("model,params,tokens,cost\n\na,1B,1B,-5\n", "line 3: cost: '-5' is not a positive"),
        ("model,params,tokens\n,1B,1B\n", "line 2: no model"),
        ("model,params,params,tokens\na,1B,2B,1B\n", "column params stands twice"),
        ("model,params,tokens\nbig,20B,400B\n", "none of the candidates makes a run"),
        ("model,params,tokens\n", "no candidates"),
    ],
)
def test_a_wrong_file_of_candidates_is_refused(
    fitted: Run, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "c.csv").write_text(text)
    done = fitted("plan", *TARGET, "--candidates", "c.csv")
    assert done.returncode == 2
    assert said in done.stderr


def test_candidates_may_come_through_a_pipe_with_other_columns(fitted: Run, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("Model; params; tokens; owner\na; 2.8B; 100B; us\n")
    done = fitted("plan", *TARGET, "--candidates", "c.csv", "--json")
    assert done.returncode == 0, done.stderr
    assert [run["model"] for run in json.loads(done.stdout)["runs"]] == ["a"]
    assert "c.csv: columns that are not read: owner." in done.stderr


def test_designs_of_the_user_are_told_and_a_picture_is_drawn(fitted: Run, tmp_path: Path) -> None:
    done = fitted("plan", *TARGET, "--try", "1.4B:28B", "--try", "2.8B:100B")
    assert done.returncode == 0, done.stderr
    assert "designs of yours" in done.stdout
    document = json.loads(
        fitted("plan", *TARGET, "--try", "1.4B:28B", "--try", "2.8B:100B", "--json").stdout
    )
    small, large = document["tried"]
    assert small["flops"] == pytest.approx(6 * 1.4e9 * 28e9)
    assert large["width"] < small["width"]
    done = fitted("plot", "plan", *TARGET, "-o", "plan.png")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")
    done = fitted("plot", "plan", *TARGET, "-o", "plan.svg")
    assert done.returncode == 0, done.stderr
    assert "mathdefault" not in (tmp_path / "plan.svg").read_text()


def test_sizes_that_train_and_serve_are_told_and_drawn(fitted: Run, tmp_path: Path) -> None:
    words = (*TARGET, "--serve", "1e12")
    done = fitted("plan", *words)
    assert done.returncode == 0, done.stderr
    assert "is the cheapest to serve" in done.stdout
    assert "tokens per parameter that the ladder has not tested" in done.stdout
    document = json.loads(fitted("plan", *words, "--json").stdout)
    schema = json.loads((ROOT / "configs" / "schemas" / "isocost.schema.json").read_text())
    jsonschema.validate(document, schema)
    assert document["cost"] == pytest.approx(6 * 12e9 * 300e9 + 2 * 12e9 * 1e12)
    for size in document["sizes"]:
        whole = size["params"] * (6 * size["tokens"] + 2 * 1e12)
        assert whole == pytest.approx(document["cost"], rel=1e-6)
    least, most = document["flat"]
    assert least == document["cheapest"] <= document["best"] <= most
    few = fitted("plan", *words, "--sizes", "5B,12B,900B")
    assert "cannot be trained and serve for that cost" in few.stdout
    assert "can be forecast: 900B." in few.stdout
    given = fitted("plan", *words, "--budget", "1e22", "--json")
    assert json.loads(given.stdout)["cost"] == 1e22
    done = fitted("plot", "plan", *words, "-o", "serve.svg")
    assert done.returncode == 0, done.stderr
    assert "tokens per parameter of the ladder" in (tmp_path / "serve.svg").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--serve", "0"), "not a positive count"),
        (("--serve", "1e28"), "no size can be trained and serve 1e28 tokens"),
        (("--serve", "1T", "--up-to", "1e20"), "leave them out"),
        (("--serve", "1T", "--try", "1B:20B"), "leave them out"),
        (("--serve", "1T", "--runs", "2"), "leave them out"),
        (("--serve", "1T", "--sizes", "900T"), "no size can be trained"),
    ],
)
def test_a_wrong_serving_plan_is_named(fitted: Run, words: tuple[str, ...], said: str) -> None:
    done = fitted("plan", *TARGET, *words)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert done.stdout == ""


def test_a_report_holds_the_plan_that_was_asked_for(fitted: Run, tmp_path: Path) -> None:
    def written(*words: str) -> str:
        done = fitted("report", *words, "-o", "r.html")
        assert done.returncode == 0, done.stderr
        return (tmp_path / "r.html").read_text()

    heading = "Which run next, and what it would bring"
    assert heading not in written(*TARGET, "--no-plots")
    page = written(*TARGET, "--plan")
    plain = fitted("plan", *TARGET).stdout
    (knee,) = [line for line in plain.splitlines() if " * " in line]
    assert heading in page
    assert f"<bdi>{knee.split()[0]} *</bdi>" in page
    assert "promised width against the budget" in page
    assert "--plan" in page[page.index("This page again") :]
    inside = written("--params", "302M", "--tokens", "300B", "--plan", "--no-plots")
    assert "a plan is for a target beyond it" in inside
