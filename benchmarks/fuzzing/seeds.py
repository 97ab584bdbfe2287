"""Sound inputs of every kind, small: what the mutations start from."""

from collections.abc import Sequence
from random import Random
from typing import Any

Row = dict[str, Any]


SHIPPED = ("piqa", "arc_easy", "mmlu", "sciq", "own_bench", "hellaswag")
OWN = (
    "own_bench",
    "our own",
    "bench-3",
)  # without a curve of public models, which takes time to fit


def ladder_rows(
    rng: Random,
    *,
    models: int = 6,
    benchmarks: int = 3,
    checkpoints: int = 1,
    tasks: int = 0,
    known: Sequence[str] = SHIPPED,
) -> list[Row]:
    names = rng.sample(known, benchmarks)
    rows = []
    for m in range(models):
        params, tokens = int(7e7 * 2.3**m), int(3e11)
        for k in range(checkpoints):
            seen = int(tokens * (k + 1) / checkpoints)
            for b, name in enumerate(names):
                top = 0.3 + 0.08 * m + 0.03 * b + 0.02 * k + rng.gauss(0, 0.01)
                for t in range(max(1, tasks)):
                    row = {
                        "family": "fam",
                        "model": f"m{m}",
                        "params": params,
                        "tokens": seen,
                        "step": 1000 * (k + 1),
                        "benchmark": name,
                    }
                    if tasks:
                        row["task"] = f"t{t}"
                    row |= {
                        "metric": "acc",
                        "shots": 0,
                        "score": round(min(max(top, 0), 1), 4),
                        "stderr": 0.01,
                        "n_items": 1000,
                        "chance": 0.25,
                    }
                    rows.append(row)
    return rows


def wide_rows(rng: Random) -> list[Row]:
    out: dict[str, Row] = {}
    for row in ladder_rows(rng):
        key = row["model"]
        out.setdefault(key, {k: row[k] for k in ("family", "model", "params", "tokens")})
        out[key][row["benchmark"]] = row["score"]
    return list(out.values())


def yaml_tree(rng: Random) -> Row:
    entries: dict[str, Row] = {}
    for row in ladder_rows(rng):
        one = entries.setdefault(
            row["model"],
            {**{k: row[k] for k in ("family", "model", "params", "tokens")}, "scores": {}},
        )
        one["scores"][row["benchmark"]] = rng.choice(
            [row["score"], {"score": row["score"], "stderr": 0.01}, {"a": row["score"], "b": 0.4}]
        )
    return {
        "benchmarks": {"own_bench": {"chance": 0.25, "n_items": 100, "suite": "core"}},
        "records": list(entries.values()),
    }


