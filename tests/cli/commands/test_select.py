"""`scalepredict select`: a choice in every form, and clear refusals."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[3]
PUBLIC = str(ROOT / "sample_data" / "public_models.csv")
SCHEMA = ROOT / "configs" / "schemas" / "select.schema.json"
LADDERS = str(ROOT / "sample_data" / "pythia_ladder.csv")
Run = Callable[..., CompletedProcess[str]]


def test_models_are_chosen_below_a_size_and_within_a_budget(command: Run) -> None:
    done = command(
        "select", PUBLIC, "--models", "8", "--max-params", "30B", "--budget", "60B", "--json"
    )
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    params = [model["params"] for model in document["models"]]
    assert len(params) == 8
    assert sum(params) <= 60e9
    assert document["variance"] < document["variance_of_random_sets"]
    assert command("select", PUBLIC, "--models", "8").stdout.startswith("8 of 65 models, for a law")


def test_tasks_are_chosen_with_the_error_that_they_cost(command: Run, tmp_path: Path) -> None:
    models = [(f"m{i}", 0.3 + 0.04 * i) for i in range(12)]
    rows = [
        f"{model},{1 + i}e8,1e10,b,t{task},{level + 0.01 * ((7 * i + 3 * task) % 5):.3f}"
        for i, (model, level) in enumerate(models)
        for task in range(6)
    ]
    header = "model,params,tokens,benchmark,task,score\n"
    (tmp_path / "tasks.csv").write_text(header + "\n".join(rows) + "\n")
    done = command("select", "tasks.csv", "--tasks", "2", "--benchmark", "b", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert document["tasks"][1]["error"] < 0.2 * document["spread"]
    shown = command("select", "tasks.csv", "--tasks", "2", "--benchmark", "b").stdout
    assert shown.startswith("2 of 6 tasks that stand for b")


def test_probes_are_chosen_with_what_they_leave_unknown(command: Run) -> None:
    done = command("select", PUBLIC, "--probes", "2", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    errors = [probe["error"] for probe in document["probes"]]
    assert len(errors) == 2
    assert max(errors) < 0.7 * document["unknown_error"]
    shown = command("select", PUBLIC, "--probes", "2").stdout
    assert "benchmarks, to know the rest of a model card by" in shown


def test_two_runs_choose_the_same(command: Run) -> None:
    once, twice = (command("select", PUBLIC, "--models", "6").stdout for _ in range(2))
    assert once == twice


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([PUBLIC], "give --models K, or --probes K, or --tasks K with --benchmark NAME"),
        ([PUBLIC, "--tasks", "3"], "go together"),
        ([PUBLIC, "--models", "2"], "2 models cannot determine a regression on 3 components"),
        ([PUBLIC, "--tasks", "3", "--benchmark", "MMLU"], "'MMLU' has 0 tasks"),
        ([LADDERS, "--tasks", "5", "--benchmark", "mmlu"], "8 models have scores on every task"),
        ([PUBLIC, "--probes", "3", "--budget", "9B"], "choose models; leave them out"),
        ([PUBLIC, "--probes", "99"], "and 100 benchmarks are needed"),
        ([PUBLIC, "--models", "9", "--components", "70"], "carry 1 to 5"),
        ([PUBLIC, "--models", "9", "--budget", "400M"], "the budget does not hold the 4 smallest"),
    ],
)
def test_what_cannot_be_chosen_is_refused(command: Run, arguments: list[str], said: str) -> None:
    done = command("select", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
