"""`scalepredict calibrate` as a user calls it, on two small made-up families."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import jsonschema
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
Run = Callable[..., CompletedProcess[str]]


def write_ladders(path: Path, *families: str, sizes: int = 7) -> None:
    """Sizes a factor of 3 apart of each family; six rising benchmarks with noise."""
    rng = np.random.default_rng(7)
    lines = ["family,model,params,tokens,benchmark,score,n_items,chance"]
    for family in families:
        for i in range(sizes):
            rise = 1 / (1 + np.exp(-0.5 * (i - np.arange(6))))
            scores = np.clip(0.25 + 0.7 * rise + 0.01 * rng.normal(size=6), 0, 1)
            size = f"{family},{family}-{i},{2e7 * 3**i:.0f},1e11"
            lines += [f"{size},b{t},{score:.4f},1000,0.25" for t, score in enumerate(scores)]
    path.write_text("\n".join(lines) + "\n")


def test_a_calibration_is_written_and_backtest_uses_it(scalepredict: Run, tmp_path: Path) -> None:
    write_ladders(tmp_path / "one.csv", "f", "g")
    write_ladders(tmp_path / "two.csv", "h")
    (tmp_path / "own.yaml").write_text("benchmarks: {b0: {chance: 0.25}}\n")
    made = scalepredict(
        *("calibrate", "one.csv", "two.csv", "-p", "last", "--benchmarks", "own.yaml"),
        *("-o", "mine.yaml", "--json"),
    )
    assert made.returncode == 0, made.stderr
    document = json.loads(made.stdout)
    schema = json.loads(
        (ROOT / "configs" / "schemas" / "calibrate.schema.json").read_text(encoding="utf-8")
    )
    jsonschema.validate(document, schema)
    assert {row["group"] for row in document["nested_coverage"]} == {"one", "two", "all"}
    text = (tmp_path / "mine.yaml").read_text()
    assert "scalepredict calibrate one two --benchmarks own.yaml --predictor last" in text
    assert "one.csv: sha256 " in text
    assert str(tmp_path) not in text
    used = scalepredict("backtest", "one.csv", "-p", "last", "--calibration", "mine.yaml", "--json")
    assert json.loads(used.stdout)["calibration"]["source"] == "mine.yaml"


def test_tokens_that_one_of_the_files_lacks_are_assumed_there(
    scalepredict: Run, tmp_path: Path
) -> None:
    write_ladders(tmp_path / "one.csv", "f")
    write_ladders(tmp_path / "two.csv", "g")
    known = (tmp_path / "two.csv").read_text()
    (tmp_path / "two.csv").write_text(known.replace(",1e11,", ",,"))
    call = ("calibrate", "one.csv", "two.csv", "-p", "last", "--tokens", "1T", "-q")
    made = scalepredict(*call)
    assert made.returncode == 0, made.stderr
    (tmp_path / "two.csv").write_text(known)
    refused = scalepredict(*call)
    assert refused.returncode == 2
    assert "here all are; leave it out" in refused.stderr


def test_a_single_file_is_split_by_family(scalepredict: Run, tmp_path: Path) -> None:
    write_ladders(tmp_path / "one.csv", "f", "g")
    made = scalepredict("calibrate", "one.csv", "-p", "last")
    assert made.returncode == 0, made.stderr
    assert [line.split()[1] for line in made.stdout.splitlines()[2:5]] == ["f", "g", "all"]
    assert (tmp_path / "calibration.yaml").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("one.csv",), "there is only f"),
        (("two.csv",), "three checkpoints and a larger one"),
        (("one.csv", "one.csv"), "two of the records are named 'one'"),
        (("one.csv", "--checkpoints", "two=all"), "there are no records 'two'"),
        (("one.csv", "--exclude", "pythia*"), "fits no family"),
    ],
)
def test_a_calibration_that_cannot_be_tested_is_refused_and_leaves_no_file(
    scalepredict: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    write_ladders(tmp_path / "one.csv", "f")
    write_ladders(tmp_path / "two.csv", "f", sizes=3)
    made = scalepredict("calibrate", "-p", "last", *arguments)
    assert made.returncode == 2
    assert words in made.stderr
    assert made.stdout == ""
    assert not (tmp_path / "calibration.yaml").exists()
