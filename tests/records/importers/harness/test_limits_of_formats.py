"""Where a format ends: scores without bounds, tables of one model, answers that are no numbers."""

import json
from pathlib import Path
from typing import Any

import pytest

from scalepredict.records.importers.choose import Choice
from scalepredict.records.importers.collect import collect
from scalepredict.records.importers.harness.every_eval_ever import EveryEvalEver
from scalepredict.records.importers.harness.lm_eval import LmEval
from scalepredict.records.importers.harness.opencompass import OpenCompass
from scalepredict.records.importers.harness.source_file import open_source
from scalepredict.records.importers.to_rows import as_rows


def write(path: Path, content: Any) -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_score_without_bounds_lies_between_0_and_1(tmp_path: Path) -> None:
    results = [
        {"evaluation_name": "a", "metric_config": {}, "score_details": {"score": 0.25}},
        {
            "evaluation_name": "b",
            "metric_config": {"min_score": -1, "max_score": 3},
            "score_details": {"score": 0.0},
        },
    ]
    content = {
        "schema_version": "0.1",
        "model_info": {"name": "m"},
        "evaluation_results": results,
    }
    file = open_source(write(tmp_path / "e.json", content), "e.json")
    assert [s.score for s in EveryEvalEver().read(file).scores] == [0.25, 0.25]


def test_a_summary_of_one_model_is_a_summary_and_a_table_of_none_is_not(tmp_path: Path) -> None:
    head = "dataset,version,metric,mode"
    one = open_source(write(tmp_path / "a.csv", f"{head},m\npiqa,1,acc,gen,50\n"), "a.csv")
    none = open_source(write(tmp_path / "b.csv", f"{head}\npiqa,1,acc,gen\n"), "b.csv")
    assert OpenCompass().recognises(one)
    assert not OpenCompass().recognises(none)
    (score,) = OpenCompass().read(one).scores
    assert (score.subject.label, score.score) == ("m", 50)


def lm_eval(**measures: Any) -> dict[str, Any]:
    return {
        "results": {"arc": {"alias": "arc", **measures}},
        "versions": {"arc": 1.0},
        "n-shot": {"arc": 0},
        "config": {"model": "hf", "model_args": "pretrained=acme/a-190m"},
        "model_name": "acme/a-190m",
    }


def test_true_and_text_are_no_scores(tmp_path: Path) -> None:
    content = lm_eval(**{"acc,none": 0.31, "passed,none": True, "note,none": "0.4"})
    file = open_source(write(tmp_path / "results_1.json", content), "results_1.json")
    read = LmEval().read(file)
    assert [(s.metric, s.score) for s in read.scores] == [("acc", 0.31)]
    assert read.skipped == {}


@pytest.mark.parametrize(("metrics", "told"), [(("acc",), 0), (("acc", "f1"), 1)])
def test_a_choice_of_metric_is_told_where_there_was_one(
    tmp_path: Path, metrics: tuple[str, ...], told: int
) -> None:
    content = lm_eval(**{f"{name},none": 0.3 for name in metrics})
    write(tmp_path / "results_1.json", content)
    collected = collect([tmp_path], choice=Choice(metric={}, filter={}, shots={}, prefer=("acc",)))
    assert sum("also there" in str(note) for note in collected.notes) == told
    rows = as_rows(collected)
    assert rows.text("metric").categories.tolist() == ["acc"]
    assert all("" not in texts.categories for texts in rows.texts.values())
    assert rows.text("model").categories.tolist() == [collected.checkpoints[0].model]
