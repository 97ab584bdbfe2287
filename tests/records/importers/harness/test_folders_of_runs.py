"""Folders of MLflow, HELM and BIG-bench are read, and files that are nearly of a format by name."""

import json
from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.importers.collect import Collected, collect
from scalepredict.records.reading.read import read_records


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def found(collected: Collected) -> list[tuple[str, str, str, float]]:
    return [
        (collected.checkpoints[p.checkpoint].model, p.score.benchmark, p.score.task, p.score.score)
        for p in collected.placed
    ]


def mlflow_run(folder: Path, *, status: int = 3) -> None:
    write(folder / "meta.yaml", f"run_id: {folder.name}\nrun_name: my-run\nstatus: {status}\n")
    write(folder / "params/n_params", "1B")
    write(folder / "params/tokens", "20B")
    write(folder / "metrics/eval/arc_easy/acc", "1 0.30 1000\n2 0.35 2000\n")
    write(folder / "metrics/train/speed", "1 12.0 1000\n")


def test_a_store_of_mlflow_gives_the_last_value_of_each_metric(tmp_path: Path) -> None:
    mlflow_run(tmp_path / "mlruns/1/a1")
    collected = collect([tmp_path / "mlruns"])
    assert found(collected) == [("my-run", "arc_easy", "", 0.35)]
    assert collected.checkpoints[0].sizes == {"params": 1e9, "tokens": 2e10}
    assert collected.left_out == {"an earlier value of a metric": 1}
    assert read_records([tmp_path / "mlruns"]).table.flops.tolist() == [1.2e20]


def test_a_run_of_mlflow_that_is_not_finished_is_left_out(tmp_path: Path) -> None:
    mlflow_run(tmp_path / "mlruns/1/a1")
    mlflow_run(tmp_path / "mlruns/1/b2", status=4)
    assert collect([tmp_path / "mlruns"]).left_out["a run that is not finished"] == 1


def test_a_run_of_helm_is_read_with_its_specification(tmp_path: Path) -> None:
    run = tmp_path / "runs/s/mmlu:subject=anatomy,model=acme_a-1b"
    adapter = {"model": "acme/a-1b", "max_train_instances": 5}
    spec = {"name": "mmlu:subject=anatomy,model=acme_a-1b", "adapter_spec": adapter}
    write(run / "run_spec.json", json.dumps(spec))
    statistics = [
        {"name": {"name": "exact_match", "split": "test"}, "count": 1, "mean": 0.31},
        {"name": {"name": "exact_match", "split": "train"}, "count": 1, "mean": 0.9},
        {
            "name": {"name": "exact_match", "split": "test", "perturbation": {"name": "typos"}},
            "count": 1,
            "mean": 0.2,
        },
        {"name": {"name": "num_prompt_tokens", "split": "test"}, "count": 1, "mean": 812.0},
    ]
    write(run / "stats.json", json.dumps(statistics))
    collected = collect([tmp_path / "runs"])
    assert found(collected) == [("acme/a-1b", "mmlu", "anatomy", 0.31)]
    assert collected.placed[0].score.shots == 5
    assert sum(collected.left_out.values()) == 3


def test_scores_of_big_bench_are_brought_to_fractions(tmp_path: Path) -> None:
    entry = {"subtask_description": "logic:two", "number_of_shots": 2, "low_score": 25.0}
    scores = [
        {
            **entry,
            "score_dict": {"multiple_choice_grade": 40.0},
            "preferred_score": "multiple_choice_grade",
            "high_score": 100.0,
        },
        {
            **entry,
            "score_dict": {"normalized_aggregate_score": 20.0},
            "preferred_score": "normalized_aggregate_score",
            "high_score": 100.0,
        },
    ]
    model = {"model_name": "lad-1b", "model_family": "LAD", "total_params": 1e9}
    write(tmp_path / "r/scores.json", json.dumps({"model": model, "scores": scores}))
    collected = collect([tmp_path / "r"])
    assert found(collected) == [("lad-1b", "logic", "two", 0.4)]
    assert (collected.placed[0].score.chance, collected.placed[0].score.shots) == (0.25, 2)


def test_a_bare_file_is_read_as_the_format_that_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "lad-1b.json", '{"results": {"arc": {"acc": 0.5, "acc_stderr": 0.01}}}')
    with pytest.raises(RecordError, match="of no known format"):
        collect([path])
    assert found(collect([path], kind="lm-eval")) == [("lad-1b", "arc", "", 0.5)]
    with pytest.raises(RecordError, match="no lighteval: it needs a general configuration"):
        collect([path], kind="lighteval")


def test_a_runs_table_without_states_is_read_if_it_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "w.csv", "Name,parameter_count,eval/arc/acc\na,1e9,0.5\n")
    assert found(collect([path], kind="wandb-runs")) == [("a", "arc", "", 0.5)]
    other = write(tmp_path / "x.csv", "Run,eval/arc/acc\na,0.5\n")
    with pytest.raises(RecordError, match="no wandb-runs: it has no column `Name`"):
        collect([other], kind="wandb-runs")


@pytest.mark.parametrize("name", ["t.csv", "t.md"])
def test_a_table_is_no_result_of_a_harness(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, "|model|piqa|\n|---|---|\n|a|0.5|\n" if "md" in name else "a,b\n")
    with pytest.raises(RecordError, match=r"a table and not the result .* read tables"):
        collect([path])


def test_a_folder_that_cannot_be_read_has_one_diagnosis(tmp_path: Path) -> None:
    write(tmp_path / "r/x.json", '{"losses": [1, 2]}')
    for read in (collect, read_records):
        with pytest.raises(RecordError, match=r"x\.json: of no known format"):
            read([tmp_path / "r"])


def test_counts_of_a_fork_of_open_compass_are_no_model(tmp_path: Path) -> None:
    header = "dataset,version,metric,mode,total_count,a,b"
    rows = 'ARC-e,2ef,accuracy,ppl,2376,30.12 (715/2376),"36.40"'
    collected = collect([write(tmp_path / "summary.csv", f"{header}\n{rows}\n")])
    assert [c.model for c in collected.checkpoints] == ["a", "b"]
    assert [p.score.score for p in collected.placed] == pytest.approx([0.3012, 0.364])
    assert [p.score.n_items for p in collected.placed] == [2376, 2376]
