"""Every other format, as its tool writes it, with the trap that goes with it."""

import json
from pathlib import Path
from typing import Any

import pytest

from scalepredict.records.importers.collect import Collected, collect
from scalepredict.records.importers.harness.interface import ImportedScore


def only(collected: Collected) -> ImportedScore:
    (placed,) = collected.placed
    return placed.score


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def olmes(task: str, **config: Any) -> dict[str, Any]:
    return {
        "task_name": task,
        "task_hash": "4867b6",
        "model_config": {"model": "acme-190M-1xC", "revision": "step7272"},
        "task_config": {"task_name": task, "task_core": "arc_challenge", "num_shots": 5, **config},
        "num_instances": 1172,
        "metrics": {"acc_uncond": 0.305, "logits_per_byte_corr": 1.42, "primary_score": 0.305},
    }


def test_olmes_gives_the_primary_score_and_the_bits_per_byte(tmp_path: Path) -> None:
    suite = olmes("suite::olmes", primary_metric="macro")
    task = olmes("arc_challenge:rc", primary_metric="acc_uncond")
    write(tmp_path / "metrics-all.jsonl", f"{json.dumps(suite)}\n{json.dumps(task)}\n")
    write(tmp_path / "task-000-arc-metrics.json", json.dumps(task))
    collected = collect([tmp_path])
    score = only(collected)
    assert (score.benchmark, score.metric) == ("arc_challenge:rc", "acc_uncond")
    assert (score.score, score.task_loss, score.n_items, score.shots) == (0.305, 1.42, 1172, 5)
    assert collected.left_out == {"an average over a suite, whose tasks are read themselves": 1}
    assert collected.passed_over == {"repeated in metrics-all.jsonl beside it": 1}
    (checkpoint,) = collected.checkpoints
    assert checkpoint.sizes["step"] == 7272
    assert checkpoint.sizes["tokens"] == 20 * 190e6  # 1xC, a guess that is reported
    assert checkpoint.origin["tokens"] == "name"


def test_olmes_summary_alone_is_read(tmp_path: Path) -> None:
    task = olmes("arc_challenge:rc", primary_metric="acc_uncond")
    summary = {
        "all_primary_scores": ["arc_challenge:rc: 0.305"],
        "tasks": [{k: task[k] for k in ("metrics", "num_instances", "task_config")}],
        "model_config": task["model_config"],
    }
    assert only(collect([write(tmp_path / "metrics.json", json.dumps(summary))])).score == 0.305


def test_lighteval_averages_are_left_out_and_bytes_are_no_parameters(tmp_path: Path) -> None:
    content = {
        "config_general": {
            "model_size": "476.2 MB",
            "model_config": {"model_name": "acme/dense", "revision": "step7272"},
        },
        "results": {
            "arc:challenge|25": {"acc": 0.31, "acc_stderr": 0.0135},
            "lighteval|piqa|0|0": {"acc": 0.6},
            "mmlu:_average|5": {"acc": 0.27, "acc_stderr": 0.037},
            "all": {"acc": 0.29},
        },
        "config_tasks": {"arc:challenge|25": {"effective_num_docs": 1172}},
    }
    collected = collect([write(tmp_path / "results_x.json", json.dumps(content))])
    scores = {p.score.benchmark: p.score for p in collected.placed}
    assert set(scores) == {"arc_challenge", "piqa"}
    arc = scores["arc_challenge"]
    assert (arc.task, arc.shots, arc.n_items) == (
        "",
        25,
        1172,
    )
    assert scores["piqa"].shots == 0
    assert "params" not in collected.checkpoints[0].sizes


def test_every_eval_ever_has_numbers_in_text_and_unbounded_metrics(tmp_path: Path) -> None:
    bounded = {"metric_id": "acc", "lower_is_better": False, "min_score": 0.0, "max_score": 100.0}
    unbounded = bounded | {"max_score": "Infinity"}
    infinite = bounded | {"max_score": float("inf")}
    fraction = bounded | {"max_score": 1.0}  # a percentage by mistake: not cut off at 1
    not_a_number = {"score": float("nan")}
    details = {
        "score": 30.5,
        "uncertainty": {"standard_error": {"value": 1.35}, "num_samples": 1172},
    }
    content = {
        "schema_version": "0.3.0",
        "model_info": {"name": "acme/d", "additional_details": {"num_parameters": "190354176"}},
        "evaluation_results": [
            {"evaluation_name": "arc", "metric_config": bounded, "score_details": details},
            {"evaluation_name": "elo", "metric_config": unbounded, "score_details": details},
            {"evaluation_name": "bare", "metric_config": infinite, "score_details": details},
            {"evaluation_name": "pct", "metric_config": fraction, "score_details": details},
            {"evaluation_name": "nan", "metric_config": bounded, "score_details": not_a_number},
        ],
    }
    collected = collect([write(tmp_path / "e.json", json.dumps(content))])
    score = only(collected)
    assert (score.score, score.n_items) == (0.305, 1172)
    assert score.stderr == pytest.approx(0.0135)
    assert collected.checkpoints[0].sizes["params"] == 190354176
    assert sum(collected.left_out.values()) == 4


