"""OpenCompass: a table of models in percent, with counts beside scores in some forks."""

from pathlib import Path

import pytest

from scalepredict.records.importers.harness.interface import Imported
from scalepredict.records.importers.harness.opencompass import OpenCompass
from scalepredict.records.importers.harness.source_file import SourceFile, open_source

HEADER = "dataset,version,metric,mode,model-a,model-b"


def file(tmp_path: Path, *lines: str, header: str = HEADER) -> SourceFile:
    path = tmp_path / "summary_20260102_030405.csv"
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return open_source(path, path.name)


def read(tmp_path: Path, *lines: str, header: str = HEADER) -> Imported:
    return OpenCompass().read(file(tmp_path, *lines, header=header))


def test_every_model_has_its_score_in_percent(tmp_path: Path) -> None:
    found = read(tmp_path, "arc_c,1e0,accuracy,gen,55.25,60.00")
    first, second = found.scores
    assert (first.subject.label, first.score, first.percent) == ("model-a", 55.25, True)
    assert (second.subject.label, second.score) == ("model-b", 60.0)
    assert (first.benchmark, first.metric, first.filter) == ("arc_c", "accuracy", "gen")
    assert (first.time, first.line, first.version) == ("20260102_030405", 2, "1e0")


def test_a_missing_score_is_nothing_and_words_are_counted(tmp_path: Path) -> None:
    found = read(tmp_path, "arc_c,1,acc,gen,-,", "boolq,1,acc,gen,failed,nan")
    assert found.scores == ()
    assert found.skipped == {"a value that is no number": 2}


@pytest.mark.parametrize(
    ("text", "score", "n_items"),
    [
        ("82.00 (1948/2376)", 82.0, 2376),
        ("82.00% (1948 / 2376)", 82.0, 2376),
        ("82.00(1948/2376)", 82.0, 2376),
        ("82.00", 82.0, None),
        ("1e1", 10.0, None),
    ],
)
def test_counts_beside_a_score_are_its_questions(
    tmp_path: Path, text: str, score: float, n_items: float | None
) -> None:
    found = read(tmp_path, f"arc_e,1,acc,gen,{text},-")
    ((only,),) = (found.scores,)
    assert (only.score, only.n_items) == (score, n_items)


@pytest.mark.parametrize("column", ["total_count", "count", "num_samples"])
def test_a_column_of_counts_is_no_model(tmp_path: Path, column: str) -> None:
    header = HEADER.replace("model-b", column)
    (score,) = read(tmp_path, "arc_e,1,acc,gen,82.00,2376", header=header).scores
    assert (score.subject.label, score.n_items) == ("model-a", 2376)


@pytest.mark.parametrize(
    "metric",
    ["naive_average", "weighted_average", "harmonic_mean", "sum", "standard_deviation"],
)
def test_an_average_over_a_group_is_left_to_its_tasks(tmp_path: Path, metric: str) -> None:
    found = read(tmp_path, f"mmlu,-,{metric},gen,50.00,51.00", "mmlu-law,1,acc,gen,40.00,41.00")
    assert {score.benchmark for score in found.scores} == {"mmlu-law"}
    assert found.skipped == {"an average over a group, whose tasks are read themselves": 1}


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        (HEADER, True),
        ("dataset,version,metric,mode", False),
        ("dataset,version,mode,metric,model-a", False),
        ("model,params,tokens,benchmark,score", False),
    ],
)
def test_a_table_is_known_by_its_first_four_columns(
    tmp_path: Path, header: str, ours: bool
) -> None:
    assert OpenCompass().recognises(file(tmp_path, header=header)) == ours
