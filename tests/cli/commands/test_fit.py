"""`scalepredict fit`: what it prints, what it writes, what it refuses, and how it ends."""

import json
import math
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[3]
LADDER = ROOT / "sample_data" / "pythia_ladder.csv"
Run = Callable[..., CompletedProcess[str]]

HEADER = "model,family,params,tokens,phase,benchmark,metric,shots,score\n"


def records(*rows: str) -> str:
    return HEADER + "".join(f"{row}\n" for row in rows)


def ladder(*, family: str = "f", phase: str = "", models: int = 5) -> list[str]:
    return [
        f"{family}{i},{family},{2**i}e8,10B,{phase},arc_easy,acc,0,{0.3 + 0.08 * i:.2f}"
        for i in range(models)
    ]


FIT_TREND = ("fit", "r.csv", "--predictor", "trend")
DECAYED = [row.replace("10B", "11B") for row in ladder(phase="decay", models=2)]


def schema(kind: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        (ROOT / "configs" / "schemas" / f"{kind}.schema.json").read_text()
    )
    return document


def test_it_prints_a_table_on_stdout_words_on_stderr_and_writes_the_fit(
    scalepredict: Run, tmp_path: Path
) -> None:
    done = scalepredict("fit", str(LADDER), "--up-to-params", "2.8B")
    assert done.returncode == 0
    title, header, *rows = done.stdout.splitlines()
    assert title.startswith("pythia-pile: stack on 6 models, 70.4M to 2.78B params, 300B tokens")
    assert header.split()[:2] == ["benchmark", "class"]
    assert {row.split("  ")[0] for row in rows[:9]} >= {"lambada_openai", "mmlu", "wsc"}
    assert "rising" in next(row for row in rows if row.startswith("arc_easy"))
    assert "at chance" in next(row for row in rows if row.startswith("mmlu"))
    assert "6 of 8 checkpoints with at most 2.8B params; left out: 2 larger" in done.stderr
    assert done.stderr.endswith("wrote scalepredict.fit.json\n")
    stored = json.loads((tmp_path / "scalepredict.fit.json").read_text())
    jsonschema.validate(stored, schema("fit"))
    assert [path.name for path in tmp_path.iterdir()] == ["scalepredict.fit.json"]


def test_the_json_gives_the_noise_of_the_records_that_the_table_tells(
    command: Run, tmp_path: Path
) -> None:
    (tmp_path / "r.csv").write_text(records(*ladder(models=6)))
    told = re.search(r"errors of trend are (\S+) times", command(*FIT_TREND).stdout)
    document = json.loads(command(*FIT_TREND, "--json").stdout)
    jsonschema.validate(document, schema("fit-report"))
    (family,) = document["families"]
    assert told is not None
    assert float(told[1]) == round(family["noise_ratio"] ** 0.5, 2)


def test_two_runs_and_any_number_of_jobs_give_the_same_bytes(command: Run, tmp_path: Path) -> None:
    text = records(*ladder(family="a"), *ladder(family="b", models=6))
    (tmp_path / "r.csv").write_text(text)
    outputs = [
        (command("fit", "r.csv", "-o", f"{jobs}.json", "-j", jobs, "--json", "-q").stdout)
        for jobs in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    jsonschema.validate(json.loads(outputs[0]), schema("fit-report"))
    again = command("fit", "-", "-o", "-", "-q", stdin=text)
    laws = [
        [group["law"] for group in json.loads(text)["groups"]]
        for text in (again.stdout, (tmp_path / "1.json").read_text())
    ]
    assert laws[0] == laws[1]
    assert again.stderr == ""


def test_a_family_that_cannot_be_fitted_is_said_and_the_others_are_fitted(
    command: Run, tmp_path: Path
) -> None:
    rows = [row.replace("arc_easy", "own") for row in ladder() + ladder(family="tiny", models=1)]
    (tmp_path / "r.csv").write_text(records(*rows))
    done = command("fit", "r.csv", "--json")
    assert done.returncode == 0
    assert "warning: family 'tiny' is not fitted" in done.stderr
    assert list(json.loads(done.stdout)["refused"]) == ["tiny"]
    done = command("fit", "r.csv", "--family", "tiny")
    assert done.returncode == 2


def test_markdown_and_csv_hold_every_benchmark_of_two_thousand(
    command: Run, tmp_path: Path
) -> None:
    head = "model,params,tokens," + ",".join(f"benchmark_number_{i:04d}" for i in range(2000))
    rows = [f"m{i},{2**i}e8,10B" + f",{0.3 + 0.1 * i:.2f}" * 2000 for i in range(4)]
    (tmp_path / "wide.csv").write_text("\n".join([head, *rows, ""]))
    for form in ("table", "csv", "markdown"):
        done = command("fit", "wide.csv", "-p", "last", "--format", form, "-q")
        assert done.stderr == ""
        names = done.stdout.replace("\\_", "_")
        assert all(f"benchmark_number_{i:04d}" in names for i in range(2000))


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([row.replace("arc_easy", "own") for row in ladder(models=1)], [], "1 distinct scale"),
        (ladder(), ["--family", "g"], "there is no family 'g'"),
        (ladder(), ["--predictor", "stak"], "did you mean 'stack'?); choose stack, "),
        (ladder(), ["--checkpoints", "first"], "'first' is no choice of checkpoints"),
        (ladder(), ["--up-to-params", "10M"], "no checkpoint has at most 10M params"),
        (ladder(), ["--up-to-params", "2Bn"], "'2Bn' is not a count"),
        (ladder(), ["--phase", "decay"], "no checkpoint is of phase decay"),
        (ladder(), ["--json", "--format", "csv"], "--json contradicts --format csv"),
        (ladder(), ["--calibration", "none.yaml"], "none.yaml"),
        (ladder(), ["--benchmarks", "none.yaml"], "none.yaml"),
        (ladder(), ["-o", "no/such/folder.json"], "no/such/folder.json: cannot be written"),
        (
            [*ladder(phase="stable"), *DECAYED],
            [],
            "--phase stable",
        ),
    ],
)
def test_bad_input_ends_with_2_one_message_and_no_file(
    command: Run, tmp_path: Path, rows: list[str], options: list[str], message: str
) -> None:
    (tmp_path / "r.csv").write_text(records(*rows))
    done = command("fit", "r.csv", *options)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]


