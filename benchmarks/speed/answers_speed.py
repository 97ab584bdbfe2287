"""How are more graded answers read than memory holds? Folders of 10^7 and 10^8 rows, made up here.

    python benchmarks/speed/answers_speed.py [ROWS ...] [--form parquet|jsonl|csv] [--fit]

Each row is one answer of one of 25 models to a question of one of 4 benchmarks, about a hundred for
each model and question: model, params, tokens, benchmark, question_id and correct, with the rows of
all models mixed. One file of two million rows is made and linked as often as it takes, since each
link is read like a file of its own. `scalepredict clusters` (and `fit --predictor cod`) run
on the folder in a process of their own. Prints wall and CPU time, the growth of the latter
against the row before (power 1 = linear in rows) and peak memory.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

MODELS, BENCHMARKS, ANSWERS = 25, 4, 100  # answers of each model to each question
OF_A_FILE = 2_000_000
COMMANDS = {"clusters": ("clusters", "--json"), "fit": ("fit", "--predictor", "cod")}


def main(sizes: list[int], form: str, fits: bool) -> None:
    print(
        f"{'rows':>12}{'command':>10}{'seconds':>9}{'CPU':>8}{'power':>7}{'peak MiB':>10}"
        f"{'MB read':>9}"
    )
    before: dict[str, tuple[int, float]] = {}
    for n_rows in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name, "answers")
            folder.mkdir()
            size = write(folder, n_rows, form)
            for command in COMMANDS if fits else ("clusters",):
                seconds, cpu, peak = run(COMMANDS[command], folder, Path(name))
                past = before.get(command)
                power = np.log(cpu / past[1]) / np.log(n_rows / past[0]) if past else np.nan
                before[command] = (n_rows, cpu)
                print(
                    f"{n_rows:12,}{command:>10}{seconds:9.1f}{cpu:8.1f}{power:7.2f}{peak:10.0f}"
                    f"{size / 1e6:9,.0f}",
                    flush=True,
                )


def write(folder: Path, n_rows: int, form: str) -> int:
    rng = np.random.default_rng(0)
    questions = n_rows // (MODELS * BENCHMARKS * ANSWERS)  # of each benchmark
    models = pd.Categorical([f"model-{i:02d}" for i in range(MODELS)], ordered=False)
    benchmarks = pd.Categorical([f"quiz-{i}" for i in range(BENCHMARKS)])
    names = pd.Categorical([f"question-{i:05d}" for i in range(BENCHMARKS * questions)])
    params = np.geomspace(5e7, 5e9, MODELS).round(-5)
    ease = rng.normal(0.0, 1.5, BENCHMARKS * questions)
    ability = np.linspace(-2.0, 2.0, MODELS)
    n = min(OF_A_FILE, n_rows)
    model, question = rng.integers(MODELS, size=n), rng.integers(len(ease), size=n)
    chance = 1 / (1 + np.exp(-(ability[model] + ease[question])))
    frame = pd.DataFrame(
        {
            "model": models[model],
            "params": params[model],
            "tokens": 20 * params[model],
            "benchmark": benchmarks[question // questions],
            "question_id": names[question],
            "correct": (rng.random(n) < chance).astype(np.int8),
        }
    )
    first = folder / f"part-000.{form}"
    if form == "parquet":
        frame.to_parquet(first, index=False)
    elif form == "jsonl":
        frame.to_json(first, orient="records", lines=True)
    else:
        frame.to_csv(first, index=False)
    for number in range(1, n_rows // n):
        (folder / f"part-{number:03d}.{form}").hardlink_to(first)
    return sum(path.stat().st_size for path in folder.iterdir())


def run(command: tuple[str, ...], folder: Path, where: Path) -> tuple[float, float, float]:
    program = "from scalepredict.__main__ import main; main()"
    start, cpu = time.perf_counter(), _cpu_of_children()
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", program, *command, str(folder)],
        cwd=where,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, _peak_kib(process.pid))
        time.sleep(0.02)
    if process.returncode:
        raise RuntimeError(process.stderr.read() if process.stderr else "")
    return time.perf_counter() - start, _cpu_of_children() - cpu, peak / 1024


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak_kib(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) if found else 0


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sizes", type=int, nargs="*", default=[10_000_000, 100_000_000])
    options.add_argument("--form", choices=["parquet", "jsonl", "csv"], default="parquet")
    options.add_argument("--fit", dest="fits", action="store_true")
    main(**vars(options.parse_args()))
