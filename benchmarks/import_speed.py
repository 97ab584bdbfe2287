"""How long does a folder of 5,000 harness results take, with 2 GB of samples beside them?

Usage: python benchmarks/import_speed.py [FILES] [MIB_OF_SAMPLES]

Makes the folder (50 models x 100 checkpoints, 60 tasks a file), imports it in a process of its
own, and prints wall time and peak memory. Cost grows with the number of result files; samples are
listed, never opened.
"""

import json
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


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    samples_mib = int(sys.argv[2]) if len(sys.argv) > 2 else 2048
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make(folder / "results", files, samples_mib)
        ladder = folder / "ladder.yaml"
        ladder.write_text(
            "defaults: {tokens_per_step: 2M}\nmodels:\n- {match: '*', tokens_from: step}\n"
        )
        command = [sys.executable, "-P", "-m", "scalepredict", "import", str(folder / "results")]
        started = time.perf_counter()
        subprocess.run(
            [*command, "--ladder", str(ladder), "-o", str(folder / "records.csv")], check=True
        )
        seconds = time.perf_counter() - started
        rows = sum(1 for _ in (folder / "records.csv").open()) - 1
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{files} files, {rows} rows: {seconds:.1f} s (goal 60), peak {peak:.0f} MiB (goal 1024)")


if __name__ == "__main__":
    main()
