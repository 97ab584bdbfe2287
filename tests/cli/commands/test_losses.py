"""Losses from the command line: the published forecasts, their intervals, and what drives them."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
Run = Callable[..., CompletedProcess[str]]
# Three rungs of a mixture of experts as one lab published them; at 1.19e23 it measured 2.256.
GOLDEN = """model,family,params,tokens,flops,benchmark,metric,score
a,moe,1B,3.3B,2.00e19,macro,loss,3.2373
b,moe,2B,11B,1.31e20,macro,loss,2.9538
c,moe,4B,30B,7.16e20,macro,loss,2.7515
"""
REACHED = 2.256


def forecast(command: Run, tmp_path: Path, *options: str) -> dict[str, Any]:
    (tmp_path / "ladder.csv").write_text(GOLDEN)
    fitted = command("fit", "ladder.csv", *options)
    assert fitted.returncode == 0, fitted.stderr
    made = command("forecast", "--flops", "1.19e23", "--json")
    assert made.returncode == 0, made.stderr
    document = json.loads(made.stdout)
    schema = json.loads((ROOT / "configs/schemas/forecast.schema.json").read_text())
    jsonschema.validate(document, schema)
    [entry] = document["benchmarks"]
    found: dict[str, Any] = entry
    return found


def test_a_fixed_asymptote_gives_the_published_forecast_in_nats(
    command: Run, tmp_path: Path
) -> None:
    entry = forecast(command, tmp_path, "--asymptote", "1.4")
    assert entry["forecast"] == pytest.approx(2.269, abs=5e-4)
    assert (entry["unit"], entry["direction"], entry["class"]) == ("nats", "lower", "falling")


def test_a_range_gives_a_narrow_interval_that_holds_what_was_measured(
    command: Run, tmp_path: Path
) -> None:
    low, high = forecast(command, tmp_path, "--asymptote", "1.2..1.7")["interval"]["90"]
    assert low < REACHED < high
    assert high - low <= 0.10


def test_without_one_the_interval_is_wider_and_says_what_drives_it(
    command: Run, tmp_path: Path
) -> None:
    entry = forecast(command, tmp_path)
    low, high = entry["interval"]["90"]
    assert low < REACHED < high
    assert high - low <= 0.26
    assert any("of this interval is the unknown irreducible loss" in w for w in entry["warnings"])


def test_an_asymptote_of_a_benchmark_that_is_not_there_is_refused(
    command: Run, tmp_path: Path
) -> None:
    (tmp_path / "ladder.csv").write_text(GOLDEN)
    refused = command("fit", "ladder.csv", "--asymptote", "micro=1.4")
    assert refused.returncode == 2
    assert "names 'micro', which is no benchmark of the records" in refused.stderr
    assert not (tmp_path / "scalepredict.fit.json").exists()


def test_tables_show_losses_with_four_digits_and_backtests_apart(
    command: Run, tmp_path: Path
) -> None:
    rows = ["model,family,params,tokens,benchmark,metric,score,chance,n_items"]
    for i in range(7):
        n = 10 ** (7.5 + i / 3)
        rows.append(f"m{i},mix,{n:.6g},{20 * n:.6g},c4,loss,{1.7 + 25 * n**-0.17:.4f},,")
        rows.append(f"m{i},mix,{n:.6g},{20 * n:.6g},arc,acc,{0.3 + 0.06 * i:.3f},.25,2000")
    (tmp_path / "both.csv").write_text("\n".join([*rows, ""]))
    assert command("fit", "both.csv").returncode == 0
    shown = command("forecast", "--params", "10B").stdout
    [line] = [line for line in shown.splitlines() if line.startswith("c4")]
    assert line.split()[:3] == ["c4", "falling", f"{1.7 + 25 * (10**9.5) ** -0.17:.3f}"]
    tried = command("backtest", "both.csv", "--json")
    assert tried.returncode == 0, tried.stderr
    report = json.loads(tried.stdout)
    schema = json.loads((ROOT / "configs/schemas/backtest.schema.json").read_text())
    jsonschema.validate(report, schema)
    own = {row["predictor"]: row["mae"] for row in report["own_metrics"] if not row["factor_bin"]}
    assert own["stack"] < 0.02 < own["last"]
    assert {row["unit"] for row in report["rows"]} == {"fraction", "nats"}


def test_three_commands_lead_from_exports_to_a_projected_trajectory(
    command: Run, tmp_path: Path
) -> None:
    exports = [f"run{i}.csv" for i in range(5)]
    for i, export in enumerate(exports):
        n = round(10 ** (7.5 + i / 3))
        rows = ["_step,throughput/total_tokens,eval/c4-validation/CE loss,num_params"]
        for step, share in enumerate((0.1, 0.3, 0.6, 1.0), start=1):
            loss = 1.7 + 60 * n**-0.2 * share**-0.15
            rows.append(f"{step},{20 * n * share:.0f},{loss:.4f},{n}")
        (tmp_path / export).write_text("\n".join([*rows, ""]))
    read = command("import", *exports, "-o", "runs.csv")
    assert read.returncode == 0, read.stderr
    assert command("fit", "runs.csv").returncode == 0
    made = command("forecast", "--params", "5B", "--trajectory", "--json")
    assert made.returncode == 0, made.stderr
    document = json.loads(made.stdout)
    schema = json.loads((ROOT / "configs/schemas/forecast.schema.json").read_text())
    jsonschema.validate(document, schema)
    curve = document["benchmarks"][0]["trajectory"]
    [half] = [point for point in curve if point["fraction"] == 0.5]
    assert half["tokens"] == pytest.approx(5e10, rel=1e-4)
    assert half["forecast"] == pytest.approx(1.7 + 60 * 5e9**-0.2 * 0.5**-0.15, rel=0.02)
    end = document["benchmarks"][0]["forecast"]
    assert curve[-1]["forecast"] == pytest.approx(end, rel=1e-6)
    (tmp_path / "runs.csv").write_text("\n".join([*rows[:-1], ""]))
    refused = command("forecast", "--params", "5B", "--trajectory")
    assert refused.returncode == 2
    assert "have changed since the fit" in refused.stderr


def test_the_curve_ahead_can_be_drawn(command: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = ["model,family,params,tokens,benchmark,metric,score"]
    for i in range(4):
        n = 10 ** (7.5 + i / 3)
        for share in (0.1, 0.3, 1.0):
            rows.append(f"m{i},mix,{n:.6g},{20 * n * share:.6g},c4,loss,{60 * n**-0.2:.4f}")
    (tmp_path / "runs.csv").write_text("\n".join([*rows, ""]))
    assert command("fit", "runs.csv", "-q").returncode == 0
    drawn = command("plot", "trajectory", "--params", "5B", "-o", "t.svg")
    assert drawn.returncode == 0, drawn.stderr
    assert "nats" in (tmp_path / "t.svg").read_text()


@pytest.mark.parametrize(
    ("change", "code", "levels"), [(0.05, 1, {"error"}), (-0.05, 0, {"note"}), (0.0, 0, set())]
)
def test_a_loss_that_rises_fails_the_gate_in_every_output_and_one_that_falls_does_not(
    command: Run, tmp_path: Path, change: float, code: int, levels: set[str]
) -> None:
    rng = np.random.default_rng(0)
    rows = ["model,params,tokens,step,benchmark,metric,score"]
    for k in range(1, 21):
        for name, metric, share in (("c4", "loss", 1.0), ("code", "bpb", 0.4)):
            loss = share * (1.8 + 1.2 * k**-0.3) * np.exp(0.002 * rng.standard_normal())
            loss *= 1 + change * (k == 20)
            rows.append(f"m,1B,{5 * k}B,{1000 * k},{name},{metric},{loss:.4f}")
    (tmp_path / "losses.csv").write_text("\n".join(rows) + "\n")
    reports = [f"--report={kind}={kind}.out" for kind in ("junit", "gitlab", "openmetrics")]
    done = command("check", "losses.csv", "--quiet", "--json", *reports)
    assert (done.returncode, done.stderr) == (code, "")
    checkpoints = json.loads(done.stdout)["checkpoints"]
    assert not any(c["findings"] for c in checkpoints[:-1])
    findings = checkpoints[-1]["findings"]
    assert {f["level"] for f in findings} == levels
    failures = (tmp_path / "junit.out").read_text().split('failures="')[1].split('"')[0]
    gauges = (tmp_path / "openmetrics.out").read_text()
    assert int(failures) == (3 if code else 0)
    assert f'scalepredict_findings{{level="error"}} {failures}' in gauges
    blamed = json.loads((tmp_path / "gitlab.out").read_text())
    assert {entry["check_name"] for entry in blamed} == {f["rule"] for f in findings}
    if code:
        assert {f["rule"] for f in findings} == {"off-trend-high"}
        assert {f["benchmark"] for f in findings} == {None, "c4", "code"}
        for f in (f for f in findings if f["benchmark"]):
            assert f["expected"] < f["interval"][1] < f["observed"]
            assert f["z"] > 3


def test_a_report_of_losses_alone_is_made_and_speaks_of_no_chance(
    command: Run, tmp_path: Path
) -> None:
    rows = ["model,family,params,tokens,benchmark,metric,score"]
    for i in range(7):
        n = 10 ** (7.5 + i / 3)
        rows.append(f"m{i},mix,{n:.6g},{20 * n:.6g},c4,loss,{1.7 + 25 * n**-0.17:.4f}")
    (tmp_path / "ladder.csv").write_text("\n".join(rows) + "\n")
    assert command("fit", "ladder.csv").returncode == 0
    target = ("--params", "13B", "--tokens", "260B")
    past = command("backtest", "ladder.csv")
    assert past.returncode == 0, past.stderr
    assert "Noise floor" not in past.stdout
    made = command("report", *target, "-o", "r.html")
    assert made.returncode == 0, made.stderr
    drawn = command("plot", "forecast", *target, "-o", "p.svg")
    assert drawn.returncode == 0, drawn.stderr
    assert ">chance<" not in (tmp_path / "p.svg").read_text()
