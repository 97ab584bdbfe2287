"""The Python API is lazy, and computes what the command line prints."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest

import scalepredict
from scalepredict.predictors.direct.last import LastValue
from scalepredict.predictors.direct.trend import Trend
from scalepredict.records.evidence import CheckpointChoice
from scalepredict.records.table import EvalTable

LADDER = Path(__file__).resolve().parents[1] / "sample_data" / "pythia_ladder.csv"


def test_importing_the_package_or_the_command_line_imports_no_numerics() -> None:
    code = "import sys, scalepredict, scalepredict.cli.app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"numpy", "scipy", "pandas", "rich", "yaml", "joblib"} & set(done.stdout.split())


def test_every_public_name_is_there_and_no_other() -> None:
    for name in scalepredict.__all__:
        assert getattr(scalepredict, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'forcast'"):
        scalepredict.forcast  # type: ignore[attr-defined]  # noqa: B018


def test_it_computes_what_the_commands_print(
    command: Callable[..., CompletedProcess[str]], tmp_path: Path
) -> None:
    command("fit", str(LADDER), "--up-to-params", "2.8B", "-q")
    printed = json.loads(command("forecast", "--params", "12B", "--json").stdout)
    records = scalepredict.read_records([LADDER]).table
    small = scalepredict.fit(records.take_rows(records.params <= 2.8e9))
    stored = scalepredict.load_fit(tmp_path / "scalepredict.fit.json")
    for fitted in (small, stored):
        (family,) = scalepredict.forecast(fitted, params=12e9)
        expected = [entry["forecast"] for entry in printed["benchmarks"]]
        # Documents have ten significant digits.
        assert [float(f"{point:.10g}") for point in family.forecast.point[0]] == expected
        assert [k.value for k in scalepredict.classify(family.evidence).kinds] == [
            entry["class"] for entry in printed["benchmarks"]
        ]


@pytest.fixture(scope="module")
def two_recipes() -> Iterator[EvalTable]:
    """Two families of six models; b scores a point more than a."""
    sizes = (7e7, 1.6e8, 4.1e8, 1e9, 2.8e9, 6.9e9)
    lines = ["family,model,params,tokens,benchmark,metric,chance,n_items,score"]
    for f, family in enumerate("ab"):
        for i, size in enumerate(sizes):
            for j, name in enumerate(("arc", "piqa")):
                score = 0.3 + 0.06 * i + 0.02 * j + 0.01 * f
                lines.append(f"{family},{family}-{i},{size},3e11,{name},acc,0.25,1000,{score}")
    with TemporaryDirectory() as folder:
        path = Path(folder, "r.csv")
        path.write_text("\n".join(lines) + "\n")
        yield scalepredict.read_records([path]).table


def test_records_fits_and_forecasts_become_tidy_tables(
    two_recipes: EvalTable, tmp_path: Path
) -> None:
    fitted = scalepredict.fit(two_recipes, predictor=Trend())
    learned = fitted.to_frame()
    assert learned[["family", "benchmark"]].to_numpy().tolist() == [
        [family, name] for family in "ab" for name in ("arc", "piqa")
    ]
    assert set(learned["class"]) == {"rising"}
    scalepredict.save_fit(fitted, tmp_path / "f.json")
    loaded = scalepredict.load_fit(tmp_path / "f.json")
    levels = scalepredict.Levels.of([0.7])
    own, stored = (
        scalepredict.forecast(each, params=[14e9, 30e9], tokens=3e11).to_frame(levels)
        for each in (fitted, loaded)
    )
    pd.testing.assert_frame_equal(own, stored)
    arc = own.query("benchmark == 'arc' and family == 'a'")
    assert arc["params"].tolist() == [14e9, 30e9]
    assert (arc["low_70"] < arc["forecast"]).all()
    assert (arc["high_70"] > arc["forecast"]).all()


def test_records_become_a_tidy_table_of_every_score() -> None:
    reading = scalepredict.read_records([LADDER])
    frame = reading.to_frame()
    assert len(frame) == np.isfinite(reading.table.scores).sum()
    row = frame.query("model == 'pythia-12b' and benchmark == 'sciq'")
    assert row["score"].tolist() == [0.902]


def test_a_backtest_tells_every_forecast_and_its_summary(two_recipes: EvalTable) -> None:
    methods = (Trend(), LastValue())
    done = scalepredict.backtest(two_recipes, predictors=methods, by="family")
    rows = done.to_frame()
    error = (rows["forecast"] - rows["observed"]).abs().groupby(rows["predictor"]).mean()
    assert error["trend"] < 0.03 < error["last"]
    summary = done.summary().set_index(["predictor", "part"])
    assert summary.loc[("last", "a"), "mae"] == pytest.approx(
        rows.query("predictor == 'last' and family == 'a'")
        .assign(off=lambda t: (t["forecast"] - t["observed"]).abs())
        .groupby(["origin_flops", "model"])["off"].mean()
        .groupby("origin_flops").mean().mean()
    )  # fmt: skip


def test_a_backtest_without_anything_to_forecast_says_what_is_lacking(
    two_recipes: EvalTable,
) -> None:
    with pytest.raises(scalepredict.ScalePredictError, match="the records have 4 checkpoints"):
        scalepredict.backtest(two_recipes.take_rows(two_recipes.params < 3e8))


def test_a_calibration_is_saved_and_used(two_recipes: EvalTable, tmp_path: Path) -> None:
    found = scalepredict.calibrate({"mine": two_recipes}, predictors=[Trend()])
    whole = found.to_frame().query("of == 'benchmark' and group == 'all' and factor_bin == 'all'")
    assert whole["predictor"].tolist() == ["trend"]
    found.save(tmp_path / "mine.yaml")
    fitted = scalepredict.fit(two_recipes, predictor=Trend())
    own, shipped = (
        scalepredict.forecast(fitted, params=14e9, calibration=constants).to_frame()
        for constants in (tmp_path / "mine.yaml", None)
    )
    assert own["forecast"].equals(shipped["forecast"])
    assert not np.allclose(own["low_90"], shipped["low_90"])


def test_recipes_are_compared(two_recipes: EvalTable) -> None:
    frame = scalepredict.compare(two_recipes, "b", "a").to_frame()
    assert frame["benchmark"].tolist() == ["arc", "piqa"]
    assert frame["largest_pair"].tolist() == pytest.approx([0.01, 0.01])
    assert (frame["p_first_better"] > 0.5).all()


def test_a_checkpoint_that_falls_is_flagged(tmp_path: Path) -> None:
    lines = ["model,params,tokens,benchmark,metric,chance,n_items,score"]
    for k in range(13):
        for j, name in enumerate(("arc", "piqa")):
            score = 0.5 + 0.004 * k + 0.002 * (-1) ** (k + j) - (0.2 if k == 12 else 0)
            lines.append(f"m,1B,{20 + 10 * k}B,{name},acc,0.25,1000,{score:.4f}")
    (tmp_path / "past.csv").write_text("\n".join(lines[:-2]) + "\n")
    (tmp_path / "new.csv").write_text("\n".join([lines[0], *lines[-2:]]) + "\n")
    past, new = (scalepredict.read_records([tmp_path / f"{n}.csv"]).table for n in ("past", "new"))
    checked = scalepredict.check(new, history=past)
    assert checked.status == "off-trend"
    assert checked.should_stop
    before = scalepredict.check(past.take_rows([11]), history=past.take_rows(range(11)))
    assert (before.status, before.should_stop) == ("on-trend", False)
    frame = checked.to_frame()
    assert set(frame["model"]) == {"m"}
    assert set(frame["tokens"]) == {140e9}


def test_questions_are_clustered() -> None:
    items = scalepredict.read_records([LADDER.parent / "arithmetic_items.csv.gz"]).table
    found = scalepredict.clusters(
        items,
        checkpoints=CheckpointChoice.parse("pool-last-3"),
        benchmarks=["arithmetic_multiplication"],
    )
    frame = found.to_frame()
    assert frame["size"].tolist() == [46, 13, 11]
    assert {report.benchmark for report in found} == {"arithmetic_multiplication"}


def test_a_family_without_forecast_is_an_error_not_a_gap() -> None:
    records = scalepredict.read_records([LADDER]).table
    fitted = scalepredict.fit(records.take_rows(records.params <= 2.8e9))
    with pytest.raises(scalepredict.ScalePredictError, match="beyond 300x"):
        scalepredict.forecast(fitted, params=np.array([12e9, 9e12]).tolist())


def test_records_without_compute_are_refused_with_what_to_record(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("model,params,piqa\na,1B,0.6\nb,2B,0.7\n")
    table = scalepredict.read_records([tmp_path / "r.csv"]).table
    with pytest.raises(scalepredict.ScalePredictError, match="2 without tokens, 2 without flops"):
        scalepredict.fit(table)


def test_one_path_and_counts_as_text_are_understood() -> None:
    table = scalepredict.read_records(str(LADDER)).table
    assert len(table.checkpoints) == len(scalepredict.read_records([LADDER]).table.checkpoints)
    fitted = scalepredict.fit(table, predictor=Trend())
    tokens: Any = np.int64(300_000_000_000)
    (text,) = scalepredict.forecast(fitted, params="30B", tokens=tokens)
    (number,) = scalepredict.forecast(fitted, params=[3e10], tokens=3e11)
    assert np.array_equal(text.forecast.point, number.forecast.point, equal_nan=True)


@pytest.mark.parametrize("size", [-1, 0, float("nan"), "12Q"])
def test_what_is_no_size_is_refused_with_the_name_of_its_argument(size: float | str) -> None:
    fitted = scalepredict.fit(scalepredict.read_records(LADDER).table, predictor=Trend())
    with pytest.raises(scalepredict.ScalePredictError, match=r"^params: .* is not a"):
        scalepredict.forecast(fitted, params=size)


def test_the_name_of_a_method_and_a_recipe_beside_itself_are_told() -> None:
    table = scalepredict.read_records(LADDER).table
    with pytest.raises(TypeError, match="give the method itself, like scalepredict"):
        scalepredict.fit(table, predictor="trend")  # type: ignore[arg-type]
    with pytest.raises(scalepredict.ScalePredictError, match="compared with itself"):
        scalepredict.compare(table, table.families[0], table.families[0])
