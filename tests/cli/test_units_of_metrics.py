"""A file of many metrics from the user's side: every command keeps each in its own unit."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Run, valid

PARAMS = np.array([7e7, 1.6e8, 4.1e8, 1e9, 1.4e9, 2.8e9, 6.9e9])
FLOPS = 120 * PARAMS**2
LOSS = 1.7 + 2.2 * (FLOPS / 1e17) ** -0.1
RISE = np.log(FLOPS / FLOPS[0]) / np.log(FLOPS[-1] / FLOPS[0])
UNITS = {
    "c4": "nats",
    "code": "bits",
    "wikitext": "perplexity",
    "wmt": "fraction",
    "cola": "fraction",
    "arena": "elo",
    "piqa": "fraction",
}
BIG = ("--params", "6.9B", "--tokens", "138B")


def values(noise: float) -> dict[str, tuple[str, list[float]]]:
    rng = np.random.default_rng(0)
    errors = noise * rng.standard_normal((7, 7))
    made = {
        "c4": ("loss", LOSS * (1 + 0.1 * errors[0])),
        "code": ("bpb", LOSS / 3 * (1 + 0.1 * errors[1])),
        "wikitext": ("word_perplexity", np.exp(1.3 * LOSS + 0.1 * errors[2])),
        "wmt": ("bleu", 100 * (0.05 + 0.28 * RISE + errors[3])),
        "cola": ("mcc", -0.02 + 0.55 * RISE**2 + errors[4]),
        "arena": ("elo", 850 + 330 * RISE + 500 * errors[5]),
        "piqa": ("acc", 0.55 + 0.25 * RISE + errors[6]),
    }
    return {name: (metric, column.tolist()) for name, (metric, column) in made.items()}


def records(runs: range) -> str:
    rows = ["model,params,tokens,benchmark,metric,score"]
    for i in runs:
        for name, (metric, column) in values(0.01).items():
            n = PARAMS[i]
            rows.append(f"m{i},{n:.0f},{20 * n:.0f},{name},{metric},{column[i]:.6g}")
    return "\n".join([*rows, ""])


@pytest.fixture
def ladder(command: Run, tmp_path: Path) -> Run:
    (tmp_path / "small.csv").write_text(records(range(6)))
    (tmp_path / "big.csv").write_text(records(range(6, 7)))
    (tmp_path / "all.csv").write_text(records(range(7)))
    fitted = command("fit", "small.csv")
    assert fitted.returncode == 0, fitted.stderr
    return command


def test_forecasts_and_errors_are_in_the_unit_of_each_metric(ladder: Run) -> None:
    made = ladder("forecast", "--measured", "big.csv", "--json")
    assert made.returncode == 0, made.stderr
    document = valid(made.stdout)
    entries = {entry["benchmark"]: entry for entry in document["benchmarks"]}
    assert {name: entry["unit"] for name, entry in entries.items()} == UNITS
    for name, (_, column) in values(0.01).items():
        shown = column[6] / 100 if name == "wmt" else column[6]
        entry = entries[name]
        assert entry["measured"] == pytest.approx(shown, rel=1e-5)
        low, high = entry["interval"]["90"]
        assert low < entry["forecast"] < high
        assert abs(entry["forecast"] - shown) < 3 * (high - low)
    lower = {name for name, entry in entries.items() if entry["direction"] == "lower"}
    assert lower == {"c4", "code", "wikitext"}
    # A ladder that is measured at the target's own tokens per parameter is no other design.
    assert "design" not in made.stderr
    assert "nan" not in made.stderr


def test_perplexity_and_its_log_are_forecast_alike(ladder: Run, tmp_path: Path) -> None:
    asked = ("forecast", *BIG, "--json", "--benchmark", "wikitext")
    plain = json.loads(ladder(*asked).stdout)["benchmarks"]
    column = np.log(values(0.01)["wikitext"][1])
    rows = [
        f"m{i},{PARAMS[i]:.0f},{20 * PARAMS[i]:.0f},wikitext,loss,{column[i]:.8g}" for i in range(6)
    ]
    header = "model,params,tokens,benchmark,metric,score"
    (tmp_path / "log.csv").write_text("\n".join([header, *rows, ""]))
    assert ladder("fit", "log.csv").returncode == 0
    logged = json.loads(ladder(*asked).stdout)["benchmarks"]
    assert np.exp(logged[0]["forecast"]) == pytest.approx(plain[0]["forecast"], rel=2e-5)
    assert np.exp(logged[0]["interval"]["90"]) == pytest.approx(
        plain[0]["interval"]["90"], rel=2e-5
    )


def test_backtests_judge_scores_in_points_and_the_rest_relatively(ladder: Run) -> None:
    tried = ladder("backtest", "all.csv", "--json", "--predictor", "stack", "--predictor", "last")
    assert tried.returncode == 0, tried.stderr
    report = valid(tried.stdout)
    assert {row["benchmark"]: row["unit"] for row in report["rows"]} == UNITS
    own = {row["predictor"]: row for row in report["own_metrics"] if not row["factor_bin"]}
    assert own["stack"]["mae"] < 0.1 * own["last"]["mae"]


def test_pictures_name_the_unit_of_each_panel(ladder: Run, tmp_path: Path) -> None:
    drawn = ladder("plot", "forecast", *BIG, "-o", "p.svg")
    assert drawn.returncode == 0, drawn.stderr
    texts = re.findall(r">([^<>]+)</text>", (tmp_path / "p.svg").read_text())
    counts = {unit: texts.count(unit) for unit in ("nats", "bits", "perplexity", "elo")}
    assert counts == {"nats": 1, "bits": 1, "perplexity": 1, "elo": 1}
    assert texts.count("score (%)") == 3


def test_a_page_tells_units_and_names_chance_only_where_it_is_drawn(
    ladder: Run, tmp_path: Path
) -> None:
    assert ladder("report", *BIG, "--measured", "big.csv", "-o", "all.html").returncode == 0
    page = (tmp_path / "all.html").read_text()
    assert "dotted: chance" in page
    assert {"falling, nats", "falling, bits", "rising, elo"} <= set(
        re.findall(r"<figcaption><bdi>([^<]*)</bdi>", page)
    )
    assert "tokens per parameter" not in page
    rows = [row for row in records(range(6)).splitlines() if "acc" not in row]
    losses = [row for row in rows if re.search("metric|loss|bpb|elo", row)]
    (tmp_path / "losses.csv").write_text("\n".join([*losses, ""]))
    assert ladder("fit", "losses.csv").returncode == 0
    made = ladder("report", *BIG, "-o", "losses.html")
    assert made.returncode == 0, made.stderr
    page = (tmp_path / "losses.html").read_text()
    assert "chance" not in page.split("<main")[-1]
    assert "number of questions" not in page


@pytest.mark.parametrize(("metric", "worse"), [("word_perplexity", 1), ("elo", -1)])
def test_what_is_worse_is_worse_for_the_gate_too(
    command: Run, tmp_path: Path, metric: str, worse: int
) -> None:
    rng = np.random.default_rng(1)
    step = np.arange(1, 21)
    run = 12 + 60 * step**-0.5 if metric != "elo" else 800 + 100 * np.log(step)
    run = run * np.exp(0.003 * rng.standard_normal(20))
    for name, sign in (("bad", worse), ("good", -worse)):
        last = run.copy()
        last[-1] *= 1 + 0.15 * sign
        rows = [f"m,1B,{5 * k}B,{1000 * k},b,{metric},{last[k - 1]:.5g}" for k in step]
        header = "model,params,tokens,step,benchmark,metric,score"
        (tmp_path / f"{name}.csv").write_text("\n".join([header, *rows, ""]))
    assert command("check", "bad.csv").returncode == 1
    assert command("check", "good.csv").returncode == 0


def test_columns_named_after_metrics_of_percent_and_ratings_are_read(
    command: Run, tmp_path: Path
) -> None:
    made = {name: column for name, (_, column) in values(0.0).items()}
    rows = [
        f"m{i},{PARAMS[i]:.0f},{20 * PARAMS[i]:.0f},{made['wmt'][i]:.4f},{made['cola'][i]:.4f},"
        f"{made['arena'][i]:.1f},{made['wikitext'][i]:.3f}"
        for i in range(6)
    ]
    (tmp_path / "wide.csv").write_text(
        "\n".join(["model,params,tokens,wmt_bleu,cola_mcc,arena_elo,wikitext_ppl", *rows, ""])
    )
    fitted = command("fit", "wide.csv", "--json")
    assert fitted.returncode == 0, fitted.stderr
    assert "wmt_bleu is in percent" in fitted.stderr
    found = json.loads(fitted.stdout)["families"][0]["benchmarks"]
    last = {entry["benchmark"]: entry["last"] for entry in found}
    assert last["wmt_bleu"] == pytest.approx(made["wmt"][5] / 100, abs=1e-4)
    assert last["arena"] == pytest.approx(made["arena"][5], abs=0.1)


@pytest.mark.parametrize(
    ("metric", "column"),
    [
        ("byte_perplexity", (1.9, 1.6, 1.4, 1.25, 1.12)),
        ("wer", (0.8, 0.5, 0.3, 0.2, 0.0)),
        ("acc_centered", (-0.03, 0.02, 0.2, 0.3, 0.42)),
        ("elo", (-300, -120, 20, 150, 260)),
        ("time_horizon_minutes", (0, 1.2, 4, 9, 40)),
        ("loglikelihood", (-80, -60, -50, -44, -40)),
    ],
)
def test_metrics_near_their_bounds_and_below_zero_are_fitted_and_forecast(
    command: Run, tmp_path: Path, metric: str, column: tuple[float, ...]
) -> None:
    rows = [
        f"m{i},{PARAMS[i]:.0f},{20 * PARAMS[i]:.0f},b,{metric},{value}"
        for i, value in enumerate(column)
    ]
    header = "model,params,tokens,benchmark,metric,score"
    (tmp_path / "odd.csv").write_text("\n".join([header, *rows, ""]))
    fitted = command("fit", "odd.csv")
    assert fitted.returncode == 0, fitted.stderr
    made = command("forecast", *BIG, "--json")
    assert made.returncode == 0, made.stderr
    [entry] = json.loads(made.stdout)["benchmarks"]
    low, high = entry["interval"]["90"]
    assert np.isfinite([low, entry["forecast"], high]).all()
    assert low < entry["forecast"] < high
