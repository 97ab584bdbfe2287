"""`forecast --measured` compares like with like, and says what it leaves out."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

Run = Callable[..., CompletedProcess[str]]
HEADER = "model,params,tokens,benchmark,metric,shots,score,n_items"
BIG = "f,6.9B,300B"


def ladder(folder: Path, *ways: str) -> None:
    """Five models measured in the given ways, such as ``acc,0``; 10 points more for each."""
    rows = [
        f"m{i},{size},300B,hellaswag,{way},{0.3 + 0.05 * i + 0.1 * j:.2f},10000"
        for j, way in enumerate(ways)
        for i, size in enumerate(("70M", "160M", "410M", "1B", "2.8B"))
    ]
    (folder / "a.csv").write_text("\n".join([HEADER, *rows, ""]))


def measured(folder: Path, *rows: str) -> None:
    (folder / "b.csv").write_text("\n".join([HEADER, *rows, ""]))


def test_a_score_of_another_metric_and_shot_count_is_not_compared(
    command: Run, tmp_path: Path
) -> None:
    ladder(tmp_path, "acc,0")
    measured(tmp_path, f"{BIG},hellaswag,acc_norm,10,0.74,10000")
    assert command("fit", "a.csv", "-o", "a.json", "-q").returncode == 0
    done = command("forecast", "--fit", "a.json", "--params", "6.9B", "--measured", "b.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'hellaswag' is measured as acc_norm, 10-shot, and the fit is of acc, 0-shot" in (
        done.stderr.replace("\n", " ")
    )


def test_of_several_metrics_and_shots_the_one_of_the_fit_is_compared(
    command: Run, tmp_path: Path
) -> None:
    ladder(tmp_path, "acc,0")
    measured(
        tmp_path,
        f"{BIG},hellaswag,acc_norm,10,0.74,10000",
        f"{BIG},hellaswag,acc,5,0.61,10000",
        f"{BIG},hellaswag,acc,0,0.56,10000",
    )
    assert command("fit", "a.csv", "-o", "a.json", "-q").returncode == 0
    done = command(
        "forecast", "--fit", "a.json", "--params", "6.9B", "--measured", "b.csv", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert [e["measured"] for e in json.loads(done.stdout)["benchmarks"]] == [0.56]


def test_a_benchmark_that_is_left_out_is_named_where_another_is_compared(
    command: Run, tmp_path: Path
) -> None:
    ladder(tmp_path, "acc,0")
    records = (tmp_path / "a.csv").read_text()
    (tmp_path / "a.csv").write_text(records + records.split("\n", 1)[1].replace("hella", "other"))
    measured(
        tmp_path,
        f"{BIG},hellaswag,acc_norm,10,0.74,10000",
        f"{BIG},otherswag,acc,0,0.56,10000",
    )
    assert command("fit", "a.csv", "-o", "a.json", "-q").returncode == 0
    done = command("forecast", "--fit", "a.json", "--params", "6.9B", "--measured", "b.csv")
    assert done.returncode == 0, done.stderr
    assert "not compared: 'hellaswag' is measured as acc_norm, 10-shot" in done.stderr


def test_a_fit_of_0_shot_scores_finds_them_among_other_shots(command: Run, tmp_path: Path) -> None:
    ladder(tmp_path, "acc,0", "acc,5")
    for shots, score in (("0", 0.5), ("5", 0.6)):
        options = ("--shots", shots, "--up-to-params", "1B", "-o", "f.json", "-q")
        assert command("fit", "a.csv", *options).returncode == 0
        done = command(
            "forecast", "--fit", "f.json", "--params", "2.8B", "--measured", "a.csv", "--json"
        )
        assert done.returncode == 0, done.stderr
        assert [e["measured"] for e in json.loads(done.stdout)["benchmarks"]] == [score]


def test_a_measured_target_of_another_design_is_told_with_its_tokens_per_parameter(
    command: Run, tmp_path: Path
) -> None:
    ladder(tmp_path, "acc,0")
    measured(tmp_path, "f,3B,60T,hellaswag,acc,0,0.6,10000")
    assert command("fit", "a.csv", "-o", "a.json", "-q").returncode == 0
    done = command("forecast", "--fit", "a.json", "--measured", "b.csv")
    assert done.returncode == 0, done.stderr
    assert "the target has 2e+04 tokens per parameter, the evidence 107 to 4.29e+03" in done.stderr
