"""`scalepredict check` as a user calls it, on the Pythia series that ships and on made runs."""

import csv
import gzip
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
import numpy as np
import pytest

Run = Callable[..., CompletedProcess[str]]
ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "sample_data"
FIVE_SHOT = str(SAMPLES / "pythia_checkpoints_5shot.csv.gz")
COLUMNS = ("model", "params", "tokens", "benchmark", "score", "n_items")


def made(path: Path, *, drop: float = 0.0, length: int = 10, only_last: bool = False) -> str:
    """Four runs of one size whose last checkpoint of run ``a`` is too low by ``drop``."""
    rng = np.random.default_rng(2)
    rows = []
    for model in "abcd":
        for k in range(length):
            for b in range(6):
                truth = 0.4 + 0.05 * b + 0.01 * np.log(k + 4)
                truth -= drop * (model == "a" and k == length - 1)
                score = rng.binomial(2000, truth) / 2000
                if not only_last or (model == "a" and k == length - 1):
                    rows.append((model, "1B", f"{20 * (k + 4)}B", f"b{b}", score, 2000))
    return written(path, rows)


def written(path: Path, rows: Iterable[tuple[object, ...]]) -> str:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return path.name


def document(run: Run, *arguments: str, code: int) -> dict[str, Any]:
    result = run("check", *arguments, "--json", "--quiet")
    assert result.returncode == code, result.stderr
    assert result.stderr == ""
    content: dict[str, Any] = json.loads(result.stdout)
    schema = json.loads(
        (ROOT / "configs" / "schemas" / "check.schema.json").read_text(encoding="utf-8")
    )
    jsonschema.validate(content, schema)
    return content


def flagged(content: dict[str, Any]) -> set[tuple[str, float]]:
    return {(c["model"], c["step"]) for c in content["checkpoints"] if c["flagged"]}


def test_the_shipped_five_shot_series_shows_its_copies_and_its_degradation(
    command: Run,
) -> None:
    content = document(command, FIVE_SHOT, code=1)
    assert content["status"] == "off-trend"
    found = flagged(content)
    for step in (13000, 23000, 33000, 43000):
        assert {("pythia-2.8b", step), ("pythia-2.8b-deduped", step)} <= found
    assert {"pythia-70m", "pythia-160m", "pythia-70m-deduped", "pythia-160m-deduped"} <= {
        model for model, _ in found
    }
    large_and_late = {(m, s) for m, s in found if m[7:].split("m")[0] not in ("70", "160")}
    assert len({(m, s) for m, s in large_and_late if s > 43000}) <= 4


def test_exit_codes_tell_on_trend_off_trend_and_inconclusive(command: Run, tmp_path: Path) -> None:
    healthy = made(tmp_path / "healthy.csv")
    broken = made(tmp_path / "broken.csv", drop=0.1)
    short = made(tmp_path / "short.csv", length=3)
    assert document(command, healthy, code=0)["status"] == "on-trend"
    assert document(command, broken, code=1)["status"] == "off-trend"
    assert document(command, short, code=3)["status"] == "inconclusive"
    assert command("check", broken, "--exit-zero").returncode == 0
    assert command("check", broken, "--fail-on", "never").returncode == 0
    assert document(command, broken, "--fail-on", "note", code=1)["status"] == "off-trend"
    assert command("check", broken, short, "--history", "none.csv").returncode == 2


def test_too_early_checkpoints_are_told_in_one_line(command: Run, tmp_path: Path) -> None:
    told = command("check", made(tmp_path / "runs.csv")).stderr.splitlines()
    assert [line for line in told if "not judged" in line] == [
        "20 not judged yet: 1 to 5 of 6 checkpoints"
    ]


