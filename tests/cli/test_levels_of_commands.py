"""`--level` chooses the intervals of every table; documents hold the fixed levels as well."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from scalepredict.evaluation.intervals.levels import DEFAULT_LEVELS

Run = Callable[..., CompletedProcess[str]]
SIZES = ("70M", "160M", "410M", "1B", "2.8B", "6.9B")


@pytest.fixture
def ladders(tmp_path: Path, command: Run) -> None:
    """Two families of six models in records.csv, and a fit of them."""
    lines = ["family,model,params,tokens,benchmark,metric,chance,n_items,score"]
    for f, family in enumerate("ab"):
        for i, size in enumerate(SIZES):
            for j, name in enumerate(("arc", "piqa")):
                score = 0.3 + 0.06 * i + 0.02 * j + 0.01 * ((i + f) % 2)
                lines.append(f"{family},{family}-{size},{size},300B,{name},acc,0.25,1000,{score}")
    (tmp_path / "records.csv").write_text("\n".join(lines) + "\n")
    done = command("fit", "records.csv", "--family", "a", "--predictor", "trend", "-q")
    assert done.returncode == 0, done.stderr


def test_a_forecast_shows_the_levels_that_are_asked_for(command: Run, ladders: None) -> None:
    asked = ("forecast", "--params", "30B", "--level", "0.95", "--level", "0.7")
    head = command(*asked, "-q").stdout.splitlines()[1]
    assert " ".join(head.split()) == "benchmark class last forecast 70 % 95 % note"
    (entry, _) = json.loads(command(*asked, "--json", "-q").stdout)["benchmarks"]
    assert list(entry["interval"]) == ["50", "70", "80", "90", "95"]
    (low, high), (lower, higher) = entry["interval"]["70"], entry["interval"]["95"]
    assert lower < low < entry["forecast"] < high < higher
    row = next(csv.DictReader(io.StringIO(command(*asked, "--format", "csv", "-q").stdout)))
    assert float(row["low_70"]) == low


def test_a_backtest_counts_at_the_levels_that_are_asked_for(command: Run, ladders: None) -> None:
    asked = ("backtest", "records.csv", "--predictor", "trend", "-q")
    head = command(*asked, "--level", "0.6", "--level", "0.99").stdout.splitlines()[1]
    assert "in 60  in 99  width 99" in head
    assert "suite in 99" in head
    usual = json.loads(command(*asked, "--json").stdout)["summary"][0]
    wide = json.loads(command(*asked, "--json", "--level", "0.99").stdout)["summary"][0]
    assert list(usual["coverage"]) == ["50", "80", "90", "95"]
    assert wide["width"]["99"] > wide["width"]["95"] > wide["width"]["90"] == usual["width90"]
    assert wide["wis"] == usual["wis"]  # of a fixed set of levels, or no two could be compared


def test_a_calibration_is_judged_at_the_levels_that_are_asked_for(
    command: Run, ladders: None
) -> None:
    done = command("calibrate", "records.csv", "--predictor", "trend", "--level", "0.6")
    assert done.returncode == 0, done.stderr
    assert "in 60  width 60" in done.stdout


@pytest.mark.parametrize(
    "call", ["forecast --params 30B", "backtest records.csv", "plot forecast --params 30B"]
)
def test_percent_is_refused_as_a_level(command: Run, ladders: None, call: str) -> None:
    done = command(*call.split(), "--level", "90")
    assert (done.returncode, done.stdout) == (2, "")
    assert "write 0.9 for 90 %" in done.stderr


def test_recipes_are_compared_at_the_levels_that_are_asked_for(command: Run, ladders: None) -> None:
    asked = ("compare", "records.csv", "--arm", "a", "--arm", "b", "-q")
    head = command(*asked, "--level", "0.95", "--level", "0.7").stdout.splitlines()[1]
    shown = "benchmark arm difference 70 % 95 % P(better) compute 70 % 95 % P(best)"
    assert " ".join(head.split()) == shown
    document = json.loads(command(*asked, "--json", "--level", "0.7").stdout)
    for entry in document["arms"]["benchmarks"]:
        ends = entry["difference"]["interval"]
        assert list(ends) == ["50", "70", "80", "90", "95"]
        assert ends["95"][0] < ends["70"][0] < ends["50"][0] < entry["difference"]["value"]
    csv_of_70 = command(*asked, "--format", "csv", "--level", "0.7").stdout
    row = next(csv.DictReader(io.StringIO(csv_of_70)))
    first = document["arms"]["benchmarks"][0]
    assert float(row["compute_gain_low_70"]) == first["compute_gain"]["interval"]["70"][0]
    assert "difference_low_90" not in row


def test_a_run_in_flight_is_forecast_at_the_levels_that_are_asked_for(
    command: Run, ladders: None, tmp_path: Path
) -> None:
    lines = ["family,model,params,tokens,benchmark,metric,chance,n_items,score"]
    for k in range(1, 9):
        lines.append(f"a,a-30B,30B,{k * 20}B,arc,acc,0.25,1000,{0.55 + 0.02 * k}")
    (tmp_path / "run.csv").write_text("\n".join(lines) + "\n")
    asked = ("check", "run.csv", "--fit", "scalepredict.fit.json", "-q", "--no-ci")
    table = command(*asked, "--level", "0.6").stdout
    assert "by the ladder       60 %  both       60 %  original holds" in table
    (run,) = json.loads(command(*asked, "--json", "--level", "0.6").stdout)["in_flight"]
    (entry,) = run["benchmarks"]
    for name in ("original", "interval"):
        assert list(entry[name]) == ["50", "60", "80", "90", "95"]
        lows = [low for low, _ in entry[name].values()]
        assert lows == sorted(lows, reverse=True)
        assert lows[0] > lows[-1]


def test_registered_forecasts_are_posted_and_judged_at_the_levels_that_are_asked_for(
    command: Run, ladders: None, tmp_path: Path
) -> None:
    plain = command("forecast", "--params", "12B", "--level", "0.7", "--format", "csv", "-q")
    row = next(csv.DictReader(io.StringIO(plain.stdout)))
    done = command("register", "--params", "12B", "--level", "0.7", "-q")
    assert "| 70 % interval |" in done.stdout
    low, high = (100 * float(row[f"{end}_70"]) for end in ("low", "high"))
    posted = next(line for line in done.stdout.splitlines() if line.startswith("| arc"))
    shown = [float(end) for end in posted.split("|")[3].split("-")]
    assert shown == pytest.approx([low, high], abs=0.3)  # 13 quantiles are registered
    lines = (tmp_path / "records.csv").read_text().splitlines()
    found = f"a,a-12B,12B,300B,arc,acc,0.25,1000,{row['high_70']}"
    (tmp_path / "found.csv").write_text(f"{lines[0]}\n{found}\n")
    judged = ("score", "scalepredict.registered.json", "--measured", "found.csv", "-q")
    table = command(*judged, "--level", "0.6", "--level", "0.8").stdout.splitlines()
    assert table[1].split()[6:] == ["in", "60", "%", "in", "80", "%", "PIT", "log", "score"]
    assert table[2].split()[6:8] == ["no", "yes"]
    (kept,) = json.loads(command(*judged, "--json", "--level", "0.6").stdout)["rows"]
    assert [kept[f"inside_{p}"] for p in (50, 60, 80, 90, 95)] == [False, False, True, True, True]


def test_pictures_and_pages_take_levels(command: Run, ladders: None, tmp_path: Path) -> None:
    asked = ("--params", "30B", "--level", "0.66", "--level", "0.97")
    assert command("plot", "forecast", *asked, "-o", "f.svg").returncode == 0
    assert "97 % interval" in (tmp_path / "f.svg").read_text(encoding="utf-8")
    assert command("plot", "coverage", "--level", "0.66", "-o", "c.svg").returncode == 0
    done = command("report", *asked, "-o", "r.html")
    assert done.returncode == 0, done.stderr
    assert "66 %" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_a_report_takes_the_measured_targets(command: Run, ladders: None, tmp_path: Path) -> None:
    done = command(
        *("fit", "records.csv", "--family", "a", "--predictor", "trend"),
        *("--up-to-params", "1B", "-q"),
    )
    assert done.returncode == 0, done.stderr
    done = command("report", "--measured", "records.csv", "--no-plots", "-o", "r.html")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "measured on a-2.8B" in page
    assert "measured on a-6.9B" in page


def test_a_report_on_a_target_that_is_not_measured_is_written_with_a_word(
    command: Run, ladders: None, tmp_path: Path
) -> None:
    done = command(
        *("report", "--params", "30B", "--measured", "records.csv"),
        *("--no-plots", "-o", "r.html"),
    )
    assert done.returncode == 0, done.stderr
    word = "no measured checkpoint of family 'a' has params and tokens within 10 %"
    assert f"warning: a: not compared with measured scores: {word}" in done.stderr
    assert "not compared with measured scores" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_the_help_names_the_default_levels(command: Run) -> None:
    default = ", ".join(f"{level:g}" for level in DEFAULT_LEVELS.shown)
    assert f"[default: {default}]" in " ".join(command("forecast", "--help").stdout.split())