@pytest.mark.parametrize("option", [["--metric", "acc"], ["--phase", "stable"]])
def test_following_the_advice_on_mixed_records_works(
    command: Run, tmp_path: Path, option: list[str]
) -> None:
    other = (
        [ladder()[0].replace(",acc,0,0.30", ",acc_norm,0,0.31")]
        if option[0] == "--metric"
        else DECAYED
    )
    phase = "" if option[0] == "--metric" else "stable"
    (tmp_path / "r.csv").write_text(records(*ladder(phase=phase), *other))
    assert command("fit", "r.csv", *option).returncode == 0


def test_hostile_names_reach_neither_terminal_nor_markup(command: Run, tmp_path: Path) -> None:
    rows = [row.replace("arc_easy", "arc\x1b[2J[red]|x") for row in ladder()]
    (tmp_path / "r.csv").write_text(records(*rows))
    for form in ("table", "markdown"):
        done = command("fit", "r.csv", "--format", form)
        assert done.returncode == 0
        assert "\x1b" not in done.stdout + done.stderr
        assert "x1b" in done.stdout


def test_the_example_of_the_help_runs(command: Run, tmp_path: Path) -> None:
    shutil.copy(LADDER, tmp_path / "ladder.csv")
    help_text = command("fit", "--help").stdout
    example = next(line for line in help_text.splitlines() if "scalepredict fit ladder" in line)
    done = command(*example.split("scalepredict ")[1].split())
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("column", "lacking"), [("params", "5 without params"), ("tokens", "5 without tokens")]
)
def test_records_without_compute_are_refused_with_the_columns_to_add(
    command: Run, tmp_path: Path, column: str, lacking: str
) -> None:
    at = HEADER.split(",").index(column)
    lines = [line.split(",") for line in records(*ladder()).splitlines()]
    (tmp_path / "r.csv").write_text(
        "\n".join(",".join(cell for i, cell in enumerate(line) if i != at) for line in lines)
    )
    done = command("fit", "r.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"r.csv: none of 5 checkpoints can be fitted ({lacking}" in done.stderr
    assert "two of the columns params, tokens and flops" in done.stderr


def test_a_line_break_in_a_name_starts_no_line_of_its_own(command: Run, tmp_path: Path) -> None:
    names = HEADER.strip().split(",")
    rows = [
        dict(zip(names, row.split(","), strict=True)) | {"benchmark": "a\nerror: b"}
        for row in ladder()
    ]
    (tmp_path / "r.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    done = command("fit", "r.jsonl")
    assert done.returncode == 0
    assert "a\\nerror: b" in done.stderr
    assert not any(line.startswith("error") for line in done.stderr.splitlines())


def test_a_column_of_sizes_that_was_left_out_is_named_where_no_model_can_be_fitted(
    command: Run, tmp_path: Path
) -> None:
    text = "model,{},tokens,benchmark,score\n" + "".join(
        f"m{k},{k}e8,{k}e10,piqa,0.{50 + k}\n" for k in (1, 2, 3, 4, 5)
    )
    (tmp_path / "r.csv").write_text(text.format("teacher_params"))
    done = command("fit", "r.csv")
    assert done.returncode == 2
    assert "column 'teacher_params' is left out" in done.stderr
    (tmp_path / "r.csv").write_text(text.format("params"))
    assert command("fit", "r.csv").returncode == 0


def test_auto_takes_a_plain_law_and_says_why(command: Run, tmp_path: Path) -> None:
    """-log score falls as a clean power of compute, of another exponent for each benchmark."""
    laws = {"one": (2.0, 0.12), "two": (1.5, 0.3), "three": (3.0, 0.2), "four": (2.5, 0.08)}
    sizes = [5e7 * 100 ** (i / 9) for i in range(10)]
    rows = [
        f"m{i},f,{n:.6g},{20 * n:.6g},,{name},acc,0,{math.exp(-a * (120 * n * n / 1e18) ** -b):.4f}"
        for i, n in enumerate(sizes)
        for name, (a, b) in laws.items()
    ]
    (tmp_path / "r.csv").write_text(records(*rows))
    told = command("fit", "r.csv")
    assert "power_law forecasts your own last rungs better than stack" in told.stderr
    done = command("fit", "r.csv", "--predictor", "auto", "--json")
    assert "auto: power_law is taken" in done.stderr
    document = json.loads(done.stdout)
    jsonschema.validate(document, schema("fit-report"))
    assert document["predictor"] == "power_law"
    assert document["auto"]["f"]["default"] == "stack"
    assert document["auto"]["f"]["error"] < 0.8 * document["auto"]["f"]["default_error"]
    stored = json.loads((tmp_path / "scalepredict.fit.json").read_text())
    assert stored["predictor"]["name"] == "power_law"