def test_a_new_checkpoint_is_judged_by_its_history(command: Run, tmp_path: Path) -> None:
    history = made(tmp_path / "history.csv")
    new = made(tmp_path / "new.csv", drop=0.1, only_last=True)
    alone = document(command, new, code=3)
    assert alone["checkpoints"][0]["unjudged"]
    (checkpoint,) = document(command, new, "--history", history, code=1)["checkpoints"]
    assert checkpoint["flagged"]
    assert checkpoint["source"] == "new.csv"
    assert checkpoint["line"] == 2
    finding = checkpoint["findings"][1]
    assert finding["rule"] == "off-trend-low"
    assert finding["interval"][1] < finding["expected"] + 0.05
    assert finding["observed"] < finding["interval"][0]


def test_an_accepted_finding_fails_no_more_and_a_new_one_does(command: Run, tmp_path: Path) -> None:
    broken = made(tmp_path / "broken.csv", drop=0.1)
    assert command("check", broken, "--update-baseline").returncode == 0
    baseline = json.loads((tmp_path / "scalepredict.baseline.json").read_text())
    assert {entry["model"] for entry in baseline["accepted"]} == {"a"}
    content = document(command, broken, code=0)
    assert any(c["accepted"] for c in content["checkpoints"])
    longer = made(tmp_path / "longer.csv", drop=0.15, length=11)
    assert document(command, longer, code=1)["status"] == "off-trend"


def test_the_configuration_file_is_found_and_options_win(command: Run, tmp_path: Path) -> None:
    broken = made(tmp_path / "broken.csv", drop=0.1)
    config = tmp_path / "scalepredict.yaml"
    config.write_text('check:\n  benchmarks:\n    - {match: "b*", level: warn}\n')
    found = document(command, broken, code=0)
    levels = {f["level"] for c in found["checkpoints"] for f in c["findings"]}
    assert levels == {"warning"}
    assert document(command, broken, "--fail-on", "warn", code=1)["status"] == "off-trend"
    config.write_text("check:\n  rules: {SP101: off, off-trend-high: off}\n")
    assert document(command, broken, code=0)["status"] == "on-trend"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--report", "junit"), "KIND=PATH"),
        (("--alpha", "2"), "between 0 and 0.5"),
        (("--baseline", "none.json"), "--update-baseline"),
        (("--report", "junit=no/such/folder/a.xml"), "cannot be written"),
    ],
)
def test_a_mistake_on_the_command_line_exits_with_2(
    command: Run, tmp_path: Path, arguments: tuple[str, ...], word: str
) -> None:
    result = command("check", made(tmp_path / "healthy.csv"), *arguments)
    assert result.returncode == 2
    assert word in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_a_run_in_progress_is_forecast_from_its_line_and_the_ladder(
    command: Run, tmp_path: Path
) -> None:
    with gzip.open(SAMPLES / "pythia_checkpoints.csv.gz", "rt") as file:
        header, *lines = file.readlines()
    head = header.strip().split(",")
    model, step = head.index("model"), head.index("step")
    cells = [line.split(",") for line in lines]
    mine = [c[model] == "pythia-6.9b" for c in cells]
    (tmp_path / "new.csv").write_text(
        header + "".join(x for x, c, m in zip(lines, cells, mine, strict=True)
                         if m and int(c[step]) == 83000)
    )  # fmt: skip
    (tmp_path / "old.csv").write_text(
        header + "".join(x for x, c, m in zip(lines, cells, mine, strict=True)
                         if not m or int(c[step]) < 83000)
    )  # fmt: skip
    (run,) = document(command, "new.csv", "--history", "old.csv", code=0)["in_flight"]
    final = {
        c[head.index("benchmark")]: float(c[head.index("score")])
        for c, m in zip(cells, mine, strict=True)
        if m and int(c[step]) == 143000
    }
    errors = {
        by: np.mean([abs(b[by] - final[b["benchmark"]]) for b in run["benchmarks"]])
        for by in ("now", "forecast")
    }
    assert len(run["benchmarks"]) == 9
    assert run["final_tokens"] == pytest.approx(143000 * 2097152, rel=1e-5)
    assert errors["forecast"] < 0.8 * errors["now"]
    assert all(b["holds"] for b in run["benchmarks"])