def test_open_lm_joins_scores_to_the_run_by_the_file_name(tmp_path: Path) -> None:
    run = "c4-d=96_l=8-0.25"
    model = {
        "name": run,
        "dataset_name": "c4_original",
        "hyperparameters": {"tokens": 52846560, "params": 10569312, "params_no_embed": 5e6},
        "results": [{"loss": 5.97}],
    }
    scores = {"model": "d=96_l=8_h=4", "eval_metrics": {"icl": {"arc_easy": 0.3413}}}
    write(tmp_path / "models" / f"{run}.json", json.dumps(model))
    write(tmp_path / "evals" / f"evaluation_{run}_heavy.json", json.dumps(scores))
    collected = collect([tmp_path])
    (checkpoint,) = collected.checkpoints
    assert (checkpoint.model, checkpoint.family) == (run, "c4_original")
    assert checkpoint.sizes == {
        "params": 10569312,
        "params_non_embedding": 5e6,
        "tokens": 52846560,
    }
    assert checkpoint.loss == 5.97
    assert only(collected).score == 0.3413


def test_opencompass_is_percent_with_dashes_and_group_rows(tmp_path: Path) -> None:
    table = (
        "dataset,version,metric,mode,dense-190m,dense-1b\n"
        "arc,d3cb24,accuracy,ppl,27.12,34.58\n"
        "gsm8k,1d7fe4,accuracy,gen,-,2.00\n"
        "mmlu,-,naive_average,ppl,25.44,31.07\n"
    )
    collected = collect([write(tmp_path / "summary_x.csv", table)])
    found = {
        (collected.checkpoints[p.checkpoint].model, p.score.benchmark): p.score.score
        for p in collected.placed
    }
    assert found == {
        ("dense-190m", "arc"): 0.2712,
        ("dense-1b", "arc"): 0.3458,
        ("dense-1b", "gsm8k"): 0.02,
    }
    assert collected.left_out == {"an average over a group, whose tasks are read themselves": 1}


def test_wandb_history_has_its_run_in_the_file_name(tmp_path: Path) -> None:
    table = (
        "_step,eval/c4_en-validation/CrossEntropyLoss,eval/downstream_bpb/arc_5shot_bpb,"
        "eval/downstream/arc_5shot_len_norm,batch_size_in_tokens\n"
        "200,6.03,2.355,0.27,524288\n400,5.5,,,524288\n"
    )
    collected = collect([write(tmp_path / "190M-1xC.csv", table)])
    [score] = [placed.score for placed in collected.placed if placed.score.metric == "len_norm"]
    assert (score.benchmark, score.metric, score.shots) == ("arc_5shot", "len_norm", 5)
    assert (score.score, score.task_loss) == (0.27, 2.355)
    losses = [placed.score for placed in collected.placed if placed.score.metric == "loss"]
    assert [(loss.benchmark, loss.score) for loss in losses] == [
        ("c4_en-validation", 6.03),
        ("c4_en-validation", 5.5),
    ]
    checkpoint, _ = collected.checkpoints
    assert checkpoint.model == "190M-1xC"
    assert checkpoint.sizes["tokens"] == 200 * 524288
    assert checkpoint.loss == 6.03


def test_a_wandb_history_of_exactly_500_rows_is_warned_of(tmp_path: Path) -> None:
    rows = "".join(f"{i},0.5\n" for i in range(500))
    collected = collect([write(tmp_path / "run-1B.csv", f"_step,arc/acc\n{rows}")])
    assert "samples them" in str(collected.warnings[0])


def test_a_wandb_chart_leaves_minimum_and_maximum_columns_out(tmp_path: Path) -> None:
    curve = "190M - eval/arc/acc"
    table = f'"Step","{curve}","{curve}__MIN","{curve}__MAX"\n10,0.3,0.1,0.5\n'
    collected = collect([write(tmp_path / "chart.csv", table)])
    assert (collected.checkpoints[0].model, only(collected).score) == ("190M", 0.3)


def test_a_wandb_runs_table_takes_finished_runs_with_their_configuration(tmp_path: Path) -> None:
    table = (
        "Name,State,n_params,max_tokens,arc/acc\na,finished,190M,3.8B,0.3\nb,crashed,1B,20B,0.1\n"
    )
    collected = collect([write(tmp_path / "runs.csv", table)])
    assert collected.checkpoints[0].sizes == {"params": 190e6, "tokens": 3.8e9}
    assert collected.left_out == {"a run that is crashed": 1}


def test_mlflow_parameters_are_counts_in_text(tmp_path: Path) -> None:
    table = (
        "run_id,status,metrics.eval/arc/acc,metrics.train/loss,params.tokens,params.n_params,"
        "tags.family,tags.mlflow.runName\n04954f,FINISHED,0.5,2.9,3.8B,190354176,olmo,190M-1xC\n"
    )
    collected = collect([write(tmp_path / "runs.csv", table)])
    (checkpoint,) = collected.checkpoints
    assert (checkpoint.model, checkpoint.family) == ("190M-1xC", "olmo")
    assert checkpoint.sizes == {"params": 190354176, "tokens": 3.8e9}
    assert only(collected).score == 0.5


def test_llm_foundry_metrics_in_a_history_carry_shots(tmp_path: Path) -> None:
    table = "_step,metrics/copa/3-shot/InContextLearningMultipleChoiceAccuracy\n5,0.68\n"
    score = only(collect([write(tmp_path / "mpt-1b.csv", table)]))
    assert (score.benchmark, score.shots, score.score) == ("copa", 3, 0.68)
