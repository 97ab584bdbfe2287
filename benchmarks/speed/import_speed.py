"""How long does an import take: 5,000 harness results beside 2 GB of samples, or 10^6 questions?

Usage: python benchmarks/speed/import_speed.py [FILES] [MIB_OF_SAMPLES]
       python benchmarks/speed/import_speed.py --samples [ROWS]

The first makes a folder (50 models x 100 checkpoints, 60 tasks a file) whose samples are listed and
never opened, so cost grows with the number of result files. The second makes the answers of 20
models to ROWS / 100 questions of 5 tasks, in two metrics, and imports the questions themselves.
Each imports in a process of its own, and prints wall and CPU time and peak memory.
"""

import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def make(folder: Path, files: int, samples_mib: int) -> None:
    tasks = [f"task_{i:02d}" for i in range(60)]
    block = b"x" * 2**20
    for i in range(files):
        model, step = f"acme/m-{i // 100}", (i % 100 + 1) * 1000
        where = folder / f"{model.replace('/', '__')}_step{step}"
        where.mkdir(parents=True)
        content = {
            "results": {
                task: {
                    "alias": task,
                    "acc,none": 0.25 + ((i * 7 + j) % 500) / 1000,
                    "acc_stderr,none": 0.01,
                    "acc_norm,none": 0.3,
                    "acc_norm_stderr,none": 0.01,
                }
                for j, task in enumerate(tasks)
            },
            "versions": dict.fromkeys(tasks, 1.0),
            "n-shot": dict.fromkeys(tasks, 0),
            "n-samples": {task: {"original": 1000, "effective": 1000} for task in tasks},
            "configs": {task: {"task": task, "doc_to_text": "Q: {{q}}" * 50} for task in tasks},
            "config": {
                "model_args": f"pretrained={model},revision=step{step}",
                "model_num_parameters": 10**8 * (i // 100 + 1),
                "model_revision": f"step{step}",
            },
        }
        stamp = "2026-11-20T08-11-02.100000"
        (where / f"results_{stamp}.json").write_text(json.dumps(content))
        with (where / f"samples_task_00_{stamp}.jsonl").open("wb") as samples:
            for _ in range(samples_mib // files + (i < samples_mib % files)):
                samples.write(block)


def make_questions(folder: Path, rows: int) -> None:
    stamp = "2026-11-20T08-11-02.100000"
    draw = random.Random(0)
    for m in range(20):
        where = folder / f"acme__m-{m}"
        where.mkdir(parents=True)
        tasks = [f"task_{j}" for j in range(5)]
        content = {
            "results": {task: {"acc,none": 0.5, "acc_norm,none": 0.5} for task in tasks},
            "versions": dict.fromkeys(tasks, 1.0),
            "n-shot": dict.fromkeys(tasks, 0),
            "config": {
                "model_args": f"pretrained=acme/m-{m}",
                "model_num_parameters": 10**8 * (m + 1),
            },
        }
        (where / f"results_{stamp}.json").write_text(json.dumps(content))
        for task in tasks:
            with (where / f"samples_{task}_{stamp}.jsonl").open("w") as samples:
                for i in range(rows // 100):
                    sample = {
                        "doc_id": i,
                        "doc": {"question": "Which? " * 30, "choices": ["one", "two", "three"]},
                        "target": 1,
                        "resps": [[[-1.5, False]], [[-2.5, False]], [[-3.5, False]]],
                        "filtered_resps": [[-1.5, False], [-2.5, False], [-3.5, False]],
                        "filter": "none",
                        "metrics": ["acc", "acc_norm"],
                        "doc_hash": hashlib.sha256(f"{task} {i}".encode()).hexdigest(),
                        "acc": float(draw.random() < 0.5),
                        "acc_norm": float(draw.random() < 0.6),
                    }
                    samples.write(json.dumps(sample) + "\n")


def main() -> None:
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    questions = "--samples" in sys.argv
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        ladder = folder / "ladder.yaml"
        if questions:
            make_questions(folder / "results", *(numbers or [1_000_000]))
            ladder.write_text("models:\n- {match: '*', tokens: 300B}\n")
        else:
            files, samples_mib = [*numbers, *(5000, 2048)[len(numbers) :]]
            make(folder / "results", files, samples_mib)
            ladder.write_text(
                "defaults: {tokens_per_step: 2M}\nmodels:\n- {match: '*', tokens_from: step}\n"
            )
        command = [sys.executable, "-P", "-m", "scalepredict", "import", str(folder / "results")]
        options = ["--ladder", str(ladder), *(["--samples"] if questions else [])]
        started = time.perf_counter()
        subprocess.run([*command, *options, "-o", str(folder / "records.csv")], check=True)
        seconds = time.perf_counter() - started
        written = (folder / "records.csv").read_bytes()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    goals = (20, 500) if questions else (60, 1024)
    rows, digest = len(written.splitlines()) - 1, hashlib.sha256(written).hexdigest()[:16]
    print(
        f"{rows} rows: {seconds:.1f} s (goal {goals[0]}; {cpu:.1f} s of CPU), "
        f"peak {peak:.0f} MiB (goal {goals[1]}), sha256 {digest}"
    )


if __name__ == "__main__":
    main()