def harness_trees(rng: Random) -> list[tuple[str, Any]]:
    """(file name, tree or text) of each importer."""
    name = rng.choice(["acme/toy-70m", "acme-190M-1xC", "m-1b"])
    lm_eval = {
        "results": {
            "arc_easy": {
                "alias": "arc_easy",
                "acc,none": 0.4,
                "acc_stderr,none": 0.01,
                "acc_norm,none": 0.5,
                "sample_len": 100,
            },
            "piqa": {"acc,none": 0.6, "acc_stderr,none": 0.01},
        },
        "groups": {"mmlu": {"acc,none": 0.3, "sample_count": {"acc,none": 100}}},
        "group_subtasks": {"mmlu": ["arc_easy", "piqa"]},
        "configs": {
            "arc_easy": {
                "task": "arc_easy",
                "num_fewshot": 0,
                "metadata": {"version": 1.0},
                "output_type": "multiple_choice",
            }
        },
        "versions": {"arc_easy": 1.0},
        "n-shot": {"arc_easy": 0, "piqa": 0},
        "n-samples": {"arc_easy": {"original": 2376, "effective": 2376}},
        "higher_is_better": {"arc_easy": {"acc": True}},
        "config": {
            "model": "hf",
            "model_args": f"pretrained={name},revision=step1000",
            "model_num_parameters": 70426624,
            "limit": None,
        },
        "model_name": name,
        "date": 1.7e9,
        "git_hash": "x",
    }
    sample = {
        "doc_id": 0,
        "doc": {"q": "x"},
        "target": "0",
        "arguments": {},
        "resps": [[["-0.6"]]],
        "filtered_resps": [["-0.6", "False"]],
        "filter": "none",
        "metrics": ["acc"],
        "doc_hash": "c",
        "prompt_hash": "p",
        "target_hash": "t",
        "acc": 1.0,
    }
    olmes = {
        "task_name": "arc:rc",
        "task_hash": "4867b6",
        "model_config": {"model": name, "revision": "step7272"},
        "task_config": {
            "task_name": "arc:rc",
            "task_core": "arc",
            "num_shots": 5,
            "primary_metric": "acc_uncond",
        },
        "num_instances": 1172,
        "metrics": {"acc_uncond": 0.305, "logits_per_byte_corr": 1.42, "primary_score": 0.305},
    }
    lighteval = {
        "config_general": {
            "model_size": "476.2 MB",
            "model_config": {"model_name": name, "revision": "step7272"},
        },
        "results": {"arc:challenge|25": {"acc": 0.31, "acc_stderr": 0.0135}, "all": {"acc": 0.29}},
        "config_tasks": {"arc:challenge|25": {"effective_num_docs": 1172}},
    }
    ever = {
        "schema_version": "0.3.0",
        "model_info": {"name": name, "additional_details": {"num_parameters": "190354176"}},
        "evaluation_results": [
            {
                "evaluation_name": "arc",
                "metric_config": {
                    "metric_id": "acc",
                    "lower_is_better": False,
                    "min_score": 0.0,
                    "max_score": 100.0,
                },
                "score_details": {
                    "score": 30.5,
                    "uncertainty": {"standard_error": {"value": 1.35}, "num_samples": 1172},
                },
            }
        ],
    }
    open_lm = {
        "name": name,
        "dataset_name": "c4",
        "hyperparameters": {"tokens": 52846560, "params": 10569312},
        "results": [{"loss": 5.97}],
        "model": "d=96",
        "eval_metrics": {"icl": {"arc_easy": 0.3413}},
    }
    compass = "dataset,version,metric,mode,dense-190m\narc,d3cb24,accuracy,ppl,27.12\n"
    history = (
        "_step,eval/downstream/arc_5shot_len_norm,batch_size_in_tokens\n"
        "200,0.27,524288\n400,0.3,524288\n"
    )
    chart = '"Step","190M - eval/arc/acc","190M - eval/arc/acc__MIN"\n10,0.3,0.1\n'
    runs = "Name,State,n_params,max_tokens,arc/acc\na,finished,190M,3.8B,0.3\nb,crashed,1B,2B,0.1\n"
    mlflow = (
        "run_id,status,metrics.eval/arc/acc,params.tokens,params.n_params,"
        "tags.mlflow.runName\n04954f,FINISHED,0.5,3.8B,190354176,190M-1xC\n"
    )
    return [
        ("results_x.json", lm_eval),
        ("samples_arc_2026.jsonl", [sample, {**sample, "doc_id": 1}]),
        ("metrics-all.jsonl", [olmes, {**olmes, "task_name": "b"}]),
        ("results_l.json", lighteval),
        ("e.json", ever),
        ("evaluation_x_heavy.json", open_lm),
        ("summary_x.csv", compass),
        ("190M-1xC.csv", history),
        ("chart.csv", chart),
        ("runs.csv", runs),
        ("ml.csv", mlflow),
    ]


LADDER = {
    "schema": 1,
    "defaults": {"family": "f", "tokens_per_step": "2M", "role": "fit"},
    "models": [
        {"match": "acme*", "name": "n", "params": "70M", "tokens": "3B"},
        {"match": "re:(?P<name>.*)-(?P<params>\\d+m)", "tokens_from": "step"},
        {"match": "*", "params": "1B", "tokens_per_param": 20},
    ],
}
GATE = {
    "schema": "scalepredict.gate/1",
    "check": {
        "alpha": 0.01,
        "direction": "both",
        "persistence": 1,
        "fail_on": "error",
        "discovery": 0.1,
        "drift": {"reference": 0.5, "threshold": 4.0},
        "copies": {
            "min_step": 1000,
            "min_tokens": "2B",
            "large_items": 500,
            "large_share": 0.6,
            "all_share": 0.4,
        },
        "noise": {"phi": 1.0, "tail": 8, "correlation": 0.05, "wander": 0.02},
        "rules": {"off-trend-low": "error", "drift": "warn"},
        "benchmarks": [{"match": "mmlu*", "level": "warn", "min_items": 1000}],
    },
}
BENCHMARKS = {
    "benchmarks": {
        "own_bench": {
            "chance": 0.25,
            "n_items": 100,
            "suite": "core",
            "aliases": ["ob"],
            "tasks": {"a": 10, "b": 20},
        }
    }
}
