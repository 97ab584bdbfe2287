"""open_lm: an evaluation is named by its file, a model file tells the sizes of the run."""

import json
from pathlib import Path

from scalepredict.records.importers.harness.open_lm import OpenLm
from scalepredict.records.importers.harness.source_file import SourceFile, open_source

SCORES = {"eval_metrics": {"icl": {"arc_easy": 0.4, "copa": None, "piqa": float("nan")}}}
MODEL = {
    "name": "c4-d=96-m=20",
    "dataset_name": "c4",
    "hyperparameters": {"params": 2e7, "params_no_embed": 1e7, "tokens": 4e8},
    "results": [{"loss": 5.0}, {"loss": 3.5}],
}


def file(tmp_path: Path, name: str, content: object) -> SourceFile:
    (tmp_path / name).write_text(json.dumps(content))
    return open_source(tmp_path / name, name)


def test_an_evaluation_is_of_the_run_that_its_file_names(tmp_path: Path) -> None:
    made = file(tmp_path, "evaluation_c4-d=96-m=20_heavy.json", {**SCORES, "model": "m1b"})
    assert OpenLm().recognises(made)
    found = OpenLm().read(made)
    (score,) = found.scores
    assert (score.subject.label, score.benchmark, score.metric, score.score) == (
        *("c4-d=96-m=20", "arc_easy", "acc"),
        0.4,
    )
    assert found.skipped == {"copa is not a finite number": 1, "piqa is not a finite number": 1}


def test_a_name_in_the_file_goes_before_that_of_the_file(tmp_path: Path) -> None:
    content = {**SCORES, "model_name": "dclm-1b", "creation_date": "2026_01_02"}
    (score,) = OpenLm().read(file(tmp_path, "evaluation_x_light.json", content)).scores
    assert (score.subject.label, score.time) == ("dclm-1b", "2026_01_02")
    (other,) = OpenLm().read(file(tmp_path, "scores.json", SCORES)).scores
    assert other.subject.label == "scores"


def test_a_model_file_gives_sizes_and_the_last_loss(tmp_path: Path) -> None:
    made = file(tmp_path, "model.json", MODEL)
    assert OpenLm().recognises(made)
    (subject,) = OpenLm().read(made).subjects
    assert (subject.label, subject.family, subject.loss) == ("c4-d=96-m=20", "c4", 3.5)
    assert (subject.params, subject.params_non_embedding, subject.tokens) == (2e7, 1e7, 4e8)


def test_other_files_are_not_recognised(tmp_path: Path) -> None:
    others: tuple[object, ...] = ({"eval_metrics": {}}, {"hyperparameters": {"params": 1}}, [1])
    for content in others:
        assert not OpenLm().recognises(file(tmp_path, "x.json", content))
