"""What people's own files need: doubts repeated where they matter, and names with shots in them."""

import json
from pathlib import Path

from tests.conftest import Run

HEADER = "model,family,params,tokens,benchmark,score\n"
SWEEP = ((3e9, 5.56e9), (1e9, 1.66e10), (3e8, 5.6e10), (1e8, 1.67e11))  # 1e20 FLOPs, rounded


def rows(scales: list[tuple[float, float]]) -> str:
    return HEADER + "".join(
        f"m{i},f,{n:.0f},{d:.0f},{name},{base + 0.03 * i:.3f}\n"
        for i, (n, d) in enumerate(scales)
        for name, base in (("piqa", 0.55), ("arc_easy", 0.30))
    )


def test_sizes_that_look_wrong_are_doubted_by_fit_and_by_forecast(
    command: Run, tmp_path: Path
) -> None:
    sizes = [(n, 20e9 * k) for k, n in enumerate((5e4, 1.2e5, 3e5, 9e5), 1)]
    (tmp_path / "r.csv").write_text(rows(sizes))
    said = "params of 1 checkpoint are below 100k (least: m0, 50000); is a unit missing"
    done = command("fit", "r.csv")
    assert done.returncode == 0
    assert said in done.stderr
    assert said in command("forecast", "--params", "3M", "--tokens", "60B").stderr


def test_one_compute_has_no_law_and_what_stands_there_is_said_to_be_public(
    command: Run, tmp_path: Path
) -> None:
    (tmp_path / "r.csv").write_text(rows(list(SWEEP)))
    fitted = command("fit", "r.csv", "-vv")
    assert fitted.returncode == 0, fitted.stderr
    done = command("forecast", "--params", "13B", "--tokens", "200B", "--json")
    benchmarks = json.loads(done.stdout)["benchmarks"]
    assert len(benchmarks) == 2
    for benchmark in benchmarks:
        assert [note["code"] for note in benchmark["notes"]] == ["reference-only"]
        assert benchmark["warnings"] == ["rests on public models"]
    own = command("fit", "r.csv", "--no-reference", "-o", "own.json")
    assert own.returncode == 2
    assert "one compute" in own.stderr


def test_shots_in_a_name_do_not_hide_a_benchmark(command: Run, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(
        "model,params,tokens,PIQA (0-shot),ARC-c (25-shot)\n"
        "a,70M,1.4B,0.58,0.22\nb,1B,20B,0.7,0.3\n"
    )
    (found,) = json.loads(command("validate", "r.csv", "--json").stdout)["files"]
    told = {one["benchmark"]: (one["chance"], one["n_items"]) for one in found["benchmarks"]}
    assert told == {"PIQA (0-shot)": ([0.5, 0.5], 1838), "ARC-c (25-shot)": ([0.25, 0.25], 1172)}