@pytest.mark.parametrize(("decayed", "in_flight"), [(True, []), (False, ["m-1280"])])
def test_a_stable_phase_is_in_flight_until_the_decay_of_its_model_has_ended(
    command: Run, tmp_path: Path, decayed: bool, in_flight: list[str]
) -> None:
    header = "model,family,params,tokens,phase,benchmark,score,n_items"

    def rows(millions: int) -> list[str]:
        score = 0.3 + 0.1 * np.log10(millions / 20)
        ends = [("stable", 16 * millions, score - 0.03), ("decay", 20 * millions, score)]
        return [
            f"m-{millions},m,{millions}M,{tokens}M,{phase},arc_easy,{y:.3f},2376"
            for phase, tokens, y in ends
        ]

    old = [row for millions in (20, 40, 80, 160, 320, 640) for row in rows(millions)]
    new = rows(1280) if decayed else rows(1280)[:1]
    (tmp_path / "old.csv").write_text("\n".join([header, *old]))
    (tmp_path / "new.csv").write_text("\n".join([header, *new]))
    done = command("check", "new.csv", "--history", "old.csv", "--json")
    assert [run["model"] for run in json.loads(done.stdout)["in_flight"]] == in_flight, done.stderr
    assert ("1 model taken to be in flight, because" in done.stderr) is bool(in_flight)


def test_a_finished_model_is_compared_with_a_stored_ladder(command: Run, tmp_path: Path) -> None:
    ladder = str(SAMPLES / "pythia_ladder.csv")
    made_fit = command("fit", ladder, "--up-to-params", "3B", "-o", "fit.json")
    assert made_fit.returncode == 0, made_fit.stderr
    with open(ladder) as file:
        rows = [row for row in csv.DictReader(file) if row["model"] == "pythia-6.9b"]
    for name, drop in (("good", 0.0), ("bad", 0.12)):
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            for row in rows:
                score = max(0.0, float(row["score"]) - drop * (row["benchmark"] != "mmlu"))
                writer.writerow(row | {"score": score})
    good = document(command, "good.csv", "--fit", "fit.json", code=0)["checkpoints"][0]
    assert good["p_value"] > 0.01
    bad = document(command, "bad.csv", "--fit", "fit.json", code=1)["checkpoints"][0]
    assert {f["rule"] for f in bad["findings"]} >= {"off-ladder-low"}


def test_a_first_checkpoint_is_compared_with_smaller_models_at_the_same_tokens(
    command: Run, tmp_path: Path
) -> None:
    with gzip.open(SAMPLES / "pythia_checkpoints.csv.gz", "rt") as file:
        rows = [row for row in csv.DictReader(file) if row["step"] == "13000"]
    mine = [row for row in rows if row["model"] == "pythia-6.9b"]
    others = [row for row in rows if row["model"] != "pythia-6.9b"]
    chance = [row | {"score": row["chance"]} for row in mine]
    for name, part in (("good", mine), ("bad", chance), ("others", others)):
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(part)
    assert document(command, "good.csv", code=3)["status"] == "inconclusive"
    assert document(command, "good.csv", "--history", "others.csv", code=0)["status"] == "on-trend"
    (bad,) = document(command, "bad.csv", "--history", "others.csv", code=1)["checkpoints"]
    assert {f["rule"] for f in bad["findings"]} >= {"off-ladder-low"}


def test_stdin_is_read_and_every_format_is_written(command: Run, tmp_path: Path) -> None:
    made(tmp_path / "broken.csv", drop=0.1)
    text = (tmp_path / "broken.csv").read_text()
    for form, start in (("table", "off-trend: 1 of 40"), ("csv", "model,"), ("markdown", "**off")):
        result = command("check", "-", "--format", form, stdin=text)
        assert result.returncode == 1
        assert result.stdout.startswith(start)


def test_the_same_check_gives_the_same_bytes(command: Run) -> None:
    first, second = (command("check", FIVE_SHOT, "--json").stdout for _ in range(2))
    assert first == second
