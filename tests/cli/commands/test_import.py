"""`scalepredict import`: three commands from a folder of results to a forecast."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]
FIXTURE = Path(__file__).parents[2] / "records/importers/harness/fixtures/lm_eval_0_4_13"
LADDER = """\
schema: 1
defaults: {family: toy, tokens_per_step: 2M}
models:
  - match: "acme/toy-*"
    tokens_from: step
"""


def test_a_real_run_of_the_harness_becomes_records(scalepredict: Run, tmp_path: Path) -> None:
    shutil.copytree(FIXTURE, tmp_path / "results")
    (tmp_path / "ladder.yaml").write_text(LADDER)
    done = scalepredict("import", "results", "--ladder", "ladder.yaml", "-o", "records.csv")
    assert (done.returncode, done.stdout) == (0, "")
    assert "4 models, 4 checkpoints, 2 benchmarks" in done.stderr
    assert "not opened: 4 files: answers to single questions" in done.stderr
    lines = (tmp_path / "records.csv").read_text().splitlines()
    assert lines[0].startswith("model,family,params,tokens,step,role,benchmark,task,metric")
    assert lines[1].startswith("acme/toy-70m,toy,70000000,2000000000,1000,fit,sums,,acc,0,0.34,")


def old_results(folder: Path) -> None:
    """Four models in the format of version 0.3, which states no size."""
    folder.mkdir()
    for i, size in enumerate(("70m", "160m", "410m", "1b")):
        content = {
            "results": {"arc_easy": {"acc": 0.3 + 0.1 * i, "acc_stderr": 0.01}},
            "versions": {"arc_easy": 0},
            "config": {
                "model": "gpt2",
                "model_args": f"pretrained=acme/toy-{size}",
                "num_fewshot": 0,
            },
        }
        (folder / f"{size}.json").write_text(json.dumps(content))


@pytest.mark.parametrize("version", ["0.3", "0.4.13"])
def test_three_commands_lead_from_a_folder_to_a_forecast(
    scalepredict: Run, tmp_path: Path, version: str
) -> None:
    if version == "0.3":
        old_results(tmp_path / "results")
        ladder = "defaults: {family: toy}\nmodels:\n  - {match: 'acme/toy-*', tokens: 2B}\n"
    else:
        shutil.copytree(FIXTURE, tmp_path / "results")
        ladder = LADDER
    (tmp_path / "ladder.yaml").write_text(ladder)
    commands = (
        ("import", "results", "--ladder", "ladder.yaml", "-o", "records.csv"),
        ("fit", "records.csv", "-o", "imported.json"),
        ("forecast", "--fit", "imported.json", "--params", "7B", "--json"),
    )
    for command in commands:
        done = scalepredict(*command)
        assert done.returncode == 0, done.stderr
    imported = json.loads(done.stdout)
    assert imported["target"]["tokens"] == 2e9
    scalepredict("fit", "results", "--ladder", "ladder.yaml", "-o", "direct.json")
    direct = json.loads(
        scalepredict("forecast", "--fit", "direct.json", "--params", "7B", "--json").stdout
    )
    assert direct["benchmarks"] == imported["benchmarks"]


def test_the_written_skeleton_is_a_ladder(scalepredict: Run, tmp_path: Path) -> None:
    shutil.copytree(FIXTURE, tmp_path / "results")
    first = scalepredict("import", "results", "--write-ladder", "ladder.yaml", "--dry-run")
    assert first.returncode == 0
    assert not (tmp_path / "ladder.yaml").exists()
    scalepredict("import", "results", "--write-ladder", "ladder.yaml")
    text = (tmp_path / "ladder.yaml").read_text().replace("# tokens_per_step", "tokens_per_step")
    (tmp_path / "ladder.yaml").write_text(text)
    again = scalepredict("import", "results", "--ladder", "ladder.yaml", "--strict", "--explain")
    assert again.returncode == 0, again.stderr
    assert "tokens 2B (step of the revision x tokens_per_step)" in again.stderr


def test_strict_refuses_unknown_tokens_and_writes_nothing(
    scalepredict: Run, tmp_path: Path
) -> None:
    shutil.copytree(FIXTURE, tmp_path / "results")
    done = scalepredict("import", "results", "--strict", "-o", "records.csv")
    assert done.returncode == 2
    assert "tokens unknown for acme/toy-160m" in done.stderr
    assert not (tmp_path / "records.csv").exists()


def test_two_shot_counts_are_said_and_the_advice_works(scalepredict: Run, tmp_path: Path) -> None:
    for model, shots in (("a-70m", 0), ("b-160m", 5), ("b-160m", 0)):
        content = {
            "results": {"arc": {"acc,none": 0.3}},
            "versions": {"arc": 1},
            "config": {"model_args": f"pretrained={model}", "num_fewshot": shots},
        }
        (tmp_path / f"{model}-{shots}.json").write_text(json.dumps(content))
    both = scalepredict("import", ".", "-o", "both.csv")
    assert both.returncode == 0, both.stderr
    assert "shots is '0' for a-70m" in both.stderr
    assert "--shots chooses" in both.stderr
    assert len((tmp_path / "both.csv").read_text().splitlines()) == 4
    (tmp_path / "both.csv").unlink()
    followed = scalepredict("import", ".", "--shots", "arc=0", "-o", "out.csv")
    assert followed.returncode == 0, followed.stderr
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 3


def test_an_empty_folder_is_an_error(scalepredict: Run, tmp_path: Path) -> None:
    done = scalepredict("import", ".")
    assert done.returncode == 2
    assert "the folder is empty" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("results.json", "written as .csv or .parquet"),
        ("a.csv", "is also an input"),
        ("nowhere/a.csv", "there is no folder nowhere"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_reading(
    scalepredict: Run, tmp_path: Path, output: str, why: str
) -> None:
    (tmp_path / "a.csv").write_text("_step,arc/acc\n1,0.5\n")
    done = scalepredict("import", "a.csv", "-o", output)
    assert done.returncode == 2
    assert why in done.stderr
    assert (tmp_path / "a.csv").read_text().startswith("_step")


def test_an_import_into_its_own_folder_can_be_repeated(scalepredict: Run, tmp_path: Path) -> None:
    shutil.copytree(FIXTURE, tmp_path / "results")
    command = ("import", "results", "-o", "results/records.csv")
    first, second = scalepredict(*command), scalepredict(*command)
    assert (first.returncode, second.stderr) == (0, first.stderr)


def test_a_forecast_is_compared_with_results_of_the_harness(
    scalepredict: Run, tmp_path: Path
) -> None:
    shutil.copytree(FIXTURE, tmp_path / "results")
    (tmp_path / "ladder.yaml").write_text(LADDER)
    sized = ("results", "--ladder", "ladder.yaml")
    fitted = scalepredict("fit", *sized, "--up-to-params", "500M", "-o", "f.json")
    assert fitted.returncode == 0, fitted.stderr
    done = scalepredict("forecast", "--fit", "f.json", "--measured", *sized, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["target"]["params"] == 1e9
    assert "measured" in done.stdout
