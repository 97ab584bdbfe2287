"""HELM: scores of the plain test split, and the model and shots of the specification beside it."""

import json
from pathlib import Path
from typing import Any

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.importers.harness.helm import Helm
from scalepredict.records.importers.harness.source_file import SourceFile, open_source

SPEC = {
    "name": "mmlu:subject=anatomy,method=multiple_choice_joint,model=acme_a-1b",
    "adapter_spec": {"model_deployment": "acme/a-1b", "max_train_instances": 5},
}


def statistic(name: str, mean: Any, split: str = "test", **more: Any) -> dict[str, Any]:
    return {"name": {"name": name, "split": split, **more}, "count": 3, "mean": mean}


def run(tmp_path: Path, *statistics: dict[str, Any], spec: object = SPEC) -> SourceFile:
    (tmp_path / "run_spec.json").write_text(json.dumps(spec))
    path = tmp_path / "stats.json"
    path.write_text(json.dumps(statistics))
    return open_source(path, "stats.json")


def test_a_score_has_the_model_task_and_shots_of_its_run(tmp_path: Path) -> None:
    (score,) = Helm().read(run(tmp_path, statistic("exact_match", 0.5))).scores
    assert (score.subject.label, score.benchmark, score.task) == ("acme/a-1b", "mmlu", "anatomy")
    assert (score.metric, score.score, score.shots, score.filter) == ("exact_match", 0.5, 5, "none")
    assert score.n_items is None  # count is of training trials


def test_other_splits_are_columns_apart_and_the_rest_is_counted(tmp_path: Path) -> None:
    found = Helm().read(
        run(
            tmp_path,
            statistic("exact_match", 0.4, "valid"),
            statistic("exact_match", 0.1, "train"),
            statistic("exact_match", 0.2, perturbation={"name": "typos"}),
            statistic("num_prompt_tokens", 300.0),
            statistic("exact_match", None),
        )
    )
    (score,) = found.scores
    assert (score.score, score.filter) == (0.4, "valid")
    assert found.skipped == {
        "a statistic of a perturbation or another split": 2,
        "a statistic that is no score": 2,
    }


def test_a_run_without_a_task_is_its_benchmark(tmp_path: Path) -> None:
    spec = {"name": "boolq:model=acme_a-1b", "adapter_spec": {"model": "acme/a-1b"}}
    (score,) = Helm().read(run(tmp_path, statistic("exact_match", 0.5), spec=spec)).scores
    assert (score.benchmark, score.task, score.subject.label) == ("boolq", "", "acme/a-1b")


def test_statistics_need_the_specification_beside_them(tmp_path: Path) -> None:
    file = run(tmp_path, statistic("exact_match", 0.5))
    assert Helm().recognises(file)
    (tmp_path / "run_spec.json").unlink()
    assert not Helm().recognises(file)
    assert not Helm().recognises(SourceFile(path=tmp_path / "x", name="x", content=[{"name": "a"}]))
    with pytest.raises(RecordError, match="no specification of a run"):
        Helm().read(run(tmp_path, statistic("exact_match", 0.5), spec=[1]))


def test_prompt_and_generation_tell_evaluations_apart(tmp_path: Path) -> None:
    def settings(**more: object) -> dict[str, str]:
        adapter = {**SPEC["adapter_spec"], **more}  # type: ignore[dict-item]
        spec = {**SPEC, "adapter_spec": adapter}
        (score,) = Helm().read(run(tmp_path, statistic("exact_match", 0.5), spec=spec)).scores
        return dict(score.settings)

    assert settings() == {}
    cold, warm = settings(temperature=0.0, method="joint"), settings(temperature=0.7)
    assert set(cold) == {"prompt", "generation"}
    assert set(warm) == {"generation"}
    assert cold["generation"] != warm["generation"]
